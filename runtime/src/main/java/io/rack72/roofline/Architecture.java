package io.rack72.roofline;

/** Generations of GPUs whose kernels are different programs, and so have constants of their own. */
public enum Architecture {
  /** H100, H200: no 4-bit arithmetic; MXFP4 weights meet bf16 activations. */
  HOPPER,
  /** B200, GB200, GB300: tensor memory; MXFP4 weights meet MXFP8 activations at the fp8 rate. */
  BLACKWELL,
  /** RTX PRO 6000, RTX 5090: the same formats on smaller multiprocessors, and PCIe for links. */
  BLACKWELL_WORKSTATION
}
