package io.rack72.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** With real processes, which tell what nodes tell. */
class RackProcessesTest {
  private static final Duration DEADLINE = Duration.ofMinutes(1);
  private static final Duration PATIENT = Duration.ofMinutes(1);

  private final Recorded recorded = new Recorded();
  private final List<Long> pids = new ArrayList<>();
  private RackProcesses processes;
  private CompletableFuture<Optional<String>> end;
  private boolean ownsRack;

  @AfterEach
  void leaveNothing() {
    processes.stop();
    pids.stream()
        .flatMap(pid -> ProcessHandle.of(pid).stream())
        .forEach(ProcessHandle::destroyForcibly);
  }

  @Test
  void othersJoinTheFirstAndTheRackIsToldOfOnceItIsWhole() throws Exception {
    run(NodePlan.of(TrayList.all(6), 3, 2, 8100), false, PATIENT, "");

    String whole = recorded.await("whole ");

    assertEquals("whole a-model [http://127.0.0.1:8100, http://127.0.0.1:8101]", whole);
    assertEquals(
        List.of(
            "[tray 0-1] joins '' port '8100'",
            "[tray 2-3] joins '127.0.0.1:10000' port '8101'",
            "[tray 4-5] joins '127.0.0.1:10000' port ''"),
        recorded.seen().stream().filter(line -> line.contains("] joins")).sorted().toList());
    assertEquals(3, pids.size());
    processes.stop();
    assertEquals(Optional.empty(), end());
    assertAllGone();
  }

  @Test
  void nobodyJoinsBeforeAllListen() throws Exception {
    run(NodePlan.of(TrayList.all(5), 5, 1, 0), false, PATIENT, "");

    while (places(recorded.seen(), "is told to join").size() < 4) {
      recorded.await("");
    }

    List<String> seen = recorded.seen();
    List<Integer> joins = places(seen, "is told to join");
    List<Integer> listening = places(seen, "in [");
    assertEquals(4, joins.size(), seen::toString);
    assertEquals(5, listening.size(), seen::toString);
    assertTrue(listening.getLast() < joins.getFirst(), seen::toString);
  }

  private static List<Integer> places(List<String> lines, String part) {
    return IntStream.range(0, lines.size())
        .filter(i -> lines.get(i).contains(part))
        .boxed()
        .toList();
  }

  @Test
  void jvmThatDiesBeforeTheRackIsWholeEndsAllAndIsNamed() throws Exception {
    run(NodePlan.of(TrayList.all(3), 3, 1, 0), true, PATIENT, "fails:2");

    String failure = end().orElseThrow();

    assertTrue(failure.startsWith("tray 2 (pid "), failure);
    assertTrue(failure.endsWith("ended with exit code 3: it cannot be"), failure);
    assertAllGone();
  }

  @Test
  void programThatCannotBeStartedIsAFailure() throws Exception {
    List<NodePlan> plans = NodePlan.of(TrayList.all(1), 1, 1, 0);
    run(
        plans,
        (plan, doors, listener) -> NodeProcess.start(List.of("/nowhere/java"), Map.of(), listener),
        false,
        PATIENT);

    String failure = end().orElseThrow();

    assertTrue(failure.startsWith("tray 0 (pid "), failure);
    assertTrue(failure.contains("ended with exit code 127: "), failure);
    assertTrue(failure.contains("/nowhere/java"), failure);
  }

  @Test
  void othersGoOnWithoutAJvmThatDiedUntilNoGatewayIsLeft() throws Exception {
    run(NodePlan.of(TrayList.all(3), 3, 1, 0), false, PATIENT, "");
    recorded.await("whole ");

    kill("in [1]");
    String note = recorded.await("note tray 1 ");
    assertTrue(note.contains("ended with exit code 137"), note);
    assertTrue(note.endsWith("; the others go on without it"), note);
    assertFalse(end.isDone());

    kill("in [0]");
    String failure = end().orElseThrow();
    assertTrue(failure.startsWith("tray 0 "), failure);
    assertTrue(failure.endsWith("no gateway is left"), failure);
    assertAllGone();
  }

  @Test
  void jvmThatDiedIsStartedAgainWithItsTraysAndPortAndJoinsALivingOne() throws Exception {
    run(NodePlan.of(TrayList.all(3), 3, 1, 0), true, PATIENT, "");
    recorded.await("whole ");
    long before = pid("in [0]");

    kill("in [0]");
    recorded.await("note tray 0 ");
    // A rack that runs has nobody else to wait for.
    recorded.await("[tray 0] is told to join running");
    assertEquals(
        "note tray 0 (pid %d) is in the rack again".formatted(pids.getLast()),
        recorded.await("note tray 0 "));

    assertNotEquals(before, pids.getLast());
    assertTrue(
        recorded.seen().contains("[tray 0] joins '127.0.0.1:10001 127.0.0.1:10002' port '4321'"),
        () -> recorded.seen().toString());
    assertFalse(end.isDone());
  }

