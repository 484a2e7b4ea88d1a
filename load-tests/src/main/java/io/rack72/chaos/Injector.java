package io.rack72.chaos;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.rack72.fault.Fault;
import io.rack72.fault.FaultOrder;
import io.rack72.fault.FaultSchedule;
import io.rack72.fault.FaultText;
import io.rack72.fault.ScheduledFault;
import io.rack72.launch.NodeProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicLong;

/** Brings the faults of a schedule upon a rack, each at its time. Thread-safe. */
final class Injector implements AutoCloseable {
  private final List<RackNode> nodes;
  private final long seed;
  private final boolean mayMiss;
  private final Optional<Path> checkpoint;
  private final History history;
  private final AtomicLong orders = new AtomicLong();
  // One for each fault at least, since an order waits for its answer.
  private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(8);

  /**
   * @param nodes in the order of their numbers
   * @param seed of what faults leave to chance
   * @param mayMiss whether a fault may find nobody who suffers it
   * @param checkpoint that the rack has for itself, where files of it are to be gone
   */
  Injector(
      List<RackNode> nodes,
      long seed,
      boolean mayMiss,
      Optional<Path> checkpoint,
      History history) {
    this.nodes = List.copyOf(nodes);
    this.seed = seed;
    this.mayMiss = mayMiss;
    this.checkpoint = checkpoint;
    this.history = history;
  }

  /** Begins; the schedule's times are those of the history. */
  void start(FaultSchedule schedule) {
    for (ScheduledFault fault : schedule.faults()) {
      after(fault.at().minusNanos(history.nowNanos()), () -> begin(fault.fault()));
    }
  }

