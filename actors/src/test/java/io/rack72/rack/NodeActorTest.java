package io.rack72.rack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.ConfigFactory;
import io.rack72.checkpoint.Checkpoint;
import io.rack72.clock.WallClock;
import io.rack72.gpu.SequenceEvent;
import io.rack72.gpu.SequenceRequest;
import io.rack72.hardware.GpuId;
import io.rack72.hardware.TrayId;
import io.rack72.kernel.Workers;
import io.rack72.model.Device;
import io.rack72.model.ForwardObserver;
import io.rack72.model.ForwardStep;
import io.rack72.model.Numerics;
import io.rack72.model.StepBatch;
import io.rack72.routing.RouterActor;
import io.rack72.sampling.SamplingParams;
import io.rack72.schedule.SequenceId;
import io.rack72.schedule.Standing;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.pekko.actor.ActorPath;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.Dropped;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The rack when a GPU breaks, and while one is busy. */
class NodeActorTest {
  private static final Duration DEADLINE = Duration.ofSeconds(30);
  private static final int GPU_THREADS = 2;

  /** A device that does something else than compute, for a test. */
  private record OddDevice(Runnable atLoad, Runnable atStep) implements Device {
    @Override
    public void load(int layer, int expert, long nowNanos) {
      atLoad.run();
    }

    @Override
    public void unload(int layer, int expert) {}

    @Override
    public ForwardStep begin(StepBatch batch) {
      atStep.run();
      throw new IllegalStateException("this device is broken, for a test");
    }

    @Override
    public ExpertOutputs experts(
        int layer, float[] hidden, int[] rows, int[] experts, long nowNanos) {
      throw new IllegalStateException("this device computes no experts");
    }
  }

  private final ActorTestKit kit =
      ActorTestKit.create(
          ConfigFactory.parseMap(
                  Map.of(
                      "rack72-gpu-dispatcher.fork-join-executor.parallelism-min", GPU_THREADS,
                      "rack72-gpu-dispatcher.fork-join-executor.parallelism-max", GPU_THREADS))
              .withFallback(ConfigFactory.parseResources("pekko.conf"))
              .withFallback(ConfigFactory.load()));
  private final WallClock clock = new WallClock();
  private final Checkpoint checkpoint = Checkpoint.open(RackHarness.golden("tiny"));
  private final Workers workers = new Workers(1);
  private final Numerics numerics = Numerics.exact(checkpoint, workers);
  private final SequenceId id = new SequenceId("doomed", 0);
  private final TestProbe<SequenceEvent> owner = kit.createTestProbe();

  @AfterEach
  void stop() {
    kit.shutdownTestKit();
    clock.close();
    numerics.close();
    workers.close();
    checkpoint.close();
  }

  /** A rack with a sequence on its first GPU. */
  private ActorRef<NodeActor.Command> rackWithASequence(Runnable atStep) {
    ActorRef<NodeActor.Command> rack = rack(atStep);
    submit(rack, owner.getRef());
    SequenceEvent.Placed placed =
        assertInstanceOf(SequenceEvent.Placed.class, owner.receiveMessage(DEADLINE));
    assertEquals(new SequenceEvent.Placed(id, 1, new GpuId(0), placed.incarnation()), placed);
    assertEquals(new SequenceEvent.Started(id, 1, 0), owner.receiveMessage(DEADLINE));
    return rack;
  }

  private void submit(ActorRef<NodeActor.Command> node, ActorRef<SequenceEvent> to) {
    TestProbe<ActorRef<RouterActor.Command>> routers = kit.createTestProbe();
    node.tell(new NodeActor.FindRouter(routers.getRef()));
    routers
        .receiveMessage(DEADLINE)
        .tell(
            new RouterActor.Submit(
                new SequenceRequest(
                    id, 1, new int[] {1}, new int[0], SamplingParams.greedy(4), Standing.DEFAULT),
                to));
  }

