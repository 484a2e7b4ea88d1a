package io.rack72.fabric;

import io.rack72.hardware.GpuId;

/**
 * Bytes that a port sent have arrived.
 *
 * @param port that sent them
 */
public record PortCredit(GpuId port, long bytes) {}
