package io.rack72.fabric;

import io.rack72.hardware.GpuId;

/**
 * Bytes that a port sent have arrived.
 *
 * @param port that sent them
 * @param by at which they have arrived
 */
public record PortCredit(GpuId port, GpuId by, long bytes) {}