  private void after(Duration delay, Action action) {
    var _ =
        timer.schedule(
            () -> {
              try {
                action.run();
              } catch (NobodySuffersException e) {
                history.add(
                    "",
                    mayMiss ? Event.Kind.FAULT_MISSED : Event.Kind.FAULT_REFUSED,
                    e.getMessage());
              } catch (IOException | RuntimeException e) {
                // The timer would keep it to itself.
                history.add("", Event.Kind.FAULT_REFUSED, e.toString());
              } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
              }
            },
            Math.max(0, delay.toNanos()),
            NANOSECONDS);
  }

  private interface Action {
    void run() throws IOException, InterruptedException, NobodySuffersException;
  }

  /** A fault finds nobody, or not all, who should suffer it. */
  private static final class NobodySuffersException extends Exception {
    private static final long serialVersionUID = 1L;

    NobodySuffersException(String sentence) {
      super(sentence);
    }
  }

  private void begin(Fault fault) throws IOException, InterruptedException, NobodySuffersException {
    history.add("", Event.Kind.FAULT, Json.tree(FaultText.write(fault)).toString());
    switch (fault) {
      case Fault.Kill(int node) -> {
        NodeProcess process = process(node);
        // Before it is, since its clients may go on elsewhere before this thread does.
        nodes
            .get(node)
            .gateway()
            .ifPresent(url -> history.add("", Event.Kind.GATEWAY_KILLED, url.toString()));
        signal(process, "KILL");
      }
      case Fault.Terminate(int node) -> signal(process(node), "TERM");
      case Fault.Freeze(int node, Duration length) -> {
        NodeProcess process = process(node);
        signal(process, "STOP");
        after(
            length,
            () -> {
              signal(process, "CONT");
              over(fault);
            });
      }
      case Fault.Slow slow ->
          stutter(slow, process(slow.node()), history.nowNanos() + slow.length().toNanos());
      case Fault.CheckpointGone gone -> {
        Path file = checkpoint.orElseThrow().resolve(gone.file());
        Path away = file.resolveSibling(gone.file() + ".gone");
        Files.move(file, away);
        after(
            gone.length(),
            () -> {
              Files.move(away, file);
              over(fault);
            });
      }
      case Fault.OfParts _, Fault.Partition _ -> {
        order(fault);
        if (!fault.length().isZero()) {
          after(fault.length(), () -> over(fault));
        }
      }
    }
  }

  /** Stops the process and lets it go on, again and again. */
  private void stutter(Fault.Slow slow, NodeProcess process, long endNanos)
      throws IOException, InterruptedException, NobodySuffersException {
    if (history.nowNanos() >= endNanos) {
      over(slow);
      return;
    }
    long period = slow.period().toNanos();
    long stopped = Math.round(period * slow.share());
    signal(process, "STOP");
    after(
        Duration.ofNanos(stopped),
        () -> {
          signal(process, "CONT");
          after(Duration.ofNanos(period - stopped), () -> stutter(slow, process, endNanos));
        });
  }

  private void over(Fault fault) {
    history.add("", Event.Kind.FAULT_OVER, Json.tree(FaultText.write(fault)).toString());
  }

  private NodeProcess process(int node) throws NobodySuffersException {
    return nodes
        .get(node)
        .process()
        .orElseThrow(
            () -> new NobodySuffersException("node %d is not there to suffer".formatted(node)));
  }

  private static void signal(NodeProcess process, String name)
      throws IOException, InterruptedException, NobodySuffersException {
    int exitCode =
        new ProcessBuilder(
                "/bin/sh",
                "-c",
                "kill -s \"$0\" \"$1\" 2>/dev/null",
                name,
                Long.toString(process.pid()))
            .start()
            .waitFor();
    if (exitCode != 0) {
      throw new NobodySuffersException(
          "process %d does not take SIG%s: kill ends with exit code %d"
              .formatted(process.pid(), name, exitCode));
    }
  }

  /**
   * Tells all nodes that live and that it may concern. A GPU's fault is for one of them to know and
   * for all others to refuse; any other fault is whole when none refuses it.
   */
  private void order(Fault fault) throws InterruptedException, NobodySuffersException {
    List<String> addresses = nodes.stream().map(RackNode::address).toList();
    requireTwoSides(fault, addresses);
    List<String> refusals = new ArrayList<>();
    int suffering = 0;
    for (int node = 0; node < addresses.size(); node++) {
      if (addresses.get(node).isEmpty() || !concerns(fault, node)) {
        continue;
      }
      long id = orders.incrementAndGet();
      FaultOrder order = new FaultOrder(id, node, addresses, seed, fault);
      Optional<String> refused = nodes.get(node).order(id, Json.tree(order.fields()).toString());
      if (refused.isEmpty()) {
        suffering++;
      } else if (addresses.get(node).equals(nodes.get(node).address())) {
        // One that has died meanwhile has nothing to refuse any more.
        refusals.add("node %d: %s".formatted(node, refused.get()));
      }
    }
    if (suffering == 0) {
      throw new NobodySuffersException("nobody suffers it: " + refusals);
    }
    if (!isOfOneGpu(fault) && !refusals.isEmpty()) {
      throw new NobodySuffersException("not all suffer it: " + refusals);
    }
  }

  private static void requireTwoSides(Fault fault, List<String> addresses)
      throws NobodySuffersException {
    if (fault instanceof Fault.Partition partition) {
      Set<Boolean> sides = new HashSet<>();
      for (int node = 0; node < addresses.size(); node++) {
        if (!addresses.get(node).isEmpty()) {
          sides.add(partition.nodes().contains(node));
        }
      }
      if (sides.size() < 2) {
        throw new NobodySuffersException("nobody lives on one side of the partition");
      }
    }
  }

  private static boolean isOfOneGpu(Fault fault) {
    return fault instanceof Fault.GpuFailure || fault instanceof Fault.PortBandwidth;
  }

  /** Only the nodes that are named are noisy; of a GPU, its node alone knows. */
  private static boolean concerns(Fault fault, int node) {
    return switch (fault) {
      case Fault.FabricNoise noise -> noise.nodes().contains(node);
      default -> true;
    };
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
