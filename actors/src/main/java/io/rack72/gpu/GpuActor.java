package io.rack72.gpu;

import io.rack72.clock.Clock;
import io.rack72.fabric.Frame;
import io.rack72.fabric.PortActor;
import io.rack72.fabric.PortCounters;
import io.rack72.model.Device;
import io.rack72.rack.RackStatus;
import io.rack72.routing.RouterActor;
import io.rack72.routing.SequenceEvent;
import io.rack72.routing.SequenceRequest;
import io.rack72.sampling.BrokenLogitsException;
import io.rack72.sampling.SampledToken;
import io.rack72.schedule.Admission;
import io.rack72.schedule.FinishReason;
import io.rack72.schedule.Scheduler;
import io.rack72.schedule.SchedulerLoad;
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
 * its port, tokens to the sequences' owners, and the end of each sequence to the router. <b>On
 * failure</b> it stops, and with it the rack: see {@code RackActor}.
 *
 * <p>Between two layers of its own step it serves whatever other GPUs have dispatched meanwhile, so
 * no two GPUs ever wait for each other. What the device takes time for is awaited on the clock;
 * what is ready at once goes on at once.
 */
public final class GpuActor extends AbstractBehavior<GpuActor.Command> {
  /** What a GPU takes. */
  public sealed interface Command {}

  /** Where to tell that sequences have ended. The first message of all. */
  public record Connect(ActorRef<RouterActor.Command> router) implements Command {}

  /** Generate this sequence. */
  public record Admit(SequenceRequest request, ActorRef<SequenceEvent> owner) implements Command {}

  /** Stop this sequence and free its blocks; unknown ones are ignored. */
  public record Cancel(SequenceId id) implements Command {}

  /** A frame has arrived through the port. */
  public record Deliver(Frame frame) implements Command {}

  /** Tell the GPU's state. */
  public record Report(ActorRef<RackStatus.Gpu> replyTo) implements Command {}

  /** What the GPU tells itself when its device is ready, or when a step may begin. */
  private sealed interface Ready extends Command {}

  private record RoutingReady() implements Ready {}

  private record ExpertsReady(Frame.Combine answer) implements Ready {}

  private record LogitsReady() implements Ready {}

  private record BeginStep() implements Ready {}

  private record Owner(ActorRef<SequenceEvent> ref, int attempt) {
    void tell(SequenceEvent event) {
      ref.tell(event);
    }
  }

  private final GpuParts parts;
  private final ActorRef<PortActor.Command> port;
  private final Clock clock;
  private final Map<SequenceId, Owner> owners = new TreeMap<>();
  private ActorRef<RouterActor.Command> router;
  private boolean beginAsked;
  private long steps;
  private StepPlan plan;
  private StepRun run;

  /** A GPU behind its port. */
  public static Behavior<Command> create(
      GpuParts parts, ActorRef<PortActor.Command> port, Clock clock) {
    return Behaviors.setup(context -> new GpuActor(context, parts, port, clock));
  }

  private GpuActor(
      ActorContext<Command> context,
      GpuParts parts,
      ActorRef<PortActor.Command> port,
      Clock clock) {
    super(context);
    this.parts = parts;
    this.port = port;
    this.clock = clock;
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder().onAnyMessage(this::on).build();
  }

  private Behavior<Command> on(Command command) {
    switch (command) {
      case Connect(ActorRef<RouterActor.Command> to) -> router = to;
      case Admit(SequenceRequest request, ActorRef<SequenceEvent> owner) -> admit(request, owner);
      case Cancel(SequenceId id) -> cancel(id);
      case Deliver(Frame.Dispatch dispatch) -> runExperts(dispatch);
      case Deliver(Frame.Combine answer) -> accept(answer);
      case RoutingReady() -> fanOut();
      case ExpertsReady(Frame.Combine answer) -> answer(answer);
      case LogitsReady() -> finishStep();
      case BeginStep() -> beginStep();
      case Report(ActorRef<RackStatus.Gpu> replyTo) ->
          port.tell(new PortActor.Report(status(), replyTo));
    }
    return this;
  }

  private void admit(SequenceRequest request, ActorRef<SequenceEvent> owner) {
    SequenceId id = request.id();
    int attempt = request.attempt();
    Scheduler scheduler = parts.scheduler().orElseThrow();
    switch (scheduler.add(id, request.promptIds(), request.generatedIds(), request.params())) {
      case Admission.Accepted _ -> {
        owners.put(id, new Owner(owner, attempt));
        owner.tell(new SequenceEvent.Placed(id, attempt, parts.id()));
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
        owner.tell(new SequenceEvent.Ended(id, attempt, cause, detail));
        router.tell(new RouterActor.Released(id));
      }
    }
  }

  private void cancel(SequenceId id) {
    if (owners.containsKey(id)) {
      release(id);
    }
  }

  private void release(SequenceId id) {
    owners.remove(id);
    parts.scheduler().orElseThrow().abort(id);
    router.tell(new RouterActor.Released(id));
  }

  /** Asks for a step by a message, so that what has arrived meanwhile is served first. */
  private void askToBegin() {
    if (run == null && !beginAsked) {
      beginAsked = true;
      getContext().getSelf().tell(new BeginStep());
    }
  }

  private void beginStep() {
    beginAsked = false;
    Optional<StepPlan> next = parts.scheduler().orElseThrow().step();
    if (next.isEmpty()) {
      return;
    }
    plan = next.get();
    run =
        new StepRun(
            ++steps, parts.id(), parts.placement(), parts.config(), parts.device(), plan.batch());
    whenReady(run.begin(clock.nowNanos()), new RoutingReady());
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
    parts.scheduler().orElseThrow().complete(plan);
    int row = 0;
    for (StepPlan.Share share : plan.shares()) {
      if (share.needsLogits()) {
        sampleNext(share.sequence(), row++);
      }
    }
    plan = null;
    run = null;
    askToBegin();
  }

  private void sampleNext(Sequence sequence, int row) {
    Owner owner = owners.get(sequence.id());
    if (owner == null) {
      // Cancelled while the step ran.
      return;
    }
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
    } catch (BrokenLogitsException e) {
      owner.tell(
          new SequenceEvent.Ended(
              sequence.id(), owner.attempt(), SequenceEvent.Cause.FAILED, e.getMessage()));
      release(sequence.id());
      return;
    }
    int index = sequence.generated();
    Optional<FinishReason> finish = sequence.append(token);
    owner.tell(new SequenceEvent.Token(sequence.id(), owner.attempt(), index, token, finish));
    if (finish.isPresent()) {
      release(sequence.id());
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

  private RackStatus.Gpu status() {
    Optional<SchedulerLoad> load = parts.scheduler().map(Scheduler::load);
    return new RackStatus.Gpu(
        parts.id().index(),
        parts.tray().index(),
        parts.expertSlots(),
        parts.hbmUsedBytes(),
        parts.hbmLimitBytes(),
        RackStatus.Blocks.of(parts.kv().full()),
        RackStatus.Blocks.of(parts.kv().sliding()),
        load.map(SchedulerLoad::running).orElse(0),
        load.map(SchedulerLoad::waiting).orElse(0),
        load.map(SchedulerLoad::preemptions).orElse(0L),
        steps,
        PortCounters.NONE);
  }
}
