package io.rack72.checkpoint;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The sizes of a model that is to be made: one of the published shapes or the small one for
 * demonstrations, with any size replaced. Immutable.
 */
public final class ModelShape {
  /** Rows of the embedding of every model with the o200k_harmony vocabulary, ids 0 to 201087. */
  public static final int HARMONY_VOCAB_SIZE = 201088;

  /** A size that can be replaced, under the name that it has on the command line. */
  public enum Dimension {
    VOCAB("vocab"),
    HIDDEN("hidden"),
    LAYERS("layers"),
    QUERY_HEADS("query-heads"),
    KV_HEADS("kv-heads"),
    HEAD_DIM("head-dim"),
    EXPERTS("experts"),
    EXPERTS_PER_TOKEN("experts-per-token"),
    INTERMEDIATE("intermediate"),
    WINDOW("window"),
    MAX_POSITIONS("max-positions");

    private final String key;

    Dimension(String key) {
      this.key = key;
    }

    /** Name on the command line. */
    public String key() {
      return key;
    }
  }

  private static final float RMS_NORM_EPSILON = 1e-5f;
  private static final double ROPE_THETA = 150_000;
  private static final RopeScaling ROPE_SCALING = new RopeScaling(32, 32, 1, 4096, false);
  private static final float SWIGLU_LIMIT = 7;

  private static final ModelShape GPT_OSS_20B =
      new ModelShape("gpt-oss-20b", HARMONY_VOCAB_SIZE, 2880, 24, 64, 8, 64, 32, 4, 2880, 128);

  private static final ModelShape GPT_OSS_120B =
      new ModelShape("gpt-oss-120b", HARMONY_VOCAB_SIZE, 2880, 36, 64, 8, 64, 128, 4, 2880, 128);

  /** Small enough to be made in a second, with experts enough for every GPU of a rack of 72. */
  private static final ModelShape DEMO =
      new ModelShape("demo", HARMONY_VOCAB_SIZE, 64, 4, 4, 2, 64, 128, 4, 32, 64);

  private final String name;
  private final Map<Dimension, Integer> sizes;

  private ModelShape(String name, Map<Dimension, Integer> sizes) {
    this.name = name;
    this.sizes = sizes;
  }

  /** The sizes are in the order of {@link Dimension}; the context is always 131072. */
  private ModelShape(String name, int... sizes) {
    this(name, new EnumMap<>(Dimension.class));
    for (int i = 0; i < sizes.length; i++) {
      this.sizes.put(Dimension.values()[i], sizes[i]);
    }
    this.sizes.put(Dimension.MAX_POSITIONS, 131_072);
  }

  /** All shapes that have a name. */
  public static List<ModelShape> presets() {
    return List.of(GPT_OSS_20B, GPT_OSS_120B, DEMO);
  }

  /**
   * The preset with the given name.
   *
   * @throws IllegalArgumentException naming all presets, if there is none
   */
  public static ModelShape named(String name) {
    return presets().stream()
        .filter(shape -> shape.name.equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "there is no model shape '%s'; there are %s"
                        .formatted(
                            name,
                            String.join(", ", presets().stream().map(ModelShape::name).toList()))));
  }

  /** Name of the preset that this shape began as. */
  public String name() {
    return name;
  }

  /** One of the sizes. */
  public int size(Dimension dimension) {
    return sizes.get(dimension);
  }

  /** This shape with one size replaced. */
  public ModelShape with(Dimension dimension, int size) {
    Map<Dimension, Integer> changed = new EnumMap<>(sizes);
    changed.put(dimension, size);
    return new ModelShape(name, changed);
  }

  /**
   * This shape with one size replaced, by its name on the command line.
   *
   * @throws IllegalArgumentException naming all sizes, if there is none of that name
   */
  public ModelShape with(String key, int size) {
    Dimension dimension =
        Stream.of(Dimension.values())
            .filter(d -> d.key.equals(key))
            .findFirst()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "a model shape has no '%s'; it has %s"
                            .formatted(
                                key,
                                String.join(
                                    ", ",
                                    Stream.of(Dimension.values()).map(Dimension::key).toList()))));
    return with(dimension, size);
  }

  /**
   * The configuration of a model of this shape: even layers slide, as in the published models, and
   * everything that is not a size is as there.
   *
   * @throws IllegalArgumentException naming the size, if one is out of bounds or does not go with
   *     another
   */
  public ModelConfig config() {
    int layers = size(Dimension.LAYERS);
    // The record checks this too, but only once the list exists.
    if (layers < 1 || layers > ModelConfig.MAX_LAYERS) {
      throw new IllegalArgumentException(
          "layers must be from 1 to %d, not %d".formatted(ModelConfig.MAX_LAYERS, layers));
    }
    return new ModelConfig(
        size(Dimension.VOCAB),
        size(Dimension.HIDDEN),
        IntStream.range(0, layers).mapToObj(layer -> layer % 2 == 0).toList(),
        size(Dimension.QUERY_HEADS),
        size(Dimension.KV_HEADS),
        size(Dimension.HEAD_DIM),
        size(Dimension.EXPERTS),
        size(Dimension.EXPERTS_PER_TOKEN),
        size(Dimension.INTERMEDIATE),
        size(Dimension.WINDOW),
        size(Dimension.MAX_POSITIONS),
        RMS_NORM_EPSILON,
        ROPE_THETA,
        ROPE_SCALING,
        SWIGLU_LIMIT);
  }
}
