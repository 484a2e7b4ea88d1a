package io.rack72.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.rack72.cli.CommandFailedException;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class RackSampleTest {
  @Test
  void addsUpTheGpusThatHaveBlocks() throws JsonProcessingException {
    RackSample sample =
        sample(
            "[%s, %s, %s]".formatted(gpu(0, 3, 2, 4, 10), gpu(1, 1, 1, 0, 10), gpu(2, 0, 0, 0, 0)));
    assertEquals(2, sample.gpus().size());
    assertEquals(8, sample.blocksUsed());
    assertEquals(32, sample.blocksFree());
    assertEquals(3, sample.running());
    assertEquals(0, sample.waiting());
    assertEquals(4, sample.paused());
    assertFalse(sample.isLevel());
    assertEquals(6, sample.toJson().at("/gpus/0/kv_blocks_used").asInt());
    assertEquals(4, sample.toJson().at("/gpus/0/sequences_paused").asInt());
  }

  @Test
  void isLevelWhereNothingIsLeft() throws JsonProcessingException {
    assertTrue(sample("[%s]".formatted(gpu(0, 0, 0, 0, 10))).isLevel());
    assertFalse(sample("[%s]".formatted(gpu(0, 1, 0, 0, 10))).isLevel());
    assertFalse(sample("[%s]".formatted(gpu(0, 0, 1, 0, 10))).isLevel());
    assertFalse(sample("[%s]".formatted(gpu(0, 0, 0, 1, 10))).isLevel());
  }

  @Test
  void whatIsNoStateOfARackIsRefused() {
    assertThrows(CommandFailedException.class, () -> sample("[]"));
    assertThrows(CommandFailedException.class, () -> sample("[{\"gpu\": 0}]"));
  }

  private static String gpu(int gpu, int used, int running, int paused, int total) {
    return """
    {"gpu": %d, "kv_full": {"total": %5$d, "used": %2$d, "free": %6$d},
     "kv_sliding": {"total": %5$d, "used": %2$d, "free": %6$d},
     "sequences_running": %3$d, "sequences_waiting": 0, "sequences_paused": %4$d}
    """
        .formatted(gpu, used, running, paused, total, total - used);
  }

  private static RackSample sample(String gpus) throws JsonProcessingException {
    return RackSample.of(1, Json.read("{\"gpus\": %s}".formatted(gpus)), OptionalLong.empty());
  }
}
