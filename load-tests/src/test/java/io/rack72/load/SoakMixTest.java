package io.rack72.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.rack72.load.SoakRequest.Kind;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SoakMixTest {
  private static final int CONTEXT = 400;
  private static final int DRAWS = 500;

  private static SoakMix mix(long seed) {
    Workload workload =
        new Workload(new IntRange(1, 300), new IntRange(1, 80), new IntRange(1000, 2000), seed);
    return new SoakMix("m", workload, CONTEXT);
  }

  @Test
  void everyKindComesAndFitsInTheContext() throws JsonProcessingException {
    Set<Kind> seen = EnumSet.noneOf(Kind.class);
    for (int number = 0; number < DRAWS; number++) {
      SoakRequest request = mix(1).draw(number);
      seen.add(request.kind());
      if (request.kind() != Kind.INVALID) {
        JsonNode body = Json.read(request.request().body());
        assertEquals("m", body.get("model").asText());
        assertEquals(request.most(), body.get("max_tokens").asInt());
        assertEquals(request.choices(), body.path("n").asInt(1));
        assertTrue(request.most() + body.path("prompt").size() <= CONTEXT, body.toString());
      }
      if (request.kind() == Kind.SLOW_READER) {
        assertTrue(request.request().readPause().compareTo(Duration.ZERO) > 0);
      }
    }
    assertEquals(EnumSet.allOf(Kind.class), seen);
  }

  @Test
  void seedAndNumberDecideARequest() {
    for (int number = 0; number < DRAWS; number++) {
      assertEquals(mix(1).draw(number), mix(1).draw(number));
    }
  }
}
