/**
 * Which token comes next. {@link io.rack72.sampling.Sampler} chooses it from the logits by {@link
 * io.rack72.sampling.SamplingParams}; what it draws is decided by {@link
 * io.rack72.sampling.CounterRandom} from the seed and the token's position alone, so that a
 * sequence can be rebuilt anywhere and goes on with the same tokens.
 */
package io.rack72.sampling;
