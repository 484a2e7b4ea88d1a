package io.rack72.fabric;

import io.rack72.hardware.GpuId;

/**
 * What a port has found out about itself.
 *
 * @param slow whether it has much less than its bandwidth
 */
public record PortState(GpuId gpu, boolean slow) {}
