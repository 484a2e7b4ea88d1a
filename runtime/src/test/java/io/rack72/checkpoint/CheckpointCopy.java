package io.rack72.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** A copy of a golden checkpoint in a scratch directory, for tests that damage it. */
record CheckpointCopy(Path directory) {
  static final Path GOLDEN = Path.of("src/test/resources/golden");
  static final String SHARD_0 = "model-00000-of-00002.safetensors";
  static final String SHARD_1 = "model-00001-of-00002.safetensors";

  private static final ObjectMapper MAPPER = new ObjectMapper();

  static CheckpointCopy ofTiny(Path scratch) throws IOException {
    Path copy = Files.createDirectory(scratch.resolve("tiny"));
    try (Stream<Path> files = Files.list(GOLDEN.resolve("tiny"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, copy.resolve(file.getFileName()));
      }
    }
    return new CheckpointCopy(copy);
  }

  Path path(String name) {
    return directory.resolve(name);
  }

  void write(String name, String text) throws IOException {
    Files.writeString(path(name), text);
  }

  void editJson(String name, Consumer<ObjectNode> edit) throws IOException {
    ObjectNode json = (ObjectNode) MAPPER.readTree(path(name).toFile());
    edit.accept(json);
    MAPPER.writeValue(path(name).toFile(), json);
  }

  /** Changes the header of a shard and leaves its data as they are. */
  void editHeader(String shard, Consumer<ObjectNode> edit) throws IOException {
    byte[] file = Files.readAllBytes(path(shard));
    int headerBytes = (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
    ObjectNode header = (ObjectNode) MAPPER.readTree(Arrays.copyOfRange(file, 8, 8 + headerBytes));
    edit.accept(header);
    byte[] data = Arrays.copyOfRange(file, 8 + headerBytes, file.length);
    Files.write(path(shard), safetensors(header.toString(), data));
  }

  /** Changes the description of one tensor in the header of a shard. */
  void editTensor(String shard, String tensor, String field, String json) throws IOException {
    JsonNode value = MAPPER.readTree(json);
    editHeader(shard, header -> ((ObjectNode) header.get(tensor)).set(field, value));
  }

  static byte[] safetensors(String header, byte[] data) {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + json.length + data.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(json.length)
        .put(json)
        .put(data)
        .array();
  }
}
