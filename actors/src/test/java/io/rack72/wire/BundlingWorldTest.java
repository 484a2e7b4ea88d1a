package io.rack72.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.clock.ManualClock;
import io.rack72.fabric.Bundle;
import io.rack72.fabric.Carry;
import io.rack72.fabric.Frame;
import io.rack72.fabric.Link;
import io.rack72.fabric.PortActor;
import io.rack72.fabric.PortCredit;
import io.rack72.fabric.PortState;
import io.rack72.hardware.GpuId;
import io.rack72.hardware.GpuProfile;
import io.rack72.schedule.Urgency;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.SplittableRandom;
import org.apache.pekko.actor.testkit.typed.javadsl.BehaviorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.junit.jupiter.api.Test;

/**
 * Ports and bundling of three JVMs at work on steps that ask each other for experts, with windows
 * so small that most frames wait: however late everything is, no step waits for ever.
 */
class BundlingWorldTest {
  private static final int JVMS = 3;
  private static final int PORTS_OF_EACH = 2;
  private static final int PORTS = JVMS * PORTS_OF_EACH;
  private static final int LAYERS = 3;
  private static final int STEPS = 6;
  private static final int WORLDS = 60;
  private static final int LARGEST_FRAME = 300;
  private static final GpuProfile GPU = new GpuProfile(1, 1_000_000_000L, 100);

  @Test
  void noStepEverWaitsForCreditsOrAnswersThatAreKeptBack() {
    int given = 0;
    for (long seed = 0; seed < WORLDS; seed++) {
      boolean roomy = seed % 4 == 0;
      World world = new World(seed, roomy ? 1 << 20 : 2 * LARGEST_FRAME);
      world.run();
      given += world.givenUp;
      assertTrue(
          !roomy || world.bundles < 0.8 * world.bundledFrames,
          world.bundles + " bundles of " + world.bundledFrames + " frames bundle nothing");
    }
    assertTrue(given > WORLDS, "no step was begun anew");
  }

  private static final class World {
    private final SplittableRandom random;
    private final ManualClock clock = new ManualClock();
    private final List<Gpu> gpus = new ArrayList<>();
    // By the sending JVM and the other.
    private final Bundling[][] bundlings = new Bundling[JVMS][JVMS];
    private final List<Queue<Runnable>> queues = new ArrayList<>();
    private final List<Runnable> collectors = new ArrayList<>();
    private final Map<Integer, Queue<Runnable>> bundleQueues = new HashMap<>();
    private int bundles;
    private int bundledFrames;
    private int givenUp;

    World(long seed, int largestWindow) {
      random = new SplittableRandom(seed);
      long window = random.nextInt(largestWindow / 600 + 1, largestWindow);
      for (int i = 0; i < PORTS; i++) {
        gpus.add(new Gpu(i, window));
      }
      for (int here = 0; here < JVMS; here++) {
        Map<GpuId, Link> links = new HashMap<>();
        for (Gpu gpu : gpus) {
          if (gpu.jvm() == here) {
            links.put(gpu.id, new Link.Near(gpu.wire.getRef()));
          }
        }
        for (int there = 0; there < JVMS; there++) {
          if (there != here) {
            TestInbox<Carry> trunk = TestInbox.create();
            for (Gpu gpu : gpus) {
              if (gpu.jvm() == there) {
                links.put(gpu.id, new Link.Far(trunk.getRef()));
              }
            }
            connect(here, there, trunk);
          }
        }
        for (Gpu gpu : gpus) {
          if (gpu.jvm() == here) {
            gpu.port.run(new PortActor.Connect(links));
            gpu.port.run(new PortActor.Attach(gpu.arrived.getRef()));
          }
        }
      }
    }

    private void connect(int here, int there, TestInbox<Carry> trunk) {
      Bundling bundling = new Bundling();
      bundlings[here][there] = bundling;
      bundleQueues.put(here * JVMS + there, queue());
      Queue<Runnable> carries = queue();
      collectors.add(
          () ->
              trunk
                  .getAllReceived()
                  .forEach(carry -> carries.add(() -> send(here, there, bundling.carry(carry)))));
    }

    private Queue<Runnable> queue() {
      Queue<Runnable> queue = new ArrayDeque<>();
      queues.add(queue);
      return queue;
    }

    private void send(int here, int there, Optional<Bundle> due) {
      due.ifPresent(
          bundle -> {
            bundles++;
            bundledFrames += bundle.frames().size();
            bundleQueues.get(here * JVMS + there).add(() -> arrive(here, there, bundle));
          });
    }

