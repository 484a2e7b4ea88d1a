package io.rack72.gpu;

import io.rack72.clock.Clock;
import io.rack72.fabric.Frame;
import io.rack72.fabric.PortActor;
import io.rack72.model.Device;
import io.rack72.sampling.SampledToken;
import io.rack72.schedule.Admission;
import io.rack72.schedule.FinishReason;
import io.rack72.schedule.Scheduler;
import io.rack72.schedule.Sequence;
import io.rack72.schedule.SequenceId;
import io.rack72.schedule.StepPlan;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;

/**
 * One GPU of the rack.
 *
 * <p><b>Owns</b> its experts' slots, its KV pools, its queue of sequences and its device, and runs
 * one step at a time over its sequences. <b>Receives</b> sequences from the router, dispatched rows
 * for its experts and answers to its own dispatches through its port. <b>Sends</b> frames through
 * its port, tokens to the sequences' owners, the end of each sequence to its router, and its own
 * state to the rack whenever that has changed. <b>On failure</b> it stops, and with it the rack:
 * see {@code RackActor}.
 *
 * <p>Between two layers of its own step it serves whatever other GPUs have dispatched meanwhile, so
 * no two GPUs ever wait for each other. What the device takes time for is awaited on the clock;
 * what is ready at once goes on at once.
 */
public final class GpuActor extends AbstractBehavior<GpuActor.Command> {
  /** What a GPU takes. */
  public sealed interface Command {}

  /**
   * Generate this sequence.
   *
   * @param owner is told of everything that becomes of it
   * @param router is told once, when the GPU has let it go: it ended, was refused or cancelled
   */
  public record Admit(
      SequenceRequest request, ActorRef<SequenceEvent> owner, ActorRef<SequenceReleased> router)
      implements Command {}

  /** Stop this sequence and free its blocks; unknown ones are ignored. */
  public record Cancel(SequenceId id) implements Command {}

  /**
   * Compute this sequence no further until it is resumed: its reader is slow. It may give its
   * blocks back meanwhile. A token of the step in flight still comes. Unknown ones are ignored.
   */
  public record Pause(SequenceId id) implements Command {}

  /** Go on with a paused sequence; others are ignored. */
  public record Resume(SequenceId id) implements Command {}

  private record Arrived(Frame frame) implements Command {}

  /** What the GPU tells itself when its device is ready, or when a step may begin. */
  private sealed interface Ready extends Command {}

  private record BlocksReady() implements Ready {}

  private record RoutingReady() implements Ready {}

  private record ExpertsReady(Frame.Combine answer) implements Ready {}

  private record LogitsReady() implements Ready {}

  private record BeginStep() implements Ready {}

  private record Live(
      int attempt, ActorRef<SequenceEvent> owner, ActorRef<SequenceReleased> router) {}

  private final GpuParts parts;
  private final ActorRef<PortActor.Command> port;
  private final ActorRef<GpuStatus> board;
  private final Clock clock;
  private final Map<SequenceId, Live> live = new TreeMap<>();
  private boolean beginAsked;
  // Whether others have asked for experts on behalf of running replies since the last step began.
  private boolean othersDecode;
  private long steps;
  private StepPlan plan;
  private StepRun run;

  /**
   * A GPU behind its port.
   *
   * @param board is told the GPU's state whenever it has changed, so that nobody who wants to know
   *     it waits for a step
   */
  public static Behavior<Command> create(
      GpuParts parts, ActorRef<PortActor.Command> port, ActorRef<GpuStatus> board, Clock clock) {
    return Behaviors.setup(context -> new GpuActor(context, parts, port, board, clock));
  }

  private GpuActor(
      ActorContext<Command> context,
      GpuParts parts,
      ActorRef<PortActor.Command> port,
      ActorRef<GpuStatus> board,
      Clock clock) {
    super(context);
    this.parts = parts;
    this.port = port;
    this.board = board;
    this.clock = clock;
    port.tell(new PortActor.Attach(context.messageAdapter(Frame.class, Arrived::new)));
    post();
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder().onAnyMessage(this::on).build();
  }

  private Behavior<Command> on(Command command) {
    switch (command) {
      case Admit admit -> admit(admit);
      case Cancel(SequenceId id) -> cancel(id);
      case Pause(SequenceId id) -> pause(id);
      case Resume(SequenceId id) -> resume(id);
      case Arrived(Frame.Dispatch dispatch) -> runExperts(dispatch);
      case Arrived(Frame.Combine answer) -> accept(answer);
      case BlocksReady() -> runStep();
      case RoutingReady() -> fanOut();
      case ExpertsReady(Frame.Combine answer) -> answer(answer);
      case LogitsReady() -> finishStep();
      case BeginStep() -> beginStep();
    }
    return this;
  }

  private void admit(Admit admit) {
    SequenceRequest request = admit.request();
    SequenceId id = request.id();
    int attempt = request.attempt();
    switch (scheduler()
        .add(
            id,
            request.promptIds(),
            request.generatedIds(),
            request.params(),
            request.standing())) {
      case Admission.Accepted _ -> {
        live.put(id, new Live(attempt, admit.owner(), admit.router()));
        admit.owner().tell(new SequenceEvent.Placed(id, attempt, parts.id()));
        post();
        askToBegin();
      }
      case Admission.Refused(Admission.Reason reason, String detail) -> {
        SequenceEvent.Cause cause =
            switch (reason) {
              case TOO_LARGE -> SequenceEvent.Cause.TOO_LARGE;
              case FULL -> SequenceEvent.Cause.FULL;
              // The owner should have known better: no client could mend it.
              case INVALID -> SequenceEvent.Cause.FAILED;
            };
        admit.owner().tell(new SequenceEvent.Ended(id, attempt, cause, detail));
        admit.router().tell(new SequenceReleased(id, attempt, false));
      }
    }
  }

