package io.rack72.chaos;

import io.rack72.launch.NodeLine;
import io.rack72.launch.NodeProcess;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** One node of a rack that is to fail, through all its processes. Thread-safe. */
final class RackNode implements NodeProcess.Listener {
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(5);

  private final int number;
  private final History history;
  private final Map<Long, CompletableFuture<Optional<String>>> orders = new ConcurrentHashMap<>();
  private NodeProcess.Listener listener;
  private NodeProcess process;
  private Optional<NodeLine.Node> told = Optional.empty();
  private boolean ready;

  RackNode(int number, History history) {
    this.number = number;
    this.history = history;
  }

  /** The node starts, and what its process tells is handed on to this listener too. */
  synchronized RackNode startsFor(NodeProcess.Listener newListener) {
    listener = newListener;
    return this;
  }

  synchronized void runsAs(NodeProcess newProcess) {
    process = newProcess;
  }

  /** Where other nodes reach it; empty text while it is not there. */
  synchronized String address() {
    return told.map(NodeLine.Node::artery).orElse("");
  }

  /** Where its gateway serves, if it has one, and does. */
  synchronized Optional<URI> gateway() {
    return ready ? told.flatMap(NodeLine.Node::http) : Optional.empty();
  }

  /** Its process, which has ended or not. */
  synchronized Optional<NodeProcess> process() {
    return Optional.ofNullable(process);
  }

  private synchronized NodeProcess.Listener listener() {
    return listener;
  }

  /**
   * Sends an order and waits for its acknowledgement.
   *
   * @param id of the order
   * @return why the node does not suffer it, or nothing
   */
  Optional<String> order(long id, String line) throws InterruptedException {
    Optional<NodeProcess> to = process();
    if (to.isEmpty()) {
      return Optional.of("node %d is not there".formatted(number));
    }
    CompletableFuture<Optional<String>> answer = new CompletableFuture<>();
    orders.put(id, answer);
    try {
      to.get().send(line);
      return answer.get(ANSWER_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (IOException | ExecutionException e) {
      return Optional.of("node %d does not read: %s".formatted(number, e.getMessage()));
    } catch (TimeoutException _) {
      return Optional.of("node %d does not answer".formatted(number));
    } finally {
      orders.remove(id);
    }
  }

  @Override
  public void told(NodeProcess from, NodeLine line) {
    switch (line) {
      case NodeLine.Node node -> {
        synchronized (this) {
          told = Optional.of(node);
        }
        history.add("", Event.Kind.NODE, "node %d listens (pid %d)".formatted(number, node.pid()));
      }
      case NodeLine.Ready _ -> {
        synchronized (this) {
          ready = true;
        }
        history.add("", Event.Kind.NODE, "node %d is in the rack".formatted(number));
        tellGateway();
      }
      case NodeLine.Rack rack ->
          history.add("", Event.Kind.NODE, "node %d sees %d trays".formatted(number, rack.trays()));
      case NodeLine.Fault(Optional<Long> id, Optional<String> refused) ->
          id.map(orders::get).ifPresent(order -> order.complete(refused));
      case NodeLine.Closed _, NodeLine.WarmUp _, NodeLine.Unknown _ -> {}
    }
    listener().told(from, line);
  }

  @Override
  public void complained(NodeProcess from, String line) {
    listener().complained(from, line);
  }

  @Override
  public void ended(NodeProcess from, int exitCode) {
    synchronized (this) {
      told = Optional.empty();
      ready = false;
      process = null;
    }
    history.add("", Event.Kind.NODE, ended(number, exitCode));
    listener().ended(from, exitCode);
  }

  /** As it is in a history. */
  static String serves(int number, String gateway) {
    return "node %d serves at %s".formatted(number, gateway);
  }

  /** Tells the history where the node's gateway serves, if it has one. */
  void tellGateway() {
    gateway().ifPresent(url -> history.add("", Event.Kind.NODE, serves(number, url.toString())));
  }

  /** The gateway of a node, if that is what a history's line tells. */
  static Optional<String> servedBy(int number, String line) {
    String begin = serves(number, "");
    return line.startsWith(begin) ? Optional.of(line.substring(begin.length())) : Optional.empty();
  }

  /** As it is in a history. */
  static String ended(int number, int exitCode) {
    return "node %d ended with exit code %d".formatted(number, exitCode);
  }
}
