package io.rack72.gpu;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.hardware.GpuId;
import io.rack72.hardware.TrayId;
import io.rack72.model.Device;
import io.rack72.sampling.TokenSource;
import io.rack72.schedule.HedgeLimits;
import java.util.function.Supplier;

/**
 * What one GPU is made of. All of it belongs to that GPU's actor alone, once it has been started.
 *
 * @param config of the model
 * @param device computes, and holds the GPU's experts; none at first
 * @param attendance makes what the GPU needs while it takes sequences
 * @param sampler chooses tokens
 * @param hostLink to the memory of the GPU's host
 * @param hedge when it computes itself what it has asked others for
 * @param expertBytes weights of one expert
 * @param sharedBytes weights of all that is no expert, which a GPU holds that takes sequences
 * @param hbmLimitBytes of the profile
 */
public record GpuParts(
    GpuId id,
    TrayId tray,
    ModelConfig config,
    Device device,
    Supplier<Attendance> attendance,
    TokenSource sampler,
    HostLink hostLink,
    HedgeLimits hedge,
    long expertBytes,
    long sharedBytes,
    long hbmLimitBytes) {}
