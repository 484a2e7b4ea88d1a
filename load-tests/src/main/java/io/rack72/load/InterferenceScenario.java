package io.rack72.load;

import io.rack72.cli.CommandFailedException;
import io.rack72.load.GapBoard.Gap;
import io.rack72.load.GapBoard.StreamEndedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/**
 * What a long prompt does to those who are reading: some streams decode steadily, and beside them a
 * prompt is prefilled. Every round has streams and a prompt of its own, so that no cache spares the
 * prefill.
 *
 * @param prompts the long ones
 * @param streams that decode
 * @param windowEvents how many events each stream has before the prefill, to compare with
 */
record InterferenceScenario(Workload prompts, int streams, int windowEvents, int rounds, int warmup)
    implements Scenario {
  private static final int STREAM_PROMPT_TOKENS = 16;

  /** Of streams on a server that does not tell how long its context is. */
  private static final int STREAM_OUTPUT_TOKENS = 4096;

  /** Events that each stream has before anything is measured, so that all of them decode. */
  private static final int SETTLE_EVENTS = 8;

  private static final int MAX_STREAMS = 1024;
  private static final int MIN_EVENTS = 8;
  private static final int MAX_EVENTS = 1_000_000;
  private static final int MAX_ROUNDS = 1000;
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  /** Where the numbers of streams begin, beyond those of prompts. */
  private static final long FIRST_STREAM = 1L << 41;

  InterferenceScenario {
    Limits.inRange("--streams", streams, 1, MAX_STREAMS);
    Limits.inRange("--window-events", windowEvents, MIN_EVENTS, MAX_EVENTS);
    Limits.inRange("--rounds", rounds, 1, MAX_ROUNDS);
    Limits.warmup(warmup);
  }

  /**
   * One prefill.
   *
   * @param without inter-token latencies of all streams in the time before it
   * @param with those some of which lies between the prompt's sending and its first token
   * @param prefillNanos TTFT of the prompt
   */
  record Round(long[] without, long[] with, long prefillNanos) {
    private static final double NANOS_PER_MILLI = 1e6;

    double prefillMillis() {
      return prefillNanos / NANOS_PER_MILLI;
    }

    Summary withoutSummary() {
      return Summary.of(LongStream.of(without)).orElseThrow();
    }

    Summary withSummary() {
      return Summary.of(LongStream.of(with)).orElseThrow();
    }
  }

  @Override
  public InterferenceReport run(LoadClient client, ProgressLine progress)
      throws InterruptedException {
    Limits.context(client, prompts.mostTokens());
    Warmup.run(client, number -> prompt(client, number), warmup, 1, progress);
    List<Round> measured = new ArrayList<>();
    for (int round = 0; round < rounds; round++) {
      progress.show("round %d of %d".formatted(round + 1, rounds));
      measured.add(round(client, round));
    }
    return new InterferenceReport(client.model(), prompts, streams, measured);
  }

  private Round round(LoadClient client, int round) throws InterruptedException {
    GapBoard board = new GapBoard(streams);
    List<Call> calls = new ArrayList<>();
    try {
      for (int i = 0; i < streams; i++) {
        int stream = i;
        Call call =
            client.start(
                stream(client, FIRST_STREAM + (long) round * streams + i),
                (tokens, nanos) -> board.came(stream, nanos));
        calls.add(call);
        var _ =
            call.outcome()
                .thenAccept(outcome -> board.ended(outcome.error().orElse("a stream has ended")));
      }
      return measured(client, board, round);
    } catch (StreamEndedException e) {
      throw new CommandFailedException(
          "round %d cannot be measured: %s (of %d tokens); ask for fewer --window-events"
              .formatted(round + 1, e.getMessage(), streamTokens(client)),
          e);
    } finally {
      calls.forEach(Call::abort);
      for (Call call : calls) {
        call.await();
      }
    }
  }

  private Round measured(LoadClient client, GapBoard board, int round)
      throws InterruptedException, StreamEndedException {
    board.awaitMore(SETTLE_EVENTS, PATIENCE.toNanos());
    long windowNanos = System.nanoTime();
    board.awaitMore(windowEvents + 1, PATIENCE.toNanos());
    Outcome prefill = client.start(prompt(client, round), TokenListener.NONE).await();
    if (!prefill.succeeded() || prefill.timing().timeToFirstToken().isEmpty()) {
      throw new CommandFailedException(
          "the long prompt fails (%s): %s"
              .formatted(prefill.failure(), prefill.error().orElse("it has no token")));
    }
    // The gap during which the prefill ends is over with each stream's next event.
    board.awaitMore(1, PATIENCE.toNanos());
    long sent = prefill.timing().startNanos();
    long first = sent + prefill.timing().timeToFirstToken().getAsLong();
    List<Gap> gaps = board.gaps();
    return new Round(
        gaps.stream()
            .filter(gap -> gap.isWithin(windowNanos, sent))
            .mapToLong(Gap::nanos)
            .toArray(),
        gaps.stream().filter(gap -> gap.overlaps(sent, first)).mapToLong(Gap::nanos).toArray(),
        first - sent);
  }

  private LoadRequest prompt(LoadClient client, long number) {
    return LoadRequest.completion(prompts.item(number).streamedCompletion(client.model()));
  }

  private LoadRequest stream(LoadClient client, long number) {
    int[] prompt = prompts.ids(prompts.random(number), STREAM_PROMPT_TOKENS);
    return LoadRequest.completion(
        new Workload.Item(prompt, streamTokens(client), number).streamedCompletion(client.model()));
  }

  /** As many as fit, because streams that end cannot be disturbed. */
  private static int streamTokens(LoadClient client) {
    return client.contextTokens().isPresent()
        ? Math.max(1, client.contextTokens().getAsInt() - STREAM_PROMPT_TOKENS)
        : STREAM_OUTPUT_TOKENS;
  }
}
