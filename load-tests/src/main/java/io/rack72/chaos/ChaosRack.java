package io.rack72.chaos;

import io.rack72.cli.CommandFailedException;
import io.rack72.launch.NodeLine;
import io.rack72.launch.NodePlan;
import io.rack72.launch.NodeProcess;
import io.rack72.launch.NodeStarter;
import io.rack72.launch.RackProcesses;
import io.rack72.launch.RackReport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A rack of JVMs on this machine that can be made to fail. Thread-safe. */
final class ChaosRack implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofMinutes(5);
  private static final Duration STOP_LIMIT = Duration.ofSeconds(20);

  private final List<RackNode> nodes = new ArrayList<>();
  private final Map<String, RackNode> byTrays = new TreeMap<>();
  private final CompletableFuture<String> whole = new CompletableFuture<>();
  private final Writer log;
  private final Thread keeper;

  /** Nodes that stand still do not notice that this process is gone. */
  private final Thread killer = new Thread(this::killAll, "kill-nodes");

  private boolean closed;

  /**
   * Starts one.
   *
   * @param log of what its processes complain of
   */
  ChaosRack(
      List<NodePlan> plans,
      NodeStarter starter,
      RackProcesses.Policy policy,
      History history,
      Writer log) {
    this.log = log;
    for (NodePlan plan : plans) {
      RackNode node = new RackNode(nodes.size(), history);
      nodes.add(node);
      byTrays.put(plan.trays().toString(), node);
    }
    RackProcesses processes =
        new RackProcesses(
            plans,
            (plan, doors, listener) -> {
              RackNode node = byTrays.get(plan.trays().toString());
              NodeProcess process = starter.start(plan, doors, node.startsFor(listener));
              node.runsAs(process);
              return process;
            },
            policy,
            new Report(),
            System::nanoTime);
    Runtime.getRuntime().addShutdownHook(killer);
    keeper =
        Thread.ofPlatform()
            .name("rack")
            .start(
                () ->
                    processes
                        .run()
                        .ifPresent(
                            reason -> {
                              note(reason);
                              whole.completeExceptionally(new CommandFailedException(reason));
                            }));
  }

  /**
   * Waits until all trays are in and every gateway serves.
   *
   * @return name of the model
   * @throws CommandFailedException if that does not come about
   */
  String awaitWhole() throws InterruptedException {
    try {
      return whole.get(START_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new CommandFailedException(e.getCause().getMessage(), e);
    } catch (TimeoutException e) {
      throw new CommandFailedException(
          "the rack is not whole after %d s".formatted(START_LIMIT.toSeconds()), e);
    }
  }

  /** In the order of their numbers. */
  List<RackNode> nodes() {
    return nodes;
  }

  /** Where its gateways are that serve. */
  List<URI> gateways() {
    return nodes.stream().flatMap(node -> node.gateway().stream()).toList();
  }

  /** Kills what is left of it. */
  @Override
  public void close() {
    synchronized (log) {
      closed = true;
    }
    keeper.interrupt();
    try {
      if (!keeper.join(STOP_LIMIT)) {
        throw new IllegalStateException("the rack's processes are not gone");
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    removeKiller();
  }

  private void killAll() {
    nodes.forEach(node -> node.process().ifPresent(NodeProcess::kill));
  }

  private void removeKiller() {
    try {
      Runtime.getRuntime().removeShutdownHook(killer);
    } catch (IllegalStateException _) {
      // The JVM is ending, and it runs.
      return;
    }
  }

  private void note(String line) {
    synchronized (log) {
      if (closed) {
        return;
      }
      try {
        log.write(line + "\n");
        log.flush();
      } catch (IOException e) {
        throw new UncheckedIOException("the rack's log cannot be written", e);
      }
    }
  }

  private final class Report implements RackReport {
    @Override
    public void nodeIsIn(NodeLine.Node node) {}

    @Override
    public void gathering(int trays, int of, Duration since) {}

    @Override
    public void whole(String model, List<URI> gateways, Duration since) {
      whole.complete(model);
    }

    @Override
    public void complained(NodePlan node, String line) {
      ChaosRack.this.note(node + ": " + line);
    }

    @Override
    public void note(String sentence) {
      ChaosRack.this.note(sentence);
    }
  }
}
