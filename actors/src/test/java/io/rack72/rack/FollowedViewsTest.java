package io.rack72.rack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.hardware.GpuId;
import io.rack72.hardware.RackProfile;
import io.rack72.hardware.TrayId;
import io.rack72.placement.ExpertPlacement;
import io.rack72.placement.Placement;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FollowedViewsTest {
  // One GPU in each tray, so that tray and GPU have the same index.
  private static final RackProfile RACK = new RackProfile("test", 4, 1, RackHarness.FAST_GPU);
  private static final NodeId A = new NodeId("a", 1);
  private static final NodeId B = new NodeId("b", 2);
  private static final NodeId C = new NodeId("c", 3);
  private static final GpuId GPU_0 = new GpuId(0);
  private static final GpuId GPU_1 = new GpuId(1);
  private static final GpuId GPU_2 = new GpuId(2);

  private final FollowedViews views = new FollowedViews(A, RACK);

  private static RackView view(long epoch, Member... members) {
    return new RackView(
        Placement.first(new ExpertPlacement(epoch, 4, 4, 2, 4), 4), List.of(members));
  }

  private static Member member(NodeId id, int... trays) {
    return new Member(
        id, IntStream.of(trays).mapToObj(tray -> new TrayClaim(new TrayId(tray), 1)).toList(), "");
  }

  @Test
  void nothingIsFollowedBeforeTheFirstView() {
    assertTrue(views.isEmpty());
    assertEquals(0, views.lastEpoch());
    assertFalse(views.isLast(0));
    assertFalse(views.lastIsCommitted());
    assertEquals(Optional.empty(), views.committed());
    assertEquals(Map.of(), views.placed());
    assertEquals(Set.of(), views.others());
  }

  @Test
  void onlyLaterViewsAreFollowed() {
    RackView second = view(2, member(A, 0), member(B, 1));
    assertTrue(views.prepare(second));
    assertFalse(views.prepare(view(2, member(A, 0), member(C, 1))));
    assertFalse(views.prepare(view(1, member(A, 0), member(C, 1))));
    assertEquals(2, views.lastEpoch());
    assertEquals(Set.of(B), views.others());
    assertEquals(second, views.commit(2, Set.of()));
    assertFalse(views.prepare(second), "nor one that is committed");
  }

  @Test
  void viewIsTheOneToComputeByFromItsCommitUntilTheNext() {
    RackView first = view(1, member(A, 0));
    RackView second = view(2, member(A, 0), member(B, 1));
    views.prepare(first);
    assertFalse(views.lastIsCommitted());
    views.commit(1, Set.of());
    assertTrue(views.lastIsCommitted());
    views.prepare(second);
    assertFalse(views.lastIsCommitted());
    assertTrue(views.isLast(2));
    assertFalse(views.isLast(1));
    assertEquals(Optional.of(first), views.committed());
    views.commit(2, Set.of());
    assertTrue(views.lastIsCommitted());
    assertEquals(Optional.of(second), views.committed());
  }

  @Test
  void viewThatWasNotPreparedIsNotCommitted() {
    views.prepare(view(1, member(A, 0)));
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> views.commit(2, Set.of(GPU_1)));
    assertEquals("a view that is committed is one of [1], not 2", e.getMessage());
    assertEquals(Optional.empty(), views.committed());
    assertEquals(Set.of(), views.lost());
  }

  @Test
  void gpusAndNodesOfOldAndNewViewAreThereUntilTheOldIsReleased() {
    views.prepare(view(1, member(A, 0), member(B, 1, 2)));
    views.commit(1, Set.of());
    // GPU 2 is given to another node, and node B has gone.
    views.prepare(view(2, member(A, 0), member(C, 2)));
    assertEquals(Map.of(GPU_0, A, GPU_1, B, GPU_2, C), views.placed());
    assertEquals(Set.of(B, C), views.others());
    views.commit(2, Set.of());
    assertEquals(Map.of(GPU_0, A, GPU_1, B, GPU_2, C), views.placed());
    views.releaseBefore(2);
    assertEquals(Map.of(GPU_0, A, GPU_2, C), views.placed());
    assertEquals(Set.of(C), views.others());
    assertEquals(2, views.lastEpoch());
  }

  @Test
  void lostGpusArePlacedButNotReachableUntilTheReleaseUnlessTheyAreBack() {
    views.prepare(view(1, member(A, 0), member(B, 1, 2)));
    views.commit(1, Set.of());
    views.prepare(view(2, member(A, 0), member(C, 2)));
    assertEquals(Map.of(GPU_0, A, GPU_1, B, GPU_2, C), views.reachable(), "not committed yet");
    views.commit(2, Set.of(GPU_1, GPU_2));
    assertEquals(Set.of(GPU_1), views.lost(), "GPU 2 is back in another JVM");
    assertEquals(Map.of(GPU_0, A, GPU_1, B, GPU_2, C), views.placed());
    assertEquals(Map.of(GPU_0, A, GPU_2, C), views.reachable());
    views.releaseBefore(2);
    assertEquals(Set.of(), views.lost());
  }

  @Test
  void whatWasLostStaysLostUntilItIsReleasedOrBack() {
    views.prepare(view(1, member(A, 0), member(B, 1), member(C, 2)));
    views.commit(1, Set.of());
    views.prepare(view(2, member(A, 0), member(C, 2)));
    views.commit(2, Set.of(GPU_1));
    views.prepare(view(3, member(A, 0)));
    views.commit(3, Set.of(GPU_2));
    assertEquals(Set.of(GPU_1, GPU_2), views.lost());
    views.prepare(view(4, member(A, 0), member(B, 1)));
    assertEquals(Set.of(GPU_1, GPU_2), views.lost(), "GPU 1 is back with the commit");
    views.commit(4, Set.of());
    assertEquals(Set.of(GPU_2), views.lost());
  }
}
