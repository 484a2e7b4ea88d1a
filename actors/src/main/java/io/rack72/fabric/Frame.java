package io.rack72.fabric;

import io.rack72.hardware.GpuId;
import io.rack72.schedule.Urgency;

/**
 * A tensor on its way from one GPU to another, or word that there is none. Arrays are handed over,
 * never written again. Where the device computes nothing they are null, and the bytes count all the
 * same.
 */
public sealed interface Frame {
  GpuId from();

  GpuId to();

  /** The placement that the sender followed. */
  long epoch();

  /** Number of the step on the GPU that dispatched, so that an answer finds its question. */
  long step();

  int layer();

  /** Bytes that both ports are charged. */
  long bytes();

  /**
   * Hidden states for experts of the receiver.
   *
   * @param hidden {@code [hiddenRows, hiddenSize]}
   * @param rows for each assignment, the row of {@code hidden} that goes into the expert
   * @param experts for each assignment, the expert
   * @param urgency of the step
   */
  record Dispatch(
      GpuId from,
      GpuId to,
      long epoch,
      long step,
      int layer,
      float[] hidden,
      int[] rows,
      int[] experts,
      Urgency urgency,
      long bytes)
      implements Frame {
    /** Each hidden state once, in float32, and for each assignment two integers: row and expert. */
    public static long bytes(int hiddenRows, int hiddenSize, int assignments) {
      return (long) hiddenRows * hiddenSize * Float.BYTES + 2L * assignments * Integer.BYTES;
    }
  }

  /**
   * What the experts gave, in the order of the dispatch's assignments.
   *
   * @param outputs {@code [assignments, hiddenSize]}
   */
  record Combine(
      GpuId from, GpuId to, long epoch, long step, int layer, float[] outputs, long bytes)
      implements Frame {
    /**
     * One output of float32 for each assignment: only the asker knows the weights and the order.
     */
    public static long bytes(int hiddenSize, int assignments) {
      return (long) assignments * hiddenSize * Float.BYTES;
    }
  }

  /** Instead of a combine: there is no room for experts that the sender does not own. */
  record Refuse(GpuId from, GpuId to, long epoch, long step, int layer, long bytes)
      implements Frame {
    /** What names the question: epoch, step and layer. */
    public static final long BYTES = 2L * Long.BYTES + Integer.BYTES;
  }
}
