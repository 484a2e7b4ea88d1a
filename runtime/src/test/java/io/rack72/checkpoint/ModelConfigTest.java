package io.rack72.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelConfigTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Path TINY = CheckpointCopy.GOLDEN.resolve("tiny/config.json");

  @TempDir Path scratch;

  private Path edited(String field, String json) throws IOException {
    ObjectNode config = (ObjectNode) MAPPER.readTree(TINY.toFile());
    ObjectNode parent = config;
    String[] path = field.split("\\.", -1);
    for (int i = 0; i < path.length - 1; i++) {
      parent = (ObjectNode) parent.get(path[i]);
    }
    JsonNode value = json == null ? null : MAPPER.readTree(json);
    if (value == null) {
      parent.remove(path[path.length - 1]);
    } else {
      parent.set(path[path.length - 1], value);
    }
    Path file = scratch.resolve("config.json");
    MAPPER.writeValue(file.toFile(), config);
    return file;
  }

  private static void assertRefused(Path file, String... expectedInMessage) {
    String message =
        assertThrows(CheckpointException.class, () -> ModelConfig.read(file)).getMessage();
    assertTrue(message.contains(file.toString()), message);
    for (String expected : expectedInMessage) {
      assertTrue(message.contains(expected), message);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "model_type",
        "hidden_act",
        "attention_bias",
        "tie_word_embeddings",
        "quantization_config",
        "quantization_config.quant_method",
        "vocab_size",
        "hidden_size",
        "num_hidden_layers",
        "layer_types",
        "num_attention_heads",
        "num_key_value_heads",
        "head_dim",
        "num_local_experts",
        "intermediate_size",
        "sliding_window",
        "max_position_embeddings",
        "rms_norm_eps",
        "rope_theta",
        "rope_scaling",
        "rope_scaling.rope_type",
        "rope_scaling.factor",
        "rope_scaling.beta_fast",
        "rope_scaling.beta_slow",
        "rope_scaling.original_max_position_embeddings",
        "rope_scaling.truncate",
        "swiglu_limit"
      })
  void fieldThatIsMissingOrOfAnotherTypeIsNamed(String field) throws IOException {
    assertRefused(edited(field, null), field, "missing");
    assertRefused(edited(field, "null"), field, "missing");
    assertRefused(edited(field, "[{}]"), field);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          model_type              | "llama"                | 'gpt_oss', not 'llama'
          hidden_act              | "gelu"                 | 'silu', not 'gelu'
          attention_bias          | false                  | must be true
          tie_word_embeddings     | true                   | must be false
          quantization_config.quant_method | "gptq"        | 'mxfp4', not 'gptq'
          rope_scaling.rope_type  | "linear"               | 'yarn', not 'linear'
          vocab_size              | 0                      | from 1 to
          vocab_size              | -5                     | from 1 to
          vocab_size              | 2147483647             | from 1 to
          vocab_size              | 512.0                  | whole number
          vocab_size              | "512"                  | whole number
          hidden_size             | 65                     | multiple of 32, not 65
          hidden_size             | 1048576                | from 1 to
          intermediate_size       | 33                     | multiple of 32, not 33
          num_hidden_layers       | 0                      | from 1 to 1024
          num_hidden_layers       | 2147483647             | from 1 to 1024
          num_hidden_layers       | 2147483648             | whole number of 32 bits
          num_hidden_layers       | 5                      | names 4 layers
          layer_types             | []                     | names 0 layers
          layer_types             | ["full_attention", "full_attention", "full_attention", "linear"] | linear
          layer_types             | [1, 2, 3, 4]           | not '1'
          num_attention_heads     | 5                      | multiple of num_key_value_heads
          num_key_value_heads     | 3                      | multiple of num_key_value_heads
          num_key_value_heads     | 0                      | from 1 to
          head_dim                | 63                     | multiple of 2
          num_local_experts       | 3                      | num_experts_per_tok must be from 1 to 3
          num_experts_per_tok     | 5                      | experts_per_token is 4
          sliding_window          | 0                      | from 1 to
          max_position_embeddings | 0                      | from 1 to
          rms_norm_eps            | 0                      | between 0 and 1
          rms_norm_eps            | -1e-5                  | between 0 and 1
          rms_norm_eps            | 1e999                  | finite
          rope_theta              | 1                      | more than 1
          rope_theta              | 1e13                   | at most 1e12
          rope_scaling.factor     | 0.5                    | from 1 to
          rope_scaling.beta_slow  | 32                     | less than beta_fast
          rope_scaling.beta_slow  | 0                      | positive
          rope_scaling.original_max_position_embeddings | 0 | at least 1
          swiglu_limit            | 0                      | positive
          swiglu_limit            | 1e300                  | positive
          """)
  void valueThatDoesNotFitIsNamedWithWhatWouldFit(String field, String json, String expected)
      throws IOException {
    String name = field.substring(field.lastIndexOf('.') + 1);
    String named = expected.contains("num_experts_per_tok") ? "num_experts_per_tok" : name;
    assertRefused(edited(field, json), named, expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"experts_per_token", "num_experts_per_tok"})
  void eitherNameOfTheExpertsPerTokenIsEnough(String absent) throws IOException {
    assertEquals(4, ModelConfig.read(edited(absent, null)).expertsPerToken());
  }

  @Test
  void sizeOfTheFileIsLimited() throws IOException {
    Path file = Files.writeString(scratch.resolve("config.json"), " ".repeat(2_000_000));
    assertRefused(file, "larger than");
  }

  @Test
  void malformedTextIsRefused() throws IOException {
    Path file = scratch.resolve("config.json");
    Files.write(file, new byte[] {'{', '"', (byte) 0xFF, '"', ':', '1', '}'});
    assertRefused(file, "UTF-8");
    Files.writeString(file, "{\"a\":1,\"a\":2}");
    assertRefused(file, "JSON");
    Files.writeString(file, "{} {}");
    assertRefused(file, "JSON");
    Files.writeString(file, "");
    assertRefused(file, "JSON");
  }

  @Test
  void mutatedBytesAreReadOrRefusedButNeverCrash() throws IOException {
    byte[] original = Files.readAllBytes(TINY);
    SplittableRandom random = new SplittableRandom(72);
    int refused = 0;
    for (int i = 0; i < 5000; i++) {
      byte[] mutated = ByteMutation.mutate(original, random);
      try {
        assertTrue(ModelConfigReader.read(JsonObject.parse(TINY, mutated)).layers() > 0);
      } catch (CheckpointException e) {
        assertTrue(e.getMessage().contains("config.json"), e.getMessage());
        refused++;
      } catch (RuntimeException e) {
        throw new AssertionError(new String(mutated, StandardCharsets.ISO_8859_1), e);
      }
    }
    assertTrue(refused > 1000, "only " + refused + " mutations were refused");
  }
}
