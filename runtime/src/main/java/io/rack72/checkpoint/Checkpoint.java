package io.rack72.checkpoint;

import static io.rack72.checkpoint.CheckpointException.quoted;

import io.rack72.tensor.Bf16Matrix;
import io.rack72.tensor.Bf16Vector;
import io.rack72.tensor.Mxfp4Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;

/**
 * A gpt-oss checkpoint in the layout of Hugging Face, with its weights mapped into memory as they
 * are stored: bfloat16, and MXFP4 left packed for the experts. When {@link #open} returns, every
 * tensor that the model needs is known to be there with the right type and shape, so the accessors
 * do not fail.
 *
 * <p>All tensors handed out are views of the mapping. They are read-only, may be used by any
 * thread, and are valid until {@link #close}; after that an access throws {@link
 * IllegalStateException}. Layers and experts are numbered from 0.
 */
public final class Checkpoint implements AutoCloseable {
  private final Path directory;
  private final byte[] configBytes;
  private final ModelConfig config;
  private final GenerationConfig generationConfig;
  private final CheckpointFiles files;
  private final Arena arena;
  private final Map<ModelTensor, MemorySegment[]> tensors;

  private Checkpoint(
      Path directory,
      byte[] configBytes,
      ModelConfig config,
      GenerationConfig generationConfig,
      CheckpointFiles files,
      Arena arena) {
    this.directory = directory;
    this.configBytes = configBytes;
    this.config = config;
    this.generationConfig = generationConfig;
    this.files = files;
    this.arena = arena;
    this.tensors = locateAll(directory, config, files);
  }

