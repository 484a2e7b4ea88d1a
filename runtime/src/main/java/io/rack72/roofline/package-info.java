/**
 * How long a GPU takes for a kernel, a transfer or a whole step: data-sheet rates, and a few
 * constants for each class of kernels that say how much of them it reaches.
 *
 * <p>Begin with {@link io.rack72.roofline.KernelModel}, which knows single kernels, and {@link
 * io.rack72.roofline.StepModel}, which adds them up for a model, a layout and a batch. The
 * constants are in {@code kernel-constants.properties}; no class has a measured time in it.
 */
package io.rack72.roofline;
