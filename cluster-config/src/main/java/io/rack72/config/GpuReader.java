package io.rack72.config;

import io.rack72.hardware.RackProfile;
import io.rack72.roofline.Architecture;
import io.rack72.roofline.GpuSpec;

/** Turns the keys under {@code rack72.gpu} that say how fast a GPU is into a record. */
final class GpuReader {
  private static final double TERA = 1e12;
  private static final double MAX_TERAFLOPS = 1e9;
  private static final double MAX_WATTS = 1e6;

  private GpuReader() {}

  static GpuSpec spec(KeyReader keys, RackProfile rack) {
    return new GpuSpec(
        rack.name(),
        keys.choice("gpu.architecture", Architecture.class),
        keys.integer("gpu.multiprocessors", 1, 1024),
        rack.gpu().hbmBytes(),
        keys.bytes("gpu.hbm-bandwidth", 1, Long.MAX_VALUE, "bytes per second such as 8000 GB"),
        TERA * keys.fraction("gpu.bf16-teraflops", 0, MAX_TERAFLOPS),
        TERA * keys.fraction("gpu.fp8-teraflops", 0, MAX_TERAFLOPS),
        keys.bytes("gpu.cache", 1, Long.MAX_VALUE, "a size such as 126 MB"),
        rack.gpu().nvlinkBytesPerSecond(),
        rack.gpu().nvlinkLatencyNanos(),
        keys.fraction("gpu.watts", 0, MAX_WATTS));
  }
}
