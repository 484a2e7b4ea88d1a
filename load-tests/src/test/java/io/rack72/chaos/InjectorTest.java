package io.rack72.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.fault.Fault;
import io.rack72.fault.FaultSchedule;
import io.rack72.fault.ScheduledFault;
import io.rack72.hardware.GpuId;
import io.rack72.launch.NodeLine;
import io.rack72.launch.NodeProcess;
import java.io.IOException;
import java.io.Writer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Faults brought upon processes that are no nodes, but speak as such and suffer signals. */
@Timeout(60)
class InjectorTest {
  private static final Duration SHORT = Duration.ofMillis(20);
  private static final String ACCEPTS = "";
  private static final String REFUSES = ",\"refused\":\"no\"";

  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
  private final History history = new History(new Lines()).begin();
  private final List<RackNode> nodes = new ArrayList<>();
  private final List<NodeProcess> processes = new ArrayList<>();

  @AfterEach
  void stop() {
    processes.forEach(NodeProcess::kill);
  }

  /** Hands on what the history writes. */
  private final class Lines extends Writer {
    @Override
    public void write(char[] characters, int from, int length) {
      lines.add(new String(characters, from, length));
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  private record Watch(CountDownLatch listens, CountDownLatch over)
      implements NodeProcess.Listener {
    @Override
    public void told(NodeProcess process, NodeLine line) {
      // The line that makes it ready is its second.
      listens.countDown();
    }

    @Override
    public void complained(NodeProcess process, String line) {}

    @Override
    public void ended(NodeProcess process, int exitCode) {
      over.countDown();
    }
  }

  /**
   * One more node, with a gateway, that answers each order alike.
   *
   * @return is counted down when its process has ended
   */
  private CountDownLatch node(String answer) throws IOException, InterruptedException {
    int number = nodes.size();
    RackNode node = absent();
    CountDownLatch listens = new CountDownLatch(2);
    CountDownLatch over = new CountDownLatch(1);
    String script =
        """
        echo '{"event":"node","role":"tray","trays":[0],"pid":1,"http":"http://h:%d","artery":"h:%d"}'
        echo '{"event":"ready","model":"m"}'
        while read -r order; do
          id=${order#*'"id":"'}
          echo '{"event":"fault","id":'"${id%%%%\\"*}"'%s}'
        done
        """
            .formatted(number + 1, number + 1, answer);
    NodeProcess process =
        NodeProcess.start(
            List.of("/bin/sh", "-c", script), Map.of(), node.startsFor(new Watch(listens, over)));
    node.runsAs(process);
    processes.add(process);
    listens.await();
    return over;
  }

  /** One more node, which is not there. */
  private RackNode absent() {
    RackNode node = new RackNode(nodes.size(), history);
    nodes.add(node);
    return node;
  }

  /** Brings a fault about and waits for what comes of it. */
  private Event.Kind outcome(boolean mayMiss, Fault fault) throws InterruptedException {
    try (Injector injector = new Injector(nodes, 1, mayMiss, Optional.empty(), history)) {
      injector.start(new FaultSchedule(List.of(new ScheduledFault(Duration.ZERO, fault))));
      while (true) {
        String line = lines.take();
        for (Event.Kind kind :
            List.of(Event.Kind.FAULT_OVER, Event.Kind.FAULT_REFUSED, Event.Kind.FAULT_MISSED)) {
          if (line.contains("\"event\":\"" + kind.name().toLowerCase(Locale.ROOT) + "\"")) {
            return kind;
          }
        }
      }
    }
  }

  private static List<Fault> ofNode0() {
    return List.of(
        new Fault.Kill(0),
        new Fault.Terminate(0),
        new Fault.Freeze(0, SHORT),
        new Fault.Slow(0, 0.5, Duration.ofMillis(10), SHORT));
  }

  private static Fault partition() {
    return new Fault.Partition(Set.of(0), Fault.Direction.BOTH, SHORT);
  }

  @Test
  void faultOfANodeThatIsGoneIsRefusedUnlessFaultsMeet() throws Exception {
    absent();
    for (Fault fault : ofNode0()) {
      assertEquals(Event.Kind.FAULT_REFUSED, outcome(false, fault), fault::toString);
      assertEquals(Event.Kind.FAULT_MISSED, outcome(true, fault), fault::toString);
    }
  }

  @Test
  void signalThatNoProcessTakesIsRefused() throws Exception {
    CountDownLatch over = node(ACCEPTS);
    processes.getFirst().kill();
    over.await();
    nodes.getFirst().runsAs(processes.getFirst());
    for (Fault fault : ofNode0()) {
      assertEquals(Event.Kind.FAULT_REFUSED, outcome(false, fault), fault::toString);
    }
  }

  @Test
  void processesSufferSignals() throws Exception {
    node(ACCEPTS);
    assertEquals(Event.Kind.FAULT_OVER, outcome(false, new Fault.Freeze(0, SHORT)));
    assertEquals(
        Event.Kind.FAULT_OVER,
        outcome(false, new Fault.Slow(0, 0.5, Duration.ofMillis(10), SHORT)));
  }

  @Test
  void gatewayThatIsKilledIsTold() throws Exception {
    CountDownLatch over = node(ACCEPTS);
    try (Injector injector = new Injector(nodes, 1, false, Optional.empty(), history)) {
      injector.start(
          new FaultSchedule(List.of(new ScheduledFault(Duration.ZERO, new Fault.Kill(0)))));
      over.await();
    }
    assertEquals(
        List.of("http://h:1"),
        history.events().stream()
            .filter(event -> event.kind() == Event.Kind.GATEWAY_KILLED)
            .map(Event::text)
            .toList());
  }

  @Test
  void partitionThatAllApplyIsSuffered() throws Exception {
    node(ACCEPTS);
    node(ACCEPTS);
    absent();
    assertEquals(Event.Kind.FAULT_OVER, outcome(false, partition()));
  }

  @Test
  void partitionThatOneSideDoesNotApplyIsRefused() throws Exception {
    node(ACCEPTS);
    node(REFUSES);
    assertEquals(Event.Kind.FAULT_REFUSED, outcome(false, partition()));
    assertTrue(history.events().getLast().text().contains("node 1: no"));
    assertEquals(Event.Kind.FAULT_MISSED, outcome(true, partition()));
  }

  @Test
  void partitionFromNobodyIsRefused() throws Exception {
    node(ACCEPTS);
    absent();
    assertEquals(Event.Kind.FAULT_REFUSED, outcome(false, partition()));
  }

  @Test
  void noiseIsOfAllNodesThatAreNamedAndOfNoOther() throws Exception {
    node(ACCEPTS);
    node(REFUSES);
    for (Set<Integer> named : List.of(Set.of(0), Set.of(0, 1))) {
      assertEquals(
          named.size() == 1 ? Event.Kind.FAULT_OVER : Event.Kind.FAULT_REFUSED,
          outcome(false, new Fault.FabricNoise(named, 0.1, 0, 0, Duration.ZERO, SHORT)));
    }
  }

  @Test
  void faultOfAGpuIsForOneNodeToSuffer() throws Exception {
    node(REFUSES);
    Fault slow = new Fault.PortBandwidth(new GpuId(0), 0.5, SHORT);
    assertEquals(Event.Kind.FAULT_REFUSED, outcome(false, slow));
    node(ACCEPTS);
    assertEquals(Event.Kind.FAULT_OVER, outcome(false, slow));
  }

  @Test
  void mistakeOfTheProgramIsNotPassedOver() throws Exception {
    // There is no checkpoint whose file could be gone.
    assertEquals(
        Event.Kind.FAULT_REFUSED, outcome(true, new Fault.CheckpointGone("config.json", SHORT)));
  }
}
