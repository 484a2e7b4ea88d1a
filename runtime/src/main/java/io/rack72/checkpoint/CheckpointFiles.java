package io.rack72.checkpoint;

import static io.rack72.checkpoint.CheckpointException.quoted;

import com.fasterxml.jackson.databind.JsonNode;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The weight files of a checkpoint directory: an index with any number of shards, or one file.
 * Which shard a tensor is in is taken from the index alone; the numbers in shard names mean
 * nothing, and the published ones do not even count from one.
 */
final class CheckpointFiles {
  static final String INDEX_NAME = "model.safetensors.index.json";
  static final String SINGLE_NAME = "model.safetensors";
  static final String TOKENIZER_NAME = "tokenizer.json";

  private static final int MAX_INDEX_BYTES = 64 << 20;
  static final int MAX_SHARDS = 10_000;

  private final Optional<byte[]> index;
  private final List<SafetensorsFile> shards;
  private final Map<String, SafetensorsFile> shardOfTensor;

  private CheckpointFiles(
      Optional<byte[]> index,
      List<SafetensorsFile> shards,
      Map<String, SafetensorsFile> shardOfTensor) {
    this.index = index;
    this.shards = List.copyOf(shards);
    this.shardOfTensor = Map.copyOf(shardOfTensor);
  }

  /** One tensor and the shard that holds it. */
  record Located(SafetensorsFile shard, TensorEntry entry) {}

  /**
   * Opens every shard. Where there are both an index and a single file, the index counts.
   *
   * @param arena owns the mappings
   */
  static CheckpointFiles open(Path directory, Arena arena) {
    Path indexPath = directory.resolve(INDEX_NAME);
    if (Files.exists(indexPath)) {
      return openIndexed(directory, indexPath, arena);
    }
    Path single = directory.resolve(SINGLE_NAME);
    if (!Files.exists(single)) {
      throw new CheckpointException(
          "%s has neither %s nor %s".formatted(directory, INDEX_NAME, SINGLE_NAME));
    }
    SafetensorsFile file = SafetensorsFile.open(single, arena);
    Map<String, SafetensorsFile> shardOfTensor = new HashMap<>();
    file.tensors().forEach(tensor -> shardOfTensor.put(tensor.name(), file));
    return new CheckpointFiles(Optional.empty(), List.of(file), shardOfTensor);
  }

  private static CheckpointFiles openIndexed(Path directory, Path indexPath, Arena arena) {
    byte[] bytes = JsonObject.readBytes(indexPath, MAX_INDEX_BYTES);
    JsonObject weightMap = JsonObject.parse(indexPath, bytes).object("weight_map");
    Map<String, SafetensorsFile> shards = new TreeMap<>();
    Map<String, SafetensorsFile> shardOfTensor = new HashMap<>();
    for (Map.Entry<String, JsonNode> entry : weightMap.node().properties()) {
      String tensor = entry.getKey();
      String name = shardName(indexPath, tensor, entry.getValue());
      SafetensorsFile shard = shards.get(name);
      if (shard == null) {
        if (shards.size() == MAX_SHARDS) {
          throw new CheckpointException(indexPath + " names more than " + MAX_SHARDS + " shards");
        }
        shard = openShard(indexPath, tensor, directory.resolve(name), arena);
        shards.put(name, shard);
      }
      if (shard.tensor(tensor).isEmpty()) {
        throw new CheckpointException(
            "%s lacks tensor %s, which %s says is in it"
                .formatted(shard.path(), quoted(tensor), INDEX_NAME));
      }
      shardOfTensor.put(tensor, shard);
    }
    return new CheckpointFiles(Optional.of(bytes), new ArrayList<>(shards.values()), shardOfTensor);
  }

  /**
   * A shard's name must be that of a file in the checkpoint's own directory, so that an index from
   * elsewhere cannot make the program open other files of this machine.
   */
  private static String shardName(Path indexPath, String tensor, JsonNode value) {
    String name = value.isTextual() ? value.textValue() : "";
    boolean plain;
    try {
      plain =
          !name.isEmpty()
              && name.indexOf('/') < 0
              && name.indexOf('\\') < 0
              && !name.equals(".")
              && !name.equals("..")
              && !Path.of(name).isAbsolute();
    } catch (InvalidPathException _) {
      plain = false;
    }
    if (!plain) {
      throw new CheckpointException(
          "%s places tensor %s in %s, where the name of a file in the same directory is needed"
              .formatted(indexPath, quoted(tensor), quoted(value.toString())));
    }
    return name;
  }

  private static SafetensorsFile openShard(Path indexPath, String tensor, Path path, Arena arena) {
    if (!Files.exists(path)) {
      throw new CheckpointException(
          "%s is missing, but %s says that tensor %s is in it"
              .formatted(path, indexPath.getFileName(), quoted(tensor)));
    }
    return SafetensorsFile.open(path, arena);
  }

  /** The index file as it was read, where there is one. */
  Optional<byte[]> index() {
    return index;
  }

  /** All shards, by name. */
  List<SafetensorsFile> shards() {
    return shards;
  }

  /** The tensor with the given name, where there is one. */
  Optional<Located> find(String tensor) {
    return Optional.ofNullable(shardOfTensor.get(tensor))
        .map(shard -> new Located(shard, shard.tensor(tensor).orElseThrow()));
  }
}
