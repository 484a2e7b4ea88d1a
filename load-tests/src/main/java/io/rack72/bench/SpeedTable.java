package io.rack72.bench;

import io.rack72.checkpoint.Checkpoint;
import io.rack72.checkpoint.ModelConfig;
import io.rack72.config.NumericMode;
import io.rack72.kernel.FastKernels;
import io.rack72.kernel.KvFormat;
import io.rack72.kernel.Workers;
import io.rack72.model.Numerics;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Prints a table of tokens per second in Markdown: experts spread over 72 GPU actors beside all
 * experts on each. The two are measured in turn, so that a machine that gets slower or faster
 * meanwhile favours neither, and compared turn by turn.
 *
 * <pre>{@code
 * java @load-tests/target/app/jvm.flags -cp load-tests/target/app/rack72.jar \
 *     io.rack72.bench.SpeedTable DIR
 * }</pre>
 */
@Command(
    name = "SpeedTable",
    description = "Measures decoding and prefill with experts on 72 GPUs and on one.",
    mixinStandardHelpOptions = true)
final class SpeedTable implements Callable<Integer> {
  private static final int SPREAD_DEGREE = 72;
  private static final int LOCAL_DEGREE = 1;
  private static final int DECODE_PROMPT = 16;

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "DIR", description = "Directory of a checkpoint.")
  private Path directory;

  @Option(
      names = "--sequences",
      split = ",",
      defaultValue = "1,32",
      description = "How many are decoded at a time, a row for each; ${DEFAULT-VALUE}.")
  private List<Integer> sequences;

  @Option(
      names = "--prompts",
      split = ",",
      defaultValue = "512",
      description = "Lengths of prompts to be computed, one at a time; ${DEFAULT-VALUE}.")
  private List<Integer> prompts;

  @Option(
      names = "--data-parallel",
      defaultValue = "1",
      description = "GPUs that take sequences; ${DEFAULT-VALUE}.")
  private int dataParallel;

  @Option(
      names = "--rounds",
      defaultValue = "5",
      description = "Measurements of each degree, after one that does not count; ${DEFAULT-VALUE}.")
  private int rounds;

  @Option(
      names = "--seconds",
      defaultValue = "10",
      description = "Length of each measurement; ${DEFAULT-VALUE}.")
  private double seconds;

  @Option(
      names = "--mode",
      defaultValue = "FAST",
      description = "Numeric mode, ${COMPLETION-CANDIDATES}; ${DEFAULT-VALUE}.")
  private NumericMode mode;

  @Option(
      names = "--kernels",
      defaultValue = "AUTO",
      description = "Of the fast mode, ${COMPLETION-CANDIDATES}; ${DEFAULT-VALUE}.")
  private FastKernels.Choice kernels;

  /** Runs the command and ends the process with its exit code. */
  public static void main(String[] args) {
    // From one thread: loggers asked for by many while the first is made lose their events.
    LoggerFactory.getILoggerFactory();
    System.exit(
        new CommandLine(new SpeedTable()).setCaseInsensitiveEnumValuesAllowed(true).execute(args));
  }

  @Override
  public Integer call() throws InterruptedException {
    if (rounds < 1
        || Stream.concat(sequences.stream(), prompts.stream()).anyMatch(count -> count < 1)) {
      throw new ParameterException(
          spec.commandLine(), "--rounds, --sequences and --prompts are at least 1");
    }
    PrintWriter out = spec.commandLine().getOut();
    try (Checkpoint checkpoint = Checkpoint.open(directory);
        Workers workers = new Workers(Runtime.getRuntime().availableProcessors());
        Numerics numerics =
            mode == NumericMode.EXACT
                ? Numerics.exact(checkpoint, workers)
                : Numerics.fast(
                    checkpoint, workers, kernels, Numerics.DenseWeights.INT8, KvFormat.BF16)) {
      List<String> rows = new ArrayList<>();
      for (int count : sequences) {
        RackLoad.Shape shape = new RackLoad.Shape(count, DECODE_PROMPT, Integer.MAX_VALUE);
        rows.add("| decode %d | %s".formatted(count, row(checkpoint, workers, numerics, shape)));
      }
      for (int tokens : prompts) {
        RackLoad.Shape shape = new RackLoad.Shape(1, tokens, 1);
        rows.add("| prefill %d | %s".formatted(tokens, row(checkpoint, workers, numerics, shape)));
      }
      describe(out, checkpoint.config(), numerics.kernels().name());
      out.println("| tokens/s | expert-parallel 72 | expert-parallel 1 | 72 / 1 |");
      out.println("|:---|---:|---:|---:|");
      rows.forEach(out::println);
      out.flush();
    }
    return 0;
  }

  private String row(
      Checkpoint checkpoint, Workers workers, Numerics numerics, RackLoad.Shape shape)
      throws InterruptedException {
    List<Double> spread = new ArrayList<>();
    List<Double> local = new ArrayList<>();
    List<Double> ratios = new ArrayList<>();
    for (int round = 0; round <= rounds; round++) {
      double spreadRate = tokensPerSecond(checkpoint, workers, numerics, shape, SPREAD_DEGREE);
      double localRate = tokensPerSecond(checkpoint, workers, numerics, shape, LOCAL_DEGREE);
      // In the first round the JVM still compiles.
      if (round > 0) {
        spread.add(spreadRate);
        local.add(localRate);
        ratios.add(spreadRate / localRate);
      }
    }
    return "%s | %s | %s |".formatted(summary(spread), summary(local), summary(ratios));
  }

  private double tokensPerSecond(
      Checkpoint checkpoint,
      Workers workers,
      Numerics numerics,
      RackLoad.Shape shape,
      int expertParallel)
      throws InterruptedException {
    try (RackLoad load =
        new RackLoad(checkpoint, workers, numerics, shape, expertParallel, dataParallel)) {
      Progress progress = load.progress();
      long tokensBefore = progress.total();
      long begin = System.nanoTime();
      long elapsedNanos;
      long round = progress.rounds();
      do {
        round++;
        progress.await(round);
        elapsedNanos = System.nanoTime() - begin;
      } while (elapsedNanos < seconds * 1e9);
      // A prompt's only new token tells that all of the prompt is computed.
      int each = shape.newTokens() == 1 ? shape.promptTokens() : 1;
      return (progress.total() - tokensBefore) * each / (elapsedNanos / 1e9);
    }
  }

  private void describe(PrintWriter out, ModelConfig config, String kernelsUsed) {
    out.printf(
        "Tokens/s: the median of %d measurements of %.0f s, and in brackets the least and the"
            + " most.%n",
        rounds, seconds);
    out.printf(
        "%d layers, hidden %d, %d experts, vocabulary %d; data-parallel %d; kernels %s; %s %s, %d"
            + " processors; Java %s.%n%n",
        config.layers(),
        config.hiddenSize(),
        config.experts(),
        config.vocabSize(),
        dataParallel,
        kernelsUsed,
        System.getProperty("os.name"),
        System.getProperty("os.arch"),
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("java.version"));
  }

  private static String summary(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    double median =
        sorted.size() % 2 == 1
            ? sorted.get(middle)
            : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    return "%.2f (%.2f–%.2f)".formatted(median, sorted.getFirst(), sorted.getLast());
  }
}
