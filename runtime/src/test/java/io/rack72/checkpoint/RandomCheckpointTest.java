package io.rack72.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.tensor.Bf16Vector;
import io.rack72.tensor.Mxfp4Matrix;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RandomCheckpointTest {
  private static final RandomCheckpoint.Progress SILENT = (bytes, total) -> {};
  private static final double[] CODES = {0, 0.5, 1, 1.5, 2, 3, 4, 6};

  @TempDir Path scratch;

  private static ModelShape smallShape() {
    return ModelShape.named("demo").with("vocab", 1003).with("layers", 3).with("experts", 7);
  }

  private Path write(String name, ModelConfig config, long seed, long maxShardBytes) {
    Path out = scratch.resolve(name);
    RandomCheckpoint.write(config, seed, maxShardBytes, out, SILENT);
    return out;
  }

  @Test
  void writtenCheckpointOpensWithItsConfiguration() {
    ModelConfig config = smallShape().config();
    try (Checkpoint checkpoint = Checkpoint.open(write("a", config, 1, 100_000))) {
      assertEquals(config, checkpoint.config());
      assertTrue(checkpoint.files().shards().size() > 2);
      assertEquals(List.of(1000, 1001, 1002), checkpoint.generationConfig().stopTokenIds());
    }
  }

  @Test
  void harmonyVocabularyGetsItsStopTokens() {
    ModelConfig config = ModelShape.named("demo").with("layers", 1).config();
    try (Checkpoint checkpoint = Checkpoint.open(write("a", config, 1, 1L << 40))) {
      assertEquals(List.of(199999, 200002, 200012), checkpoint.generationConfig().stopTokenIds());
    }
  }

  @Test
  void sameSeedGivesTheSameFiles() throws IOException {
    ModelConfig config = smallShape().config();
    Path a = write("a", config, 5, 100_000);
    Path b = write("b", config, 5, 100_000);
    List<Path> names = filesIn(a);
    assertEquals(names, filesIn(b));
    for (Path name : names) {
      assertArrayEquals(
          Files.readAllBytes(a.resolve(name)),
          Files.readAllBytes(b.resolve(name)),
          name.toString());
    }
  }

  private static List<Path> filesIn(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(Path::getFileName).sorted().toList();
    }
  }

  @Test
  void tensorsDoNotDependOnTheShardsTheyAreIn() {
    ModelConfig config = smallShape().config();
    try (Checkpoint many = Checkpoint.open(write("many", config, 5, 1));
        Checkpoint one = Checkpoint.open(write("one", config, 5, 1L << 40))) {
      assertEquals(1, one.files().shards().size());
      List<ModelTensor.Instance> tensors = ModelTensor.allOf(config);
      assertEquals(tensors.size(), many.files().shards().size());
      for (ModelTensor.Instance tensor : tensors) {
        assertEquals(
            -1, data(one, tensor.name()).mismatch(data(many, tensor.name())), tensor.name());
      }
    }
  }

  private static MemorySegment data(Checkpoint checkpoint, String tensor) {
    CheckpointFiles.Located located = checkpoint.files().find(tensor).orElseThrow();
    return located.shard().data(located.entry());
  }

  @Test
  void everySeedAndTensorHasItsOwnContent() {
    ModelConfig config = smallShape().config();
    try (Checkpoint a = Checkpoint.open(write("a", config, 5, 1L << 40));
        Checkpoint b = Checkpoint.open(write("b", config, 6, 1L << 40))) {
      assertNotEquals(a.fingerprint(), b.fingerprint());
      assertNotEquals(-1, a.query(0).data().mismatch(b.query(0).data()));
      assertNotEquals(-1, a.query(0).data().mismatch(a.query(1).data()));
      assertNotEquals(-1, a.gateUp(0, 0).blocks().mismatch(a.gateUp(0, 1).blocks()));
    }
  }

  @Test
  void weightsHaveTheDeviationThatTheirFanInAsksFor() {
    ModelConfig config = smallShape().with("hidden", 288).with("intermediate", 416).config();
    try (Checkpoint checkpoint = Checkpoint.open(write("a", config, 9, 1L << 40))) {
      for (int expert = 0; expert < config.experts(); expert++) {
        assertMoments(dequantised(checkpoint.gateUp(1, expert)), 0, 3 / Math.sqrt(288));
        assertMoments(dequantised(checkpoint.down(2, expert)), 0, 0.4 / Math.sqrt(416));
      }
      assertMoments(all(checkpoint.query(0).data()), 0, 1 / Math.sqrt(288));
      assertMoments(all(checkpoint.attentionOutput(0).data()), 0, 1.4 / Math.sqrt(256));
      assertMoments(all(checkpoint.embedding().data()), 0, 1);
      assertMoments(all(checkpoint.outputMatrix().data()), 0, 3 / Math.sqrt(288));
      assertEquals(1, mean(all(checkpoint.finalNorm().data())), 0.06);
    }
  }

  @Test
  void scaleBytesOfAnExpertVary() {
    ModelConfig config = smallShape().config();
    try (Checkpoint checkpoint = Checkpoint.open(write("a", config, 9, 1L << 40))) {
      Set<Byte> distinct = new HashSet<>();
      for (byte scale : checkpoint.gateUp(0, 0).scales().toArray(ValueLayout.JAVA_BYTE)) {
        distinct.add(scale);
      }
      assertEquals(2, distinct.size());
    }
  }

  /** Of ten thousand numbers and more, the sample's moments are within 3% of the distribution's. */
  private static void assertMoments(double[] sample, double mean, double deviation) {
    assertTrue(sample.length > 10_000);
    assertEquals(mean, mean(sample), 0.03 * deviation);
    double sum = 0;
    for (double x : sample) {
      sum += (x - mean) * (x - mean);
    }
    assertEquals(deviation, Math.sqrt(sum / sample.length), 0.03 * deviation);
  }

  private static double mean(double[] sample) {
    double sum = 0;
    for (double x : sample) {
      sum += x;
    }
    return sum / sample.length;
  }

  private static double[] all(MemorySegment bf16) {
    float[] floats = new Bf16Vector(bf16, (int) (bf16.byteSize() / 2)).toFloats();
    double[] doubles = new double[floats.length];
    for (int i = 0; i < floats.length; i++) {
      doubles[i] = floats[i];
    }
    return doubles;
  }

  private static double[] dequantised(Mxfp4Matrix matrix) {
    double[] values = new double[matrix.rows() * matrix.columns()];
    for (int i = 0; i < values.length; i++) {
      int pair = matrix.blocks().get(ValueLayout.JAVA_BYTE, i / 2) & 0xFF;
      int code = i % 2 == 0 ? pair & 15 : pair >> 4;
      int scale = matrix.scales().get(ValueLayout.JAVA_BYTE, i / Mxfp4Matrix.BLOCK) & 0xFF;
      double magnitude = Math.scalb(CODES[code & 7], scale - 127);
      values[i] = code < 8 ? magnitude : -magnitude;
    }
    return values;
  }

  @Test
  void progressEndsAtTheTotalWhichIsTheSizeOfTheShards() throws IOException {
    List<Long> seen = new ArrayList<>();
    List<Long> totals = new ArrayList<>();
    Path out = scratch.resolve("a");
    RandomCheckpoint.write(
        smallShape().config(),
        1,
        100_000,
        out,
        (bytes, total) -> {
          seen.add(bytes);
          totals.add(total);
        });
    assertEquals(seen.stream().sorted().toList(), seen);
    assertEquals(totals.getLast(), seen.getLast());
    long onDisk = 0;
    for (Path name : filesIn(out)) {
      onDisk += name.toString().endsWith(".safetensors") ? Files.size(out.resolve(name)) : 0;
    }
    assertEquals(onDisk, totals.getLast());
  }

  @Test
  void occupiedDirectoryIsRefusedAndLeftAsItWas() throws IOException {
    Path out = Files.createDirectory(scratch.resolve("a"));
    Files.writeString(out.resolve("mine.txt"), "mine");
    ModelConfig config = smallShape().config();
    CheckpointException e =
        assertThrows(
            CheckpointException.class, () -> RandomCheckpoint.write(config, 1, 1000, out, SILENT));
    assertTrue(e.getMessage().contains(out.toString()));
    assertEquals(List.of(Path.of("mine.txt")), filesIn(out));
    assertEquals(List.of(Path.of("a")), filesIn(scratch));
  }

  @Test
  void emptyDirectoryIsFilled() throws IOException {
    Path out = Files.createDirectory(scratch.resolve("a"));
    RandomCheckpoint.write(smallShape().config(), 1, 1L << 40, out, SILENT);
    Checkpoint.open(out).close();
  }

  @Test
  void nothingStaysOfAWriteThatFails() throws IOException {
    ModelConfig config = smallShape().config();
    RandomCheckpoint.Progress failing =
        (bytes, total) -> {
          if (bytes > total / 2) {
            throw new IllegalStateException("interrupted");
          }
        };
    assertThrows(
        IllegalStateException.class,
        () -> RandomCheckpoint.write(config, 1, 50_000, scratch.resolve("a"), failing));
    assertEquals(List.of(), filesIn(scratch));
  }

  @Test
  void modelLargerThanTheDiskIsRefusedWithWhatIsMissing() throws IOException {
    ModelConfig config =
        ModelShape.named("gpt-oss-120b").with("layers", 1024).with("experts", 4096).config();
    CheckpointException e =
        assertThrows(
            CheckpointException.class,
            () -> RandomCheckpoint.write(config, 1, 1L << 40, scratch.resolve("a"), SILENT));
    assertTrue(e.getMessage().contains("bytes are missing"), e.getMessage());
    assertFalse(Files.exists(scratch.resolve("a")));
    assertEquals(List.of(), filesIn(scratch));
  }
}
