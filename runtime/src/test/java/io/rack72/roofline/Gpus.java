package io.rack72.roofline;

/** Data sheets for tests. */
final class Gpus {
  private Gpus() {}

  static GpuSpec gb200() {
    return gpu(Architecture.BLACKWELL, 8e12, 2.5e15, 5e15, 900e9, 1000);
  }

  static GpuSpec h100() {
    return gpu(Architecture.HOPPER, 3.35e12, 989e12, 1979e12, 450e9, 1000);
  }

  static GpuSpec workstation() {
    return gpu(Architecture.BLACKWELL_WORKSTATION, 1.792e12, 503.8e12, 1007e12, 64e9, 1000);
  }

  static GpuSpec gpu(
      Architecture architecture,
      double hbm,
      double bf16,
      double fp8,
      double link,
      double linkNanos) {
    return new GpuSpec(
        "test",
        architecture,
        152,
        186_000_000_000L,
        hbm,
        bf16,
        fp8,
        126_000_000,
        link,
        linkNanos,
        1200);
  }

  static KernelModel model(GpuSpec gpu) {
    return KernelModel.inSteps(gpu, Constants.committed());
  }
}
