package io.rack72.gpu;

import io.rack72.clock.Clock;
import io.rack72.fabric.Frame;
import io.rack72.fabric.PortActor;
import io.rack72.hardware.GpuId;
import io.rack72.model.Device;
import io.rack72.placement.ExpertPlacement;
import io.rack72.placement.Placement;
import io.rack72.schedule.Admission;
import io.rack72.schedule.Scheduler;
import io.rack72.schedule.Sequence;
import io.rack72.schedule.SequenceId;
import io.rack72.schedule.StepPlan;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
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
 * failure</b> it stops, and its tray is out of the rack: see {@code NodeActor}.
 *
 * <p>Between two layers of its own step it serves whatever other GPUs have dispatched meanwhile, so
 * no two GPUs ever wait for each other. What the device takes time for is awaited on the clock;
 * what is ready at once goes on at once.
 *
 * <p>An owner of experts that does not answer is not waited for: as soon as it is taken for gone,
 * or has let this GPU wait much longer than usual, the GPU computes the missing rows itself, with
 * experts that it takes in as guests, and asks others from the next layer on.
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

  /**
   * Stop this sequence and free its blocks. Unknown ones are ignored, and later attempts.
   *
   * @param attempt that is to be stopped
   */
  public record Cancel(SequenceId id, int attempt) implements Command {}

  /**
   * Tell the owner how far this attempt of a sequence is: {@link SequenceEvent.Alive} where the GPU
   * has it, or that it has moved, so that it is submitted again.
   */
  public record Probe(SequenceId id, int attempt, ActorRef<SequenceEvent> owner)
      implements Command {}

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
   * any more, those that it has are given back to their owners. What a step awaits of GPUs that are
   * lost is computed here.
   *
   * @param lost GPUs that will not answer
   * @param replyTo is told when no step follows another placement
   */
  public record Commit(long epoch, Set<GpuId> lost, ActorRef<PlacementStep> replyTo)
      implements Command {}

  /** Let go what only placements before this one gave the GPU, and refuse what follows them. */
  public record Release(long epoch) implements Command {}

  /**
   * Do not ask these GPUs for experts, until told otherwise.
   *
   * @param out GPUs that do not answer, or may not; they may come back
   * @param slow GPUs whose ports are slow. They are asked all the same where there is no room for
   *     what they own; one that is among them asks itself for all, if it has room for all
   * @param hold whether to let no token out: this JVM sees the smaller part of the rack, and the
   *     larger one goes on without it
   */
  public record Avoid(Set<GpuId> out, Set<GpuId> slow, boolean hold) implements Command {}

  private record Arrived(Frame frame) implements Command {}

  /** A layer's answers may be late. */
  private record LookForLate() implements Command {}

  /** They still are, behind all that had arrived. */
  private record Late(long run, int layer) implements Command {}

  /** There was no room for what a layer needs. */
  private record AskAgain(long run, int layer) implements Command {}

  /** Whoever owned sequences is gone: the request, or the gateway that had it. */
  private record OwnerGone(ActorRef<SequenceEvent> owner) implements Command {}

  /** What the GPU tells itself when its device is ready, or when a step may begin. */
  private sealed interface Ready extends Command {}

  private record BlocksReady() implements Ready {}

  private record RoutingReady(long run) implements Ready {}

  private record ExpertsReady(Frame.Combine answer) implements Ready {}

  private record StandInReady(long run, GpuId owner, int layer, float[] outputs) implements Ready {}

  private record LogitsReady(long run) implements Ready {}

  private record BeginStep() implements Ready {}

  /** How long a GPU that has no room for a layer's experts waits before it looks again. */
  private static final long NO_ROOM_NANOS = 200_000_000;

  private final GpuParts parts;
  private final ActorRef<PortActor.Command> port;
  private final ActorRef<GpuStatus> board;
  private final Clock clock;
  private final LiveSequences live;
  private final HeldExperts held;
  private final FollowedPlacement followed;
  private final ExpertSources sources;
  // For sequences of routers that follow a placement already which the GPU has only prepared.
  private final List<Command> early = new ArrayList<>();
  private boolean hold;
  private Ready heldBack;
  private long lookAtNanos = Long.MAX_VALUE;
  private long hedges;
  private boolean beginAsked;
  private final OthersUrgency othersUrgency = new OthersUrgency();
  private long steps;
  // Runs of steps: one that has to begin anew is another run of the same step.
  private long runs;
  private StepPlan plan;
  private StepRun run;

  /**
   * A GPU behind its port.
   *
   * @param incarnation see {@link SequenceEvent.Placed}
   * @param board is told the GPU's state whenever it has changed, so that nobody who wants to know
   *     it waits for a step
   */
  public static Behavior<Command> create(
      GpuParts parts,
      int incarnation,
      ActorRef<PortActor.Command> port,
      ActorRef<GpuStatus> board,
      Clock clock) {
    return Behaviors.setup(
        context -> new GpuActor(context, parts, incarnation, port, board, clock));
  }

  private GpuActor(
      ActorContext<Command> context,
      GpuParts parts,
      int incarnation,
      ActorRef<PortActor.Command> port,
      ActorRef<GpuStatus> board,
      Clock clock) {
    super(context);
    this.parts = parts;
    this.port = port;
    this.board = board;
    this.clock = clock;
    held = new HeldExperts(parts.id(), parts.device());
    followed = new FollowedPlacement(parts.id(), parts.attendance());
    sources = new ExpertSources(parts.id(), parts.hedge());
    live =
        new LiveSequences(
            parts.id(),
            incarnation,
            owner -> context.watchWith(owner, new OwnerGone(owner)),
            context::unwatch);
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
              followed.free();
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
      case Cancel(SequenceId id, int attempt) -> cancel(id, attempt);
      case Probe probe -> probe(probe);
      case Pause(SequenceId id) -> pause(id);
      case Resume(SequenceId id) -> resume(id);
      case Prepare(Placement next, ActorRef<PlacementStep> replyTo) -> prepare(next, replyTo);
      case Commit(long epoch, Set<GpuId> lost, ActorRef<PlacementStep> replyTo) ->
          commit(epoch, lost, replyTo);
      case Release(long epoch) -> releaseBefore(epoch);
      case Avoid avoid -> avoid(avoid);
      case OwnerGone(ActorRef<SequenceEvent> owner) -> letGoAllOf(owner);
      case Arrived(Frame.Dispatch dispatch) -> runExperts(dispatch);
      case Arrived(Frame.Combine answer) -> accept(answer);
      case Arrived(Frame.Refuse answer) -> accept(answer);
      case LookForLate() -> lookForLate();
      case Late(long ready, int layer) -> replaceLate(ready, layer);
      case AskAgain(long ready, int layer) -> {
        if (ready == runs && run != null && run.layer() == layer) {
          runStep();
        }
      }
      case StandInReady ready -> accept(ready);
      case BlocksReady() -> runStep();
      case RoutingReady(long ready) -> fanOut(ready);
      case ExpertsReady(Frame.Combine answer) -> answer(answer);
      case LogitsReady(long ready) -> finishStep(ready);
      case BeginStep() -> beginStep();
    }
    return this;
  }

  private void prepare(Placement next, ActorRef<PlacementStep> replyTo) {
    held.prepare(next, clock.nowNanos());
    post();
    replyTo.tell(new PlacementStep.Prepared(parts.id(), next.epoch()));
  }

  private void commit(long epoch, Set<GpuId> newlyLost, ActorRef<PlacementStep> replyTo) {
    followed.commit(held.placement(epoch), replyTo);
    if (!followed.attends()) {
      for (SequenceId id : live.ids()) {
        scheduler().abort(id);
        live.giveBack(id);
      }
    }
    sources.lose(newlyLost);
    sources.roomForAll(hasRoomForAll());
    if (followed.attends()) {
      askAround();
    }
    if (run != null && awaitsAnyOf(newlyLost)) {
      // There was no room to compute it here, or nobody wants it any more.
      runStep();
    }
    freeUnusedMemory();
    settle();
    post();
    List<Command> due = List.copyOf(early);
    early.clear();
    due.forEach(this::on);
  }

  private void avoid(Avoid now) {
    sources.avoid(now.out(), now.slow());
    sources.roomForAll(hasRoomForAll());
    hold = now.hold();
    askAround();
    post();
    if (!hold && heldBack != null) {
      Ready ready = heldBack;
      heldBack = null;
      on(ready);
    }
    if (!hold && followed.attends()) {
      askToBegin();
    }
  }

  /** Asks for the experts of GPUs that do not answer elsewhere, and computes what they owe. */
  private void askAround() {
    if (run == null || run.done()) {
      return;
    }
    long now = clock.nowNanos();
    run.follow(sources.routes(held.placement(run.epoch()).experts(), now));
    computeHere(run.unanswered().stream().filter(asked -> !sources.asks(asked.to(), now)).toList());
  }

  private boolean awaitsAnyOf(Set<GpuId> gpus) {
    return run.unanswered().stream().anyMatch(asked -> gpus.contains(asked.to()));
  }

  /** Computes what others have been asked, as far as there is room for their experts. */
  private void computeHere(List<Frame.Dispatch> questions) {
    if (questions.isEmpty()) {
      return;
    }
    // First of all, since computing may take long.
    port.tell(new PortActor.TakeBack(questions));
    long forRun = runs;
    for (Frame.Dispatch question : questions) {
      if (forRun != runs || run == null || question.layer() != run.layer()) {
        // The one before was the last that the layer waited for.
        return;
      }
      if (!held.host(question.layer(), question.experts(), guestRoom(), clock.nowNanos())) {
        getContext()
            .getLog()
            .warn("{} has no room for the experts that {} owes it", parts.id(), question.to());
        sources.noRoom();
        askAgain();
        continue;
      }
      hedges++;
      run.takeInHand(question.to());
      Device.ExpertOutputs outputs = experts(question);
      whenReady(
          outputs.readyAtNanos(),
          new StandInReady(forRun, question.to(), question.layer(), outputs.values()));
    }
  }

  /** Begins the step anew in a while, when others may be asked, or there may be room. */
  private void askAgain() {
    ActorRef<Command> self = getContext().getSelf();
    AskAgain again = new AskAgain(runs, run.layer());
    clock.wakeAt(clock.nowNanos() + NO_ROOM_NANOS, () -> self.tell(again));
  }

  /** Experts that the GPU has room for beside its own and its KV pools. */
  private long guestRoom() {
    long sequenceBytes =
        followed.attendance().map(has -> parts.sharedBytes() + has.kv().bytes()).orElse(0L);
    long used = held.owned() * parts.expertBytes() + sequenceBytes;
    return (parts.hbmLimitBytes() - used) / parts.expertBytes();
  }

  private boolean hasRoomForAll() {
    long all = (long) parts.config().layers() * parts.config().experts();
    return guestRoom() >= all - held.owned();
  }

  private void settle() {
    followed.settle(run == null ? OptionalLong.empty() : OptionalLong.of(run.epoch()));
  }

  /** A step in flight may still write to the memory. */
  private void freeUnusedMemory() {
    if (plan == null) {
      followed.freeUnused();
    }
  }

  private void releaseBefore(long epoch) {
    held.releaseBefore(epoch);
    sources.lose(Set.of());
    sources.roomForAll(hasRoomForAll());
    post();
  }

  private void admit(Admit admit) {
    SequenceRequest request = admit.request();
    SequenceId id = request.id();
    int attempt = request.attempt();
    if (!followed.attends() && held.willAttend(followed.epoch())) {
      early.add(admit);
      return;
    }
    if (!followed.attends()) {
      live.turnAway(admit);
      return;
    }
    if (live.attempt(id).orElse(0) >= attempt) {
      // It has come twice, or late.
      return;
    }
    if (live.has(id)) {
      scheduler().abort(id);
      live.remove(id);
    }
    switch (scheduler()
        .add(
            id,
            request.promptIds(),
            request.generatedIds(),
            request.params(),
            request.standing(),
            attempt > 1)) {
      case Admission.Accepted(Sequence sequence) -> {
        live.add(admit, sequence);
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
    return followed.attendance().orElseThrow().scheduler();
  }

  private void cancel(SequenceId id, int attempt) {
    if (live.has(id) && live.attempt(id).getAsInt() <= attempt) {
      scheduler().abort(id);
      live.release(id);
      post();
    }
  }

  private void probe(Probe probe) {
    int generated =
        followed
            .attendance()
            .flatMap(has -> has.scheduler().sequence(probe.id()))
            .map(Sequence::generated)
            .orElse(0);
    live.answer(probe, generated);
  }

  private void pause(SequenceId id) {
    if (live.has(id)) {
      scheduler().pause(id);
      post();
    }
  }

  private void resume(SequenceId id) {
    if (live.has(id)) {
      scheduler().resume(id);
      post();
      askToBegin();
    }
  }

  /**
   * The router is not told: it went with the owner's JVM or hears of the end from the owner. And
   * where it is this JVM that the others have lost, it must not take the sequences for ended.
   */
  private void letGoAllOf(ActorRef<SequenceEvent> owner) {
    for (SequenceId id : live.idsOf(owner)) {
      scheduler().abort(id);
      live.remove(id);
    }
    post();
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
    if (!followed.attends() || hold) {
      return;
    }
    Optional<StepPlan> next = scheduler().step(othersUrgency.forNextStep());
    if (next.isEmpty()) {
      return;
    }
    plan = next.get();
    plan.started().forEach(live::tellStarted);
    steps++;
    post();
    long now = clock.nowNanos();
    whenReady(
        parts.hostLink().move(now, plan.hostOutBytes(), plan.hostInBytes()), new BlocksReady());
  }

  private void runStep() {
    if (!followed.attends()) {
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
            sources.routes(followed.experts(), clock.nowNanos()),
            parts.config(),
            parts.device(),
            plan.batch(),
            plan.urgency());
    whenReady(run.begin(clock.nowNanos()), new RoutingReady(runs));
  }

  private void fanOut(long ready) {
    if (ready != runs) {
      return;
    }
    long now = clock.nowNanos();
    StepRun.Fanout fanout = run.fanOut(now);
    // Others begin to compute while this GPU does its own share.
    if (!fanout.remote().isEmpty()) {
      port.tell(new PortActor.Send(List.copyOf(fanout.remote())));
      lookForLateAt(now + sources.patienceNanos(run.assignments()));
    }
    fanout.local().ifPresent(this::runExperts);
    if (fanout.isEmpty()) {
      advance();
    }
  }

  /** One wake waits as a rule, however many layers come and go before it. */
  private void lookForLateAt(long instantNanos) {
    if (instantNanos < lookAtNanos) {
      lookAtNanos = instantNanos;
      ActorRef<Command> self = getContext().getSelf();
      clock.wakeAt(instantNanos, () -> self.tell(new LookForLate()));
    }
  }

  private void lookForLate() {
    lookAtNanos = Long.MAX_VALUE;
    if (run == null || run.done() || run.unanswered().isEmpty()) {
      return;
    }
    long due = run.askedAtNanos() + sources.patienceNanos(run.assignments());
    if (due > clock.nowNanos()) {
      lookForLateAt(due);
    } else {
      getContext().getSelf().tell(new Late(runs, run.layer()));
    }
  }

  private void replaceLate(long ready, int layer) {
    if (ready != runs || run == null || run.layer() != layer) {
      return;
    }
    long now = clock.nowNanos();
    // Where there is no room for its experts, an owner that is slow is still the quickest.
    List<Frame.Dispatch> missed = new ArrayList<>();
    boolean nobodyHasRoom = false;
    for (Frame.Dispatch question : run.unanswered()) {
      if (held.host(layer, question.experts(), guestRoom(), now)) {
        missed.add(question);
      } else if (!owns(question)) {
        nobodyHasRoom = true;
      }
    }
    if (nobodyHasRoom && now - run.askedAtNanos() >= sources.deadlineNanos()) {
      // What whoever stands in for an owner has said may not have come, and nothing else would.
      sources.noRoom();
      runStep();
      return;
    }
    if (!missed.isEmpty()) {
      getContext()
          .getLog()
          .info(
              "{} computes itself what {} owe it",
              parts.id(),
              missed.stream().map(Frame.Dispatch::to).toList());
      missed.forEach(question -> sources.missed(question.to(), now));
      run.follow(sources.routes(held.placement(run.epoch()).experts(), now));
      computeHere(missed);
    }
    if (ready == runs && run != null && run.layer() == layer && !run.unanswered().isEmpty()) {
      lookForLateAt(now + NO_ROOM_NANOS);
    }
  }

  /** Whether whoever is asked owns what it is asked for, and does not just stand in. */
  private boolean owns(Frame.Dispatch question) {
    Set<ExpertPlacement.Slot> owned =
        Set.copyOf(held.placement(question.epoch()).experts().slotsOf(question.to()));
    return Arrays.stream(question.experts())
        .allMatch(expert -> owned.contains(new ExpertPlacement.Slot(question.layer(), expert)));
  }

  private void runExperts(Frame.Dispatch dispatch) {
    if (!held.follows(dispatch.epoch())) {
      getContext()
          .getLog()
          .warn(
              "{} refuses rows of placement {} from {}: it holds {}",
              parts.id(),
              dispatch.epoch(),
              dispatch.from(),
              held.epochs());
      return;
    }
    if (!held.host(dispatch.layer(), dispatch.experts(), guestRoom(), clock.nowNanos())) {
      getContext()
          .getLog()
          .warn(
              "{} has no room for experts that {} asks for in place of others",
              parts.id(),
              dispatch.from());
      if (dispatch.from().equals(parts.id())) {
        sources.noRoom();
        askAgain();
      } else {
        port.tell(
            new PortActor.Send(
                List.of(
                    new Frame.Refuse(
                        parts.id(),
                        dispatch.from(),
                        dispatch.epoch(),
                        dispatch.step(),
                        dispatch.layer(),
                        Frame.Refuse.BYTES))));
      }
      return;
    }
    if (!dispatch.from().equals(parts.id())) {
      othersUrgency.heard(dispatch.urgency());
    }
    Device.ExpertOutputs outputs = experts(dispatch);
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

  private Device.ExpertOutputs experts(Frame.Dispatch dispatch) {
    return parts
        .device()
        .experts(
            dispatch.layer(),
            dispatch.hidden(),
            dispatch.rows(),
            dispatch.experts(),
            clock.nowNanos());
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

  private void accept(Frame.Refuse answer) {
    if (run != null && run.awaits(answer)) {
      computeHere(
          run.unanswered().stream().filter(asked -> asked.to().equals(answer.from())).toList());
    }
  }

  private void accept(StandInReady ready) {
    if (ready.run() == runs
        && run != null
        && run.acceptInPlaceOf(ready.owner(), ready.layer(), ready.outputs())) {
      advance();
    }
  }

  private void advance() {
    long now = clock.nowNanos();
    if (run.answeredByOwners()) {
      sources.waited(run.assignments(), now - run.askedAtNanos());
    }
    long readyNanos = run.advance(now);
    whenReady(readyNanos, run.done() ? new LogitsReady(runs) : new RoutingReady(runs));
  }

  private void finishStep(long ready) {
    if (ready != runs) {
      return;
    }
    if (hold) {
      heldBack = new LogitsReady(ready);
      return;
    }
    scheduler().complete(plan);
    tell(NextTokens.choose(parts.sampler(), plan, run.logits(), parts.config().vocabSize()));
    plan = null;
    run = null;
    freeUnusedMemory();
    settle();
    post();
    askToBegin();
  }

  private void tell(NextTokens next) {
    for (NextTokens.Next token : next.tokens()) {
      if (token.finish().isPresent()) {
        scheduler().abort(token.sequence().id());
      }
    }
    live.tellTokens(next.tokens());
    for (NextTokens.Broken broken : next.broken()) {
      SequenceId id = broken.sequence().id();
      getContext().getLog().error("no token could be chosen for {}", id, broken.why());
      scheduler().abort(id);
      live.fail(id, "no token could be chosen: " + broken.why().getMessage());
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
    board.tell(
        GpuStatus.of(
            parts,
            held.owned() + held.guests(),
            followed.attendance(),
            steps,
            hedges,
            sources.slow(clock.nowNanos())));
  }
}
