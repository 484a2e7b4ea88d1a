package io.rack72.cli;

import io.rack72.twin.Lengths;
import io.rack72.twin.TraceException;
import io.rack72.twin.TraceReader;
import io.rack72.twin.Workload;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** What a simulated rack is asked to do, on the command line. */
final class LoadOptions {
  private static final int DEFAULT_CONCURRENCY = 512;
  private static final String DEFAULT_LENGTH = "1024";
  private static final double DEFAULT_WARMUP_SECONDS = 10;
  private static final double NANOS_PER_SECOND = 1e9;
  private static final double MAX_SECONDS = 1e6;

  @Option(
      names = "--concurrency",
      paramLabel = "N",
      description = "Requests that are always there; 512 where no other load is given.")
  private Integer concurrency;

  @Option(
      names = "--rate",
      paramLabel = "N",
      description = "Requests a second that come at random instants, instead of a concurrency.")
  private Double rate;

  @Option(
      names = "--bursts",
      paramLabel = "N/SECONDS",
      description = "N requests at once, again after as many seconds, instead of a concurrency.")
  private String bursts;

  @Option(
      names = "--trace",
      paramLabel = "FILE",
      description =
          "Requests of a file instead of a concurrency: JSON lines of timestamp (ms),"
              + " input_length, output_length and hash_ids.")
  private Path trace;

  @Option(
      names = "--prompt",
      paramLabel = "LENGTHS",
      description =
          "Tokens of prompts: N, N-M, a list N,M,.. or lognormal:MEDIAN:SIGMA; default 1024.")
  private String prompt;

  @Option(
      names = "--reply",
      paramLabel = "LENGTHS",
      description = "Tokens of replies, likewise; default 1024.")
  private String reply;

  @Option(
      names = "--warmup",
      paramLabel = "SECONDS",
      description = "Virtual time before anything is counted; default 10, with --trace 0.")
  private Double warmup;

  @Option(
      names = "--duration",
      paramLabel = "SECONDS",
      defaultValue = "30",
      description = "Virtual time that is counted; default ${DEFAULT-VALUE}.")
  private double duration;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "The same seed gives the same report; default ${DEFAULT-VALUE}.")
  private long seed;

  /** Of all that is drawn. */
  long seed() {
    return seed;
  }

  /**
   * Reads it, and the trace where there is one.
   *
   * @throws IllegalArgumentException if an option makes no sense
   * @throws CommandFailedException if the trace is broken
   */
  Workload workload() {
    return workload(arrivals());
  }

  /**
   * The same with another load.
   *
   * @param requests that are always there
   * @throws IllegalArgumentException if an option makes no sense, or there is a load already
   */
  Workload workload(int requests) {
    if (Stream.of(concurrency, rate, bursts, trace).anyMatch(Objects::nonNull)) {
      throw new IllegalArgumentException(
          "--sweep has its own loads, so --concurrency, --rate, --bursts and --trace have no use");
    }
    return workload(new Workload.ClosedLoop(requests));
  }

  private Workload workload(Workload.Arrivals arrivals) {
    return new Workload(
        arrivals,
        Lengths.parse(Objects.requireNonNullElse(prompt, DEFAULT_LENGTH)),
        Lengths.parse(Objects.requireNonNullElse(reply, DEFAULT_LENGTH)),
        nanos("--warmup", warmup == null ? defaultWarmup() : warmup),
        nanos("--duration", duration),
        seed);
  }

  /** A trace begins as it was recorded; other loads take a while to be as they are ever after. */
  private double defaultWarmup() {
    return trace == null ? DEFAULT_WARMUP_SECONDS : 0;
  }

  private Workload.Arrivals arrivals() {
    if (Stream.of(concurrency, rate, bursts, trace).filter(Objects::nonNull).count() > 1) {
      throw new IllegalArgumentException(
          "give either --concurrency or --rate or --bursts or --trace");
    }
    if (trace != null) {
      if (prompt != null || reply != null) {
        throw new IllegalArgumentException(
            "a --trace has the lengths of its requests, so --prompt and --reply have no use");
      }
      try {
        return new Workload.Replay(TraceReader.read(trace));
      } catch (TraceException e) {
        throw new CommandFailedException(e.getMessage(), e);
      }
    }
    if (bursts != null) {
      return parseBursts(bursts);
    }
    return rate != null
        ? new Workload.Poisson(rate)
        : new Workload.ClosedLoop(concurrency == null ? DEFAULT_CONCURRENCY : concurrency);
  }

  private static Workload.Bursts parseBursts(String text) {
    String[] parts = text.split("/", -1);
    try {
      if (parts.length == 2) {
        return new Workload.Bursts(
            Integer.parseInt(parts[0]), nanos("--bursts", Double.parseDouble(parts[1])));
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "--bursts is requests and seconds such as 200/5, not '" + text + "'", e);
    }
    throw new IllegalArgumentException(
        "--bursts is requests and seconds such as 200/5, not '" + text + "'");
  }

  private static long nanos(String option, double seconds) {
    if (!(seconds >= 0 && seconds <= MAX_SECONDS)) {
      throw new IllegalArgumentException(
          option + " is 0 to " + (long) MAX_SECONDS + " seconds, not " + seconds);
    }
    return (long) (seconds * NANOS_PER_SECOND);
  }
}
