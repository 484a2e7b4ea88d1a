package io.rack72.calibration;

import io.rack72.roofline.Constants;
import io.rack72.roofline.GpuSpec;
import io.rack72.roofline.Kernel;
import io.rack72.roofline.KernelModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Measurements of a folder, against which constants are judged. Immutable. */
public final class Calibration {
  /** Errors below this weigh by their squares, larger ones by themselves. */
  private static final double ERROR_SCALE = 0.05;

  /** Of times to the first token, which depend on how requests happen to arrive. */
  private static final double TTFT_WEIGHT = 0.1;

  private final List<KernelSample> kernels;
  private final List<ServingPoint> points;
  private final Map<String, GpuSpec> systems;

  private Calibration(
      List<KernelSample> kernels, List<ServingPoint> points, Map<String, GpuSpec> systems) {
    this.kernels = kernels;
    this.points = points;
    this.systems = systems;
  }

  /**
   * Reads the tables of a folder. Those that it has not are left out.
   *
   * @param systems data sheets by the tables' names for them
   * @throws TableException for a folder without tables, a broken line, or an unknown system
   */
  public static Calibration read(Path folder, Map<String, GpuSpec> systems) {
    if (!Files.isDirectory(folder)) {
      throw new TableException("there is no folder " + folder);
    }
    Calibration read =
        new Calibration(KernelTables.read(folder), ServingPoint.read(folder), Map.copyOf(systems));
    if (read.kernels.isEmpty() && read.points.isEmpty()) {
      throw new TableException(
          "%s has no table of measurements such as moe_kernels.csv".formatted(folder));
    }
    read.kernels.forEach(sample -> read.check(sample.table(), sample.system()));
    read.points.forEach(point -> read.check("e2e_points", point.system()));
    return read;
  }

  private void check(String table, String system) {
    if (!systems.containsKey(system)) {
      throw new TableException(
          "%s.csv has rows of an unknown system, '%s'; known are %s"
              .formatted(table, system, String.join(", ", new TreeMap<>(systems).keySet())));
    }
  }

  /** Errors by table and system. */
  public List<ErrorRow> errors(Constants constants) {
    ErrorTally tally = new ErrorTally();
    Map<String, KernelModel> models = new HashMap<>();
    for (KernelSample sample : kernels) {
      KernelModel model =
          models.computeIfAbsent(
              sample.system(), name -> KernelModel.repeated(systems.get(name), constants));
      tally.add(sample.table(), sample.system(), model.micros(sample.kernel()), sample.micros());
    }
    Map<String, KernelModel> steps = new HashMap<>();
    for (ServingPoint point : points) {
      KernelModel model =
          steps.computeIfAbsent(
              point.system(), name -> KernelModel.inSteps(systems.get(name), constants));
      ServingPoint.Estimate estimate = point.estimate(model, constants);
      tally.add("e2e_points.tpot", point.system(), estimate.tokenMillis(), point.tokenMillis());
      tally.add(
          "e2e_points.tokens_per_second",
          point.system(),
          estimate.tokensPerSecondPerGpu(),
          point.tokensPerSecondPerGpu(point.firstTokenMillis(), point.tokenMillis()));
      tally.add(
          "e2e_points.ttft", point.system(), estimate.firstTokenMillis(), point.firstTokenMillis());
    }
    return tally.rows();
  }

  /**
   * Constants that agree better with these measurements, from the given ones on. Those of kernels
   * are fitted on kernels, those of hosts on serving points. {@code tile-rows} are what programs
   * have, and stay.
   */
  public Constants fitted(Constants start) {
    return ConstantsFit.fit(start, name -> !name.endsWith(".tile-rows"), this::loss);
  }

  /** Errors on the measurements that a group of constants bears on, outliers weighing less. */
  private double loss(Constants constants, String group) {
    double sum = 0;
    boolean ofAll = group.equals("routing") || group.equals("launches");
    if (group.startsWith("host.") || ofAll) {
      Map<String, KernelModel> models = new HashMap<>();
      for (ServingPoint point : points) {
        if (ofAll || group.equals(point.hostGroup(systems))) {
          KernelModel model =
              models.computeIfAbsent(
                  point.system(), name -> KernelModel.inSteps(systems.get(name), constants));
          ServingPoint.Estimate estimate = point.estimate(model, constants);
          sum += robust(estimate.tokenMillis() / point.tokenMillis());
          sum += TTFT_WEIGHT * robust(estimate.firstTokenMillis() / point.firstTokenMillis());
        }
      }
      return sum;
    }
    Map<String, KernelModel> models = new HashMap<>();
    for (KernelSample sample : kernels) {
      if (bearsOn(group, sample.kernel())) {
        KernelModel model =
            models.computeIfAbsent(
                sample.system(), name -> KernelModel.repeated(systems.get(name), constants));
        sum += robust(model.micros(sample.kernel()) / sample.micros());
      }
    }
    return sum;
  }

  private static boolean bearsOn(String group, Kernel kernel) {
    String kind = group.substring(0, Math.max(0, group.indexOf('.')));
    return switch (kernel) {
      case Kernel.Dense call -> kind.equals("dense");
      case Kernel.Experts call -> kind.equals("experts");
      case Kernel.DecodeAttention call -> kind.equals("decode");
      case Kernel.PrefillAttention call -> kind.equals("prefill");
      case Kernel.Collective call -> kind.equals("collective");
      case Kernel.AllToAll call -> kind.equals("all-to-all");
      case Kernel.Sampling call -> false;
      case Kernel.Elementwise call -> false;
    };
  }

  private static double robust(double ratio) {
    double error = StrictMath.log(ratio) / ERROR_SCALE;
    return StrictMath.sqrt(1 + error * error) - 1;
  }
}
