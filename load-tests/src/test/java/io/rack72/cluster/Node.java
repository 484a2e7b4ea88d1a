package io.rack72.cluster;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.rack72.launcher.RackProcess;
import io.rack72.serving.HttpApi;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Set;

/** A JVM that is, or wants to be, a node of a rack. For one thread. */
final class Node {
  /** What each is given to let requests end, and then to hand its work over. */
  static final Duration STOP_GRACE = Duration.ofSeconds(60);

  static final Duration LEAVE_TIMEOUT = Duration.ofSeconds(60);

  private static final Duration STOP_LIMIT =
      STOP_GRACE.plus(LEAVE_TIMEOUT).plus(Duration.ofSeconds(20));

  /** 143 is what a JVM makes of SIGTERM. */
  private static final Set<Integer> STOPPED = Set.of(0, 143);

  private final Role role;
  private final RackProcess process;
  private JsonNode listens;

  Node(Role role, RackProcess process) {
    this.role = role;
    this.process = process;
  }

  Role role() {
    return role;
  }

  RackProcess process() {
    return process;
  }

  /** By which other nodes reach it; waits until they do. */
  String address() {
    return listens().get("artery").textValue();
  }

  boolean hasGateway() {
    return listens().has("http");
  }

  /** Where its gateway listens; waits until it does. */
  URI http() {
    return URI.create(listens().get("http").textValue());
  }

  /** Waits until it says that it warms up. */
  void awaitWarmUp() {
    listens();
    awaitEvent("warm-up");
  }

  /** Waits until it is in the rack. */
  void awaitReady() {
    listens();
    awaitEvent("ready");
  }

  /** Tells it to stop, and waits until it has left the rack in order. */
  void leave() throws IOException {
    process.terminate();
    RackProcess.Ended ended = process.end(STOP_LIMIT);
    assertTrue(STOPPED.contains(ended.exitCode()), ended::toString);
    assertTrue(ended.errors().contains("rack72: leaving the rack"), ended::toString);
    assertFalse(ended.errors().contains("before its work was handed over"), ended::toString);
  }

  private JsonNode listens() {
    if (listens == null) {
      listens = awaitEvent("node");
    }
    return listens;
  }

  private JsonNode awaitEvent(String name) {
    while (true) {
      JsonNode event = HttpApi.parse(process.readLine());
      if (event.get("event").textValue().equals(name)) {
        return event;
      }
    }
  }
}
