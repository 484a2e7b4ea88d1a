package io.rack72.twin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.rack.ActorSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.receptionist.Receptionist;
import org.apache.pekko.actor.typed.receptionist.ServiceKey;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.Test;

class VirtualTimeTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private static ActorSystem<String> system(VirtualTime time, Behavior<String> guardian) {
    return time.inside(
        () -> ActorSystem.create(guardian, "test", VirtualSettings.of(ActorSettings.alone(1))));
  }

  private static void stop(VirtualTime time, ActorSystem<?> system) {
    system.terminate();
    CompletableFuture<?> stopped = system.getWhenTerminated().toCompletableFuture();
    assertTrue(
        time.runWhile(() -> !stopped.isDone(), time.nowNanos() + 60 * SECOND),
        "the system does not stop");
  }

  private static Behavior<String> onMessage(Consumer<String> action) {
    return Behaviors.receive(String.class)
        .onAnyMessage(
            message -> {
              action.accept(message);
              return Behaviors.same();
            })
        .build();
  }

  @Test
  void timersOfActorsGoByWithoutWaiting() {
    VirtualTime time = new VirtualTime();
    List<String> seen = new ArrayList<>();
    Behavior<String> sleeper =
        Behaviors.withTimers(
            timers -> {
              timers.startSingleTimer("a day", Duration.ofDays(1));
              timers.startTimerWithFixedDelay("hourly", "an hour", Duration.ofHours(1));
              timers.startSingleTimer("never", "never", Duration.ofMinutes(90));
              return onMessage(
                  message -> {
                    timers.cancel("never");
                    seen.add(message + " " + time.nowNanos() / SECOND / 3600);
                  });
            });
    ActorSystem<String> system = system(time, sleeper);
    time.runUntil(24 * 3600 * SECOND);
    assertEquals(25, seen.size());
    assertEquals("an hour 1", seen.getFirst());
    assertTrue(seen.contains("a day 24"), () -> seen.toString());
    assertEquals(24 * 3600 * SECOND, time.nowNanos());
    stop(time, system);
  }

  @Test
  void whatIsDueAtOneInstantRunsInTheOrderInWhichItWasAskedFor() {
    VirtualTime time = new VirtualTime();
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      int number = i;
      time.wakeAt(7, () -> order.add(number));
    }
    time.wakeAt(5, () -> time.wakeAt(7, () -> order.add(1000)));
    time.runUntil(6);
    assertEquals(List.of(), order);
    time.runUntil(7);
    for (int i = 0; i <= 1000; i++) {
      assertEquals(i, order.get(i));
    }
  }

  @Test
  void timeNeverRunsBackwards() {
    VirtualTime time = new VirtualTime();
    List<Long> instants = new ArrayList<>();
    time.wakeAt(100, () -> time.wakeAt(50, () -> instants.add(time.nowNanos())));
    time.runUntil(200);
    assertEquals(List.of(100L), instants);
    assertThrows(IllegalArgumentException.class, () -> time.runUntil(199));
  }

  @Test
  void nothingRunsOnAnotherThread() {
    Set<Thread> before = new HashSet<>(Thread.getAllStackTraces().keySet());
    VirtualTime time = new VirtualTime();
    Set<Thread> used = new HashSet<>();
    ServiceKey<String> key = ServiceKey.create(String.class, "service");
    AtomicReference<Receptionist.Listing> listing = new AtomicReference<>();
    CompletableFuture<List<Integer>> streamed = new CompletableFuture<>();
    ActorSystem<String> system =
        system(
            time,
            Behaviors.setup(
                context -> {
                  used.add(Thread.currentThread());
                  for (DispatcherSelector selector :
                      List.of(
                          DispatcherSelector.defaultDispatcher(),
                          DispatcherSelector.blocking(),
                          DispatcherSelector.fromConfig("rack72-gpu-dispatcher"),
                          DispatcherSelector.fromConfig("pekko.actor.internal-dispatcher"))) {
                    context
                        .spawnAnonymous(onMessage(_ -> used.add(Thread.currentThread())), selector)
                        .tell("run");
                  }
                  context
                      .getSystem()
                      .receptionist()
                      .tell(Receptionist.register(key, context.getSelf()));
                  context
                      .getSystem()
                      .receptionist()
                      .tell(
                          Receptionist.subscribe(
                              key,
                              context.messageAdapter(
                                  Receptionist.Listing.class,
                                  found -> {
                                    listing.set(found);
                                    return "found";
                                  })));
                  context.getLog().info("a log line of an actor");
                  return onMessage(_ -> used.add(Thread.currentThread()));
                }));
    Source.tick(Duration.ofSeconds(1), Duration.ofSeconds(1), 1)
        .map(
            one -> {
              used.add(Thread.currentThread());
              return one;
            })
        .take(5)
        .runWith(Sink.seq(), system)
        .thenAccept(streamed::complete);
    system.log().warn("a log line of the system");
    org.apache.pekko.actor.ActorSystem classic = system.classicSystem();
    classic.deadLetters().tell("a dead letter", org.apache.pekko.actor.ActorRef.noSender());
    time.runUntil(10 * SECOND);
    assertEquals(5, streamed.join().size());
    assertEquals(1, listing.get().getServiceInstances(key).size());
    stop(time, system);

    assertEquals(Set.of(Thread.currentThread()), used);
    Set<Thread> after = new HashSet<>(Thread.getAllStackTraces().keySet());
    after.removeAll(before);
    after.removeIf(thread -> !thread.getName().contains("pekko"));
    assertEquals(Set.of(), after, "threads that the system has started");
  }

  @Test
  void anAskIsAnsweredOrTimesOutOnVirtualTime() {
    VirtualTime time = new VirtualTime();
    ActorSystem<String> system = system(time, onMessage(_ -> {}));
    ActorRef<ActorRef<String>> echo =
        system.systemActorOf(
            Behaviors.<ActorRef<String>>receiveMessage(
                replyTo -> {
                  replyTo.tell("here");
                  return Behaviors.same();
                }),
            "echo",
            Props.empty());
    CompletableFuture<String> answered =
        AskPattern.<ActorRef<String>, String>ask(
                echo, self -> self, Duration.ofSeconds(30), system.scheduler())
            .toCompletableFuture();
    CompletableFuture<String> unanswered =
        AskPattern.<String, String>ask(
                system, _ -> "no reply to this", Duration.ofSeconds(30), system.scheduler())
            .toCompletableFuture();
    time.settle();
    assertEquals("here", answered.join());
    assertFalse(unanswered.isDone());
    time.runUntil(30 * SECOND - 1);
    assertFalse(unanswered.isDone());
    time.runUntil(30 * SECOND);
    assertInstanceOf(
        TimeoutException.class,
        assertThrows(CompletionException.class, unanswered::join).getCause());
    stop(time, system);
  }

  @Test
  void anotherThreadIsRefused() throws InterruptedException {
    VirtualTime time = new VirtualTime();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread other = new Thread(() -> time.wakeAt(1, () -> {}), "another");
    other.setUncaughtExceptionHandler((_, e) -> failure.set(e));
    other.start();
    other.join();
    assertInstanceOf(IllegalStateException.class, failure.get());
    assertTrue(failure.get().getMessage().contains("another"), failure.get().getMessage());
  }

  @Test
  void aSystemThatIsNotMadeInsideItIsRefused() {
    Exception e =
        assertThrows(
            Exception.class,
            () ->
                ActorSystem.create(
                    onMessage(_ -> {}), "test", VirtualSettings.of(ActorSettings.alone(1))));
    Throwable cause = e;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    assertTrue(cause.getMessage().contains("VirtualTime.inside"), cause.getMessage());
  }

  @Test
  void actorsHandleMessagesInTheOrderInWhichTheyBecameReady() {
    VirtualTime time = new VirtualTime();
    List<String> order = new ArrayList<>();
    ActorSystem<String> system =
        system(
            time,
            Behaviors.setup(
                context -> {
                  List<ActorRef<String>> children = new ArrayList<>();
                  for (int i = 0; i < 3; i++) {
                    String name = "child-" + i;
                    children.add(
                        context.spawn(onMessage(text -> order.add(name + " " + text)), name));
                  }
                  return onMessage(text -> children.reversed().forEach(child -> child.tell(text)));
                }));
    time.settle();
    system.tell("a");
    system.tell("b");
    time.settle();
    assertEquals(
        List.of("child-2 a", "child-1 a", "child-0 a", "child-2 b", "child-1 b", "child-0 b"),
        order);
    stop(time, system);
    assertSame(system.classicSystem().whenTerminated().isCompleted(), true);
  }

  @Test
  void cancelledTimersAreForgotten() {
    WakeQueue queue = new WakeQueue();
    List<String> ran = new ArrayList<>();
    for (int i = 0; i < 100_000; i++) {
      WakeQueue.Wake wake = queue.add(i, () -> ran.add("cancelled"));
      assertTrue(wake.cancel());
      assertFalse(wake.cancel());
      assertTrue(wake.isCancelled());
    }
    queue.add(100_001, () -> ran.add("last"));
    queue.add(100_000, () -> ran.add("first"));
    assertEquals(100_000, queue.nextNanos());
    queue.poll().run();
    assertEquals(100_001, queue.nextNanos());
    queue.poll().run();
    assertEquals(WakeQueue.NONE, queue.nextNanos());
    assertEquals(List.of("first", "last"), ran);
  }
}
