package io.rack72.cli;

import io.rack72.launch.NodeProcess;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * What the process that started this one says to it, in lines: that it may join the rack, where it
 * waits for that, and how far the rack is, and faults, where it takes some. Anything else is
 * ignored. Thread-safe.
 */
final class ParentInput {
  private final CompletableFuture<Boolean> mayJoin = new CompletableFuture<>();
  private final Optional<FaultInput> faults;

  /**
   * @param waits whether the node joins only when it is told to
   * @param faults is given all other lines
   */
  ParentInput(boolean waits, Optional<FaultInput> faults) {
    this.faults = faults;
    if (!waits) {
      mayJoin.complete(true);
    }
  }

  /** Takes one line, and returns when what it asks for has begun. */
  void take(String line) {
    if (line.equals(NodeProcess.JOIN)) {
      mayJoin.complete(false);
    } else if (line.equals(NodeProcess.JOIN_RUNNING)) {
      mayJoin.complete(true);
    } else {
      faults.ifPresent(input -> input.take(line));
    }
  }

  /**
   * Done when the node may join the rack: with whether that may run already, which it may wherever
   * nobody knows better.
   */
  CompletionStage<Boolean> mayJoin() {
    return mayJoin;
  }

  /** Where faults come in; empty where the node takes none. */
  Optional<FaultInput> faults() {
    return faults;
  }
}