  private ActorRef<NodeActor.Command> rack(Runnable atStep) {
    ActorRef<NodeActor.Command> rack = notAnnounced(_ -> new OddDevice(() -> {}, atStep));
    rack.tell(new NodeActor.Announce(""));
    return rack;
  }

  private ActorRef<NodeActor.Command> notAnnounced(Function<GpuId, Device> devices) {
    return notAnnounced(NodeActor.Identity::whole, 18, devices);
  }

  private ActorRef<NodeActor.Command> notAnnounced(
      Function<RackSettings, NodeActor.Identity> identity,
      int trays,
      Function<GpuId, Device> devices) {
    RackSettings settings = RackHarness.settings(4 * trays, 4 * trays, 128);
    NodeParts parts =
        new NodeParts(
            settings,
            PlacedModel.onCpu(checkpoint, "tiny", Optional.empty(), numerics, ForwardObserver.NONE)
                .on(devices));
    return kit.spawn(
        NodeActor.create(
            parts,
            identity.apply(settings),
            clock,
            context -> context.spawn(KeeperActor.create(parts.rules(trays)), "keeper"),
            new NodeActor.Milestones()));
  }

  private ActorRef<Void> resolve(ActorPath path) {
    return Adapter.toTyped(
        Adapter.toClassic(kit.system())
            .actorSelection(path)
            .resolveOne(DEADLINE)
            .toCompletableFuture()
            .join());
  }

