package io.rack72.launch;

import java.net.URI;
import java.time.Duration;
import java.util.List;

/** Is told how the processes of a rack are. Called by several threads. */
public interface RackReport {
  /** A node listens, for the first time or after a restart. */
  void nodeIsIn(NodeLine.Node node);

  /** So far {@code trays} of those that were asked for are in. Told again and again. */
  void gathering(int trays, int of, Duration since);

  /**
   * All trays are in and every gateway serves. Told once.
   *
   * @param gateways where they listen, the first one first
   * @param since the start of the first process
   */
  void whole(String model, List<URI> gateways, Duration since);

  /** A node's process has written a line to its standard error. */
  void complained(NodePlan node, String line);

  /** A sentence for the person who started the rack. */
  void note(String sentence);
}
