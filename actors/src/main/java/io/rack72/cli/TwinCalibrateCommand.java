package io.rack72.cli;

import io.rack72.calibration.Calibration;
import io.rack72.calibration.ErrorRow;
import io.rack72.config.ConfigLayers;
import io.rack72.roofline.Constants;
import io.rack72.roofline.GpuSpec;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code twin calibrate}: how far the hardware model is from measurements. */
@Command(
    name = "calibrate",
    description = "Fits the hardware model to tables of measurements, and tells its errors.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    footer = {
      "",
      "Errors are in percent of what was measured: their mean sizes (mape), and their mean,",
      "which is above 0 where the model says more (bias). Nothing is written: constants that",
      "would do better are printed, in the form of kernel-constants.properties."
    })
final class TwinCalibrateCommand implements Callable<Integer> {
  /** Rack profiles by the names that tables have for their GPUs. */
  private static final Map<String, String> PROFILES =
      Map.of(
          "gb200", "gb200-nvl72",
          "gb300", "gb300-nvl72",
          "b200_sxm", "hgx-b200",
          "b300_sxm", "hgx-b300",
          "h200_sxm", "hgx-h200",
          "h100_sxm", "hgx-h100",
          "rtx_pro_6000_server", "rtx-pro-6000",
          "rtx_5090", "rtx-5090");

  private final Invocation invocation;

  @Spec private CommandSpec spec;

  @Option(
      names = "--tables",
      paramLabel = "DIR",
      required = true,
      description = "Folder of tables such as moe_kernels.csv.")
  private Path tables;

  @Option(
      names = "--evaluate-only",
      description = "Fit nothing: judge the constants that come with the program.")
  private boolean evaluateOnly;

  @Option(names = "--json", description = "Report as one line of JSON.")
  private boolean json;

  TwinCalibrateCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  /**
   * The report.
   *
   * @param tables errors by table and system
   * @param constants that were fitted and differ from those of the program; none if none were
   */
  record Report(List<ErrorRow> tables, SortedMap<String, Double> constants) {}

  @Override
  public Integer call() {
    Calibration calibration = Calibration.read(tables, systems());
    Constants committed = Constants.committed();
    Constants judged = evaluateOnly ? committed : calibration.fitted(committed);
    SortedMap<String, Double> changed = new TreeMap<>(judged.values());
    changed.entrySet().removeAll(committed.values().entrySet());
    Report report = new Report(calibration.errors(judged), changed);
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(Json.line(report));
    } else {
      print(report, out);
    }
    out.flush();
    return 0;
  }

  private Map<String, GpuSpec> systems() {
    Map<String, GpuSpec> systems = new TreeMap<>();
    PROFILES.forEach(
        (system, profile) ->
            systems.put(
                system, ConfigLayers.defaults().rack(profile).load(invocation.host()).gpu()));
    return systems;
  }

  private static void print(Report report, PrintWriter out) {
    out.printf("%-29s %-20s %6s %7s %7s%n", "table", "system", "rows", "mape", "bias");
    for (ErrorRow row : report.tables()) {
      out.printf(
          Locale.ROOT,
          "%-29s %-20s %6d %6.1f%% %+6.1f%%%n",
          row.table(),
          row.system(),
          row.rows(),
          row.mape(),
          row.bias());
    }
    if (!report.constants().isEmpty()) {
      out.println();
      report
          .constants()
          .forEach((name, value) -> out.printf(Locale.ROOT, "%s = %.4g%n", name, value));
    }
  }
}
