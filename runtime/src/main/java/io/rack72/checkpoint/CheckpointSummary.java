package io.rack72.checkpoint;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What is in a checkpoint, for people ({@link #toText}) and for programs (Jackson writes the record
 * as it is).
 *
 * @param directory where it is
 * @param config shape of the model
 * @param stopTokenIds ids that end a generation
 * @param parameters number of weights by what they are for; scales of MXFP4 blocks do not count
 * @param totalParameters their sum
 * @param activeParameters those that one token passes through: all but the experts that the router
 *     leaves out
 * @param tensorBytes bytes by element type, of the tensors that the model needs
 * @param sharedBytes bytes of all that is not an expert
 * @param expertBytes bytes of one expert of one layer
 * @param kvBytesPerToken KV memory of one token in all layers, in float32
 * @param kvBytesPerTokenBeyondWindow what of it is kept once the token has left the sliding window:
 *     that of the layers with full attention
 * @param shards weight files, by name
 * @param tensors number of tensors in all shards
 * @param unknownTensors names of tensors that the model does not need, sorted
 * @param tokenizerFiles which of the usual tokenizer files are there
 * @param fingerprint see {@link Checkpoint#fingerprint}
 */
public record CheckpointSummary(
    String directory,
    ModelConfig config,
    List<Integer> stopTokenIds,
    Map<ParameterClass, Long> parameters,
    long totalParameters,
    long activeParameters,
    Map<Dtype, Long> tensorBytes,
    long sharedBytes,
    long expertBytes,
    long kvBytesPerToken,
    long kvBytesPerTokenBeyondWindow,
    List<Shard> shards,
    int tensors,
    List<String> unknownTensors,
    List<String> tokenizerFiles,
    String fingerprint) {

  private static final List<String> TOKENIZER_FILES =
      List.of(
          "tokenizer.json",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "chat_template.jinja");

  /**
   * One weight file.
   *
   * @param name of the file
   * @param bytes its size
   * @param tensors how many it holds
   */
  public record Shard(String name, long bytes, int tensors) {}

  /** Looks through an open checkpoint; reads headers and a few pages of each tensor. */
  public static CheckpointSummary of(Checkpoint checkpoint) {
    ModelConfig config = checkpoint.config();
    Map<ParameterClass, Long> parameters = new EnumMap<>(ParameterClass.class);
    Map<Dtype, Long> tensorBytes = new EnumMap<>(Dtype.class);
    Set<String> needed = new HashSet<>();
    for (ModelTensor.Instance tensor : ModelTensor.allOf(config)) {
      parameters.merge(tensor.kind().parameterClass(), parametersOf(tensor), Long::sum);
      tensorBytes.merge(tensor.kind().dtype(), tensor.bytes(), Long::sum);
      needed.add(tensor.name());
    }
    List<Shard> shards = new ArrayList<>();
    Set<String> unknown = new TreeSet<>();
    int tensors = 0;
    for (SafetensorsFile file : checkpoint.files().shards()) {
      int inFile = file.tensors().size();
      shards.add(new Shard(file.path().getFileName().toString(), file.bytes(), inFile));
      tensors += inFile;
      file.tensors().stream()
          .map(TensorEntry::name)
          .filter(name -> !needed.contains(name))
          .forEach(unknown::add);
    }
    long total = parameters.values().stream().mapToLong(Long::longValue).sum();
    long ofExperts = parameters.get(ParameterClass.EXPERTS);
    long kvBytesPerLayer = 2L * config.kvWidth() * Float.BYTES;
    long fullLayers = config.slidingLayers().stream().filter(sliding -> !sliding).count();
    return new CheckpointSummary(
        checkpoint.directory().toString(),
        config,
        checkpoint.generationConfig().stopTokenIds(),
        parameters,
        total,
        total - ofExperts / config.experts() * (config.experts() - config.expertsPerToken()),
        tensorBytes,
        checkpoint.sharedBytes(),
        checkpoint.expertBytes(0),
        kvBytesPerLayer * config.layers(),
        kvBytesPerLayer * fullLayers,
        List.copyOf(shards),
        tensors,
        List.copyOf(unknown),
        tokenizerFiles(checkpoint.directory()),
        checkpoint.fingerprint());
  }

  private static long parametersOf(ModelTensor.Instance tensor) {
    if (tensor.kind().isScales()) {
      return 0;
    }
    return tensor.kind().isBlocks() ? 2 * tensor.elements() : tensor.elements();
  }

  private static List<String> tokenizerFiles(Path directory) {
    return TOKENIZER_FILES.stream()
        .filter(name -> Files.isRegularFile(directory.resolve(name)))
        .toList();
  }

  /** Several lines for a terminal; the last one ends with a line break. */
  public String toText() {
    StringBuilder text = new StringBuilder();
    line(text, "checkpoint", directory);
    line(text, "fingerprint", fingerprint);
    line(
        text,
        "layers",
        "%d (%d with a sliding window of %d)"
            .formatted(
                config.layers(),
                config.slidingLayers().stream().filter(sliding -> sliding).count(),
                config.slidingWindow()));
    line(text, "hidden", "%d, vocabulary %d".formatted(config.hiddenSize(), config.vocabSize()));
    line(
        text,
        "attention",
        "%d query heads over %d kv heads of %d, context %d"
            .formatted(
                config.queryHeads(), config.kvHeads(), config.headDim(), config.maxPositions()));
    line(
        text,
        "experts",
        "%d per layer, %d per token, intermediate %d, %s each"
            .formatted(
                config.experts(),
                config.expertsPerToken(),
                config.intermediateSize(),
                bytes(expertBytes)));
    line(
        text,
        "parameters",
        number(totalParameters) + ", of which a token uses " + number(activeParameters));
    parameters.forEach((kind, count) -> line(text, "  " + lower(kind), number(count)));
    line(
        text,
        "weights",
        bytes(tensorBytes.values().stream().mapToLong(Long::longValue).sum())
            + ", of which all but the experts are "
            + bytes(sharedBytes));
    tensorBytes.forEach((dtype, count) -> line(text, "  " + lower(dtype), bytes(count)));
    line(
        text,
        "KV memory",
        "%s per token, %s beyond the window, in float32"
            .formatted(bytes(kvBytesPerToken), bytes(kvBytesPerTokenBeyondWindow)));
    line(text, "stop tokens", joined(stopTokenIds.stream().map(String::valueOf)));
    line(text, "tokenizer", joined(tokenizerFiles.stream()));
    line(text, "shards", "%d, tensors %d".formatted(shards.size(), tensors));
    shards.forEach(
        shard ->
            line(
                text,
                "  " + shard.name(),
                "%s, tensors %d".formatted(bytes(shard.bytes()), shard.tensors())));
    line(text, "unknown", joined(unknownTensors.stream().map(CheckpointException::quoted)));
    return text.toString();
  }

  private static void line(StringBuilder text, String label, String value) {
    text.append("%-16s %s\n".formatted(label, value));
  }

  private static String joined(Stream<String> items) {
    String joined = String.join(", ", items.toList());
    return joined.isEmpty() ? "none" : joined;
  }

  private static String lower(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  /** With thousands separated, in the same way whatever the machine's language. */
  private static String number(long count) {
    return String.format(Locale.ROOT, "%,d", count);
  }

  private static String bytes(long count) {
    return number(count) + " bytes";
  }
}