  /**
   * Opens a checkpoint: {@code config.json}, optionally {@code generation_config.json}, and {@code
   * model.safetensors.index.json} with its shards or else one {@code model.safetensors}.
   *
   * @throws CheckpointException naming the file and the tensor or field, if anything about it is
   *     wrong
   */
  public static Checkpoint open(Path directory) {
    if (!Files.isDirectory(directory)) {
      throw new CheckpointException(directory + " is not a directory with a checkpoint");
    }
    Path configPath = directory.resolve(ModelConfigReader.FILE_NAME);
    byte[] configBytes = JsonObject.readBytes(configPath, ModelConfigReader.MAX_BYTES);
    JsonObject configJson = JsonObject.parse(configPath, configBytes);
    ModelConfig config = ModelConfigReader.read(configJson);
    GenerationConfig generationConfig =
        GenerationConfig.read(
            directory.resolve(GenerationConfig.FILE_NAME), configJson, config.vocabSize());
    @SuppressWarnings("MustBeClosedChecker") // The checkpoint closes it when it is closed itself.
    Arena arena = Arena.ofShared();
    try {
      return new Checkpoint(
          directory,
          configBytes,
          config,
          generationConfig,
          CheckpointFiles.open(directory, arena),
          arena);
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  private static Map<ModelTensor, MemorySegment[]> locateAll(
      Path directory, ModelConfig config, CheckpointFiles files) {
    Map<ModelTensor, MemorySegment[]> tensors = new EnumMap<>(ModelTensor.class);
    for (ModelTensor kind : ModelTensor.values()) {
      tensors.put(kind, new MemorySegment[kind.perLayer() ? config.layers() : 1]);
    }
    for (ModelTensor.Instance needed : ModelTensor.allOf(config)) {
      CheckpointFiles.Located found =
          files
              .find(needed.name())
              .orElseThrow(
                  () ->
                      new CheckpointException(
                          "%s lacks tensor %s".formatted(directory, quoted(needed.name()))));
      checkTypeAndShape(needed, found);
      tensors.get(needed.kind())[needed.layer()] = found.shard().data(found.entry());
    }
    return tensors;
  }

  private static void checkTypeAndShape(
      ModelTensor.Instance needed, CheckpointFiles.Located found) {
    TensorEntry entry = found.entry();
    if (entry.dtype() != needed.kind().dtype() || !entry.shape().equals(needed.shape())) {
      throw new CheckpointException(
          "%s: tensor %s is %s %s, but the configuration asks for %s %s"
              .formatted(
                  found.shard().path(),
                  quoted(needed.name()),
                  entry.dtype(),
                  entry.shape(),
                  needed.kind().dtype(),
                  needed.shape()));
    }
  }

  /** The model's shape. */
  public ModelConfig config() {
    return config;
  }

  /** Stop tokens and sampling defaults. */
  public GenerationConfig generationConfig() {
    return generationConfig;
  }

  /** Where the checkpoint was opened. */
  public Path directory() {
    return directory;
  }

  /** Embedding, {@code [vocab, hidden]}: a row for each token. */
  public Bf16Matrix embedding() {
    return matrix(ModelTensor.EMBEDDING, 0, config.vocabSize(), config.hiddenSize());
  }

  /** Output projection onto the vocabulary ({@code lm_head}), {@code [vocab, hidden]}. */
  public Bf16Matrix outputMatrix() {
    return matrix(ModelTensor.OUTPUT, 0, config.vocabSize(), config.hiddenSize());
  }

  /** Weight of the norm before the output projection, {@code [hidden]}. */
  public Bf16Vector finalNorm() {
    return vector(ModelTensor.FINAL_NORM, 0);
  }

  /** Weight of the norm before attention, {@code [hidden]}. */
  public Bf16Vector inputNorm(int layer) {
    return vector(ModelTensor.INPUT_NORM, layer);
  }

  /** Query projection, {@code [queryWidth, hidden]}. */
  public Bf16Matrix query(int layer) {
    return matrix(ModelTensor.QUERY, layer, config.queryWidth(), config.hiddenSize());
  }

  /** Bias of the query projection, {@code [queryWidth]}. */
  public Bf16Vector queryBias(int layer) {
    return vector(ModelTensor.QUERY_BIAS, layer);
  }

  /** Key projection, {@code [kvWidth, hidden]}. */
  public Bf16Matrix key(int layer) {
    return matrix(ModelTensor.KEY, layer, config.kvWidth(), config.hiddenSize());
  }

  /** Bias of the key projection, {@code [kvWidth]}. */
  public Bf16Vector keyBias(int layer) {
    return vector(ModelTensor.KEY_BIAS, layer);
  }

  /** Value projection, {@code [kvWidth, hidden]}. */
  public Bf16Matrix value(int layer) {
    return matrix(ModelTensor.VALUE, layer, config.kvWidth(), config.hiddenSize());
  }

  /** Bias of the value projection, {@code [kvWidth]}. */
  public Bf16Vector valueBias(int layer) {
    return vector(ModelTensor.VALUE_BIAS, layer);
  }

  /** Output projection of attention, {@code [hidden, queryWidth]}. */
  public Bf16Matrix attentionOutput(int layer) {
    return matrix(ModelTensor.ATTENTION_OUTPUT, layer, config.hiddenSize(), config.queryWidth());
  }

  /** Bias of the output projection of attention, {@code [hidden]}. */
  public Bf16Vector attentionOutputBias(int layer) {
    return vector(ModelTensor.ATTENTION_OUTPUT_BIAS, layer);
  }

  /** Attention sinks: one extra logit for each query head, {@code [queryHeads]}. */
  public Bf16Vector sinks(int layer) {
    return vector(ModelTensor.SINKS, layer);
  }

  /** Weight of the norm between attention and the experts, {@code [hidden]}. */
  public Bf16Vector postAttentionNorm(int layer) {
    return vector(ModelTensor.POST_ATTENTION_NORM, layer);
  }

  /** Router, {@code [experts, hidden]}. */
  public Bf16Matrix router(int layer) {
    return matrix(ModelTensor.ROUTER, layer, config.experts(), config.hiddenSize());
  }

  /** Bias of the router, {@code [experts]}. */
  public Bf16Vector routerBias(int layer) {
    return vector(ModelTensor.ROUTER_BIAS, layer);
  }

  /**
   * One expert's gate and up projections, {@code [2 * intermediate, hidden]}: gate in the even
   * rows, up in the odd ones.
   */
  public Mxfp4Matrix gateUp(int layer, int expert) {
    return new Mxfp4Matrix(
        ofExpert(ModelTensor.GATE_UP_BLOCKS, layer, expert),
        ofExpert(ModelTensor.GATE_UP_SCALES, layer, expert),
        2 * config.intermediateSize(),
        config.hiddenSize());
  }

  /** Bias of one expert's gate and up projections, interleaved likewise. */
  public Bf16Vector gateUpBias(int layer, int expert) {
    return new Bf16Vector(
        ofExpert(ModelTensor.GATE_UP_BIAS, layer, expert), 2 * config.intermediateSize());
  }

  /** One expert's down projection, {@code [hidden, intermediate]}. */
  public Mxfp4Matrix down(int layer, int expert) {
    return new Mxfp4Matrix(
        ofExpert(ModelTensor.DOWN_BLOCKS, layer, expert),
        ofExpert(ModelTensor.DOWN_SCALES, layer, expert),
        config.hiddenSize(),
        config.intermediateSize());
  }

  /** Bias of one expert's down projection, {@code [hidden]}. */
  public Bf16Vector downBias(int layer, int expert) {
    return new Bf16Vector(ofExpert(ModelTensor.DOWN_BIAS, layer, expert), config.hiddenSize());
  }

  /** Bytes of everything that is not an expert's. */
  public long sharedBytes() {
    return ModelTensor.allOf(config).stream()
        .filter(tensor -> tensor.kind().parameterClass() != ParameterClass.EXPERTS)
        .mapToLong(ModelTensor.Instance::bytes)
        .sum();
  }

  /** Bytes of one expert of a layer; all experts of a layer are of one size. */
  public long expertBytes(int layer) {
    long bytes = 0;
    for (ModelTensor kind : ModelTensor.values()) {
      if (kind.parameterClass() == ParameterClass.EXPERTS) {
        bytes += data(kind, layer).byteSize();
      }
    }
    return bytes / config.experts();
  }

  /**
   * Identifies the checkpoint and what else its directory says that replies depend on: a SHA-256,
   * in hex, of {@code config.json}, the index, all headers, a sample of every 4 MiB of each tensor,
   * and of {@code generation_config.json} and {@code tokenizer.json}, where they are there. The
   * sample tells fine-tunings of one model apart, whose headers are the same, without reading all
   * weights. It is computed anew at each call.
   *
   * @throws CheckpointException if a file can no longer be read
   */
  public String fingerprint() {
    return Fingerprint.of(directory, configBytes, files);
  }

  /** Unmaps the weights. Must not be called while another thread uses them. */
  @Override
  public void close() {
    arena.close();
  }

  CheckpointFiles files() {
    return files;
  }

  private MemorySegment data(ModelTensor kind, int layer) {
    return tensors.get(kind)[layer];
  }

  private Bf16Matrix matrix(ModelTensor kind, int layer, int rows, int columns) {
    return new Bf16Matrix(data(kind, layer), rows, columns);
  }

  private Bf16Vector vector(ModelTensor kind, int layer) {
    MemorySegment data = data(kind, layer);
    return new Bf16Vector(data, (int) (data.byteSize() / Short.BYTES));
  }

  private MemorySegment ofExpert(ModelTensor kind, int layer, int expert) {
    MemorySegment all = data(kind, layer);
    long bytes = all.byteSize() / config.experts();
    return all.asSlice(expert * bytes, bytes);
  }
}
