package io.rack72.placement;

import io.rack72.hardware.GpuId;
import io.rack72.hardware.RackProfile;

/**
 * What lies in each GPU's HBM, in bytes: the weights that all its sequences share, its expert slots
 * and its KV pools. A model that does not fit is refused before anything starts.
 *
 * @param rack whose HBM it is
 * @param placement of experts and sequences; on GPUs that are not in it nothing lies
 * @param sharedBytes of everything that is not an expert; on GPUs that take sequences
 * @param expertBytes of one expert of one layer
 */
public record HbmBudget(RackProfile rack, Placement placement, long sharedBytes, long expertBytes) {

  /** Whether a GPU takes sequences, and so holds attention weights and KV blocks. */
  public boolean takesSequences(GpuId gpu) {
    return placement.attends(gpu);
  }

  /** Bytes of weights on one GPU. */
  public long weightBytes(GpuId gpu) {
    long experts = expertBytes * placement.experts().slotsOf(gpu).size();
    return takesSequences(gpu) ? experts + sharedBytes : experts;
  }

  /** Bytes for KV on the fullest GPU that takes sequences; negative where weights do not fit. */
  public long kvRoomBytes() {
    return rack.gpus().stream()
        .filter(this::takesSequences)
        .mapToLong(gpu -> rack.gpu().hbmBytes() - weightBytes(gpu))
        .min()
        .orElseThrow();
  }

  /**
   * Checks that weights and KV fit on every GPU.
   *
   * @param kvBytes of the pools on each GPU that takes sequences
   * @throws DoesNotFitException naming the first GPU on which they do not, and how much is missing
   */
  public void check(long kvBytes) {
    for (GpuId gpu : rack.gpus()) {
      long weights = weightBytes(gpu);
      long kv = takesSequences(gpu) ? kvBytes : 0;
      long missing = weights + kv - rack.gpu().hbmBytes();
      if (missing > 0) {
        throw new DoesNotFitException(
            "the model does not fit on rack %s: %s needs %,d bytes of weights and %,d of KV blocks and has %,d of HBM; %,d are missing"
                .formatted(rack.name(), gpu, weights, kv, rack.gpu().hbmBytes(), missing));
      }
    }
  }

  /** A model that is too large for the rack. The message is one sentence with the figures. */
  public static final class DoesNotFitException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    DoesNotFitException(String message) {
      super(message);
    }
  }
}
