package io.rack72.fault;

import io.rack72.hardware.GpuId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;

/**
 * Something that goes wrong in a rack. This is the whole fault model.
 *
 * <p>Nodes are numbered in the order in which the rack was started with them: node 0 is the oldest
 * and keeps the rack at first. A node that was killed and started again keeps its number.
 * Immutable; constructors throw {@link IllegalArgumentException} with a sentence that says what
 * would be right.
 */
public sealed interface Fault {
  /** How long it holds; zero for what happens at once and stays. */
  default Duration length() {
    return Duration.ZERO;
  }

  /** What is done to a node's process from outside. */
  sealed interface OfProcess extends Fault {
    /** The node. */
    int node();
  }

  /** What happens to parts of a node that lives on. */
  sealed interface OfParts extends Fault {}

  /** The process ends without a word: kill -9, or a machine without power. */
  record Kill(int node) implements OfProcess {
    public Kill {
      Check.node(node);
    }
  }

  /** The process is told to stop (SIGTERM), and may end its work. */
  record Terminate(int node) implements OfProcess {
    public Terminate {
      Check.node(node);
    }
  }

  /** The process stands still (SIGSTOP) and goes on as if nothing had been (SIGCONT). */
  record Freeze(int node, Duration length) implements OfProcess {
    public Freeze {
      Check.node(node);
      Check.length(length);
    }
  }

  /**
   * The whole process is slow: it stands still for a part of each period.
   *
   * @param share of the time in which it does not run, above 0 and below 1
   * @param period from one standstill to the next
   */
  record Slow(int node, double share, Duration period, Duration length) implements OfProcess {
    public Slow {
      Check.node(node);
      Check.that(share > 0 && share < 1, "share is above 0 and below 1", share);
      Check.that(
          period.compareTo(Duration.ofMillis(10)) >= 0 && period.compareTo(length) <= 0,
          "period is 10 ms or more and at most the length",
          period);
      Check.length(length);
    }
  }

  /** A GPU stops in a JVM that lives on. */
  record GpuFailure(GpuId gpu) implements OfParts {}

  /**
   * A GPU's NVLink port is slow in both directions.
   *
   * @param factor of its bandwidth that is left, above 0 and at most 1
   */
  record PortBandwidth(GpuId gpu, double factor, Duration length) implements OfParts {
    public PortBandwidth {
      Check.that(factor > 0 && factor <= 1, "factor is above 0 and at most 1", factor);
      Check.length(length);
    }
  }

  /**
   * What the trunks of some nodes send does not arrive as it was sent. Whether it is lost, doubled
   * or overtaken is drawn for each message by itself.
   *
   * @param nodes whose sending ends are disturbed
   * @param loss probability that a message is lost, 0 to 1, and below 1
   * @param duplication probability that it comes twice
   * @param reordering probability that later ones overtake it
   * @param delay that all have
   */
  record FabricNoise(
      Set<Integer> nodes,
      double loss,
      double duplication,
      double reordering,
      Duration delay,
      Duration length)
      implements OfParts {
    /** Beyond it nothing is a delay any more. */
    private static final Duration MAX_DELAY = Duration.ofSeconds(10);

    public FabricNoise {
      nodes = Check.nodes(nodes);
      Check.that(loss >= 0 && loss < 1, "loss is 0 or more and below 1", loss);
      Check.that(duplication >= 0 && duplication <= 1, "duplication is 0 to 1", duplication);
      Check.that(reordering >= 0 && reordering <= 1, "reordering is 0 to 1", reordering);
      Check.that(
          !delay.isNegative() && delay.compareTo(MAX_DELAY) <= 0, "delay is 0 to 10 s", delay);
      Check.length(length);
    }
  }

  /** Which way messages do not get through. */
  enum Direction {
    /** Neither side hears the other. */
    BOTH,
    /** Nothing reaches the nodes that are named. */
    INTO,
    /** Nothing comes from them. */
    OUT_OF
  }

  /**
   * The network between some nodes and all others is cut, and then healed.
   *
   * @param nodes on one side
   */
  record Partition(Set<Integer> nodes, Direction direction, Duration length) implements Fault {
    public Partition {
      nodes = Check.nodes(nodes);
      Check.length(length);
    }
  }

  /**
   * A file of the checkpoint is gone, and then is back.
   *
   * @param file its name in the checkpoint's directory
   */
  record CheckpointGone(String file, Duration length) implements Fault {
    public CheckpointGone {
      Check.that(
          !file.isEmpty() && Path.of(file).getNameCount() == 1 && !file.startsWith("."),
          "file is a name in the checkpoint's directory",
          file);
      Check.length(length);
    }
  }
}