  private Scheduler scheduler() {
    return parts
        .scheduler()
        .orElseThrow(() -> new IllegalStateException(parts.id() + " takes no sequences"));
  }

  private void cancel(SequenceId id) {
    if (live.containsKey(id)) {
      release(id);
      post();
    }
  }

  private void pause(SequenceId id) {
    if (live.containsKey(id)) {
      scheduler().pause(id);
      post();
    }
  }

  private void resume(SequenceId id) {
    if (live.containsKey(id)) {
      scheduler().resume(id);
      post();
      askToBegin();
    }
  }

  private void release(SequenceId id) {
    scheduler().abort(id);
    Live request = live.remove(id);
    request.router().tell(new SequenceReleased(id, request.attempt(), false));
  }

  /** Asks for a step by a message, so that what has arrived meanwhile is served first. */
  private void askToBegin() {
    if (plan == null && !beginAsked) {
      beginAsked = true;
      getContext().getSelf().tell(new BeginStep());
    }
  }

  private void beginStep() {
    beginAsked = false;
    Optional<StepPlan> next = scheduler().step(othersDecode);
    othersDecode = false;
    if (next.isEmpty()) {
      return;
    }
    plan = next.get();
    plan.started().forEach(this::tellStart);
    steps++;
    post();
    long now = clock.nowNanos();
    whenReady(
        parts.hostLink().move(now, plan.hostOutBytes(), plan.hostInBytes()), new BlocksReady());
  }

  private void runStep() {
    run =
        new StepRun(
            steps,
            parts.id(),
            parts.placement(),
            parts.config(),
            parts.device(),
            plan.batch(),
            plan.decodes());
    whenReady(run.begin(clock.nowNanos()), new RoutingReady());
  }

  private void tellStart(Sequence sequence) {
    Live request = live.get(sequence.id());
    request
        .owner()
        .tell(new SequenceEvent.Started(sequence.id(), request.attempt(), sequence.cachedTokens()));
  }

  private void fanOut() {
    StepRun.Fanout fanout = run.fanOut();
    // Others begin to compute while this GPU does its own share.
    fanout.remote().forEach(frame -> port.tell(new PortActor.Send(frame)));
    fanout.local().ifPresent(this::runExperts);
  }

  private void runExperts(Frame.Dispatch dispatch) {
    if (dispatch.epoch() != parts.placement().epoch()) {
      throw new IllegalStateException(
          "%s works by placement epoch %d and was sent rows of epoch %d by %s"
              .formatted(parts.id(), parts.placement().epoch(), dispatch.epoch(), dispatch.from()));
    }
    othersDecode |= dispatch.decoding() && !dispatch.from().equals(parts.id());
    Device.ExpertOutputs outputs =
        parts
            .device()
            .experts(
                dispatch.layer(),
                dispatch.hidden(),
                dispatch.rows(),
                dispatch.experts(),
                clock.nowNanos());
    Frame.Combine answer =
        new Frame.Combine(
            parts.id(),
            dispatch.from(),
            dispatch.epoch(),
            dispatch.step(),
            dispatch.layer(),
            outputs.values(),
            Frame.Combine.bytes(parts.config().hiddenSize(), dispatch.experts().length));
    whenReady(outputs.readyAtNanos(), new ExpertsReady(answer));
  }

  private void answer(Frame.Combine answer) {
    if (answer.to().equals(parts.id())) {
      accept(answer);
    } else {
      port.tell(new PortActor.Send(answer));
    }
  }

  private void accept(Frame.Combine answer) {
    if (run.accept(answer)) {
      long readyNanos = run.advance(clock.nowNanos());
      whenReady(readyNanos, run.done() ? new LogitsReady() : new RoutingReady());
    }
  }

  private void finishStep() {
    scheduler().complete(plan);
    int row = 0;
    for (StepPlan.Share share : plan.shares()) {
      if (share.needsLogits()) {
        sampleNext(share.sequence(), row++);
      }
    }
    plan = null;
    run = null;
    post();
    askToBegin();
  }

  private void sampleNext(Sequence sequence, int row) {
    SequenceId id = sequence.id();
    if (!sequence.isLive()) {
      // Cancelled while the step ran.
      return;
    }
    Live request = live.get(id);
    int vocabSize = parts.config().vocabSize();
    SampledToken token;
    try {
      token =
          parts
              .sampler()
              .sample(
                  run.logits(),
                  row * vocabSize,
                  vocabSize,
                  sequence.params(),
                  sequence.history(),
                  sequence.length());
    } catch (RuntimeException e) {
      // One sequence that has no next token must not end all the others.
      getContext().getLog().error("no token could be chosen for {}", id, e);
      request
          .owner()
          .tell(
              new SequenceEvent.Ended(
                  id,
                  request.attempt(),
                  SequenceEvent.Cause.FAILED,
                  "no token could be chosen: " + e.getMessage()));
      release(id);
      return;
    }
    int index = sequence.generated();
    Optional<FinishReason> finish = sequence.append(token);
    request.owner().tell(new SequenceEvent.Token(id, request.attempt(), index, token, finish));
    if (finish.isPresent()) {
      release(id);
    }
  }

  private void whenReady(long instantNanos, Ready next) {
    if (instantNanos <= clock.nowNanos()) {
      on(next);
    } else {
      ActorRef<Command> self = getContext().getSelf();
      clock.wakeAt(instantNanos, () -> self.tell(next));
    }
  }

  private void post() {
    board.tell(GpuStatus.of(parts, steps));
  }
}
