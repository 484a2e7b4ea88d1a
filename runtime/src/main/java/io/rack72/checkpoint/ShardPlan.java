package io.rack72.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * How a model's tensors are laid out over shards: each shard is filled until the next tensor would
 * take it over the limit, and no tensor is cut.
 *
 * @param shards in order
 */
record ShardPlan(List<Shard> shards) {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** Headers are padded with spaces to a multiple of this, so that the data is aligned. */
  private static final int HEADER_ALIGNMENT = 8;

  /**
   * One file to be written.
   *
   * @param name of the file
   * @param header its JSON, padded
   * @param tensors in the order of their data
   */
  record Shard(String name, byte[] header, List<ModelTensor.Instance> tensors) {
    long bytes() {
      return Long.BYTES + header.length + bytesOf(tensors);
    }
  }

  /** Lays out all tensors of a model. */
  static ShardPlan of(ModelConfig config, long maxShardBytes) {
    List<List<ModelTensor.Instance>> parts = new ArrayList<>();
    long bytesInPart = 0;
    for (ModelTensor.Instance tensor : ModelTensor.allOf(config)) {
      if (parts.isEmpty() || bytesInPart + tensor.bytes() > maxShardBytes) {
        parts.add(new ArrayList<>());
        bytesInPart = 0;
      }
      parts.getLast().add(tensor);
      bytesInPart += tensor.bytes();
    }
    if (parts.size() > CheckpointFiles.MAX_SHARDS) {
      throw new CheckpointException(
          "shards of at most %d bytes would be %d files, more than the %d that are allowed"
              .formatted(maxShardBytes, parts.size(), CheckpointFiles.MAX_SHARDS));
    }
    List<Shard> shards = new ArrayList<>();
    for (List<ModelTensor.Instance> part : parts) {
      // Two-byte elements go first: after byte tensors of odd size they would not be aligned.
      part.sort(Comparator.comparingInt(tensor -> -tensor.kind().dtype().bits()));
      String name =
          String.format(
              Locale.ROOT, "model-%05d-of-%05d.safetensors", shards.size() + 1, parts.size());
      shards.add(new Shard(name, header(part), List.copyOf(part)));
    }
    return new ShardPlan(List.copyOf(shards));
  }

  /** Bytes of all shards together, headers included. */
  long bytes() {
    return shards.stream().mapToLong(Shard::bytes).sum();
  }

  /** The content of the index file. */
  ObjectNode index() {
    ObjectNode index = MAPPER.createObjectNode();
    long tensorBytes = shards.stream().mapToLong(shard -> bytesOf(shard.tensors())).sum();
    index.putObject("metadata").put("total_size", tensorBytes);
    ObjectNode weightMap = index.putObject("weight_map");
    for (Shard shard : shards) {
      shard.tensors().forEach(tensor -> weightMap.put(tensor.name(), shard.name()));
    }
    return index;
  }

  private static long bytesOf(List<ModelTensor.Instance> tensors) {
    return tensors.stream().mapToLong(ModelTensor.Instance::bytes).sum();
  }

  private static byte[] header(List<ModelTensor.Instance> tensors) {
    ObjectNode header = MAPPER.createObjectNode();
    header.putObject("__metadata__").put("format", "pt");
    long offset = 0;
    for (ModelTensor.Instance tensor : tensors) {
      ObjectNode entry = header.putObject(tensor.name());
      entry.put("dtype", tensor.kind().dtype().name());
      ArrayNode shape = entry.putArray("shape");
      tensor.shape().forEach(shape::add);
      entry.putArray("data_offsets").add(offset).add(offset + tensor.bytes());
      offset += tensor.bytes();
    }
    try {
      String json = MAPPER.writeValueAsString(header);
      int padding = Math.floorMod(-json.length(), HEADER_ALIGNMENT);
      return (json + " ".repeat(padding)).getBytes(StandardCharsets.US_ASCII);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of names and numbers is always written", e);
    }
  }
}
