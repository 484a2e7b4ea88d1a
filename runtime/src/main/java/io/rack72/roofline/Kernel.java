package io.rack72.roofline;

/**
 * A call of one of the kernels of which a gpt-oss step consists, with all that its duration depends
 * on besides the GPU. Sizes are those of one GPU: a tensor-parallel product is given its part.
 */
public sealed interface Kernel {
  /** Bytes of an element of keys and values. */
  enum KvPrecision {
    BF16(2),
    FP8(1);

    private final int bytes;

    KvPrecision(int bytes) {
      this.bytes = bytes;
    }

    public int bytes() {
      return bytes;
    }
  }

  /** Formats of an expert product. Weights are MXFP4: 4.25 bits each with their scales. */
  enum ExpertPrecision {
    /** MXFP8 activations: arithmetic at the fp8 rate. */
    W4A8,
    /** bf16 activations: arithmetic at the bf16 rate. */
    W4A16
  }

  /** How a serving stack comes to the height of tiles, in those programs that have several. */
  enum TileChoice {
    /** By trying: the least that holds an expert's rows. What stacks do before they serve. */
    SEARCHED,
    /**
     * Without trying: what would hold them if all choices were for experts of this GPU. Where
     * experts are spread, most of such a tile is padding.
     */
    UNSEARCHED
  }

  /** Query and key heads of one GPU. */
  record Heads(int query, int kv, int dim) {
    public Heads {
      if (query < 1 || kv < 1 || dim < 1) {
        throw new IllegalArgumentException(
            "attention has heads and a head has elements, not %d, %d and %d"
                .formatted(query, kv, dim));
      }
    }
  }

  /**
   * A bf16 product with a weight matrix.
   *
   * @param rows of activations
   * @param outputs columns of the result
   * @param inputs over which is summed
   */
  record Dense(double rows, double outputs, double inputs) implements Kernel {
    public Dense {
      positive("a product's sizes", Math.min(rows, Math.min(outputs, inputs)));
    }
  }

  /**
   * The fused mixture of experts of one layer: both products, activation, permutation and sum.
   *
   * @param tokens that this GPU has, all of which are looked through: those of the whole group
   *     where they are gathered
   * @param rows what of them goes to the experts on this GPU
   * @param hidden width of a token
   * @param intermediate width inside an expert, this GPU's part of it
   * @param expertsPerToken that the router picks
   * @param groupGpus over which the experts are spread; 1 where every GPU has a part of each
   * @param precision of the products
   * @param tiles how their height was chosen
   */
  record Experts(
      double tokens,
      ExpertRows rows,
      int hidden,
      double intermediate,
      int expertsPerToken,
      int groupGpus,
      ExpertPrecision precision,
      TileChoice tiles)
      implements Kernel {
    public Experts {
      positive("experts' sizes", Math.min(tokens, Math.min(hidden, intermediate)));
      positive("an expert-parallel group", groupGpus);
    }
  }

  /**
   * Attention of one new token of each sequence over the keys of its context.
   *
   * @param sequences in the batch
   * @param context keys of each in the mean, the new one included
   * @param window keys that are seen; 0 for all
   */
  record DecodeAttention(double sequences, double context, int window, Heads heads, KvPrecision kv)
      implements Kernel {
    public DecodeAttention {
      positive("decode attention's sizes", Math.min(sequences, context));
    }
  }

  /**
   * Causal attention of new tokens over one another and over what came before them.
   *
   * @param sequences in the batch
   * @param tokens new ones of each
   * @param before keys of each that are in memory already
   * @param window keys that a token sees; 0 for all
   * @param fp8Products whether query and keys meet in fp8
   */
  record PrefillAttention(
      double sequences,
      double tokens,
      double before,
      int window,
      Heads heads,
      KvPrecision kv,
      boolean fp8Products)
      implements Kernel {
    public PrefillAttention {
      positive("prefill attention's sizes", Math.min(sequences, tokens));
    }
  }

  /** What GPUs of a group do with one buffer each. */
  enum Operation {
    /** Each gets all parts; the bytes are those of the result. */
    ALL_GATHER,
    /** Each gets the sum of its part; the bytes are those of the whole. */
    REDUCE_SCATTER,
    /** Each gets the sum of all, by NCCL. */
    ALL_REDUCE,
    /** Each gets the sum of all, by the serving stack's own kernel for small messages. */
    FUSED_ALL_REDUCE,
    /** Each sends a different part to each. */
    ALL_TO_ALL
  }

  /** A collective of NCCL's or of the serving stack. */
  record Collective(Operation operation, int gpus, double bytes) implements Kernel {
    public Collective {
      positive("a collective's bytes", bytes);
      if (gpus < 2) {
        throw new IllegalArgumentException("a collective has two GPUs at least, not " + gpus);
      }
    }
  }

  /** Parts of an exchange of tokens between expert-parallel GPUs. */
  enum Phase {
    /** Counting who gets what, where the kernel does that apart. */
    PREPARE,
    DISPATCH,
    COMBINE,
    /** Combine with results of fewer bits. */
    COMBINE_LOW_PRECISION
  }

  /** How the exchange is written. */
  enum Exchange {
    /** Senders put rows where they belong. */
    ONE_SIDED,
    /** Senders and receivers meet at queues. */
    TWO_SIDED
  }

  /**
   * One phase of an exchange of tokens.
   *
   * @param tokens of each GPU
   * @param bytesPerToken of a hidden state in the format in which it is sent
   * @param targets GPUs to which a token is sent in the mean, its own among them
   * @param gpus of the group
   */
  record AllToAll(
      Exchange exchange, Phase phase, double tokens, double bytesPerToken, double targets, int gpus)
      implements Kernel {
    public AllToAll {
      positive("an exchange's sizes", Math.min(tokens, Math.min(bytesPerToken, targets)));
      if (gpus < 2) {
        throw new IllegalArgumentException("an exchange has two GPUs at least, not " + gpus);
      }
    }
  }

  /** Choice of the next tokens from logits. */
  record Sampling(double rows, int vocabulary) implements Kernel {
    public Sampling {
      positive("sampling's sizes", Math.min(rows, vocabulary));
    }
  }

  /** A norm or another pass over the rows; it is launched, reads and writes. */
  record Elementwise(double rows, int width) implements Kernel {
    public Elementwise {
      positive("a pass's sizes", Math.min(rows, width));
    }
  }

  private static void positive(String what, double value) {
    if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(what + " are positive, not " + value);
    }
  }
}
