package io.rack72.device;

import java.util.function.IntUnaryOperator;

/**
 * Bytes that have passed from each of a rack's GPUs to each other, by the modeled steps. Not
 * thread-safe.
 */
public final class LinkTraffic {
  /** GPUs of which pairs are told apart: four racks. Reports of more would be mostly that. */
  private static final int MAX_MAPPED = 288;

  private final int gpusEach;
  private final double[] sent;
  private final double[] received;
  // By those who take steps, what has left all of their GPUs for one another.
  private final double[] reduced;
  // From, to, without that; empty where there are too many GPUs.
  private final double[][] between;

  /**
   * @param gpus of the rack
   * @param gpusEach that are one to those who take steps
   */
  public LinkTraffic(int gpus, int gpusEach) {
    this.gpusEach = gpusEach;
    sent = new double[gpus];
    received = new double[gpus];
    reduced = new double[Math.ceilDiv(gpus, gpusEach)];
    between = gpus <= MAX_MAPPED ? new double[gpus][gpus] : new double[0][];
  }

  /**
   * What a step's GPUs send to the owners of experts and get back, where each GPU takes its steps
   * alone. Rows of all senders are alike, so each has as large a part of what an owner gets as it
   * has of all rows; what stays on its GPU passes no link.
   *
   * @param gpuOf the GPU of the rack that a member of the group is
   * @param parts of all rows, by the member that has them; together 1
   * @param there bytes of rows for each member's experts
   * @param back bytes of its answers
   * @return bytes that left GPUs
   */
  double exchange(IntUnaryOperator gpuOf, double[] parts, double[] there, double[] back) {
    double allThere = sum(there);
    double allBack = sum(back);
    double left = 0;
    for (int member = 0; member < parts.length; member++) {
      int gpu = gpuOf.applyAsInt(member);
      double part = parts[member];
      double out = part * (allThere - there[member]) + (1 - part) * back[member];
      sent[gpu] += out;
      received[gpu] += part * (allBack - back[member]) + (1 - part) * there[member];
      left += out;
    }
    if (between.length > 0) {
      map(gpuOf, parts, there, back);
    }
    return left;
  }

  private void map(IntUnaryOperator gpuOf, double[] parts, double[] there, double[] back) {
    int members = parts.length;
    int[] gpus = new int[members];
    int[] senders = new int[members];
    int sending = 0;
    for (int member = 0; member < members; member++) {
      gpus[member] = gpuOf.applyAsInt(member);
      if (parts[member] > 0) {
        senders[sending++] = member;
      }
    }
    for (int from = 0; from < members; from++) {
      double[] row = between[gpus[from]];
      // Put back after the loops, which are quicker without a case for it.
      double own = row[gpus[from]];
      for (int i = 0; i < sending; i++) {
        row[gpus[senders[i]]] += parts[senders[i]] * back[from];
      }
      for (int to = 0; parts[from] > 0 && to < members; to++) {
        row[gpus[to]] += parts[from] * there[to];
      }
      row[gpus[from]] = own;
    }
  }

  private static double sum(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum;
  }

  /**
   * What the GPUs send each other that are one to those who take steps: sums and gathers, in which
   * each sends to each other as much.
   *
   * @param number of these GPUs among those who take steps
   * @param bytes that leave all of them together
   */
  void within(int number, double bytes) {
    reduced[number] += bytes;
  }

  /** Bytes that a GPU has sent. */
  public double sent(int gpu) {
    return sent[gpu] + reduced(gpu);
  }

  /** Bytes that a GPU has received. */
  public double received(int gpu) {
    return received[gpu] + reduced(gpu);
  }

  private double reduced(int gpu) {
    return reduced[gpu / gpusEach] / gpusEach;
  }

  /** Bytes on the busiest direction of any GPU's port. */
  public double busiest() {
    double most = 0;
    for (int gpu = 0; gpu < sent.length; gpu++) {
      most = Math.max(most, Math.max(sent(gpu), received(gpu)));
    }
    return most;
  }

  /** From each GPU to each, in bytes; empty for racks of more than 288 GPUs. */
  public double[][] between() {
    double[][] all = new double[between.length][];
    for (int from = 0; from < all.length; from++) {
      all[from] = between[from].clone();
      int first = from / gpusEach * gpusEach;
      for (int to = first; to < first + gpusEach; to++) {
        all[from][to] += to == from ? 0 : reduced(from) / (gpusEach - 1);
      }
    }
    return all;
  }
}
