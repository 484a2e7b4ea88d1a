package io.rack72.load;

import java.time.Duration;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.concurrent.ThreadLocalRandom;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;

/** The options that say which load is put on the server. */
final class ScenarioOptions {
  private static final double MILLIS_PER_SECOND = 1000;
  private static final double MILLIS_PER_MINUTE = 60_000;

  @Option(
      names = "--scenario",
      paramLabel = "NAME",
      defaultValue = "steady",
      converter = ScenarioKind.Converter.class,
      description = "steady, prefix, interference or soak; default ${DEFAULT-VALUE}.")
  private ScenarioKind kind;

  @Option(
      names = "--prompt-tokens",
      paramLabel = "N|A-B",
      converter = IntRange.Converter.class,
      description =
          "Length of prompts, fixed or drawn from a range; default 256 (steady), 16 after the"
              + " prefix (prefix), 4000 (interference), 1-300 (soak).")
  private IntRange promptTokens;

  @Option(
      names = "--output-tokens",
      paramLabel = "N|A-B",
      converter = IntRange.Converter.class,
      description = "Length of replies; default 64 (steady), 16 (prefix), 1, 1-80 (soak).")
  private IntRange outputTokens;

  @Option(
      names = "--vocab",
      paramLabel = "A-B",
      defaultValue = "1000-2000",
      converter = IntRange.Converter.class,
      description =
          "Token ids of prompts; default ${DEFAULT-VALUE}, which every gpt-oss model has.")
  private IntRange vocabulary;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description =
          "Decides prompts, lengths and arrivals. Without it another one each time, so that no"
              + " cache has seen the prompts; the report names it.")
  private Long seed;

  @Option(
      names = "--requests",
      paramLabel = "N",
      description = "Requests that are measured; default 100 (steady), 50 (prefix).")
  private Integer requests;

  @Option(
      names = "--concurrency",
      paramLabel = "N",
      description =
          "Closed loop: requests at a time, each sent when another is over; default 8 (steady,"
              + " soak), 1 (prefix).")
  private Integer concurrency;

  @Option(
      names = "--rate",
      paramLabel = "R",
      description =
          "Open loop: requests per second, at the times of a Poisson process, whatever became of"
              + " those before.")
  private Double rate;

  @Option(
      names = "--chat",
      description = "Chats, of as many words, in place of completions of token ids.")
  private boolean isChat;

  @Option(
      names = "--warmup",
      paramLabel = "N",
      defaultValue = "8",
      description = "Requests before those that are measured; default ${DEFAULT-VALUE}.")
  private int warmup;

  @Option(
      names = "--slo-ttft",
      paramLabel = "MS",
      description = "Goodput counts replies whose TTFT is at most this.")
  private Double sloTtft;

  @Option(
      names = "--slo-itl",
      paramLabel = "MS",
      description = "Goodput counts replies of which 99%% of the ITL are at most this.")
  private Double sloItl;

  @Option(
      names = "--prefix-tokens",
      paramLabel = "N",
      defaultValue = "2000",
      description = "Tokens with which prompts begin alike; default ${DEFAULT-VALUE}.")
  private int prefixTokens;

  @Option(
      names = "--cold-requests",
      paramLabel = "N",
      defaultValue = "5",
      description =
          "Requests with a prefix never seen, before those that share one; default"
              + " ${DEFAULT-VALUE}.")
  private int coldRequests;

  @Option(
      names = "--streams",
      paramLabel = "N",
      defaultValue = "8",
      description = "Streams beside which a prompt is prefilled; default ${DEFAULT-VALUE}.")
  private int streams;

  @Option(
      names = "--window-events",
      paramLabel = "N",
      defaultValue = "64",
      description = "Events of each stream before the prefill; default ${DEFAULT-VALUE}.")
  private int windowEvents;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "5",
      description = "Prefills, each beside streams of its own; default ${DEFAULT-VALUE}.")
  private int rounds;

  @Option(
      names = "--minutes",
      paramLabel = "M",
      defaultValue = "10",
      description = "Length of the soak; default ${DEFAULT-VALUE}.")
  private double minutes;

  @Option(
      names = "--sample-seconds",
      paramLabel = "S",
      defaultValue = "5",
      description = "Time between two looks at GET /rack; default ${DEFAULT-VALUE}.")
  private double sampleSeconds;

  @Option(
      names = "--pid",
      paramLabel = "PID",
      description = "The server's process on this machine, of which the memory is watched.")
  private Long pid;

  /**
   * The scenario that is asked for.
   *
   * @param given the options that were
   * @throws IllegalArgumentException if it makes no sense; the message names the option
   */
  Scenario scenario(ParseResult given) {
    given.matchedOptions().stream()
        .flatMap(option -> kind.complaint(option.longestName()).stream())
        .findFirst()
        .ifPresent(
            complaint -> {
              throw new IllegalArgumentException(complaint);
            });
    return switch (kind) {
      case STEADY -> steady();
      case PREFIX ->
          new PrefixScenario(
              workload(IntRange.of(16), IntRange.of(16)),
              prefixTokens,
              coldRequests,
              or(requests, 50),
              or(concurrency, 1),
              warmup);
      case INTERFERENCE ->
          new InterferenceScenario(
              workload(IntRange.of(4000), IntRange.of(1)), streams, windowEvents, rounds, warmup);
      case SOAK ->
          new SoakScenario(
              workload(new IntRange(1, 300), new IntRange(1, 80)),
              millis(minutes, MILLIS_PER_MINUTE),
              or(concurrency, 8),
              millis(sampleSeconds, MILLIS_PER_SECOND),
              pid == null ? OptionalLong.empty() : OptionalLong.of(pid));
    };
  }

  private SteadyScenario steady() {
    if (rate != null && concurrency != null) {
      throw new IllegalArgumentException(
          "--rate and --concurrency exclude each other: an open loop does not wait for replies");
    }
    return new SteadyScenario(
        workload(IntRange.of(256), IntRange.of(64)),
        isChat,
        or(requests, 100),
        or(concurrency, 8),
        optional(rate),
        warmup,
        new Slo(optional(sloTtft), optional(sloItl)));
  }

  private Workload workload(IntRange defaultPrompt, IntRange defaultOutput) {
    return new Workload(
        promptTokens == null ? defaultPrompt : promptTokens,
        outputTokens == null ? defaultOutput : outputTokens,
        vocabulary,
        seed == null ? ThreadLocalRandom.current().nextInt(Integer.MAX_VALUE) : seed);
  }

  private static int or(Integer given, int otherwise) {
    return given == null ? otherwise : given;
  }

  private static OptionalDouble optional(Double given) {
    return given == null ? OptionalDouble.empty() : OptionalDouble.of(given);
  }

  /** What is no number or too large becomes a duration that no scenario takes. */
  private static Duration millis(double units, double millisPerUnit) {
    return Duration.ofMillis((long) (units * millisPerUnit));
  }
}
