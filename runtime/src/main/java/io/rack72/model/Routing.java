package io.rack72.model;

/**
 * What a layer's router decided for the rows of a step, and what the experts work on.
 *
 * @param hidden {@code [rows, hiddenSize]}: the normalised hidden states that experts take, valid
 *     until the next call of the step; null where the device computes nothing
 * @param experts {@code [rows, expertsPerToken]}: the chosen experts, best first; none at all where
 *     the device takes care of the experts itself
 * @param weights {@code [rows, expertsPerToken]}: the softmax over the chosen logits
 * @param readyAtNanos when the device has all this
 */
public record Routing(float[] hidden, int[] experts, float[] weights, long readyAtNanos) {}
