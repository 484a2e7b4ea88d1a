/**
 * The arithmetic of one GPU.
 *
 * <p><b>The numeric contract.</b> The bits of every output element depend on the weights and on the
 * inputs of its own row (for attention: its own sequence up to its own position), and on nothing
 * else: not on the rows computed with it, the number of threads, the width of the machine's
 * vectors, the size of KV blocks, or which of two ways through the code was faster. It holds
 * because
 *
 * <ul>
 *   <li>every sum has one written order: {@link io.rack72.kernel.SummationOrder} for products with
 *       weights in the exact mode, {@link io.rack72.kernel.Attention} for attention, {@link
 *       io.rack72.kernel.VectorKernels} for the mean of squares;
 *   <li>every product that is added is added by a fused multiply-add, rounded once; there is no
 *       place where the compiler could choose;
 *   <li>{@link io.rack72.kernel.Exp} is the only exponential; division and square root are exact by
 *       IEEE 754; angles come from {@link java.lang.StrictMath};
 *   <li>threads share out whole output elements, or parts of a sum that the written order has as
 *       such whoever computes them: spans of a long context.
 * </ul>
 *
 * <p>The tests hold a second implementation in plain loops, which spells the orders out, and
 * compare bits.
 *
 * <p><b>Special values.</b> NaN and infinity go through as IEEE 754 says; which NaN is not
 * promised. An MXFP4 scale byte of 255 is NaN and makes every output of its row NaN; a weight
 * beyond float32's range is infinite; scales and weights below 2^-126 are subnormal and kept
 * exactly.
 *
 * <p>{@link io.rack72.kernel.Kernels} is the interface that the model is written against; {@link
 * io.rack72.kernel.VectorKernels} implements it for the exact mode, {@link
 * io.rack72.kernel.FastKernels} for the fast one, whose own orders stand with {@link
 * io.rack72.kernel.Int8Activations}, {@link io.rack72.kernel.Int8Quantization}, {@link
 * io.rack72.kernel.KvFormat} and {@link io.rack72.kernel.BlockProducts}.
 */
package io.rack72.kernel;
