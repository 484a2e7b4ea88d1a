package io.rack72.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class BadCheckpointTest {
  private static final String INDEX = CheckpointFiles.INDEX_NAME;
  private static final String SHARD_0 = CheckpointCopy.SHARD_0;
  private static final String SHARD_1 = CheckpointCopy.SHARD_1;
  private static final String NORM = "model.layers.1.input_layernorm.weight";
  private static final String SINKS = "model.layers.1.self_attn.sinks";
  private static final String BLOCKS = "model.layers.1.mlp.experts.down_proj_blocks";

  @TempDir Path scratch;

  /** One way to damage a checkpoint. */
  @FunctionalInterface
  interface Damage {
    void to(CheckpointCopy copy) throws IOException;
  }

  private static Arguments damage(String name, Damage damage, String... expectedInMessage) {
    return Arguments.of(name, damage, List.of(expectedInMessage));
  }

  static Stream<Arguments> damages() {
    return Stream.concat(damagesToFiles(), damagesToTensors());
  }

  private static Stream<Arguments> damagesToFiles() {
    return Stream.of(
        damage("no config", c -> Files.delete(c.path("config.json")), "config.json", "missing"),
        damage(
            "config is a directory",
            c -> {
              Files.delete(c.path("config.json"));
              Files.createDirectory(c.path("config.json"));
            },
            "config.json",
            "directory"),
        damage("no index and no file", c -> Files.delete(c.path(INDEX)), INDEX, "neither"),
        damage("index is not JSON", c -> c.write(INDEX, "{\"weight_map\""), INDEX, "JSON"),
        damage("index is an array", c -> c.write(INDEX, "[]"), INDEX, "object"),
        damage("index nests deeply", c -> c.write(INDEX, "{\"a\":".repeat(100_000)), INDEX, "JSON"),
        damage("index without map", c -> c.write(INDEX, "{}"), INDEX, "weight_map", "missing"),
        damage(
            "index names a tensor twice",
            c -> c.write(INDEX, "{\"weight_map\":{\"a\":\"x\",\"a\":\"y\"}}"),
            INDEX,
            "'a'"),
        damage("missing shard", c -> Files.delete(c.path(SHARD_1)), SHARD_1, "missing"),
        damage(
            "shard is a directory",
            c -> {
              Files.delete(c.path(SHARD_1));
              Files.createDirectory(c.path(SHARD_1));
            },
            SHARD_1,
            "not a file"),
        damage("shard above", c -> place(c, NORM, "../x.safetensors"), INDEX, NORM, "../x"),
        damage("absolute shard", c -> place(c, NORM, "/etc/hostname"), INDEX, NORM, "/etc"),
        damage("shard below", c -> place(c, NORM, "a/b"), INDEX, NORM, "a/b"),
        damage("shard with backslash", c -> place(c, NORM, "a\\b"), INDEX, NORM),
        damage("shard is the parent", c -> place(c, NORM, ".."), INDEX, NORM, "'\"..\"'"),
        damage("shard without name", c -> place(c, NORM, ""), INDEX, NORM),
        damage("shard with a zero", c -> place(c, NORM, "a\0b"), INDEX, NORM),
        damage(
            "shard is a number",
            c -> c.editJson(INDEX, json -> ((ObjectNode) json.get("weight_map")).put(NORM, 3)),
            INDEX,
            NORM),
        damage("tensor in the wrong shard", c -> place(c, NORM, SHARD_0), SHARD_0, NORM, "lacks"),
        damage(
            "tensor not in the index",
            c -> c.editJson(INDEX, json -> ((ObjectNode) json.get("weight_map")).remove(NORM)),
            "tiny",
            NORM,
            "lacks"),
        damage("empty shard", c -> truncate(c, 0), SHARD_1, "0 bytes"),
        damage("shard of seven bytes", c -> truncate(c, 7), SHARD_1, "7 bytes"),
        damage("shard cut in the header", c -> truncate(c, 100), SHARD_1, "header"),
        damage("shard cut in the data", c -> truncate(c, 200_000), SHARD_1, "tensor", "data"),
        damage(
            "shard with more than its tensors",
            c -> Files.write(c.path(SHARD_1), new byte[8], StandardOpenOption.APPEND),
            SHARD_1,
            "bytes of data"),
        damage(
            "header length 2^60", c -> headerLength(c, 1L << 60), SHARD_1, "1152921504606846976"),
        damage("header length 2^64-1", c -> headerLength(c, -1), SHARD_1, "18446744073709551615"),
        damage("header length beyond file", c -> headerLength(c, 1 << 20), SHARD_1, "1048576"),
        damage("header length 0", c -> headerLength(c, 0), SHARD_1, "header"),
        damage("header length 1", c -> headerLength(c, 1), SHARD_1, "header"));
  }

  private static Stream<Arguments> damagesToTensors() {
    return Stream.of(
        damage(
            "tensor not in the shard",
            c -> c.editHeader(SHARD_1, h -> h.remove(NORM)),
            SHARD_1,
            "hole"),
        damage(
            "wrong dtype of the same size",
            c -> c.editTensor(SHARD_1, NORM, "dtype", "\"F16\""),
            SHARD_1,
            NORM,
            "F16",
            "BF16"),
        damage(
            "unknown dtype",
            c -> c.editTensor(SHARD_1, NORM, "dtype", "\"BF17\""),
            SHARD_1,
            NORM,
            "BF17"),
        damage(
            "dtype of another size",
            c -> c.editTensor(SHARD_1, NORM, "dtype", "\"F32\""),
            SHARD_1,
            NORM,
            "span"),
        damage(
            "wrong shape of the same size",
            c -> c.editTensor(SHARD_1, BLOCKS, "shape", "[8,64,1,32]"),
            SHARD_1,
            BLOCKS,
            "[8, 64, 1, 32]",
            "[8, 64, 2, 16]"),
        damage(
            "another rank",
            c -> c.editTensor(SHARD_1, SINKS, "shape", "[2,2]"),
            SHARD_1,
            SINKS,
            "[2, 2]"),
        damage(
            "shape of another size",
            c -> c.editTensor(SHARD_1, SINKS, "shape", "[5]"),
            SHARD_1,
            SINKS,
            "span"),
        damage(
            "shape that overflows",
            c -> c.editTensor(SHARD_1, SINKS, "shape", "[4294967296,4294967296]"),
            SHARD_1,
            SINKS,
            "too large"),
        damage(
            "offsets that overlap",
            c -> c.editTensor(SHARD_1, SINKS, "data_offsets", "[54408,54416]"),
            SHARD_1,
            "tensor",
            "overlaps"),
        damage(
            "offsets beyond the file",
            c -> c.editTensor(SHARD_1, NORM, "data_offsets", "[9000000,9000128]"),
            SHARD_1,
            NORM,
            "9000000"));
  }

  private static void place(CheckpointCopy copy, String tensor, String shard) throws IOException {
    copy.editJson(INDEX, json -> ((ObjectNode) json.get("weight_map")).put(tensor, shard));
  }

  private static void truncate(CheckpointCopy copy, long bytes) throws IOException {
    try (FileChannel channel = FileChannel.open(copy.path(SHARD_1), StandardOpenOption.WRITE)) {
      channel.truncate(bytes);
    }
  }

  private static void headerLength(CheckpointCopy copy, long length) throws IOException {
    try (FileChannel channel = FileChannel.open(copy.path(SHARD_1), StandardOpenOption.WRITE)) {
      ByteBuffer bytes = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
      assertEquals(8, channel.write(bytes.putLong(length).flip(), 0));
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("damages")
  void damagedCheckpointIsRefusedInOneSentence(
      String name, Damage damage, List<String> expectedInMessage) throws IOException {
    CheckpointCopy copy = CheckpointCopy.ofTiny(scratch);
    Checkpoint.open(copy.directory()).close();
    damage.to(copy);
    String message =
        assertThrows(CheckpointException.class, () -> Checkpoint.open(copy.directory()))
            .getMessage();
    assertFalse(message.contains("\n"), message);
    assertTrue(message.length() < 1000, message);
    assertTrue(message.contains(copy.directory().toString()), message);
    for (String expected : expectedInMessage) {
      assertTrue(message.contains(expected), () -> name + ": " + message);
    }
  }

  @Test
  void directoryThatDoesNotExistIsRefused() {
    Path nowhere = scratch.resolve("nowhere");
    CheckpointException e = assertThrows(CheckpointException.class, () -> Checkpoint.open(nowhere));
    assertEquals(nowhere + " is not a directory with a checkpoint", e.getMessage());
  }

  @Test
  void indexCountsWhereThereIsASingleFileToo() throws IOException {
    CheckpointCopy copy = CheckpointCopy.ofTiny(scratch);
    copy.write(CheckpointFiles.SINGLE_NAME, "not a safetensors file");
    try (Checkpoint checkpoint = Checkpoint.open(copy.directory())) {
      assertEquals(3, checkpoint.files().shards().size());
    }
  }

  @Test
  void singleFileWithoutIndexOpens() throws IOException {
    Path out = scratch.resolve("one");
    ModelConfig config = ModelShape.named("demo").with("vocab", 100).config();
    RandomCheckpoint.write(config, 1, 1L << 40, out, (bytes, total) -> {});
    Files.delete(out.resolve(INDEX));
    Files.move(out.resolve("model-00001-of-00001.safetensors"), out.resolve("model.safetensors"));
    try (Checkpoint checkpoint = Checkpoint.open(out)) {
      assertEquals(config, checkpoint.config());
    }
  }

  @Test
  void namesInMessagesCannotForgeLines() throws IOException {
    CheckpointCopy copy = CheckpointCopy.ofTiny(scratch);
    place(copy, "evil\n\u001b[31mERROR all is well" + "x".repeat(10_000), "no/where");
    String message =
        assertThrows(CheckpointException.class, () -> Checkpoint.open(copy.directory()))
            .getMessage();
    assertTrue(message.chars().noneMatch(Character::isISOControl), message);
    assertTrue(message.length() < 1000, message);
  }
}
