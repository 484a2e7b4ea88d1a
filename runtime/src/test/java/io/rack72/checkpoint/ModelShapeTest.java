package io.rack72.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelShapeTest {
  private static final Set<String> FILE_SYSTEMS_WITH_SPARSE_FILES =
      Set.of("ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "tmpfs", "overlay", "apfs");

  @TempDir Path scratch;

  /** The published parameter counts: 20.91 and 116.83 billion, 3.61 and 5.13 of them active. */
  @ParameterizedTest
  @CsvSource({
    "gpt-oss-20b, 24, 32, 20914757184, 13761264768",
    "gpt-oss-120b, 36, 128, 116829156672, 65248815744"
  })
  void publishedShapeLoadsAtFullSize(
      String name, int layers, int experts, long parameters, long bytes) throws IOException {
    assumeTrue(FILE_SYSTEMS_WITH_SPARSE_FILES.contains(Files.getFileStore(scratch).type()));
    ModelConfig config = ModelShape.named(name).config();
    writeWithoutData(config);
    try (Checkpoint checkpoint = Checkpoint.open(scratch)) {
      assertEquals(layers, checkpoint.config().layers());
      assertEquals(experts, checkpoint.config().experts());
      assertEquals(5760, checkpoint.gateUp(layers - 1, experts - 1).rows());
      assertEquals(0, checkpoint.downBias(layers - 1, experts - 1).get(2879));
      CheckpointSummary summary = CheckpointSummary.of(checkpoint);
      assertEquals(parameters, summary.totalParameters());
      assertEquals(bytes, summary.sharedBytes() + summary.expertBytes() * experts * layers);
    }
  }

  private void writeWithoutData(ModelConfig config) throws IOException {
    ShardPlan plan = ShardPlan.of(config, 4_800_000_000L);
    ModelConfigWriter.write(config, scratch);
    new ObjectMapper()
        .writeValue(scratch.resolve(CheckpointFiles.INDEX_NAME).toFile(), plan.index());
    for (ShardPlan.Shard shard : plan.shards()) {
      try (RandomAccessFile file =
          new RandomAccessFile(scratch.resolve(shard.name()).toFile(), "rw")) {
        ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
        file.write(length.putLong(shard.header().length).array());
        file.write(shard.header());
        file.setLength(shard.bytes());
      }
    }
  }

  @Test
  void everySizeCanBeReplacedByItsKey() {
    for (ModelShape.Dimension dimension : ModelShape.Dimension.values()) {
      ModelShape shape = ModelShape.named("demo").with(dimension.key(), 96);
      assertEquals(96, shape.size(dimension));
    }
    ModelConfig config =
        ModelShape.named("gpt-oss-20b").with("layers", 3).with("vocab", 77).config();
    assertEquals(3, config.layers());
    assertEquals(77, config.vocabSize());
    assertTrue(config.sliding(0) && !config.sliding(1) && config.sliding(2));
  }

  @ParameterizedTest
  @ValueSource(strings = {"layers", "hidden", "vocab", "experts", "kv-heads", "max-positions"})
  void absurdSizesAreRefused(String key) {
    for (int size : new int[] {Integer.MIN_VALUE, -1, 0, Integer.MAX_VALUE}) {
      ModelShape shape = ModelShape.named("demo").with(key, size);
      assertThrows(IllegalArgumentException.class, shape::config);
    }
  }

  @Test
  void unknownNamesAreAnsweredWithTheKnownOnes() {
    String shapes =
        assertThrows(IllegalArgumentException.class, () -> ModelShape.named("gpt-5")).getMessage();
    assertTrue(shapes.contains("gpt-oss-20b, gpt-oss-120b, demo"), shapes);
    ModelShape demo = ModelShape.named("demo");
    String keys =
        assertThrows(IllegalArgumentException.class, () -> demo.with("depth", 1)).getMessage();
    assertTrue(keys.contains("vocab, hidden, layers"), keys);
  }
}
