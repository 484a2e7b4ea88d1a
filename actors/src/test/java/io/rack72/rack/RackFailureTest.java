package io.rack72.rack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.ConfigFactory;
import io.rack72.checkpoint.ModelConfig;
import io.rack72.clock.WallClock;
import io.rack72.gpu.GpuParts;
import io.rack72.gpu.SequenceEvent;
import io.rack72.gpu.SequenceRequest;
import io.rack72.hardware.GpuId;
import io.rack72.kv.KvCache;
import io.rack72.kv.KvLayout;
import io.rack72.model.Device;
import io.rack72.model.ForwardStep;
import io.rack72.model.StepBatch;
import io.rack72.placement.ExpertPlacement;
import io.rack72.routing.RouterActor;
import io.rack72.sampling.Sampler;
import io.rack72.sampling.SamplingParams;
import io.rack72.schedule.Scheduler;
import io.rack72.schedule.SequenceId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.Test;

/** A GPU that fails takes the rack with it, and says so to everyone. */
class RackFailureTest {
  /** A device that breaks on its first step. */
  private static final class BrokenDevice implements Device {
    @Override
    public ForwardStep begin(StepBatch batch) {
      throw new IllegalStateException("this device is broken, for a test");
    }

    @Override
    public ExpertOutputs experts(
        int layer, float[] hidden, int[] rows, int[] experts, long nowNanos) {
      throw new IllegalStateException("this device is broken, for a test");
    }
  }

  @Test
  void requestsEndAndHealthSaysWhichGpuFailed() {
    RackSettings settings = RackHarness.settings(72, 72, 128);
    ModelConfig config = ModelConfig.read(RackHarness.golden("tiny").resolve("config.json"));
    KvLayout layout = new KvLayout(config, 16);
    ActorTestKit kit =
        ActorTestKit.create(
            ConfigFactory.parseResources("pekko.conf").withFallback(ConfigFactory.load()));
    try (WallClock clock = new WallClock()) {
      RackStatus about = new RackStatus("test", "tiny", "none", 72, 72, 1, List.of());
      ActorRef<RackActor.Command> rack =
          kit.spawn(
              RackActor.create(settings, about, clock, id -> parts(id, settings, config, layout)));
      TestProbe<ActorRef<RouterActor.Command>> routers = kit.createTestProbe();
      rack.tell(new RackActor.FindRouter(routers.getRef()));
      ActorRef<RouterActor.Command> router = routers.receiveMessage(Duration.ofSeconds(30));

      TestProbe<SequenceEvent> owner = kit.createTestProbe();
      SequenceId id = new SequenceId("doomed", 0);
      router.tell(
          new RouterActor.Submit(
              new SequenceRequest(id, 1, new int[] {1}, new int[0], SamplingParams.greedy(4)),
              owner.getRef()));
      assertEquals(
          new SequenceEvent.Placed(id, 1, new GpuId(0)),
          owner.receiveMessage(Duration.ofSeconds(30)));
      SequenceEvent.Ended ended =
          owner.expectMessageClass(SequenceEvent.Ended.class, Duration.ofSeconds(30));
      assertEquals(SequenceEvent.Cause.FAILED, ended.cause());
      assertTrue(ended.detail().contains("gpu-0 has failed"), ended.detail());

      TestProbe<Optional<String>> health = kit.createTestProbe();
      rack.tell(new RackActor.Health(health.getRef()));
      String illness = health.receiveMessage(Duration.ofSeconds(30)).orElseThrow();
      assertTrue(illness.contains("gpu-0"), illness);
    } finally {
      kit.shutdownTestKit();
    }
  }

  private static GpuParts parts(
      GpuId id, RackSettings settings, ModelConfig config, KvLayout layout) {
    KvCache kv = new KvCache(layout, 64, 64);
    return new GpuParts(
        id,
        settings.profile().trayOf(id),
        config,
        new ExpertPlacement(1, 72, 72, config.layers(), config.experts()),
        new BrokenDevice(),
        kv,
        Optional.of(new Scheduler(settings.scheduler().withContextLimit(512), kv)),
        new Sampler(),
        0,
        0,
        1);
  }
}
