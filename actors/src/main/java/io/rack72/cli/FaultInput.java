package io.rack72.cli;

import io.rack72.cluster.NodeFaults;
import io.rack72.config.InvalidConfigException;
import io.rack72.fault.FaultOrder;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Takes faults from the process that started this one, as lines of JSON, and acknowledges each with
 * a line: {@code {"event":"fault","id":7}}, and in {@code refused} why it could not be, where that
 * is so. Thread-safe.
 */
final class FaultInput {
  private final PrintWriter out;
  private final AtomicReference<NodeFaults> node = new AtomicReference<>();

  FaultInput(PrintWriter out) {
    this.out = out;
  }

  /** From now on faults come upon this node. */
  void open(NodeFaults faults) {
    node.set(faults);
  }

  /** Takes one line, and returns when the fault has begun. */
  void take(String line) {
    try {
      FaultOrder order = FaultOrder.read(line);
      NodeFaults faults = node.get();
      acknowledge(
          Optional.of(order.id()),
          faults == null ? Optional.of("the node has not started yet") : faults.suffer(order));
    } catch (InvalidConfigException e) {
      acknowledge(Optional.empty(), Optional.of(e.getMessage()));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void acknowledge(Optional<Long> id, Optional<String> refused) {
    Map<String, Object> event = new LinkedHashMap<>();
    event.put("event", "fault");
    id.ifPresent(number -> event.put("id", number));
    refused.ifPresent(reason -> event.put("refused", reason));
    out.println(Json.line(event));
    out.flush();
  }
}
