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
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicLong;

/** Brings the faults of a schedule upon a rack, each at its time. Thread-safe. */
final class Injector implements AutoCloseable {
  private final ChaosRack rack;
  private final long seed;
  private final Optional<Path> checkpoint;
  private final History history;
  private final AtomicLong orders = new AtomicLong();
  // One for each fault at least, since an order waits for its answer.
  private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(8);

  /**
   * @param seed of what faults leave to chance
   * @param checkpoint that the rack has for itself, where files of it are to be gone
   */
  Injector(ChaosRack rack, long seed, Optional<Path> checkpoint, History history) {
    this.rack = rack;
    this.seed = seed;
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
              } catch (IOException e) {
                refuse(e.toString());
              } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
              }
            },
            Math.max(0, delay.toNanos()),
            NANOSECONDS);
  }

  private interface Action {
    void run() throws IOException, InterruptedException;
  }

  private void begin(Fault fault) throws IOException, InterruptedException {
    history.add("", Event.Kind.FAULT, Json.tree(FaultText.write(fault)).toString());
    switch (fault) {
      case Fault.Kill(int node) -> process(node).ifPresent(NodeProcess::kill);
      case Fault.Terminate(int node) -> process(node).ifPresent(NodeProcess::terminate);
      case Fault.Freeze(int node, Duration length) -> {
        Optional<NodeProcess> process = process(node);
        signal(process, "STOP");
        after(length, () -> endOf(fault, process));
      }
      case Fault.Slow slow -> {
        Optional<NodeProcess> process = process(slow.node());
        stutter(slow, process, history.nowNanos() + slow.length().toNanos());
      }
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
  private void stutter(Fault.Slow slow, Optional<NodeProcess> process, long endNanos)
      throws IOException, InterruptedException {
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

  private void endOf(Fault fault, Optional<NodeProcess> process)
      throws IOException, InterruptedException {
    signal(process, "CONT");
    over(fault);
  }

  private void over(Fault fault) {
    history.add("", Event.Kind.FAULT_OVER, Json.tree(FaultText.write(fault)).toString());
  }

  private void refuse(String reason) {
    history.add("", Event.Kind.FAULT_REFUSED, reason);
  }

  private Optional<NodeProcess> process(int node) {
    Optional<NodeProcess> process = rack.nodes().get(node).process();
    if (process.isEmpty()) {
      history.add("", Event.Kind.NODE, "node %d is not there to suffer".formatted(node));
    }
    return process;
  }

  private static void signal(Optional<NodeProcess> process, String name)
      throws IOException, InterruptedException {
    if (process.isPresent()) {
      new ProcessBuilder(
              "/bin/sh",
              "-c",
              "kill -s \"$0\" \"$1\" 2>/dev/null",
              name,
              Long.toString(process.get().pid()))
          .start()
          .waitFor();
    }
  }

  private void order(Fault fault) throws InterruptedException {
    List<String> addresses = rack.nodes().stream().map(RackNode::address).toList();
    List<String> refusals = new ArrayList<>();
    boolean suffered = false;
    for (int node = 0; node < addresses.size(); node++) {
      if (addresses.get(node).isEmpty() || !concerns(fault, node)) {
        continue;
      }
      long id = orders.incrementAndGet();
      FaultOrder order = new FaultOrder(id, node, addresses, seed, fault);
      Optional<String> refused =
          rack.nodes().get(node).order(id, Json.tree(order.fields()).toString());
      suffered |= refused.isEmpty();
      refused.ifPresent(refusals::add);
    }
    if (!suffered) {
      // Whatever node it is for may be gone, as one of several faults at random can find it.
      history.add("", Event.Kind.NODE, "nobody suffers it: " + refusals);
    }
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
