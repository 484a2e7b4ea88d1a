package io.rack72.twin;

import io.rack72.fault.Fault;
import io.rack72.fault.FaultSchedule;
import io.rack72.fault.FaultText;
import io.rack72.fault.ScheduleFile;
import io.rack72.fault.ScheduledFault;
import io.rack72.hardware.GpuId;
import io.rack72.hardware.RackProfile;
import io.rack72.roofline.Layout;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The faults of a run in virtual time. All of the rack is in one JVM there, so those of networks
 * and processes cannot be, but that node N of the fault model is tray N: to the rack a tray's JVM
 * that is killed is the tray's GPUs that are gone. GPUs that take sequences together are one to the
 * rack, so trays fail only in layouts that do not part a tray among them. Immutable.
 *
 * @param faults in the order in which they begin
 */
public record TwinFaults(List<Planned> faults) {
  /** A run in which nothing fails. */
  public static final TwinFaults NONE = new TwinFaults(List.of());

  private static final String OTHERS =
      "; the twin has gpu-failure, port-bandwidth and kill, of a tray";

  /**
   * A fault and what it is to the rack's actors, for whom GPUs that take sequences together are
   * one.
   *
   * @param what as it is written in schedules
   */
  record Planned(Duration at, String what, Fault.OfParts onUnits) {
    long atNanos() {
      return at.toNanos();
    }

    /** When it is over; for what stays, when it begins. */
    long endNanos() {
      return at.plus(onUnits.length()).toNanos();
    }
  }

  public TwinFaults {
    faults = List.copyOf(faults);
  }

  /**
   * Reads a schedule from a file.
   *
   * @param rack whose GPUs and trays the faults name
   * @param layout of the model on it
   * @param end of the run
   * @throws io.rack72.config.InvalidConfigException that says what is wrong where, and what would
   *     be right
   */
  public static TwinFaults read(
      Path file, long seed, RackProfile rack, Layout layout, Duration end) {
    return of(
        ScheduleFile.read(file, seed, fault -> refusal(fault, rack, layout, end)), rack, layout);
  }

  /** A schedule of faults that can be. */
  static TwinFaults of(FaultSchedule schedule, RackProfile rack, Layout layout) {
    return new TwinFaults(
        schedule.faults().stream()
            .map(
                each ->
                    new Planned(
                        each.at(),
                        FaultText.words(each.fault()),
                        onUnits(each.fault(), rack, layout)))
            .toList());
  }

  private static Fault.OfParts onUnits(Fault fault, RackProfile rack, Layout layout) {
    return switch (fault) {
      case Fault.GpuFailure(GpuId gpu) -> new Fault.GpuFailure(unit(gpu.index(), layout));
      // A GPU that fails takes its tray with it.
      case Fault.Kill(int tray) -> new Fault.GpuFailure(unit(tray * rack.gpusPerTray(), layout));
      case Fault.PortBandwidth(GpuId gpu, double factor, Duration length) ->
          new Fault.PortBandwidth(unit(gpu.index(), layout), factor, length);
      default -> throw new IllegalArgumentException("the twin has no " + fault);
    };
  }

  private static GpuId unit(int gpu, Layout layout) {
    return new GpuId(gpu / layout.attentionGpus());
  }

  /** Why a fault cannot be in a run; empty where it can. */
  static Optional<String> refusal(
      ScheduledFault scheduled, RackProfile rack, Layout layout, Duration end) {
    Fault fault = scheduled.fault();
    Optional<String> reason =
        switch (fault) {
          case Fault.GpuFailure(GpuId gpu) ->
              noSuchGpu(gpu, rack)
                  .or(() -> sharedTray(fault, rack, layout))
                  .or(() -> lastTray(fault, rack, layout));
          case Fault.PortBandwidth slow ->
              noSuchGpu(slow.gpu(), rack).or(() -> noExchange(fault, layout));
          case Fault.Kill(int tray) ->
              noSuchTray(tray, rack)
                  .or(() -> sharedTray(fault, rack, layout))
                  .or(() -> lastTray(fault, rack, layout));
          case Fault.Terminate _, Fault.Freeze _, Fault.Slow _ ->
              Optional.of(
                  FaultText.kind(fault)
                      + " is for a process that goes on, and no tray of the twin is one"
                      + OTHERS);
          case Fault.FabricNoise _, Fault.Partition _ ->
              Optional.of(
                  FaultText.kind(fault)
                      + " is between JVMs, and all of the twin is in one"
                      + OTHERS);
          case Fault.CheckpointGone _ ->
              Optional.of("checkpoint-gone needs a checkpoint, and the twin reads none" + OTHERS);
        };
    return reason.or(
        () ->
            scheduled.at().compareTo(end) < 0
                ? Optional.empty()
                : Optional.of(
                    "%s begins at %s s, when the run of %s s is over"
                        .formatted(FaultText.kind(fault), seconds(scheduled.at()), seconds(end))));
  }

  private static Optional<String> noSuchGpu(GpuId gpu, RackProfile rack) {
    return gpu.index() < rack.gpuCount()
        ? Optional.empty()
        : Optional.of(
            "gpu is one of rack %s, 0 to %d, not %d"
                .formatted(rack.name(), rack.gpuCount() - 1, gpu.index()));
  }

  private static Optional<String> noSuchTray(int tray, RackProfile rack) {
    return tray < rack.trays()
        ? Optional.empty()
        : Optional.of(
            "node is a tray of rack %s, 0 to %d, not %d"
                .formatted(rack.name(), rack.trays() - 1, tray));
  }

  /** Trays and units go out together only where one is a whole number of the other. */
  private static Optional<String> sharedTray(Fault fault, RackProfile rack, Layout layout) {
    if (isWhole(layout.attentionGpus(), rack)) {
      return Optional.empty();
    }
    String others =
        IntStream.range(1, rack.gpuCount())
            .filter(gpus -> rack.gpuCount() % gpus == 0 && isWhole(gpus, rack))
            .mapToObj(gpus -> layout.kind().name() + gpus)
            .collect(Collectors.joining(", "));
    return Optional.of(
        "%s takes out a tray of %d GPUs, of which some take sequences with GPUs of other trays in %s; these layouts would do: %s and every DEPn"
            .formatted(FaultText.kind(fault), rack.gpusPerTray(), layout.name(), others));
  }

  private static boolean isWhole(int gpus, RackProfile rack) {
    return gpus % rack.gpusPerTray() == 0 || rack.gpusPerTray() % gpus == 0;
  }

  private static Optional<String> lastTray(Fault fault, RackProfile rack, Layout layout) {
    return rack.gpuCount() > Math.max(rack.gpusPerTray(), layout.attentionGpus())
        ? Optional.empty()
        : Optional.of(
            "%s takes out a tray of rack %s, and with %s nothing would be left"
                .formatted(FaultText.kind(fault), rack.name(), layout.name()));
  }

  private static Optional<String> noExchange(Fault fault, Layout layout) {
    return layout.kind() == Layout.Kind.DEP && layout.gpus() > 1
        ? Optional.empty()
        : Optional.of(
            "%s slows the exchange of rows between GPUs, of which %s has none; depN has, with N"
                    .formatted(FaultText.kind(fault), layout.name())
                + " above 1");
  }

  private static String seconds(Duration time) {
    return Double.toString(time.toNanos() / 1e9).replaceFirst("\\.0$", "");
  }
}