  @Test
  void whoIsNotInItselfIsNobodyToJoin() throws Exception {
    run(NodePlan.of(TrayList.all(3), 3, 1, 0), true, PATIENT, "knocks:0");
    recorded.await("whole ");
    kill("in [0]");
    recorded.await("[tray 0] is told to join");

    kill("in [2]");

    recorded.await("[tray 2] joins '127.0.0.1:10001' port ''");
  }

  @Test
  void whoHasNobodyLeftToJoinIsStartedAgainAndTheRackIsBegunAnew() throws Exception {
    run(NodePlan.of(TrayList.all(3), 3, 1, 0), true, PATIENT, "knocks:0,knocks:1");
    recorded.await("whole ");
    kill("in [0]");
    recorded.await("[tray 0] is told to join");
    kill("in [1]");
    recorded.await("[tray 1] is told to join");
    ProcessHandle last = ProcessHandle.of(pid("in [2]")).orElseThrow();
    recorded.forget();

    last.destroyForcibly();

    String begins = "\\[tray [0-2]] joins '' .*";
    while (recorded.seen().stream().noneMatch(line -> line.matches(begins))) {
      recorded.await("");
    }
    // Each is told of once, though the end of one finds the other still ending.
    List<String> killed =
        recorded.seen().stream().filter(line -> line.contains("nobody left to join")).toList();
    assertEquals(2, killed.size(), killed::toString);
  }

  @Test
  void rackOfWhichNothingIsLeftIsBegunAgainByOneOnly() throws Exception {
    run(NodePlan.of(TrayList.all(2), 2, 1, 0), true, PATIENT, "");
    recorded.await("whole ");
    recorded.forget();

    List.copyOf(pids)
        .forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
    List<String> joins = List.of();
    while (joins.size() < 2) {
      recorded.await("[");
      joins = recorded.seen().stream().filter(line -> line.contains("] joins")).toList();
    }
    assertEquals(
        1, joins.stream().filter(line -> line.contains("joins '' ")).count(), joins::toString);
  }

  @Test
  void signalsOfTheTerminalAreForTheLauncherAlone() throws Exception {
    run(NodePlan.of(TrayList.all(1), 1, 1, 0), false, PATIENT, "");
    recorded.await("whole ");
    Path status = Path.of("/proc", Long.toString(pid("in [0]")), "status");
    assumeTrue(Files.exists(status), "only Linux tells which signals a process ignores");

    String ignored =
        Files.readAllLines(status).stream()
            .filter(line -> line.startsWith("SigIgn:"))
            .map(line -> line.substring("SigIgn:".length()).strip())
            .findFirst()
            .orElseThrow();

    long hangup = 1;
    long interrupt = 2;
    long terminate = 1 << 14;
    long mask = Long.parseUnsignedLong(ignored, 16);
    assertEquals(hangup | interrupt, mask & (hangup | interrupt | terminate));
  }

  @Test
  void stubbornJvmIsKilledWhenItsTimeIsOver() throws Exception {
    run(NodePlan.of(TrayList.all(3), 3, 1, 0), false, Duration.ofSeconds(5), "stubborn:1");
    recorded.await("whole ");

    processes.stop();

    assertEquals(Optional.empty(), end());
    assertEquals(1, recorded.seen().stream().filter(line -> line.contains("is killed")).count());
    assertTrue(recorded.seen().getLast().startsWith("note tray 1 "));
    assertAllGone();
  }

  @Test
  void jvmWithAGatewayEndsBeforeThoseThatComputeForItAreToldToStop() throws Exception {
    // Its end takes as long as it is given, in which the others must not have been told.
    run(NodePlan.of(TrayList.all(2), 2, 1, 0), false, Duration.ofSeconds(3), "stubborn:0");
    recorded.await("whole ");
    ProcessHandle other = ProcessHandle.of(pid("in [1]")).orElseThrow();

    processes.stop();
    recorded.await("note tray 0 ");

    // Had both been told together, the other one would have ended some seconds ago.
    assertTrue(recorded.toldAlive.contains(other.pid()), () -> recorded.toldAlive.toString());
    assertEquals(Optional.empty(), end());
    assertAllGone();
  }

  @Test
  void rackOfTheirOwnEndsWhenItsLastGatewayHasClosed() throws Exception {
    ownsRack = true;
    run(
        NodePlan.of(TrayList.all(3), 3, 2, 0),
        false,
        PATIENT,
        "closes:0,stubborn:0,closes:1,stubborn:1,stubborn:2");
    recorded.await("whole ");

    processes.stop();

    // None would end by itself, and the time to be killed after does not come.
    assertEquals(Optional.empty(), end());
    assertFalse(recorded.seen().stream().anyMatch(line -> line.contains("is killed")));
    assertAllGone();
  }

