package io.rack72.checkpoint;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Writes checkpoints of any gpt-oss shape with random weights, in the layout of the published ones,
 * for benchmarks and tests. The weights depend on the seed and on each tensor's name only, not on
 * the shards they are written to. Memory use is one small buffer, whatever the size of the model.
 */
public final class RandomCheckpoint {
  private static final int BUFFER_BYTES = 1 << 20;

  /** Is told how far the writing has come. */
  @FunctionalInterface
  public interface Progress {
    /** Called after each megabyte or so, from the thread that called {@link #write}. */
    void written(long bytes, long totalBytes);
  }

  private final RandomWeights weights;
  private final ShardPlan plan;
  private final Progress progress;
  private final long totalBytes;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private long bytesWritten;

  private RandomCheckpoint(RandomWeights weights, ShardPlan plan, Progress progress) {
    this.weights = weights;
    this.plan = plan;
    this.totalBytes = plan.bytes();
    this.progress = progress;
  }

  /**
   * Writes a checkpoint. It is made beside {@code out} and moved there when it is complete.
   *
   * @param maxShardBytes a shard is larger only where a single tensor is
   * @param out a directory that is empty or does not exist yet
   * @throws CheckpointException if {@code out} is occupied, if its disk has too little room, or if
   *     writing fails
   */
  public static void write(
      ModelConfig config, long seed, long maxShardBytes, Path out, Progress progress) {
    if (maxShardBytes < 1) {
      throw new IllegalArgumentException("a shard has at least one byte, not " + maxShardBytes);
    }
    ShardPlan plan = ShardPlan.of(config, maxShardBytes);
    RandomWeights weights = new RandomWeights(config, seed);
    try (StagingDirectory staging = StagingDirectory.beside(out)) {
      refuseFullDisk(staging.path(), out, plan.bytes());
      ModelConfigWriter.write(config, staging.path());
      new RandomCheckpoint(weights, plan, progress).writeShards(staging.path());
      staging.publish();
    } catch (IOException e) {
      throw new CheckpointException("cannot write " + out + ": " + e.getMessage(), e);
    }
  }

  private static void refuseFullDisk(Path staging, Path out, long needed) throws IOException {
    long free = Files.getFileStore(staging).getUsableSpace();
    if (free < needed) {
      throw new CheckpointException(
          "%s needs %d bytes, but its disk has %d free: %d bytes are missing"
              .formatted(out, needed, free, needed - free));
    }
  }

  private void writeShards(Path directory) throws IOException {
    for (ShardPlan.Shard shard : plan.shards()) {
      try (OutputStream file = Files.newOutputStream(directory.resolve(shard.name()))) {
        writeHeader(file, shard.header());
        for (ModelTensor.Instance tensor : shard.tensors()) {
          writeTensor(file, tensor);
        }
      }
    }
    new ObjectMapper()
        .writerWithDefaultPrettyPrinter()
        .writeValue(directory.resolve(CheckpointFiles.INDEX_NAME).toFile(), plan.index());
  }

  private void writeHeader(OutputStream file, byte[] header) throws IOException {
    ByteBuffer length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    file.write(length.putLong(header.length).array());
    file.write(header);
    advance(Long.BYTES + header.length);
  }

  private void writeTensor(OutputStream file, ModelTensor.Instance tensor) throws IOException {
    RandomTensor content = weights.of(tensor);
    int unitBytes = tensor.kind().dtype().bits() / Byte.SIZE;
    int unitsPerBuffer = BUFFER_BYTES / unitBytes;
    long units = tensor.elements();
    for (long first = 0; first < units; first += unitsPerBuffer) {
      int count = (int) Math.min(unitsPerBuffer, units - first);
      content.fill(buffer, first, count);
      file.write(buffer, 0, count * unitBytes);
      advance(count * unitBytes);
    }
  }

  private void advance(int bytes) {
    bytesWritten += bytes;
    progress.written(bytesWritten, totalBytes);
  }
}
