package io.rack72.cli;

import io.rack72.hardware.GpuProfile;
import io.rack72.hardware.RackProfile;
import io.rack72.roofline.Layout;
import java.math.BigInteger;

/**
 * A rack as its actors see it where GPUs take sequences together: such GPUs are one unit, with
 * their memory and ports added up.
 */
final class ReplicaUnits {
  private ReplicaUnits() {}

  /**
   * The rack of units.
   *
   * @param layout that divides the rack
   */
  static RackProfile of(RackProfile rack, Layout layout) {
    int together = layout.attentionGpus();
    if (together == 1) {
      return rack;
    }
    // As many units on a tray as can be; what is left of their size spans trays.
    int onTray =
        BigInteger.valueOf(rack.gpusPerTray()).gcd(BigInteger.valueOf(together)).intValueExact();
    return new RackProfile(
        rack.name(),
        rack.trays() / (together / onTray),
        rack.gpusPerTray() / onTray,
        times(rack.gpu(), together));
  }

  private static GpuProfile times(GpuProfile gpu, int count) {
    return new GpuProfile(
        Math.multiplyExact(gpu.hbmBytes(), count),
        Math.multiplyExact(gpu.nvlinkBytesPerSecond(), count),
        gpu.nvlinkLatencyNanos(),
        Math.multiplyExact(gpu.hostBytes(), count),
        Math.multiplyExact(gpu.hostBytesPerSecond(), count));
  }
}
