package io.rack72.launch;

import java.io.IOException;
import java.util.List;

/** Starts the process of a node. */
public interface NodeStarter {
  /**
   * Starts it and returns at once.
   *
   * @param plan which trays it has
   * @param doors HOST:PORT of nodes of the rack, one of which it joins when it is sent {@link
   *     NodeProcess#JOIN} or {@link NodeProcess#JOIN_RUNNING}; empty to begin a new rack
   * @param listener is told what the process writes and when it has ended, by other threads
   * @throws IOException if there is no such process
   */
  NodeProcess start(NodePlan plan, List<String> doors, NodeProcess.Listener listener)
      throws IOException;
}
