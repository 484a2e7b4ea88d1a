package io.rack72.hardware;

import java.util.List;
import java.util.stream.IntStream;

/**
 * A rack: how many trays, how many GPUs on each, and what a GPU has.
 *
 * @param name for reports, such as {@code gb200-nvl72}
 * @param trays number of trays, 1 to 1024
 * @param gpusPerTray number of GPUs on each tray, 1 to 64
 * @param gpu every GPU of the rack
 */
public record RackProfile(String name, int trays, int gpusPerTray, GpuProfile gpu) {
  public RackProfile {
    if (trays < 1 || trays > 1024) {
      throw new IllegalArgumentException("a rack has 1 to 1024 trays, not " + trays);
    }
    if (gpusPerTray < 1 || gpusPerTray > 64) {
      throw new IllegalArgumentException("a tray has 1 to 64 GPUs, not " + gpusPerTray);
    }
  }

  /** GPUs in the rack. */
  public int gpuCount() {
    return trays * gpusPerTray;
  }

  /** All GPUs in order. */
  public List<GpuId> gpus() {
    return IntStream.range(0, gpuCount()).mapToObj(GpuId::new).toList();
  }

  /** The tray that a GPU sits on. */
  public TrayId trayOf(GpuId gpu) {
    return new TrayId(gpu.index() / gpusPerTray);
  }

  /** The GPUs that sit on a tray, in order. */
  public List<GpuId> gpusOf(TrayId tray) {
    int first = tray.index() * gpusPerTray;
    return IntStream.range(first, first + gpusPerTray).mapToObj(GpuId::new).toList();
  }

  /** All trays in order. */
  public List<TrayId> allTrays() {
    return IntStream.range(0, trays).mapToObj(TrayId::new).toList();
  }
}
