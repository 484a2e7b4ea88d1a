package io.rack72.device;

import io.rack72.roofline.Spent;

/**
 * What GPUs did with their time during steps, all of them together, in microseconds of one GPU.
 *
 * @param spent in kernels
 * @param hostMicros in which they waited for their own hosts
 * @param waitingMicros in which they waited for other GPUs of their group, or for those GPUs' hosts
 * @param hbmMicros in which the memories would have moved all their bytes at their data sheets'
 *     rate
 */
public record GpuTime(Spent spent, double hostMicros, double waitingMicros, double hbmMicros) {
  /** Of no step. */
  public static final GpuTime NONE = new GpuTime(Spent.NONE, 0, 0, 0);

  /** All of it. */
  public double micros() {
    return spent.micros() + hostMicros + waitingMicros;
  }

  /** This time and another. */
  public GpuTime plus(GpuTime more) {
    return new GpuTime(
        spent.plus(more.spent),
        hostMicros + more.hostMicros,
        waitingMicros + more.waitingMicros,
        hbmMicros + more.hbmMicros);
  }

  /** This so many times. */
  public GpuTime times(double count) {
    return new GpuTime(
        spent.times(count), hostMicros * count, waitingMicros * count, hbmMicros * count);
  }
}
