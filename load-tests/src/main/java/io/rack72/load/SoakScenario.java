package io.rack72.load;

import io.rack72.cli.CommandFailedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Mixed load for a long time, after which nothing must be left of it: clients that read at once and
 * slowly, that go away, that ask for what cannot be. It watches the rack meanwhile.
 *
 * @param concurrency clients at a time
 * @param sampleInterval between two looks at the rack
 * @param pid of the server's process, of which the memory is watched
 */
record SoakScenario(
    Workload workload,
    Duration duration,
    int concurrency,
    Duration sampleInterval,
    OptionalLong pid)
    implements Scenario {
  private static final double NANOS_PER_SECOND = 1e9;
  private static final Duration MAX_DURATION = Duration.ofDays(30);
  private static final Duration MIN_SAMPLE_INTERVAL = Duration.ofMillis(10);
  private static final Duration MAX_SAMPLE_INTERVAL = Duration.ofHours(1);

  /** A server that is gone is not asked again and again until the time is over. */
  private static final int MOST_COMPLAINTS = 1000;

  /** How long after the last request sequences may still be there. */
  private static final Duration LEVEL_DEADLINE = Duration.ofSeconds(30);

  private static final Duration LEVEL_POLL = Duration.ofMillis(50);

  SoakScenario {
    Limits.concurrency(concurrency);
    if (!duration.isPositive() || duration.compareTo(MAX_DURATION) > 0) {
      throw new IllegalArgumentException("--minutes is above 0 and at most 43200");
    }
    if (sampleInterval.compareTo(MIN_SAMPLE_INTERVAL) < 0
        || sampleInterval.compareTo(MAX_SAMPLE_INTERVAL) > 0) {
      throw new IllegalArgumentException("--sample-seconds is 0.01 to 3600");
    }
    if (pid.isPresent() && ProcessMemory.residentBytes(pid.getAsLong()).isEmpty()) {
      throw new IllegalArgumentException(
          "--pid is that of a process of this machine, on Linux, and not " + pid.getAsLong());
    }
  }

  @Override
  public SoakReport run(LoadClient client, ProgressLine progress) throws InterruptedException {
    Limits.context(client, workload.mostTokens());
    SoakMix mix =
        new SoakMix(
            client.model(),
            workload,
            client.contextTokens().orElse(Math.toIntExact(workload.mostTokens())));
    long begin = System.nanoTime();
    List<RackSample> samples = new ArrayList<>();
    samples.add(sample(client, begin));
    SoakRequest repeated = expecting(client, mix.repeated());
    SoakTally tally = new SoakTally();
    put(client, mix, repeated, tally, samples, begin, progress);
    progress.show("waiting for the last sequences");
    boolean answered = false;
    try {
      samples.add(levelSample(client, begin));
      answered = true;
    } catch (CommandFailedException e) {
      // The report says what happened before, which may be why.
      tally.complain(e.getMessage());
    }
    return new SoakReport(client.model(), workload.seed(), concurrency, tally, samples, answered);
  }

  /** The request with the reply that it has when it is alone. */
  private static SoakRequest expecting(LoadClient client, SoakRequest request)
      throws InterruptedException {
    Outcome alone = request.send(client).await();
    if (!alone.succeeded()) {
      throw new CommandFailedException(
          "no request succeeds (%s): %s"
              .formatted(alone.failure(), alone.error().orElse("it was given up")));
    }
    return request.expecting(alone.reply().tokenIds());
  }

  /** Puts the load on the server, and looks at the rack, until the time is over. */
  private void put(
      LoadClient client,
      SoakMix mix,
      SoakRequest repeated,
      SoakTally tally,
      List<RackSample> samples,
      long begin,
      ProgressLine progress)
      throws InterruptedException {
    AtomicLong numbers = new AtomicLong();
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      Callable<Void> one =
          () -> {
            while (!isOver(begin, tally)) {
              long number = numbers.getAndIncrement();
              SoakRequest drawn = mix.draw(number);
              SoakRequest request = drawn.kind() == SoakRequest.Kind.REPEATED ? repeated : drawn;
              Outcome outcome = request.send(client).await();
              tally.add(number, request.kind(), outcome, request.complaint(outcome));
            }
            return null;
          };
      List<Future<Void>> running = new ArrayList<>();
      for (int i = 0; i < concurrency; i++) {
        running.add(clients.submit(one));
      }
      try {
        for (long due = begin + sampleInterval.toNanos();
            due - begin < duration.toNanos() && !isOver(begin, tally);
            due += sampleInterval.toNanos()) {
          Thread.sleep(Duration.ofNanos(Math.max(0, due - System.nanoTime())));
          look(client, tally, samples, begin);
          progress.show(
              "%.0f of %d s, %d requests, %d wrong"
                  .formatted(
                      samples.getLast().seconds(),
                      duration.toSeconds(),
                      tally.requests(),
                      tally.complaints()));
        }
        for (Future<Void> done : running) {
          done.get();
        }
      } catch (ExecutionException e) {
        throw new IllegalStateException("a client of the soak broke", e.getCause());
      } finally {
        // Nothing is left but where this thread was interrupted or a client broke.
        clients.shutdownNow();
      }
    }
  }

  private boolean isOver(long begin, SoakTally tally) {
    return System.nanoTime() - begin >= duration.toNanos() || tally.complaints() >= MOST_COMPLAINTS;
  }

  /** A server that cannot be looked at is a finding, and no reason to end. */
  private void look(LoadClient client, SoakTally tally, List<RackSample> samples, long begin)
      throws InterruptedException {
    try {
      samples.add(sample(client, begin));
    } catch (CommandFailedException e) {
      tally.complain(e.getMessage());
    }
  }

  private RackSample sample(LoadClient client, long begin) throws InterruptedException {
    OptionalLong resident =
        pid.isPresent() ? ProcessMemory.residentBytes(pid.getAsLong()) : OptionalLong.empty();
    return RackSample.of((System.nanoTime() - begin) / NANOS_PER_SECOND, client.rack(), resident);
  }

  /**
   * The rack once it is level, or when it has had its time to become so. It is asked again and
   * again, because nothing tells a client when the sequences of those that went away are over.
   */
  private RackSample levelSample(LoadClient client, long begin) throws InterruptedException {
    long deadline = System.nanoTime() + LEVEL_DEADLINE.toNanos();
    RackSample sample = sample(client, begin);
    while (!sample.isLevel() && System.nanoTime() < deadline) {
      Thread.sleep(LEVEL_POLL);
      sample = sample(client, begin);
    }
    return sample;
  }
}
