package io.rack72.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rack72.checkpoint.Checkpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A small random checkpoint among the test resources, with what OpenAI's reference implementation
 * computed from it in float32.
 */
final class Golden implements AutoCloseable {
  static final List<String> PROMPTS = List.of("len1", "len7", "len40", "len200", "len600");

  private final Path directory;
  private final Checkpoint checkpoint;
  private final ModelWeights weights;
  private final JsonNode prompts;

  private Golden(Path directory) {
    this.directory = directory;
    checkpoint = Checkpoint.open(directory);
    weights = new CheckpointWeights(checkpoint);
    prompts = readJson(expected("expected.json")).required("prompts");
  }

  /** Opens {@code tiny}, {@code small-odd} or {@code wide}. */
  static Golden open(String name) {
    try {
      URL config = Golden.class.getResource("/golden/" + name + "/config.json");
      return new Golden(Path.of(config.toURI()).getParent());
    } catch (URISyntaxException e) {
      throw new IllegalStateException("no path to golden checkpoint " + name, e);
    }
  }

  Checkpoint checkpoint() {
    return checkpoint;
  }

  ModelWeights weights() {
    return weights;
  }

  int[] prompt(String prompt) {
    return ints(prompts.required(prompt).required("token_ids"));
  }

  int[] greedyTokens(String prompt) {
    return ints(prompts.required(prompt).required("greedy_64"));
  }

  int[] argmaxAtAllPositions(String prompt) {
    return ints(prompts.required(prompt).required("argmax_all_positions"));
  }

  /** The chosen experts of a layer, {@code [positions, expertsPerToken]}; for len7 and len200. */
  int[] experts(String prompt, int layer) {
    JsonNode expected = prompts.required(prompt);
    JsonNode layers =
        expected.has("router") ? expected.get("router") : expected.required("router_indices");
    return flatInts(layers.get(layer).required("top4_indices_by_descending_logit"));
  }

  /** The chosen experts' weights, likewise; for len7. */
  float[] expertWeights(String prompt, int layer) {
    JsonNode positions =
        prompts.required(prompt).required("router").get(layer).required("top4_weights");
    float[] weights = new float[positions.size() * positions.get(0).size()];
    int at = 0;
    for (JsonNode position : positions) {
      for (JsonNode weight : position) {
        weights[at++] = weight.floatValue();
      }
    }
    return weights;
  }

  /** The floats of a file such as {@code len7.logits_all}. */
  float[] floats(String name) {
    try {
      byte[] bytes = Files.readAllBytes(expected(name + ".f32"));
      float[] floats = new float[bytes.length / Float.BYTES];
      ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(floats);
      return floats;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Bytes of all tensors, as the checkpoint's index tells. */
  long tensorBytes() {
    return readJson(directory.resolve("model.safetensors.index.json"))
        .required("metadata")
        .required("total_size")
        .longValue();
  }

  private static JsonNode readJson(Path file) {
    try {
      return new ObjectMapper().readTree(file.toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path expected(String name) {
    return directory.resolve("expected").resolve(name);
  }

  private static int[] ints(JsonNode array) {
    return IntStream.range(0, array.size()).map(i -> array.get(i).intValue()).toArray();
  }

  private static int[] flatInts(JsonNode arrays) {
    return IntStream.range(0, arrays.size())
        .flatMap(i -> IntStream.of(ints(arrays.get(i))))
        .toArray();
  }

  @Override
  public void close() {
    checkpoint.close();
  }
}
