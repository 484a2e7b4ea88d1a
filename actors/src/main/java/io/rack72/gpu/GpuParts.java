package io.rack72.gpu;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.hardware.GpuId;
import io.rack72.hardware.TrayId;
import io.rack72.kv.KvCache;
import io.rack72.model.Device;
import io.rack72.placement.ExpertPlacement;
import io.rack72.sampling.Sampler;
import io.rack72.schedule.Scheduler;
import java.util.Optional;

/**
 * What one GPU is made of. All of it belongs to that GPU's actor alone, once it has been started.
 *
 * @param config of the model
 * @param placement of all experts, this GPU's among them
 * @param device computes, and holds the GPU's experts
 * @param kv the KV pools; empty where the GPU takes no sequences
 * @param scheduler of the sequences, over the same pools; absent where the GPU takes none
 * @param hostLink to the memory of the GPU's host
 * @param expertSlots experts that the GPU owns, over all layers
 * @param hbmUsedBytes weights and KV pools
 * @param hbmLimitBytes of the profile
 */
public record GpuParts(
    GpuId id,
    TrayId tray,
    ModelConfig config,
    ExpertPlacement placement,
    Device device,
    KvCache kv,
    Optional<Scheduler> scheduler,
    Sampler sampler,
    HostLink hostLink,
    int expertSlots,
    long hbmUsedBytes,
    long hbmLimitBytes) {}