  @Test
  void nodeIsNotEndedWhileAnotherGatewayIsOpen() throws Exception {
    ownsRack = true;
    run(
        NodePlan.of(TrayList.all(3), 3, 2, 0),
        false,
        Duration.ofSeconds(3),
        "closes:0,stubborn:0,stubborn:1");
    recorded.await("whole ");
    ProcessHandle other = ProcessHandle.of(pid("in [2]")).orElseThrow();

    processes.stop();
    String note = recorded.await("note ");

    assertTrue(note.contains("is killed"), note);
    assertTrue(recorded.toldAlive.contains(other.pid()), () -> recorded.toldAlive.toString());
    assertEquals(Optional.empty(), end());
    assertAllGone();
  }

  @Test
  void rackOfOthersTooIsLeftInOrder() throws Exception {
    run(NodePlan.of(TrayList.all(2), 2, 1, 0), false, Duration.ofSeconds(3), "closes:0,stubborn:0");
    recorded.await("whole ");

    processes.stop();

    // It hands its work over after its gateway has closed, and is not cut off in that.
    String note = recorded.await("note tray 0 ");
    assertTrue(note.contains("is killed"), note);
    assertEquals(Optional.empty(), end());
    assertAllGone();
  }

  @Test
  void rackThatIsNotWholeCanBeStopped() throws Exception {
    run(NodePlan.of(TrayList.all(2), 2, 1, 0), false, PATIENT, "alone:1");
    recorded.await("in [1]");

    processes.stop();

    assertEquals(Optional.empty(), end());
    assertFalse(recorded.seen().stream().anyMatch(line -> line.startsWith("whole")));
    assertAllGone();
  }

  private void run(List<NodePlan> plans, boolean restart, Duration stopLimit, String behaviour) {
    ChildJvm jvm =
        new ChildJvm(
            Path.of(System.getProperty("java.home"), "bin", "java"),
            List.of("-Dstand-in=" + behaviour),
            System.getProperty("java.class.path"),
            "io.rack72.cli.StandInNode",
            2,
            1L << 30);
    run(
        plans,
        (plan, doors, listener) -> {
          List<String> arguments = new ArrayList<>(List.of("--trays", plan.trays().toString()));
          plan.gatewayPort()
              .ifPresent(port -> arguments.addAll(List.of("--gateway", "--port", "" + port)));
          if (!doors.isEmpty()) {
            // What the stand-in takes as one word.
            arguments.addAll(List.of("--join", String.join(" ", doors), "--join-when-told"));
          }
          return NodeProcess.start(jvm.command(plans.size(), arguments), Map.of(), listener);
        },
        restart,
        stopLimit);
  }

  private void run(List<NodePlan> plans, NodeStarter starter, boolean restart, Duration stopLimit) {
    processes =
        new RackProcesses(
            plans,
            starter,
            new RackProcesses.Policy(2, restart, ownsRack, stopLimit),
            recorded,
            System::nanoTime);
    end = CompletableFuture.supplyAsync(processes::run, task -> Thread.ofPlatform().start(task));
  }

  private Optional<String> end() throws Exception {
    return end.get(DEADLINE.toSeconds(), TimeUnit.SECONDS);
  }

  private long pid(String start) {
    String line =
        recorded.seen().stream().filter(seen -> seen.startsWith(start)).findFirst().orElseThrow();
    return Long.parseLong(line.substring(line.lastIndexOf(' ') + 1));
  }

  private void kill(String start) {
    ProcessHandle.of(pid(start)).orElseThrow().destroyForcibly();
  }

  private void assertAllGone() {
    assertTrue(
        pids.stream()
            .noneMatch(pid -> ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false)),
        pids::toString);
  }

  /** All that was told, in order, as lines of text. */
  private final class Recorded implements RackReport {
    private final LinkedBlockingQueue<String> fresh = new LinkedBlockingQueue<>();
    private final List<String> seen = new ArrayList<>();

    /** Which nodes lived when the latest note came. */
    private volatile List<Long> toldAlive = List.of();

    /** Waits for the next line that begins so. */
    String await(String start) throws InterruptedException {
      while (true) {
        String line = fresh.poll(DEADLINE.toSeconds(), TimeUnit.SECONDS);
        if (line == null) {
          throw new AssertionError("no '" + start + "' among " + seen());
        }
        if (line.startsWith(start)) {
          return line;
        }
      }
    }

    synchronized List<String> seen() {
      return List.copyOf(seen);
    }

    synchronized void forget() {
      seen.clear();
      fresh.clear();
    }

    private synchronized void add(String line) {
      seen.add(line);
      fresh.add(line);
    }

    @Override
    public void nodeIsIn(NodeLine.Node node) {
      synchronized (this) {
        pids.add(node.pid());
      }
      add("in " + node.trays() + " " + node.pid());
    }

    @Override
    public void gathering(int trays, int of, Duration since) {
      assertTrue(trays <= of && !since.isNegative());
    }

    @Override
    public void whole(String model, List<URI> gateways, Duration since) {
      add("whole " + model + " " + gateways);
    }

    @Override
    public void complained(NodePlan node, String line) {
      add("[" + node + "] " + line);
    }

    @Override
    public void note(String sentence) {
      toldAlive =
          pids.stream()
              .filter(pid -> ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false))
              .toList();
      add("note " + sentence);
    }
  }
}