  private static void waitFor(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private RackStatus report(ActorRef<NodeActor.Command> rack) {
    TestProbe<RackStatus> reports = kit.createTestProbe();
    rack.tell(new NodeActor.Report(reports.getRef()));
    return reports.receiveMessage(DEADLINE);
  }

  @Test
  void whenAGpuFailsItsTrayIsOutAndTheRackGoesOn() {
    ActorRef<NodeActor.Command> rack = rackWithASequence(() -> {});
    SequenceEvent.Ended ended = owner.expectMessageClass(SequenceEvent.Ended.class, DEADLINE);
    assertEquals(SequenceEvent.Cause.LOST, ended.cause());
    assertTrue(ended.detail().contains("gpu-0"), ended.detail());

    TestProbe<Optional<String>> health = kit.createTestProbe();
    rack.tell(new NodeActor.Health(health.getRef()));
    assertEquals(Optional.empty(), health.receiveMessage(DEADLINE));
    RackStatus report = report(rack);
    for (int i = 0; report.epoch() == 1; i++) {
      assertTrue(i < 1000, "no placement without the tray");
      report = report(rack);
    }
    assertEquals(17, report.nodes().getFirst().trays().size());
    assertEquals(List.of(0), report.missingTrays());
    assertEquals(68, report.gpus().size());
  }

  /** One node of a rack of several JVMs, which has one tray, and a sequence there. */
  private ActorRef<NodeActor.Command> oneOfMany(
      Runnable atStep, Queue<SequenceEvent> told, CountDownLatch started) {
    NodeActor.Identity identity =
        new NodeActor.Identity(
            new NodeId("127.0.0.1:1", 1),
            List.of(new TrayId(0)),
            Optional.of(new PulseTiming(Duration.ofMillis(250), Duration.ofSeconds(60))));
    ActorRef<NodeActor.Command> node =
        notAnnounced(_ -> identity, 1, _ -> new OddDevice(() -> {}, atStep));
    node.tell(new NodeActor.Announce(""));
    ActorRef<SequenceEvent> listener =
        kit.spawn(
            Behaviors.receiveMessage(
                event -> {
                  told.add(event);
                  if (event instanceof SequenceEvent.Started) {
                    started.countDown();
                  }
                  return Behaviors.same();
                }));
    submit(node, listener);
    return node;
  }

  private void assertEndsWithoutEndingItsSequences(Queue<SequenceEvent> told) throws Exception {
    kit.system()
        .getWhenTerminated()
        .toCompletableFuture()
        .get(DEADLINE.toSeconds(), TimeUnit.SECONDS);
    // An error would be their end; so they break off, and go on elsewhere.
    assertTrue(
        told.stream()
            .noneMatch(
                event ->
                    event instanceof SequenceEvent.Ended ended
                        && ended.cause() == SequenceEvent.Cause.UNAVAILABLE),
        told::toString);
  }

  @Test
  void jvmThatTheOthersGoOnWithoutEnds() throws Exception {
    Queue<SequenceEvent> told = new ConcurrentLinkedQueue<>();
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    ActorRef<NodeActor.Command> node = oneOfMany(() -> waitFor(ended), told, started);
    assertTrue(started.await(DEADLINE.toSeconds(), TimeUnit.SECONDS));
    node.tell(new NodeOrder.Refuse("for a test"));
    ended.countDown();
    assertEndsWithoutEndingItsSequences(told);
  }

  @Test
  void jvmWhoseLastTrayFailsEnds() throws Exception {
    Queue<SequenceEvent> told = new ConcurrentLinkedQueue<>();
    oneOfMany(() -> {}, told, new CountDownLatch(1));
    assertEndsWithoutEndingItsSequences(told);
  }

  @Test
  void whatAGpuSaysAfterItsTrayIsOutIsNotReported() {
    CountDownLatch trayIsOut = new CountDownLatch(1);
    ActorRef<NodeActor.Command> rack =
        notAnnounced(
            gpu ->
                new OddDevice(
                    switch (gpu.index()) {
                      case 0 ->
                          () -> {
                            throw new IllegalStateException("this device is broken, for a test");
                          };
                      case 1 -> () -> waitFor(trayIsOut);
                      default -> () -> {};
                    },
                    () -> {}));
    assertEquals(72, report(rack).gpus().size());
    ActorRef<Void> busy = resolve(rack.path().child("gpu-1"));
    rack.tell(new NodeActor.Announce(""));
    owner.awaitAssert(
        DEADLINE,
        () -> {
          assertEquals(68, report(rack).gpus().size());
          return null;
        });

    trayIsOut.countDown();
    owner.expectTerminated(busy, DEADLINE);
    assertEquals(68, report(rack).gpus().size());
  }

  @Test
  void messagesThatAreNotSentAreCounted() {
    ActorRef<NodeActor.Command> rack = rack(() -> {});
    ActorSystem classic = Adapter.toClassic(kit.system());
    owner.awaitAssert(
        DEADLINE,
        () -> {
          // Until it is listened for.
          classic
              .eventStream()
              .publish(
                  new Dropped(
                      "a token",
                      "the queue is full",
                      classic.deadLetters(),
                      classic.deadLetters()));
          assertTrue(report(rack).nodes().getFirst().droppedMessages() >= 2);
          return null;
        });
  }

  @Test
  void reportIsWholeBeforeAnyGpuRuns() throws InterruptedException {
    CountDownLatch occupied = new CountDownLatch(GPU_THREADS);
    CountDownLatch reported = new CountDownLatch(1);
    for (int i = 0; i < GPU_THREADS; i++) {
      kit.spawn(
          Behaviors.setup(
              _ -> {
                occupied.countDown();
                reported.await();
                return Behaviors.stopped();
              }),
          DispatcherSelector.fromConfig("rack72-gpu-dispatcher"));
    }
    assertTrue(occupied.await(DEADLINE.toSeconds(), TimeUnit.SECONDS));
    assertEquals(72, report(rack(() -> {})).gpus().size());
    reported.countDown();
  }

  @Test
  void reportIsAnsweredWhileADeviceComputes() throws InterruptedException {
    CountDownLatch computing = new CountDownLatch(1);
    CountDownLatch reported = new CountDownLatch(1);
    ActorRef<NodeActor.Command> rack =
        rackWithASequence(
            () -> {
              computing.countDown();
              waitFor(reported);
            });
    assertTrue(computing.await(DEADLINE.toSeconds(), TimeUnit.SECONDS));
    RackStatus report = report(rack);
    assertEquals("ok", report.health());
    assertEquals(1, report.gpus().getFirst().sequencesRunning());
    reported.countDown();
  }
}
