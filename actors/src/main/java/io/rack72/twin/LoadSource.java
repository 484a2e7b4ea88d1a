package io.rack72.twin;

import io.rack72.gpu.SequenceEvent;
import io.rack72.gpu.SequenceRequest;
import io.rack72.routing.RouterActor;
import io.rack72.sampling.CounterRandom;
import io.rack72.sampling.SamplingParams;
import io.rack72.schedule.SequenceId;
import io.rack72.schedule.Standing;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * Where a workload's requests come from, and the owner of their sequences.
 *
 * <p><b>Owns</b> every live request. <b>Receives</b> what becomes of their sequences. <b>Sends</b>
 * sequences to the router, by the workload's arrivals, until its end. <b>On failure</b> of a
 * request it counts it.
 */
final class LoadSource {
  /** All are choices of one request, whose numbers are quicker to compare than names. */
  private static final String REQUEST = "load";

  private static final int ARRIVAL = 0;

  /** Of two draws each. */
  private static final int PROMPT_LENGTH = 1;

  private static final int REPLY_LENGTH = 3;

  private static final int LEFT_OF_REPLY = 5;

  /** After which a client of a closed loop that was refused comes again. */
  private static final long RETRY_NANOS = 100_000_000;

  private static final long NANOS_PER_MILLI = 1_000_000;

  private final Workload workload;
  private final VirtualTime time;
  private final ActorRef<RouterActor.Command> router;
  private final int vocabSize;
  private final Measurements measurements;
  private final ActorRef<SequenceEvent> self;
  private final LiveRequests live = new LiveRequests();
  private int submitted;
  private int running;
  private long finished;
  private long refused;
  private long failed;

  private LoadSource(
      Workload workload,
      VirtualRack rack,
      ActorRef<RouterActor.Command> router,
      int vocabSize,
      Measurements measurements) {
    this.workload = workload;
    this.time = rack.time();
    this.router = router;
    this.vocabSize = vocabSize;
    this.measurements = measurements;
    self = rack.spawn(behavior(), "load");
  }

  /**
   * Starts to send requests.
   *
   * @param router where they are submitted
   */
  static LoadSource start(
      Workload workload,
      VirtualRack rack,
      ActorRef<RouterActor.Command> router,
      int vocabSize,
      Measurements measurements) {
    LoadSource source = new LoadSource(workload, rack, router, vocabSize, measurements);
    switch (workload.arrivals()) {
      case Workload.ClosedLoop(int concurrency) -> source.fill(concurrency);
      case Workload.Poisson(double perSecond) -> source.awaitArrival(perSecond, 0);
      case Workload.Bursts bursts -> source.burst(bursts);
      case Workload.Replay(Trace trace) -> source.awaitEntry(trace, 0);
    }
    return source;
  }

  private Behavior<SequenceEvent> behavior() {
    return Behaviors.receive(SequenceEvent.class)
        .onAnyMessage(
            event -> {
              on(event);
              return Behaviors.same();
            })
        .build();
  }

  private void on(SequenceEvent event) {
    switch (event) {
      case SequenceEvent.Placed _, SequenceEvent.Started _, SequenceEvent.Alive _ -> {}
      case SequenceEvent.Token token -> take(token);
      case SequenceEvent.Ended(SequenceId id, _, SequenceEvent.Cause cause, _) -> {
        if (live.get(id.choice()).firstNanos >= 0) {
          running--;
        }
        live.remove(id.choice());
        switch (cause) {
          case FULL -> refused++;
          case TOO_LARGE, MOVED, LOST, FAILED -> failed++;
        }
        if (workload.arrivals() instanceof Workload.ClosedLoop) {
          time.wakeAt(time.nowNanos() + RETRY_NANOS, this::submit);
        }
      }
    }
  }

  private void take(SequenceEvent.Token token) {
    long now = time.nowNanos();
    LiveRequests.Live request = live.get(token.id().choice());
    if (request.firstNanos < 0) {
      request.firstNanos = now;
      running++;
      measurements.first(now, now - request.sinceNanos, request.promptLength);
    } else {
      measurements.next(now, now - request.lastNanos);
    }
    request.lastNanos = now;
    if (token.finish().isPresent()) {
      live.remove(token.id().choice());
      finished++;
      running--;
      measurements.end(now, request.sinceNanos, now - request.firstNanos, token.index() + 1);
      if (workload.arrivals() instanceof Workload.ClosedLoop) {
        submit();
      }
    }
  }

  /**
   * The first requests of a closed loop come together. Were their replies of one length, they would
   * end together too, and all others after them. So they have what is left of replies that have
   * begun at other times, as any moment of a loop that has long run would find them.
   */
  private void fill(int concurrency) {
    for (int i = 0; i < concurrency; i++) {
      double left = CounterRandom.uniform(workload.seed(), submitted, LEFT_OF_REPLY);
      int reply = length(workload.reply(), REPLY_LENGTH);
      submit(prompt(), 1 + (int) (left * reply));
    }
  }

  private void awaitArrival(double perSecond, long number) {
    double uniform = CounterRandom.uniform(workload.seed(), number, ARRIVAL);
    long gapNanos = (long) (-StrictMath.log(1 - uniform) / perSecond * 1e9);
    time.wakeAt(
        time.nowNanos() + gapNanos,
        () -> {
          submit();
          awaitArrival(perSecond, number + 1);
        });
  }

  private void burst(Workload.Bursts bursts) {
    for (int i = 0; i < bursts.requests(); i++) {
      submit();
    }
    long next = time.nowNanos() + bursts.periodNanos();
    if (next < workload.endNanos()) {
      time.wakeAt(next, () -> burst(bursts));
    }
  }

  private void awaitEntry(Trace trace, int number) {
    if (number == trace.entries().size()) {
      return;
    }
    Trace.Entry entry = trace.entries().get(number);
    // The rack may have taken some time to start.
    time.wakeAt(
        Math.max(time.nowNanos(), entry.atMillis() * NANOS_PER_MILLI),
        () -> {
          submit(entry.prompt(workload.seed(), vocabSize), entry.outputLength());
          awaitEntry(trace, number + 1);
        });
  }

  private void submit() {
    submit(prompt(), length(workload.reply(), REPLY_LENGTH));
  }

  private int[] prompt() {
    return new SplittableRandom(workload.seed() + submitted)
        .ints(length(workload.prompt(), PROMPT_LENGTH), 0, vocabSize)
        .toArray();
  }

  private int length(Lengths lengths, int draw) {
    return lengths.at(
        CounterRandom.uniform(workload.seed(), submitted, draw),
        CounterRandom.uniform(workload.seed(), submitted, draw + 1));
  }

  private void submit(int[] prompt, int reply) {
    long now = time.nowNanos();
    if (now >= workload.endNanos()) {
      return;
    }
    int number = submitted++;
    long seed = workload.seed();
    live.put(new LiveRequests.Live(number, now, prompt.length));
    SamplingParams params =
        new SamplingParams(
            1, 1, 0, 0, seed + number, 0, 0, 1, Map.of(), -1, reply, 0, Set.of(), true);
    router.tell(
        new RouterActor.Submit(
            new SequenceRequest(
                new SequenceId(REQUEST, number), 1, prompt, new int[0], params, Standing.DEFAULT),
            self));
  }

  /** Live requests that have a token already. */
  int running() {
    return running;
  }

  /** Live requests without a token. */
  int waiting() {
    return live.size() - running;
  }

  /** What has become of all requests so far, whether they were counted or not. */
  TwinReport.Requests requests() {
    return new TwinReport.Requests(submitted, finished, refused, failed, live.size());
  }
}
