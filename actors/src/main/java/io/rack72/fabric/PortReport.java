package io.rack72.fabric;

import io.rack72.hardware.GpuId;

/** What went through the port of one GPU. */
public record PortReport(GpuId gpu, PortCounters counters) {}
