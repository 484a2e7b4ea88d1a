package io.rack72.gpu;

import static java.util.stream.Collectors.toSet;

import io.rack72.clock.Clock;
import io.rack72.fabric.Frame;
import io.rack72.fabric.PortActor;
import io.rack72.hardware.GpuId;
import io.rack72.model.Device;
import io.rack72.placement.ExpertPlacement;
import io.rack72.placement.Placement;
import io.rack72.sampling.SampledToken;
import io.rack72.schedule.Admission;
import io.rack72.schedule.FinishReason;
import io.rack72.schedule.Scheduler;
import io.rack72.schedule.Sequence;
import io.rack72.schedule.SequenceId;
import io.rack72.schedule.StepPlan;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;

/**
 * One GPU of the rack.
 *
 * <p><b>Owns</b> its experts' slots, its KV pools, its queue of sequences and its device, and runs
 * one step at a time over its sequences. <b>Receives</b> its part of each placement from its node,
 * sequences from routers, dispatched rows for its experts and answers to its own dispatches through
 * its port. <b>Sends</b> frames through its port, tokens to the sequences' owners, the end of each
 * sequence to its router, and its own state to the rack whenever that has changed. <b>On
 * failure</b> it stops, and with it the rack: see {@code NodeActor}.
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

  /**
   * Hold what this placement gives the GPU, beside what it holds already, and take dispatches that
   * follow it.
   *
   * @param replyTo is told when that is done
   */
  public record Prepare(Placement placement, ActorRef<PlacementStep> replyTo) implements Command {}

  /**
   * Follow a placement that was prepared, from the next step on. Where the GPU takes no sequences
   * any more, those that it has are given back to their owners. A step that waits for one of the
   * GPUs that are lost begins anew.
   *
   * @param lost GPUs that will not answer
   * @param replyTo is told when no step follows another placement
   */
  public record Commit(long epoch, Set<GpuId> lost, ActorRef<PlacementStep> replyTo)
      implements Command {}

  /** Let go what only placements before this one gave the GPU, and refuse what follows them. */
  public record Release(long epoch) implements Command {}

  private record Arrived(Frame frame) implements Command {}

  /** Whoever owned sequences is gone: the request, or the gateway that had it. */
  private record OwnerGone(ActorRef<SequenceEvent> owner) implements Command {}

  /** What the GPU tells itself when its device is ready, or when a step may begin. */
  private sealed interface Ready extends Command {}

  private record BlocksReady() implements Ready {}

  private record RoutingReady(long run) implements Ready {}

  private record ExpertsReady(Frame.Combine answer) implements Ready {}

  private record LogitsReady(long run) implements Ready {}

  private record BeginStep() implements Ready {}

  private record Live(
      int attempt, ActorRef<SequenceEvent> owner, ActorRef<SequenceReleased> router) {}

  private final GpuParts parts;
  private final ActorRef<PortActor.Command> port;
  private final ActorRef<GpuStatus> board;
  private final Clock clock;
  private final Map<SequenceId, Live> live = new TreeMap<>();
  // Sequences of each owner that is watched.
  private final Map<ActorRef<SequenceEvent>, Integer> owned = new HashMap<>();
  private final NavigableMap<Long, Placement> prepared = new TreeMap<>();
  // For sequences of routers that follow a placement already which the GPU has only prepared.
  private final List<Command> early = new ArrayList<>();
  // The placement that the next step follows; none before the first.
  private Placement placement;
  private Attendance attendance;
  private ActorRef<PlacementStep> settling;
  private int experts;
  private boolean beginAsked;
  // Whether others have asked for experts on behalf of running replies since the last step began.
  private boolean othersDecode;
  private long steps;
  // Runs of steps: one that has to begin anew is another run of the same step.
  private long runs;
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
    return newReceiveBuilder()
        .onAnyMessage(this::on)
        .onSignal(
            PostStop.class,
            _ -> {
              freeSequenceMemory();
              return this;
            })
        .build();
  }

  private Behavior<Command> on(Command command) {
    switch (command) {
      case Admit admit -> admit(admit);
      case Cancel cancel when !early.isEmpty() -> early.add(cancel);
      case Pause pause when !early.isEmpty() -> early.add(pause);
      case Resume resume when !early.isEmpty() -> early.add(resume);
      case Cancel(SequenceId id) -> cancel(id);
      case Pause(SequenceId id) -> pause(id);
      case Resume(SequenceId id) -> resume(id);
      case Prepare(Placement next, ActorRef<PlacementStep> replyTo) -> prepare(next, replyTo);
      case Commit(long epoch, Set<GpuId> lost, ActorRef<PlacementStep> replyTo) ->
          commit(epoch, lost, replyTo);
      case Release(long epoch) -> releaseBefore(epoch);
      case OwnerGone(ActorRef<SequenceEvent> owner) -> letGoAllOf(owner);
      case Arrived(Frame.Dispatch dispatch) -> runExperts(dispatch);
      case Arrived(Frame.Combine answer) -> accept(answer);
      case BlocksReady() -> runStep();
      case RoutingReady(long ready) -> fanOut(ready);
      case ExpertsReady(Frame.Combine answer) -> answer(answer);
      case LogitsReady(long ready) -> finishStep(ready);
      case BeginStep() -> beginStep();
    }
    return this;
  }

  private void prepare(Placement next, ActorRef<PlacementStep> replyTo) {
    prepared.put(next.epoch(), next);
    for (ExpertPlacement.Slot slot : next.experts().slotsOf(parts.id())) {
      parts.device().load(slot.layer(), slot.expert());
    }
    experts = slots().size();
    post();
    replyTo.tell(new PlacementStep.Prepared(parts.id(), next.epoch()));
  }

  private Set<ExpertPlacement.Slot> slots() {
    return prepared.values().stream()
        .flatMap(each -> each.experts().slotsOf(parts.id()).stream())
        .collect(toSet());
  }

  private void commit(long epoch, Set<GpuId> lost, ActorRef<PlacementStep> replyTo) {
    placement = prepared.get(epoch);
    if (placement.attends(parts.id())) {
      attendance = attendance == null ? parts.attendance().get() : attendance;
    } else {
      // A copy, since each is removed from there.
      List.copyOf(live.keySet()).forEach(this::giveBack);
    }
    settling = replyTo;
    if (run != null && run.awaitsAnyOf(lost)) {
      runStep();
    }
    freeUnusedMemory();
    settle();
    post();
    List<Command> due = List.copyOf(early);
    early.clear();
    due.forEach(this::on);
  }

  /** Tells that no step follows an earlier placement, once that is so. */
  private void settle() {
    if (settling == null || (run != null && run.epoch() != placement.epoch())) {
      return;
    }
    settling.tell(new PlacementStep.Settled(parts.id(), placement.epoch()));
    settling = null;
  }

  /** A step in flight may still write to the memory. */
  private void freeUnusedMemory() {
    if (plan == null && !attends()) {
      freeSequenceMemory();
    }
  }

  private void freeSequenceMemory() {
    if (attendance != null) {
      attendance.close();
      attendance = null;
    }
  }

  private void releaseBefore(long epoch) {
    Set<ExpertPlacement.Slot> before = slots();
    prepared.headMap(epoch).clear();
    before.removeAll(slots());
    before.forEach(slot -> parts.device().unload(slot.layer(), slot.expert()));
    experts = slots().size();
    post();
  }

  private boolean attends() {
    return placement != null && placement.attends(parts.id());
  }

  /** Whether a placement that may be followed next lets the GPU take sequences. */
  private boolean willAttend() {
    return prepared.tailMap(placement == null ? 0 : placement.epoch(), false).values().stream()
        .anyMatch(next -> next.attends(parts.id()));
  }

  private void giveBack(SequenceId id) {
    Live request = letGo(id);
    tellMoved(id, request.attempt(), request.owner(), request.router());
  }

  private void tellMoved(
      SequenceId id,
      int attempt,
      ActorRef<SequenceEvent> owner,
      ActorRef<SequenceReleased> router) {
    // The router first, so that it does not choose this GPU again.
    router.tell(new SequenceReleased(id, attempt, true));
    owner.tell(
        new SequenceEvent.Ended(
            id, attempt, SequenceEvent.Cause.MOVED, parts.id() + " takes no sequences any more"));
  }

  private void admit(Admit admit) {
    SequenceRequest request = admit.request();
    SequenceId id = request.id();
    int attempt = request.attempt();
    if (!attends() && willAttend()) {
      early.add(admit);
      return;
    }
    if (!attends()) {
      tellMoved(id, attempt, admit.owner(), admit.router());
      return;
    }
    switch (scheduler()
        .add(
            id,
            request.promptIds(),
            request.generatedIds(),
            request.params(),
            request.standing(),
            attempt > 1)) {
      case Admission.Accepted _ -> {
        live.put(id, new Live(attempt, admit.owner(), admit.router()));
        if (owned.merge(admit.owner(), 1, Integer::sum) == 1) {
          getContext().watchWith(admit.owner(), new OwnerGone(admit.owner()));
        }
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
    return attendance.scheduler();
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
    Live request = letGo(id);
    request.router().tell(new SequenceReleased(id, request.attempt(), false));
  }

  /**
   * The router is not told: it went with the owner's JVM or hears of the end from the owner. And
   * where it is this JVM that the others have lost, it must not take the sequences for ended.
   */
  private void letGoAllOf(ActorRef<SequenceEvent> owner) {
    live.entrySet().stream()
        .filter(each -> each.getValue().owner().equals(owner))
        .map(Map.Entry::getKey)
        .toList()
        .forEach(this::letGo);
    post();
  }

  private Live letGo(SequenceId id) {
    scheduler().abort(id);
    Live request = live.remove(id);
    if (owned.merge(request.owner(), -1, Integer::sum) == 0) {
      owned.remove(request.owner());
      getContext().unwatch(request.owner());
    }
    return request;
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
    if (!attends()) {
      return;
    }
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
    if (!attends()) {
      // All its sequences were given back meanwhile.
      plan = null;
      run = null;
      runs++;
      freeUnusedMemory();
      return;
    }
    run =
        new StepRun(
            ++runs,
            parts.id(),
            placement.experts(),
            parts.config(),
            parts.device(),
            plan.batch(),
            plan.decodes());
    whenReady(run.begin(clock.nowNanos()), new RoutingReady(runs));
  }

  private void tellStart(Sequence sequence) {
    Live request = live.get(sequence.id());
    request
        .owner()
        .tell(new SequenceEvent.Started(sequence.id(), request.attempt(), sequence.cachedTokens()));
  }

  private void fanOut(long ready) {
    if (ready != runs) {
      return;
    }
    StepRun.Fanout fanout = run.fanOut();
    // Others begin to compute while this GPU does its own share.
    if (!fanout.remote().isEmpty()) {
      port.tell(new PortActor.Send(List.copyOf(fanout.remote())));
    }
    fanout.local().ifPresent(this::runExperts);
    if (fanout.isEmpty()) {
      advance();
    }
  }

  private void runExperts(Frame.Dispatch dispatch) {
    if (!prepared.containsKey(dispatch.epoch())) {
      getContext()
          .getLog()
          .warn(
              "{} refuses rows of placement {} from {}: it holds {}",
              parts.id(),
              dispatch.epoch(),
              dispatch.from(),
              prepared.keySet());
      return;
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
      port.tell(new PortActor.Send(List.of(answer)));
    }
  }

  private void accept(Frame.Combine answer) {
    if (answer.step() < runs || run == null) {
      // Of a run that was given up; experts are pure, so nothing is lost.
      return;
    }
    if (run.accept(answer)) {
      advance();
    }
  }

  private void advance() {
    long readyNanos = run.advance(clock.nowNanos());
    whenReady(readyNanos, run.done() ? new LogitsReady(runs) : new RoutingReady(runs));
  }

  private void finishStep(long ready) {
    if (ready != runs) {
      return;
    }
    scheduler().complete(plan);
    int row = 0;
    for (StepPlan.Share share : plan.shares()) {
      if (share.needsLogits()) {
        sampleNext(share.sequence(), row++);
      }
    }
    plan = null;
    run = null;
    freeUnusedMemory();
    settle();
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
    board.tell(GpuStatus.of(parts, experts, Optional.ofNullable(attendance), steps));
  }
}
