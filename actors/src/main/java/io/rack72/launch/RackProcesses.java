package io.rack72.launch;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Keeps the processes of a rack: starts the first, then the others, a few at a time, which join it
 * together when all listen; deals with those that die; and stops all, so that none is left when
 * {@link #run} returns. One thread runs it; {@link #stop} is for any.
 *
 * <p>Nodes that join one after the other would talk to each other, in code that is yet to be
 * compiled, while those to come need the cores for their start; and each that joins is news for
 * all.
 *
 * <p>A rack that nobody else can be in ends when its last gateway has closed: nothing is left that
 * could be handed over, nor anybody to whom. Any other is left in order, which takes many rounds of
 * messages among nodes that all leave.
 *
 * <p>Until the rack is whole, the death of one process ends all: what is wrong with it is wrong
 * now. Later, those that are left go on while one of them has a gateway.
 */
public final class RackProcesses {
  private static final Duration TICK = Duration.ofMillis(200);

  /** Exit codes of what SIGKILL and SIGTERM have ended, which had nothing to say about it. */
  private static final Set<Integer> KILLED = Set.of(137, 143);

  /**
   * What may differ.
   *
   * @param startsAtOnce processes that start at the same time
   * @param restart whether one that dies is started again
   * @param ownsRack whether nobody but these processes can be in the rack
   * @param stopLimit time that a process has to stop before it is killed
   */
  public record Policy(int startsAtOnce, boolean restart, boolean ownsRack, Duration stopLimit) {}

  private enum Phase {
    GATHERING,
    WHOLE,
    /** Nodes with a gateway let requests end, with the help of all others. */
    CLOSING_GATEWAYS,
    STOPPING
  }

  private final List<Slot> slots = new ArrayList<>();
  private final NodeStarter starter;
  private final Policy policy;
  private final RackReport report;
  private final LongSupplier nanoTime;
  private final LinkedBlockingQueue<Runnable> events = new LinkedBlockingQueue<>();
  private final int trays;
  private final long begun;

  private Phase phase = Phase.GATHERING;
  private long phaseEnd;
  private String failure = "";
  private String model = "";

  /**
   * Starts nothing yet.
   *
   * @param nanoTime as of {@link System#nanoTime}
   */
  public RackProcesses(
      List<NodePlan> plans,
      NodeStarter starter,
      Policy policy,
      RackReport report,
      LongSupplier nanoTime) {
    this.starter = starter;
    this.policy = policy;
    this.report = report;
    this.nanoTime = nanoTime;
    begun = nanoTime.getAsLong();
    plans.forEach(plan -> slots.add(new Slot(plan)));
    trays = plans.stream().mapToInt(plan -> plan.trays().size()).sum();
  }

  /**
   * Runs the rack until it is stopped or cannot go on, and all its processes have ended.
   *
   * @return a sentence that says why it could not go on; empty after {@link #stop}
   */
  public Optional<String> run() {
    try {
      while (!isOver()) {
        startWhatIsDue();
        if (phase == Phase.GATHERING) {
          gather();
        }
        endWhatIsLate();
        Runnable event = events.poll(TICK.toMillis(), TimeUnit.MILLISECONDS);
        if (event != null) {
          event.run();
        }
      }
    } catch (InterruptedException _) {
      failure = "the launcher was interrupted";
    } finally {
      living().forEach(slot -> slot.process.kill());
    }
    return failure.isEmpty() ? Optional.empty() : Optional.of(failure);
  }

  /** Ends the run: running requests have their time to end. Returns at once. */
  public void stop() {
    events.add(
        () -> {
          if (phase == Phase.WHOLE) {
            enter(Phase.CLOSING_GATEWAYS);
            living().stream().filter(slot -> slot.plan.hasGateway()).forEach(Slot::terminate);
          } else if (phase == Phase.GATHERING) {
            stopAll();
          }
        });
  }

  private boolean isOver() {
    return phase == Phase.STOPPING && living().isEmpty();
  }

  private boolean isStopping() {
    return phase == Phase.CLOSING_GATEWAYS || phase == Phase.STOPPING;
  }

  private void enter(Phase next) {
    phase = next;
    phaseEnd = nanoTime.getAsLong() + policy.stopLimit.toNanos();
  }

  private void stopAll() {
    enter(Phase.STOPPING);
    living().forEach(Slot::terminate);
  }

  private void fail(String sentence) {
    if (failure.isEmpty()) {
      failure = sentence;
    }
    if (phase != Phase.STOPPING) {
      stopAll();
    }
  }

  private List<Slot> living() {
    return slots.stream().filter(slot -> slot.process != null).toList();
  }

  /** Where a node that starts can join. One that waits to get in itself may never. */
  private List<String> doors() {
    return living().stream()
        .filter(Slot::isIn)
        .flatMap(slot -> slot.told.stream())
        .map(NodeLine.Node::artery)
        .toList();
  }

  private void startWhatIsDue() {
    long starting = living().stream().filter(slot -> slot.told.isEmpty()).count();
    for (Slot slot : slots) {
      if (isStopping()) {
        return;
      }
      if (!slot.isDue()) {
        continue;
      }
      List<String> doors = doors();
      if (doors.isEmpty() && !living().isEmpty()) {
        // One of those begins the rack. A second one that begins would begin another.
        return;
      }
      if (starting >= policy.startsAtOnce) {
        return;
      }
      slot.start(doors);
      starting++;
    }
  }

  /** Whether clients may wait for who joins now. A rack that is begun anew may have none. */
  private boolean isServing() {
    return phase == Phase.WHOLE && living().stream().anyMatch(slot -> slot.ready);
  }

  private void gather() {
    int seen = living().stream().mapToInt(slot -> slot.rackTrays).max().orElse(0);
    Duration since = Duration.ofNanos(nanoTime.getAsLong() - begun);
    boolean allListen = slots.stream().allMatch(slot -> slot.told.isPresent());
    boolean allIn = slots.stream().allMatch(Slot::isIn);
    boolean allServe = slots.stream().allMatch(slot -> slot.ready || !slot.plan.hasGateway());
    if (allListen) {
      slots.forEach(Slot::join);
    }
    if (allListen && allIn && allServe && seen >= trays) {
      phase = Phase.WHOLE;
      report.whole(model, gateways(), since);
    } else {
      report.gathering(Math.min(seen, trays), trays, since);
    }
  }

  private List<URI> gateways() {
    return slots.stream().flatMap(slot -> slot.told.flatMap(NodeLine.Node::http).stream()).toList();
  }

  private void endWhatIsLate() {
    if (phase == Phase.CLOSING_GATEWAYS) {
      if (policy.ownsRack()
          && living().stream().allMatch(slot -> slot.closed || !slot.plan.hasGateway())) {
        enter(Phase.STOPPING);
        living().forEach(slot -> slot.process.kill());
        return;
      }
      boolean closed = living().stream().noneMatch(slot -> slot.plan.hasGateway());
      if (closed || phaseEnd - nanoTime.getAsLong() <= 0) {
        living().stream().filter(slot -> slot.plan.hasGateway()).forEach(Slot::killLate);
        stopAll();
      }
    } else if (phase == Phase.STOPPING && phaseEnd - nanoTime.getAsLong() <= 0) {
      living().forEach(Slot::killLate);
    }
  }

  /** A node that the rack should have, and its process, if there is one. */
  private final class Slot implements NodeProcess.Listener {
    private final RestartDelay delay = new RestartDelay();
    private NodePlan plan;
    private NodeProcess process;
    private Optional<NodeLine.Node> told = Optional.empty();
    private int rackTrays;
    private boolean ready;
    private boolean closed;
    private boolean killed;
    private boolean begins;

    /** Whether it waits to be told to join. */
    private boolean waits;

    /** When it is to be started; empty where it is not. */
    private OptionalLong startAt = OptionalLong.of(begun);

    private long startedAt;

    Slot(NodePlan plan) {
      this.plan = plan;
    }

    boolean isDue() {
      return process == null
          && startAt.isPresent()
          && startAt.getAsLong() - nanoTime.getAsLong() <= 0;
    }

    /** Whether its process is part of the rack, as far as it has told, or is to begin it. */
    boolean isIn() {
      return begins || rackTrays > 0;
    }

    void start(List<String> doors) {
      rackTrays = 0;
      ready = false;
      closed = false;
      killed = false;
      begins = doors.isEmpty();
      waits = !begins;
      startedAt = nanoTime.getAsLong();
      try {
        process = starter.start(plan, doors, this);
      } catch (IOException e) {
        died("could not be started: " + e.getMessage());
      }
    }

    /** Lets it join, if it has not been told to. */
    void join() {
      if (waits) {
        waits = false;
        try {
          process.send(isServing() ? NodeProcess.JOIN_RUNNING : NodeProcess.JOIN);
        } catch (IOException e) {
          // Its end is told of by whoever waits for that.
          report.note("%s cannot be told to join: %s".formatted(plan, e.getMessage()));
        }
      }
    }

    void terminate() {
      process.terminate();
    }

    void killLate() {
      kill("did not stop in time");
    }

    void kill(String why) {
      if (!killed) {
        killed = true;
        report.note("%s (pid %d) %s and is killed".formatted(plan, process.pid(), why));
        process.kill();
      }
    }

    @Override
    public void told(NodeProcess from, NodeLine line) {
      events.add(
          () -> {
            if (from != process) {
              return;
            }
            switch (line) {
              case NodeLine.Node node -> listens(node);
              case NodeLine.Rack rack -> {
                boolean isBack = phase == Phase.WHOLE && rackTrays == 0 && rack.trays() > 0;
                rackTrays = rack.trays();
                if (isBack) {
                  report.note("%s (pid %d) is in the rack again".formatted(plan, process.pid()));
                }
              }
              case NodeLine.Ready serves -> {
                ready = true;
                model = serves.model();
              }
              case NodeLine.Closed _ -> closed = true;
              // Faults are the business of whoever sent them.
              case NodeLine.Fault _, NodeLine.WarmUp _ -> {}
              case NodeLine.Unknown(String text) -> report.complained(plan, text);
            }
          });
    }

    private void listens(NodeLine.Node node) {
      told = Optional.of(node);
      // Clients find it again after a restart.
      node.http()
          .map(URI::getPort)
          .filter(port -> port > 0 && plan.hasGateway())
          .ifPresent(port -> plan = plan.atPort(port));
      report.nodeIsIn(node);
      if (phase == Phase.WHOLE) {
        join();
      }
    }

    @Override
    public void complained(NodeProcess from, String line) {
      report.complained(plan, line);
    }

    @Override
    public void ended(NodeProcess from, int exitCode) {
      events.add(
          () -> {
            String lastError =
                KILLED.contains(exitCode) ? "" : from.lastError().replaceFirst("^rack72: ", "");
            process = null;
            told = Optional.empty();
            if (!isStopping()) {
              died(
                  "(pid %d) ended with exit code %d%s"
                      .formatted(
                          from.pid(), exitCode, lastError.isEmpty() ? "" : ": " + lastError));
              endThoseWhoComeToNobody();
            }
          });
    }

    /** Where all that were in the rack have ended, those who were to join it would wait in vain. */
    private void endThoseWhoComeToNobody() {
      if (phase == Phase.WHOLE && living().stream().noneMatch(Slot::isIn)) {
        living().forEach(slot -> slot.kill("has nobody left to join"));
      }
    }

    private void died(String how) {
      String sentence = plan + " " + how;
      if (phase == Phase.GATHERING) {
        fail(sentence);
      } else if (policy.restart) {
        Duration wait = delay.after(Duration.ofNanos(nanoTime.getAsLong() - startedAt));
        startAt = OptionalLong.of(nanoTime.getAsLong() + wait.toNanos());
        report.note("%s; it is started again in %d s".formatted(sentence, wait.toSeconds()));
      } else if (living().stream().noneMatch(slot -> slot.plan.hasGateway())) {
        fail(sentence + ", and no gateway is left");
      } else {
        startAt = OptionalLong.empty();
        report.note(sentence + "; the others go on without it");
      }
    }
  }
}
