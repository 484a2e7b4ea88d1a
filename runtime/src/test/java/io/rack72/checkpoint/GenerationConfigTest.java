package io.rack72.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GenerationConfigTest {
  @TempDir Path scratch;

  private GenerationConfig read(String generationConfig, String modelConfig, int vocabSize)
      throws IOException {
    Path file = scratch.resolve("generation_config.json");
    Files.deleteIfExists(file);
    if (generationConfig != null) {
      Files.writeString(file, generationConfig);
    }
    JsonObject config =
        JsonObject.parse(
            scratch.resolve("config.json"), modelConfig.getBytes(StandardCharsets.UTF_8));
    return GenerationConfig.read(file, config, vocabSize);
  }

  @Test
  void everythingGivenIsRead() throws IOException {
    GenerationConfig config =
        read(
            """
            {"eos_token_id":[9,3,9],"pad_token_id":1,"bos_token_id":2,
             "temperature":0.5,"top_p":0.9,"top_k":40}\
            """,
            "{}",
            10);
    assertEquals(
        new GenerationConfig(
            List.of(3, 9),
            OptionalInt.of(1),
            OptionalInt.of(2),
            OptionalDouble.of(0.5),
            OptionalDouble.of(0.9),
            OptionalInt.of(40)),
        config);
  }

  @Test
  void stopTokensFallBackToTheModelConfiguration() throws IOException {
    assertEquals(List.of(7), read(null, "{\"eos_token_id\":7}", 10).stopTokenIds());
    assertEquals(List.of(7), read("{}", "{\"eos_token_id\":7}", 10).stopTokenIds());
    assertEquals(
        List.of(5), read("{\"eos_token_id\":5}", "{\"eos_token_id\":7}", 10).stopTokenIds());
    assertEquals(List.of(), read(null, "{}", 10).stopTokenIds());
  }

  @Test
  void harmonyModelStopsAtCallsEvenIfItsFilesDoNotSaySo() throws IOException {
    assertEquals(
        List.of(199999, 200002, 200012),
        read("{\"eos_token_id\":[200002,199999]}", "{}", 201088).stopTokenIds());
    assertEquals(List.of(200002, 200012), read(null, "{}", 201088).stopTokenIds());
  }

  @Test
  void modelThatIsNotToBeSampledIsGreedyWhateverTemperatureStandsBeside() throws IOException {
    GenerationConfig greedy =
        read("{\"do_sample\":false,\"temperature\":0.5,\"top_p\":0.9}", "{}", 10);
    assertEquals(OptionalDouble.of(0), greedy.temperature());
    assertEquals(OptionalDouble.of(0.9), greedy.topP());
    assertEquals(OptionalDouble.of(0), read("{\"do_sample\":false}", "{}", 10).temperature());
  }

  @Test
  void modelThatIsToBeSampledOrDoesNotSayKeepsItsTemperature() throws IOException {
    for (String sampled : List.of("\"do_sample\":true", "\"do_sample\":null", "\"top_k\":0")) {
      assertEquals(
          OptionalDouble.of(0.5),
          read("{%s,\"temperature\":0.5}".formatted(sampled), "{}", 10).temperature());
      assertEquals(OptionalDouble.empty(), read("{%s}".formatted(sampled), "{}", 10).temperature());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"eos_token_id":10}      | eos_token_id must hold ids from 0 to 9
          {"eos_token_id":[-1]}    | eos_token_id must hold ids from 0 to 9
          {"eos_token_id":"9"}     | eos_token_id must be a whole number
          {"eos_token_id":[[1]]}   | eos_token_id must be a whole number
          {"pad_token_id":10}      | pad_token_id must hold
          {"bos_token_id":1.5}     | bos_token_id must be a whole number
          {"temperature":-1}       | temperature must be from 0.0 to 100.0
          {"temperature":"hot"}    | temperature must be a finite number
          {"do_sample":0}          | do_sample must be true or false
          {"do_sample":false,"temperature":-1} | temperature must be from 0.0 to 100.0
          {"top_p":1.01}           | top_p must be from 0.0 to 1.0
          {"top_k":-1}             | top_k must not be negative
          []                       | is not a JSON object
          """)
  void malformedFieldIsNamed(String json, String expected) {
    String message =
        assertThrows(CheckpointException.class, () -> read(json, "{}", 10)).getMessage();
    assertTrue(message.contains("generation_config.json"), message);
    assertTrue(message.contains(expected), message);
  }

  @Test
  void numberOfStopTokensIsLimited() {
    String many = "{\"eos_token_id\":[" + "1,".repeat(256) + "1]}";
    assertThrows(CheckpointException.class, () -> read(many, "{}", 10));
  }
}