    private void arrive(int from, int at, Bundle bundle) {
      for (PortCredit credit : bundle.credits()) {
        gpu(credit.port()).wire.getRef().tell(new PortActor.Credit(credit.by(), credit.bytes()));
      }
      bundle
          .frames()
          .forEach(
              departure ->
                  gpu(departure.frame().to())
                      .wire
                      .getRef()
                      .tell(new PortActor.Incoming(List.of(departure))));
      send(at, from, bundlings[at][from].arrived(bundle));
    }

    private Gpu gpu(GpuId id) {
      return gpus.get(id.index());
    }

    void run() {
      gpus.forEach(Gpu::beginStep);
      while (true) {
        collectors.forEach(Runnable::run);
        List<Queue<Runnable>> due = queues.stream().filter(queue -> !queue.isEmpty()).toList();
        if (!due.isEmpty() && random.nextInt(10) > 0) {
          due.get(random.nextInt(due.size())).remove().run();
        } else if (clock.nextWakeNanos() != Long.MAX_VALUE) {
          clock.advanceTo(clock.nextWakeNanos());
        } else if (due.isEmpty()) {
          break;
        }
      }
      for (Gpu gpu : gpus) {
        assertEquals(STEPS, gpu.steps, gpu.id + " waits for " + gpu.awaited);
      }
    }

    /** A GPU that asks and answers, and its port. */
    private final class Gpu {
      private final GpuId id;
      private final BehaviorTestKit<PortActor.Command> port;
      private final TestInbox<PortActor.Command> wire = TestInbox.create();
      private final TestInbox<Frame> arrived = TestInbox.create();
      private final Set<GpuId> awaited = new HashSet<>();
      private int steps;
      private long run;
      private int layer;

      Gpu(int index, long window) {
        id = new GpuId(index);
        port =
            BehaviorTestKit.create(
                PortActor.create(
                    id, GPU, window, PORTS - 1, 0, TestInbox.<PortState>create().getRef(), clock));
        Queue<Runnable> messages = queue();
        Queue<Runnable> frames = queue();
        collectors.add(
            () -> {
              port.selfInbox().getAllReceived().forEach(m -> messages.add(() -> port.run(m)));
              wire.getAllReceived().forEach(m -> messages.add(() -> port.run(m)));
              arrived.getAllReceived().forEach(frame -> frames.add(() -> on(frame)));
            });
      }

      int jvm() {
        return id.index() / PORTS_OF_EACH;
      }

      void beginStep() {
        run++;
        layer = 0;
        dispatch();
      }

      private void dispatch() {
        List<Frame> dispatches = new ArrayList<>();
        awaited.clear();
        for (Gpu other : gpus) {
          if (other != this && random.nextInt(3) > 0) {
            awaited.add(other.id);
            dispatches.add(
                new Frame.Dispatch(
                    id,
                    other.id,
                    1,
                    run,
                    layer,
                    null,
                    new int[1],
                    new int[1],
                    Urgency.DECODES,
                    random.nextInt(1, LARGEST_FRAME)));
          }
        }
        if (dispatches.isEmpty()) {
          advance();
        } else {
          wire.getRef().tell(new PortActor.Send(dispatches));
        }
      }

      private void on(Frame frame) {
        switch (frame) {
          case Frame.Dispatch asked ->
              wire.getRef()
                  .tell(
                      new PortActor.Send(
                          List.of(
                              new Frame.Combine(
                                  id,
                                  asked.from(),
                                  1,
                                  asked.step(),
                                  asked.layer(),
                                  null,
                                  random.nextInt(1, LARGEST_FRAME)))));
          case Frame.Combine answer -> {
            if (answer.step() == run) {
              assertEquals(layer, answer.layer());
              assertTrue(awaited.remove(answer.from()), "an answer came twice");
              if (awaited.isEmpty()) {
                advance();
              } else if (random.nextInt(40) == 0) {
                // As when a GPU that it waits for is lost.
                givenUp++;
                beginStep();
              }
            }
          }
          case Frame.Refuse refusal -> throw new AssertionError(refusal + " of nobody");
        }
      }

      private void advance() {
        layer++;
        if (layer < LAYERS) {
          dispatch();
        } else {
          steps++;
          if (steps < STEPS) {
            beginStep();
          }
        }
      }
    }
  }
}
