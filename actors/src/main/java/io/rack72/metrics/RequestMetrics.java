package io.rack72.metrics;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.rack72.clock.Clock;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;

/** What a gateway measures of the requests for tokens that it gets. Thread-safe. */
public final class RequestMetrics {
  private static final double[] SECONDS = {
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600
  };

  private final Clock clock;
  private final Counter answers =
      Counter.builder()
          .name("rack72_http_answers")
          .help("Answers to requests for tokens, by HTTP status; 429 and 503 are full queues.")
          .labelNames("status")
          .build();
  private final Counter ended =
      Counter.builder()
          .name("rack72_requests_ended")
          .help(
              "Requests that were taken on and are over: complete, failed, or left by the client.")
          .labelNames("outcome")
          .build();
  private final Gauge running =
      Gauge.builder()
          .name("rack72_requests_running")
          .help("Requests that are taken on and not over.")
          .build();
  private final Counter promptTokens =
      Counter.builder()
          .name("rack72_prompt_tokens")
          .help("Tokens of the prompts of requests that were taken on.")
          .build();
  private final Counter generationTokens =
      Counter.builder()
          .name("rack72_generation_tokens")
          .help("Tokens that came from the rack, each once.")
          .build();
  private final Counter resubmitted =
      Counter.builder()
          .name("rack72_sequences_resubmitted")
          .help("Sequences that were given to the rack again, to go on behind their tokens.")
          .labelNames("reason")
          .build();
  private final Histogram firstToken =
      Histogram.builder()
          .name("rack72_time_to_first_token_seconds")
          .help(
              "From a request's arrival to its first token, but for times that its reader let it"
                  + " wait.")
          .classicOnly()
          .classicUpperBounds(SECONDS)
          .build();
  private final Histogram interToken =
      Histogram.builder()
          .name("rack72_inter_token_latency_seconds")
          .help(
              "From one token of a sequence to its next, but for times that its reader let it"
                  + " wait.")
          .classicOnly()
          .classicUpperBounds(SECONDS)
          .build();
  private final Histogram duration =
      Histogram.builder()
          .name("rack72_request_duration_seconds")
          .help("From a request's arrival to its end.")
          .classicOnly()
          .classicUpperBounds(SECONDS)
          .build();

  /** How a request that was taken on ended. */
  public enum Outcome {
    COMPLETE,
    FAILED,
    LEFT;

    String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Why a sequence was given to the rack again. */
  public enum Again {
    /** Its GPU takes no sequences any more, and gave it back. */
    MOVED,
    /** Its GPU was lost. */
    GPU_LOST,
    /** A token of it was lost on its way. */
    TOKEN_LOST,
    /** Nothing was heard of it. */
    SILENT;

    String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * @param clock by which durations are measured
   */
  public RequestMetrics(Clock clock) {
    this.clock = clock;
    // What has not happened yet is 0 and not missing.
    for (Outcome outcome : Outcome.values()) {
      ended.initLabelValues(outcome.label());
    }
    for (Again reason : Again.values()) {
      resubmitted.initLabelValues(reason.label());
    }
  }

  /** A request for tokens has its answer, or its stream begins. */
  public void answered(int status) {
    answers.labelValues(Integer.toString(status)).inc();
  }

  /**
   * A request is taken on.
   *
   * @param receivedNanos when it came, on this clock
   * @param prompt tokens of its prompts
   * @param choices its sequences
   */
  public Meter begin(long receivedNanos, long prompt, int choices) {
    running.inc();
    promptTokens.inc(prompt);
    return new Meter(receivedNanos, choices);
  }

  /** Measures of one request. Not thread-safe. */
  public final class Meter {
    private static final long NOT_PAUSED = Long.MIN_VALUE;

    private final long receivedNanos;
    // When each choice's next token began to be waited for.
    private final long[] sinceNanos;
    private final BitSet begun = new BitSet();
    private final BitSet goesOn = new BitSet();
    private long pausedNanos = NOT_PAUSED;
    private boolean over;

    private Meter(long receivedNanos, int choices) {
      this.receivedNanos = receivedNanos;
      sinceNanos = new long[choices];
      Arrays.fill(sinceNanos, receivedNanos);
    }

    /** A choice's next token has come. */
    public void token(int choice) {
      long now = clock.nowNanos();
      generationTokens.inc();
      if (begun.get(choice)) {
        interToken.observe((now - sinceNanos[choice]) / 1e9);
      } else if (!goesOn.get(choice)) {
        firstToken.observe((now - sinceNanos[choice]) / 1e9);
      }
      begun.set(choice);
      sinceNanos[choice] = now;
    }

    /**
     * A choice that is yet to be asked for has had tokens, of which others have measured the first.
     * How long its client was away before the next is not the rack's doing either.
     */
    public void goOn(int choice) {
      goesOn.set(choice);
    }

    /** No more tokens are wanted until the reader has taken those that there are. */
    public void pause() {
      if (pausedNanos == NOT_PAUSED) {
        pausedNanos = clock.nowNanos();
      }
    }

    /** The reader has taken them. */
    public void resume() {
      if (pausedNanos == NOT_PAUSED) {
        return;
      }
      long now = clock.nowNanos();
      for (int i = 0; i < sinceNanos.length; i++) {
        // Of what came after the pause only the time since counts as paused.
        sinceNanos[i] += now - Math.max(pausedNanos, sinceNanos[i]);
      }
      pausedNanos = NOT_PAUSED;
    }

    /** A sequence is given to the rack again. */
    public void again(Again reason) {
      resubmitted.labelValues(reason.label()).inc();
    }

    /** The request is over; only the first word of it counts. */
    public void over(Outcome outcome) {
      if (!over) {
        over = true;
        running.dec();
        ended.labelValues(outcome.label()).inc();
        duration.observe((clock.nowNanos() - receivedNanos) / 1e9);
      }
    }
  }

  /** All of it, now. */
  public List<MetricSnapshot> collect() {
    return List.of(
        answers.collect(),
        ended.collect(),
        running.collect(),
        promptTokens.collect(),
        generationTokens.collect(),
        resubmitted.collect(),
        firstToken.collect(),
        interToken.collect(),
        duration.collect());
  }
}
