package io.rack72.twin;

import io.rack72.gpu.SequenceEvent;
import io.rack72.routing.RouterActor;
import io.rack72.sampling.CounterRandom;
import io.rack72.sampling.SamplingParams;
import io.rack72.schedule.SequenceId;
import io.rack72.schedule.Standing;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SplittableRandom;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * Where a workload's requests come from, and the owner of their sequences.
 *
 * <p><b>Owns</b> every live request. <b>Receives</b> what becomes of their sequences. <b>Sends</b>
 * sequences to the router, by the workload's arrivals, until its end. Where a GPU gives one up or
 * is gone, it is sent again with the tokens that it has, as a gateway does. <b>On failure</b> of a
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
  private final FaultWatch watch;
  private final ActorRef<Object> self;
  private final LiveRequests live = new LiveRequests();
  // Tokens of this instant that are not taken in yet.
  private final List<SequenceEvent.Token> arrived = new ArrayList<>();
  private int submitted;
  private int running;
  private long finished;
  private long refused;
  private long failed;
  private String broken = "";
  private String failure = "";

  /** What it tells itself behind tokens. */
  private record TakeArrived() {}

  private LoadSource(
      Workload workload,
      VirtualRack rack,
      ActorRef<RouterActor.Command> router,
      int vocabSize,
      Measurements measurements,
      FaultWatch watch) {
    this.workload = workload;
    this.time = rack.time();
    this.router = router;
    this.vocabSize = vocabSize;
    this.measurements = measurements;
    this.watch = watch;
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
      Measurements measurements,
      FaultWatch watch) {
    LoadSource source = new LoadSource(workload, rack, router, vocabSize, measurements, watch);
    switch (workload.arrivals()) {
      case Workload.ClosedLoop(int concurrency) -> source.fill(concurrency);
      case Workload.Poisson(double perSecond) -> source.awaitArrival(perSecond, 0);
      case Workload.Bursts bursts -> source.burst(bursts);
      case Workload.Replay(Trace trace) -> source.awaitEntry(trace, 0);
    }
    return source;
  }

  private Behavior<Object> behavior() {
    return Behaviors.receive(Object.class)
        .onMessage(SequenceEvent.Token.class, this::gather)
        .onMessage(TakeArrived.class, _ -> takeArrived())
        .onMessage(SequenceEvent.class, this::on)
        .build();
  }

  /**
   * A GPU tells all tokens of a step at once, so most of what comes is followed by more. Tokens are
   * gathered until those have come, and then looked up together: requests lie far apart in memory,
   * and a processor waits for several at once if nothing else is to be done between them.
   */
  private Behavior<Object> gather(SequenceEvent.Token token) {
    if (arrived.isEmpty()) {
      // Behind all that is in the mailbox already.
      self.tell(new TakeArrived());
    }
    arrived.add(token);
    return Behaviors.same();
  }

  private Behavior<Object> takeArrived() {
    LiveRequests.Live[] requests = new LiveRequests.Live[arrived.size()];
    for (int i = 0; i < requests.length; i++) {
      requests[i] = concerned(arrived.get(i));
    }
    for (int i = 0; i < requests.length; i++) {
      if (requests[i] != null) {
        take(requests[i], arrived.get(i));
      }
    }
    arrived.clear();
    return Behaviors.same();
  }

  /** Whose an event is; null where it is of an attempt before, whose GPU is gone. */
  private LiveRequests.Live concerned(SequenceEvent event) {
    LiveRequests.Live request = live.get(event.id().choice());
    return request != null && request.attempts.concerns(event) ? request : null;
  }

  /** What is no token, after the tokens that came before it. */
  private Behavior<Object> on(SequenceEvent event) {
    takeArrived();
    LiveRequests.Live request = concerned(event);
    if (request == null) {
      return Behaviors.same();
    }
    switch (event) {
      case SequenceEvent.Token _ ->
          throw new IllegalStateException("tokens are gathered, and this one was not: " + event);
      case SequenceEvent.Started _, SequenceEvent.Alive _ -> {}
      case SequenceEvent.Placed placed ->
          request.attempts.placed(placed.gpu(), placed.incarnation());
      case SequenceEvent.Ended(_, _, SequenceEvent.Cause cause, String detail) -> {
        switch (cause) {
          case MOVED -> goOn(request, request.attempts.again(detail));
          case LOST -> goOn(request, request.attempts.againAfterLoss(detail));
          case FULL -> {
            refused++;
            drop(request);
          }
          case TOO_LARGE, UNAVAILABLE, FAILED -> fail(request, detail);
        }
      }
    }
    return Behaviors.same();
  }

  private void goOn(LiveRequests.Live request, Optional<String> givenUp) {
    if (givenUp.isPresent()) {
      fail(request, givenUp.get());
    } else {
      watch.recomputed();
      ask(request);
    }
  }

  private void fail(LiveRequests.Live request, String why) {
    if (failed++ == 0) {
      failure = why;
    }
    watch.failed();
    drop(request);
  }

  private void drop(LiveRequests.Live request) {
    if (request.firstNanos >= 0) {
      running--;
    }
    live.remove(request.number);
    if (workload.arrivals() instanceof Workload.ClosedLoop) {
      time.wakeAt(time.nowNanos() + RETRY_NANOS, this::submit);
    }
  }

  private void take(LiveRequests.Live request, SequenceEvent.Token token) {
    long now = time.nowNanos();
    check(request, token);
    watch.token(now);
    if (request.firstNanos < 0) {
      request.firstNanos = now;
      running++;
      measurements.first(now, now - request.sinceNanos, request.prompt.length);
    } else {
      watch.gap(request.number, request.firstNanos, request.lastNanos, now);
      measurements.next(now, now - request.lastNanos);
    }
    request.lastNanos = now;
    if (token.finish().isPresent()) {
      live.remove(request.number);
      finished++;
      running--;
      if (request.whole) {
        measurements.end(now, request.sinceNanos, now - request.firstNanos, token.index() + 1);
      } else {
        measurements.endOfRest(now);
      }
      if (workload.arrivals() instanceof Workload.ClosedLoop) {
        submit();
      }
    }
  }

  /**
   * The first requests of a closed loop come together. Were their replies of one length, they would
   * end together too, and all others after them. So they have what is left of replies at a moment
   * that is drawn for each; their ends count, but are not judged, since nobody asked for so little.
   * The tokens that would have been said before are not there, so KV is full only after a reply's
   * time.
   */
  private void fill(int concurrency) {
    for (int i = 0; i < concurrency; i++) {
      double left = CounterRandom.uniform(workload.seed(), submitted, LEFT_OF_REPLY);
      int reply = length(workload.reply(), REPLY_LENGTH);
      submit(prompt(), 1 + (int) (left * reply), false);
    }
  }

  /** Messages of one JVM are not lost, so each token is the next, and the last the last. */
  private void check(LiveRequests.Live request, SequenceEvent.Token token) {
    boolean isNext = token.index() == request.attempts.tokens();
    boolean isLast = token.index() + 1 == request.replyLength;
    if ((!isNext || token.finish().isPresent() != isLast) && broken.isEmpty()) {
      broken =
          "request %d of %d tokens has %d and was given number %d%s"
              .formatted(
                  request.number,
                  request.replyLength,
                  request.attempts.tokens(),
                  token.index(),
                  token.finish().map(finish -> ", ended by " + finish).orElse(""));
    }
    request.attempts.generated(token);
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
          submit(entry.prompt(workload.seed(), vocabSize), entry.outputLength(), true);
          awaitEntry(trace, number + 1);
        });
  }

  private void submit() {
    submit(prompt(), length(workload.reply(), REPLY_LENGTH), true);
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

  private void submit(int[] prompt, int reply, boolean whole) {
    long now = time.nowNanos();
    if (now >= workload.endNanos()) {
      return;
    }
    int number = submitted++;
    long seed = workload.seed();
    SamplingParams params =
        new SamplingParams(
            1, 1, 0, 0, seed + number, 0, 0, 1, Map.of(), -1, reply, 0, Set.of(), true);
    LiveRequests.Live request =
        new LiveRequests.Live(number, now, prompt, params, vocabSize, whole);
    live.put(request);
    ask(request);
  }

  private void ask(LiveRequests.Live request) {
    router.tell(
        new RouterActor.Submit(
            request.attempts.request(
                new SequenceId(REQUEST, request.number),
                request.prompt,
                request.params,
                Standing.DEFAULT),
            self.narrow(),
            OptionalLong.empty(),
            request.attempts.computedBy()));
  }

  /**
   * To be called when the run is over. Streams that have not got their next token count as well.
   *
   * @throws IllegalStateException if a request got other tokens than those that it asked for, or
   *     one did not end exactly once
   */
  void end() {
    long now = time.nowNanos();
    live.forEach(
        request -> {
          if (request.firstNanos >= 0) {
            watch.gap(request.number, request.firstNanos, request.lastNanos, now);
          }
        });
    if (!broken.isEmpty()) {
      throw new IllegalStateException("the rack has broken a promise: " + broken);
    }
    if (submitted != finished + refused + failed + live.size()) {
      throw new IllegalStateException("requests do not add up: " + requests());
    }
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
    return new TwinReport.Requests(submitted, finished, refused, failed, live.size(), failure);
  }
}
