package io.rack72.gpu;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.checkpoint.Checkpoint;
import io.rack72.hardware.GpuId;
import io.rack72.kv.KvCache;
import io.rack72.kv.KvLayout;
import io.rack72.placement.ExpertPlacement;
import io.rack72.placement.Placement;
import io.rack72.schedule.Scheduler;
import io.rack72.schedule.SchedulerLimits;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FollowedPlacementTest {
  private static final GpuId GPU = new GpuId(1);
  private static final OptionalLong NO_STEP = OptionalLong.empty();

  private final Checkpoint checkpoint =
      Checkpoint.open(Path.of("../runtime/src/test/resources/golden/tiny"));
  private final TestInbox<PlacementStep> steps = TestInbox.create();
  // In the order in which they were made.
  private final List<Attendance> made = new ArrayList<>();
  private final FollowedPlacement followed = new FollowedPlacement(GPU, this::attendance);

  @AfterEach
  void close() {
    followed.free();
    checkpoint.close();
  }

  private Attendance attendance() {
    KvCache kv = new KvCache(new KvLayout(checkpoint.config(), 16), 16, 16);
    made.add(new Attendance(kv, new Scheduler(new SchedulerLimits(512, 128, 64, 256, 4096), kv)));
    return made.getLast();
  }

  private static Placement placement(long epoch, GpuId... attending) {
    return new Placement(new ExpertPlacement(epoch, 2, 2, 8, 2), List.of(attending));
  }

  private void commit(Placement placement) {
    followed.commit(placement, steps.getRef());
  }

  private void assertSettled(long epoch) {
    assertEquals(List.of(new PlacementStep.Settled(GPU, epoch)), steps.getAllReceived());
  }

  /** Memory is freed once only, so that a second time shows whether there was a first. */
  private static void assertFreed(Attendance attendance) {
    assertThrows(IllegalStateException.class, attendance::close);
  }

  @Test
  void nothingIsFollowedBeforeTheFirstPlacement() {
    assertEquals(0, followed.epoch());
    assertFalse(followed.attends());
    assertEquals(Optional.empty(), followed.attendance());
    assertThrows(NoSuchElementException.class, followed::experts);
    followed.settle(NO_STEP);
    assertFalse(steps.hasMessages());
    assertDoesNotThrow(followed::freeUnused);
  }

  @Test
  void memoryStaysThroughPlacementsThatLetTheGpuTakeSequences() {
    commit(placement(1, GPU));
    assertTrue(followed.attends());
    commit(placement(2, GPU));
    followed.freeUnused();
    assertEquals(2, followed.epoch());
    assertEquals(2, followed.experts().epoch());
    assertEquals(1, made.size());
    assertEquals(Optional.of(made.getFirst()), followed.attendance());
  }

  @Test
  void memoryIsFreedOnlyWhenAskedForAndMadeAnewForTheNextThatTakesSequences() {
    commit(placement(1, GPU));
    commit(placement(2, new GpuId(0)));
    assertFalse(followed.attends());
    assertEquals(
        Optional.of(made.getFirst()), followed.attendance(), "a step may still write to it");
    followed.freeUnused();
    assertFreed(made.getFirst());
    assertEquals(Optional.empty(), followed.attendance());
    commit(placement(3, GPU));
    assertEquals(2, made.size());
    assertEquals(Optional.of(made.getLast()), followed.attendance());
  }

  @Test
  void memoryThatWasNotFreedMeanwhileIsUsedAgain() {
    commit(placement(1, GPU));
    commit(placement(2, new GpuId(0)));
    commit(placement(3, GPU));
    assertEquals(1, made.size());
    followed.free();
    assertFreed(made.getFirst());
  }

  @Test
  void gpuThatNeverTakesSequencesHasNoMemoryForThem() {
    commit(placement(1, new GpuId(0)));
    assertEquals(List.of(), made);
    assertEquals(Optional.empty(), followed.attendance());
  }

  @Test
  void placementIsSettledOnceWhenNoStepFollowsAnother() {
    commit(placement(1, GPU));
    followed.settle(NO_STEP);
    assertSettled(1);
    commit(placement(2, GPU));
    followed.settle(OptionalLong.of(1));
    assertFalse(steps.hasMessages(), "a step still follows placement 1");
    followed.settle(OptionalLong.of(2));
    assertSettled(2);
    followed.settle(NO_STEP);
    assertFalse(steps.hasMessages());
  }

  @Test
  void placementThatIsReplacedBeforeItHasSettledIsNotToldOf() {
    commit(placement(1, GPU));
    commit(placement(2, GPU));
    followed.settle(OptionalLong.of(1));
    assertFalse(steps.hasMessages());
    followed.settle(NO_STEP);
    assertSettled(2);
  }
}
