package io.rack72.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.rack72.checkpoint.GenerationConfig;
import io.rack72.rack.ServedModel;
import io.rack72.rack.ServedModel.SamplingDefaults;
import io.rack72.sampling.SamplingParams;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a request leaves open is as the checkpoint wants it. */
class SamplingDefaultsTest {
  private static final SamplingDefaults OF_MODEL = new SamplingDefaults(0.25f, 0.5f, 7);

  @Test
  void requestThatSaysNothingGetsTheModelsDefaults() {
    assertEquals(OF_MODEL, used("{}"));
  }

  @Test
  void requestsOwnFieldsComeFirst() {
    assertEquals(
        new SamplingDefaults(2, 1, 0), used("{\"temperature\": 2, \"top_p\": 1, \"top_k\": -1}"));
  }

  @Test
  void checkpointThatSaysNothingLeavesSamplingPlain() {
    assertEquals(
        SamplingDefaults.PLAIN,
        SamplingDefaults.of(
            config(OptionalDouble.empty(), OptionalDouble.empty(), OptionalInt.empty())));
  }

  @Test
  void checkpointsDefaultsAreTaken() {
    assertEquals(
        OF_MODEL,
        SamplingDefaults.of(
            config(OptionalDouble.of(0.25), OptionalDouble.of(0.5), OptionalInt.of(7))));
  }

  private static GenerationConfig config(
      OptionalDouble temperature, OptionalDouble topP, OptionalInt topK) {
    return new GenerationConfig(
        List.of(), OptionalInt.empty(), OptionalInt.empty(), temperature, topP, topK);
  }

  private static SamplingDefaults used(String body) {
    ServedModel plain = GatewayFixture.model(Optional.of(new ByteTokenizer()));
    ServedModel model =
        new ServedModel(
            plain.name(),
            plain.config(),
            plain.stopIds(),
            plain.tokenizer(),
            plain.contextLimit(),
            plain.fingerprint(),
            OF_MODEL,
            plain.createdEpochSeconds());
    SamplingParams params =
        SamplingFields.read(JsonValue.body(body.getBytes(StandardCharsets.UTF_8)), model)
            .params(-1, 1, 0, Set.of());
    return new SamplingDefaults(params.temperature(), params.topP(), params.topK());
  }
}
