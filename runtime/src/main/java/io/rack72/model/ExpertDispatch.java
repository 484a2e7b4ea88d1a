package io.rack72.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What one GPU is asked to compute for a layer of a step: the hidden states of some rows, each sent
 * once however many of the GPU's experts it goes into, and the (row, expert) assignments among
 * them.
 *
 * @param gpu index of the GPU that owns the experts
 * @param sentRows rows of the step whose hidden states are sent, ascending
 * @param rows for each assignment, the index into {@code sentRows} of the row that goes in
 * @param experts for each assignment, the expert
 * @param destinations for each assignment, where its output belongs among the step's {@code [rows,
 *     expertsPerToken]} outputs: {@code row * expertsPerToken + rank}, ascending
 */
public record ExpertDispatch(
    int gpu, int[] sentRows, int[] rows, int[] experts, int[] destinations) {

  /**
   * Splits a layer's routing by who owns the experts.
   *
   * @param experts {@code [rows, expertsPerToken]}: the chosen experts, best first
   * @return one dispatch for each GPU that owns a chosen expert, by ascending index
   */
  public static List<ExpertDispatch> plan(
      int layer, int[] experts, int expertsPerToken, ExpertOwner owner) {
    int[] gpuOf = new int[experts.length];
    int gpus = 0;
    for (int i = 0; i < experts.length; i++) {
      gpuOf[i] = owner.gpuOf(layer, experts[i]);
      gpus = Math.max(gpus, gpuOf[i] + 1);
    }

    int[] assignmentCounts = new int[gpus];
    int[] sentCounts = new int[gpus];
    int[] lastSent = new int[gpus];
    Arrays.fill(lastSent, -1);
    for (int i = 0; i < experts.length; i++) {
      int gpu = gpuOf[i];
      assignmentCounts[gpu]++;
      if (lastSent[gpu] != i / expertsPerToken) {
        lastSent[gpu] = i / expertsPerToken;
        sentCounts[gpu]++;
      }
    }

    ExpertDispatch[] byGpu = new ExpertDispatch[gpus];
    List<ExpertDispatch> plan = new ArrayList<>();
    for (int gpu = 0; gpu < gpus; gpu++) {
      int assignments = assignmentCounts[gpu];
      if (assignments > 0) {
        byGpu[gpu] =
            new ExpertDispatch(
                gpu,
                new int[sentCounts[gpu]],
                new int[assignments],
                new int[assignments],
                new int[assignments]);
        plan.add(byGpu[gpu]);
      }
    }

    int[] sent = new int[gpus];
    int[] assigned = new int[gpus];
    for (int i = 0; i < experts.length; i++) {
      int gpu = gpuOf[i];
      int row = i / expertsPerToken;
      ExpertDispatch dispatch = byGpu[gpu];
      if (sent[gpu] == 0 || dispatch.sentRows[sent[gpu] - 1] != row) {
        dispatch.sentRows[sent[gpu]++] = row;
      }
      int at = assigned[gpu]++;
      dispatch.rows[at] = sent[gpu] - 1;
      dispatch.experts[at] = experts[i];
      dispatch.destinations[at] = i;
    }
    return plan;
  }

  /**
   * The hidden states to send, in a new array.
   *
   * @param hidden {@code [rows of the step, hiddenSize]}, or null where the device computes nothing
   * @return {@code [sentRows, hiddenSize]}, or null likewise
   */
  public float[] gather(float[] hidden, int hiddenSize) {
    if (hidden == null) {
      return null;
    }
    float[] slab = new float[sentRows.length * hiddenSize];
    for (int i = 0; i < sentRows.length; i++) {
      System.arraycopy(hidden, sentRows[i] * hiddenSize, slab, i * hiddenSize, hiddenSize);
    }
    return slab;
  }

  /**
   * Puts the GPU's answer where {@link ForwardStep#combine} expects it.
   *
   * @param values {@code [assignments, hiddenSize]}; not null
   * @param outputs {@code [rows of the step, expertsPerToken, hiddenSize]}
   */
  public void scatter(float[] values, int hiddenSize, float[] outputs) {
    for (int i = 0; i < destinations.length; i++) {
      System.arraycopy(values, i * hiddenSize, outputs, destinations[i] * hiddenSize, hiddenSize);
    }
  }
}
