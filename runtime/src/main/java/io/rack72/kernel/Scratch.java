package io.rack72.kernel;

/**
 * A thread's working memory, kept from call to call so that kernels allocate nothing. Not
 * thread-safe; one per thread.
 */
final class Scratch {
  private static final ThreadLocal<Scratch> OF_THREAD = ThreadLocal.withInitial(Scratch::new);

  /** Activations in packed order, of the call that this thread makes. */
  final Room packed = new Room();

  /** Decoded weights. */
  final Room tile = new Room();

  /** Running sums of dot products. */
  final Room lanes = new Room();

  /** Biases of a tile of weight rows. */
  final Room biases = new Room();

  /** Exponentials of a row. */
  final Room exponentials = new Room();

  /** Keys of a tile of positions. */
  final Room keys = new Room();

  /** Values of a tile of positions. */
  final Room values = new Room();

  /** Transposed queries. */
  final Room queries = new Room();

  /** Attention scores of a tile of positions. */
  final Room scores = new Room();

  /** Running maxima, denominators and corrections of softmax. */
  final Room softmax = new Room();

  /** Weighted sums of values. */
  final Room sums = new Room();

  /** Maxima, denominators and weighted sums of one span of positions. */
  final Room span = new Room();

  /** Those of the spans so far. */
  final Room spans = new Room();

  /** Those of many spans, which other threads fill, of the call that this thread makes. */
  final Room computedSpans = new Room();

  /** Activations in 8 bits, of the call that this thread makes. */
  final Int8Activations activations = new Int8Activations();

  private WeightPanel panel;

  private Scratch() {}

  /** Decoded weights in 16 bits; made on first use, since native kernels never ask. */
  WeightPanel panel() {
    if (panel == null) {
      panel = new WeightPanel();
    }
    return panel;
  }

  /** The calling thread's. */
  static Scratch ofThread() {
    return OF_THREAD.get();
  }

  /** One array, which grows to the largest size asked for; the kernels bound that. */
  static final class Room {
    private float[] array = {};

    private Room() {}

    /** The array that was last asked for. */
    float[] array() {
      return array;
    }

    /** An array of at least {@code length}, with whatever was last left in it. */
    float[] atLeast(int length) {
      if (array.length < length) {
        array = new float[length];
      }
      return array;
    }
  }
}
