package io.rack72.config;

import io.rack72.hardware.RackProfile;
import io.rack72.kernel.FastKernels;
import io.rack72.kernel.KvFormat;
import io.rack72.model.Numerics;
import io.rack72.roofline.GpuSpec;
import io.rack72.schedule.HedgeLimits;
import io.rack72.schedule.SchedulerLimits;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * All settings of a rack, validated. Read one with {@link ConfigLayers}. Immutable; printing it
 * shows no secret.
 *
 * @param rack trays, GPUs and what a GPU has
 * @param gpu what each of the rack's GPUs can do, for those that are modeled
 * @param expertParallel GPUs over which each copy of the experts is spread, 1 to all
 * @param dataParallel GPUs that take sequences, 1 to all; empty for as many as have room for a
 *     context worth having, see {@link KvSettings#gpusWithRoom}
 * @param model what to serve
 * @param kv KV memory
 * @param scheduler limits of each GPU's scheduler; where the context limit is not set, it is the
 *     greatest integer, to be lowered to what model and memory allow
 * @param fabricCreditBytes bytes under way out of one NVLink port
 * @param hedge when a GPU computes itself what it has asked another for
 * @param device what computes
 * @param modeled what modeled devices do
 * @param cpuThreads threads that compute, for all GPUs together
 * @param numericMode precision of activations
 * @param denseWeights format of the weights of attention and of the output matrix in the fast mode
 * @param kvFormat of keys and values in the fast mode
 * @param kernels which code computes the products of the fast mode; tokens do not depend on it
 * @param seed of requests that bring none; empty for another one each time
 * @param http the gateway
 * @param cluster how the JVMs of the rack find and trust each other
 */
public record Rack72Config(
    RackProfile rack,
    GpuSpec gpu,
    int expertParallel,
    OptionalInt dataParallel,
    ModelSettings model,
    KvSettings kv,
    SchedulerLimits scheduler,
    long fabricCreditBytes,
    HedgeLimits hedge,
    DeviceKind device,
    ModeledSettings modeled,
    int cpuThreads,
    NumericMode numericMode,
    Numerics.DenseWeights denseWeights,
    KvFormat kvFormat,
    FastKernels.Choice kernels,
    OptionalLong seed,
    HttpSettings http,
    ClusterSettings cluster) {
  public Rack72Config {
    requireGpus("expert-parallel", expertParallel, rack);
    if (dataParallel.isPresent()) {
      requireGpus("data-parallel", dataParallel.getAsInt(), rack);
    }
    if (fabricCreditBytes < 1 || cpuThreads < 1) {
      throw new IllegalArgumentException(
          "credit and threads are at least 1: " + fabricCreditBytes + ", " + cpuThreads);
    }
  }

  private static void requireGpus(String name, int gpus, RackProfile rack) {
    if (gpus < 1 || gpus > rack.gpuCount()) {
      throw new IllegalArgumentException(
          "%s is 1 to the rack's %d GPUs, not %d".formatted(name, rack.gpuCount(), gpus));
    }
  }
}
