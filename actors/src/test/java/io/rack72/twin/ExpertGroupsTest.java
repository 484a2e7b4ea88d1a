package io.rack72.twin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.checkpoint.ModelShape;
import io.rack72.device.GroupMember;
import io.rack72.device.LinkTraffic;
import io.rack72.device.RoutingModel;
import io.rack72.device.StepShape;
import io.rack72.hardware.GpuId;
import io.rack72.hardware.GpuProfile;
import io.rack72.hardware.RackProfile;
import io.rack72.kv.KvMemory;
import io.rack72.placement.ExpertPlacement;
import io.rack72.rack.RackSettings;
import io.rack72.schedule.SchedulerLimits;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Groups are those of the placement that is followed. */
class ExpertGroupsTest {
  private static final ModelConfig CONFIG = ModelShape.named("gpt-oss-120b").config();
  private static final StepShape DECODE = new StepShape(8, 8000, 1024, List.of(), 8);
  private static final ExpertPlacement FIRST =
      new ExpertPlacement(1, 8, 4, CONFIG.layers(), CONFIG.experts());

  private final ExpertGroups groups =
      new ExpertGroups(
          CONFIG,
          new RackSettings(
              new RackProfile(
                  "test", 8, 1, new GpuProfile(1L << 38, 900_000_000_000L, 1_000, 1, 1)),
              4,
              8,
              new KvMemory(16, 1 << 30),
              new SchedulerLimits(2048, 1024, 256, 1 << 20, 131_072),
              1L << 30,
              1),
          new RoutingModel(CONFIG, 0, 1),
          new RoundDurations(),
          2,
          _ -> Optional.empty(),
          new LinkTraffic(8, 1));

  private GroupMember of(int gpu) {
    return groups.of(new GpuId(gpu));
  }

  private static ExpertPlacement without(int lost) {
    List<GpuId> left =
        IntStream.range(0, 8).filter(gpu -> gpu != lost).mapToObj(GpuId::new).toList();
    return FIRST.moved(2, 4, left);
  }

  /** How long the exchange takes of a step that all GPUs of a group take, from an instant on. */
  private long exchangeNanos(long nowNanos, int... gpus) {
    long before = groups.terms().exchangeNanos();
    long begin = 0;
    for (int gpu : gpus) {
      GroupMember member = of(gpu);
      begin = member.group().join(member.number(), DECODE, nowNanos);
    }
    of(gpus[0]).group().endNanos(begin);
    return groups.terms().exchangeNanos() - before;
  }

  @Test
  void noGpuTakesAStepWithItsNewGroupBeforeThatOfTheFormerOneHasEnded() {
    GroupMember former = of(0);
    long begin = former.group().join(former.number(), DECODE, 0);
    long end = former.group().endNanos(begin);
    groups.follow(without(7), begin + 1);
    // One that had nothing to do in that step.
    GroupMember next = of(1);
    assertNotSame(former.group(), next.group());
    assertTrue(next.group().join(next.number(), DECODE, begin + 2) > end);
  }

  @Test
  void aViewWithTheSamePlacementChangesNothing() {
    GroupMember before = of(5);
    groups.follow(FIRST, 0);
    assertEquals(before, of(5));
    assertEquals(1, before.number());
    assertNotSame(of(3).group(), of(4).group());
  }

  @Test
  void whoIsLeftOverUsesTheLastGroupAndWhoIsGoneHasNoPlace() {
    groups.follow(without(1), 0);
    assertNull(of(1));
    assertEquals(7, groups.gpus());
    // 0, 2, 3 and 4 own the experts.
    for (int gpu : new int[] {2, 3, 4, 5, 6, 7}) {
      assertSame(of(0).group(), of(gpu).group());
      assertEquals(gpu - 1, of(gpu).number());
    }
  }

  @Test
  void anotherGroupWaitsForTheExpertsThatOnesOfBeforeWaitedFor() {
    of(6).group().awaitWeights(50_000_000);
    groups.follow(without(1), 0);
    assertEquals(50_000_000, of(0).group().join(0, DECODE, 1_000));
  }

  @Test
  void whatAGpuThatIsGoneHadBegunToPrepareIsNotComputed() {
    StepShape prompt = new StepShape(0, 0, 0, List.of(new StepShape.Chunk(0, 4000)), 1);
    long alone = exchangeNanos(0, 0, 2, 3);
    long now = 1_000_000_000;
    GroupMember lost = of(1);
    GroupMember stays = of(0);
    lost.group().join(lost.number(), prompt, now);
    long begin = 0;
    for (int gpu : new int[] {0, 2, 3}) {
      begin = of(gpu).group().join(of(gpu).number(), DECODE, now);
    }
    long before = groups.terms().exchangeNanos();
    groups.follow(without(1), now);
    stays.group().endNanos(begin);
    assertEquals(1, (double) (groups.terms().exchangeNanos() - before) / alone, 0.2);
  }

  @Test
  void aSlowPortStaysSlowInItsNextGroupUntilItIsNot() {
    long usual = exchangeNanos(0, 0, 1, 2, 3);
    groups.setPortFactor(new GpuId(2), 0.01);
    assertTrue(exchangeNanos(1_000_000_000, 0, 1, 2, 3) > 10 * usual);
    groups.follow(without(1), 2_000_000_000);
    assertTrue(exchangeNanos(2_000_000_000, 0, 2, 3, 4) > 10 * usual);
    groups.setPortFactor(new GpuId(2), 1);
    assertEquals(1, (double) exchangeNanos(3_000_000_000L, 0, 2, 3, 4) / usual, 0.2);
  }
}
