package io.rack72.bench;

import io.rack72.cli.CommandFailedException;
import io.rack72.cli.Invocation;
import io.rack72.cli.Version;
import io.rack72.kernel.FastKernels;
import io.rack72.kernel.VectorKernels;
import io.rack72.kernel.Workers;
import java.io.PrintWriter;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code bench kernels}. */
@Command(
    name = "kernels",
    description =
        "Measures every kernel, with shapes of gpt-oss-20b, against what this machine's memory"
            + " and arithmetic can do at most.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    footer = {
      "",
      "Takes 3 GB of memory and a minute or two. Limits are measured before and after the kernels;"
          + " on a machine whose speed changes meanwhile a kernel can come out above them."
    })
final class BenchKernelsCommand implements Callable<Integer> {
  private static final int MAX_THREADS = 4096;
  private static final double MAX_SECONDS = 3600;

  private final Invocation invocation;

  @Spec private CommandSpec spec;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads that share in every call; default: one for each processor.")
  private Integer threads;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      defaultValue = "1",
      description = "Length of each measurement; default ${DEFAULT-VALUE}.")
  private double seconds;

  @Option(
      names = "--kernels",
      paramLabel = "NAME",
      defaultValue = "auto",
      converter = ChoiceConverter.class,
      description = "Those of the fast mode: auto, java, avx2, avx512, neon or amx; default auto.")
  private FastKernels.Choice kernels;

  @Option(names = "--json", description = "Report as one line of JSON.")
  private boolean json;

  BenchKernelsCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() {
    int size = threads == null ? invocation.host().processors() : threads;
    if (size < 1 || size > MAX_THREADS) {
      throw usage("--threads is 1 to %d, not %d".formatted(MAX_THREADS, size));
    }
    // Written so that NaN is refused.
    if (!(seconds > 0 && seconds <= MAX_SECONDS)) {
      throw usage("--seconds is more than 0 and at most %.0f".formatted(MAX_SECONDS));
    }
    KernelReport report = measure(size);
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(report.toJson());
    } else {
      report.print(out);
    }
    out.flush();
    return 0;
  }

  private KernelReport measure(int size) {
    try (Workers workers = new Workers(size);
        Arena arena = Arena.ofShared()) {
      VectorKernels exact = new VectorKernels(workers);
      FastKernels fast = fast(exact, workers);
      Stopwatch stopwatch = new Stopwatch(seconds);
      show("making weights");
      KernelCases cases = new KernelCases(exact, fast, workers, arena);
      LimitMeter meter = new LimitMeter(fast, workers, cases.streamed(), stopwatch);
      show("the limits");
      Limits limits = meter.measure();
      List<KernelMeasurement> rows = new ArrayList<>();
      cases.forEach(
          kernel -> {
            show("%s, %s, rows: %d".formatted(kernel.name(), kernel.mode(), kernel.rows()));
            rows.add(new KernelMeasurement(kernel, stopwatch.time(kernel.call())));
            show("making weights");
          });
      // Once more, so that a machine that others kept busy in the beginning is not taken for slow.
      show("the limits");
      limits = limits.orBetter(meter.measure());
      return new KernelReport(exact.name(), fast.name(), size, seconds, limits, rows);
    } finally {
      show("");
    }
  }

  private FastKernels fast(VectorKernels exact, Workers workers) {
    try {
      return new FastKernels(exact, workers, kernels);
    } catch (IllegalArgumentException e) {
      throw new CommandFailedException("--kernels: " + e.getMessage(), e);
    }
  }

  /** What is done now, on one line of a terminal. */
  private void show(String what) {
    if (invocation.onTerminal()) {
      PrintWriter err = spec.commandLine().getErr();
      err.print("\r\033[K" + what);
      err.flush();
    }
  }

  private ParameterException usage(String sentence) {
    return new ParameterException(spec.commandLine(), sentence);
  }

  /** Names as the configuration has them. */
  static final class ChoiceConverter implements ITypeConverter<FastKernels.Choice> {
    @Override
    public FastKernels.Choice convert(String name) {
      for (FastKernels.Choice choice : FastKernels.Choice.values()) {
        if (choice.name().toLowerCase(Locale.ROOT).equals(name)) {
          return choice;
        }
      }
      throw new TypeConversionException(
          "'" + name + "' is not auto, java, avx2, avx512, neon or amx");
    }
  }
}
