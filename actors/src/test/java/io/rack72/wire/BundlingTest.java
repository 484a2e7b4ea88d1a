package io.rack72.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.fabric.Bundle;
import io.rack72.fabric.Carry;
import io.rack72.fabric.Departure;
import io.rack72.fabric.Frame;
import io.rack72.fabric.PortCredit;
import io.rack72.hardware.GpuId;
import io.rack72.link.Lane;
import io.rack72.schedule.Urgency;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What goes to another JVM together. This JVM has GPUs 0 to 3, the other has 4 to 7. */
class BundlingTest {
  private static final List<PortCredit> NO_CREDITS = List.of();
  private static final List<Departure> NO_FRAMES = List.of();

  private final Bundling bundling = new Bundling();

  private static Departure departs(Frame frame) {
    return new Departure(frame, new Lane.Passage(0, 0));
  }

  private static Departure dispatch(int from, int to, long step, int layer) {
    return departs(
        new Frame.Dispatch(
            new GpuId(from),
            new GpuId(to),
            1,
            step,
            layer,
            null,
            new int[1],
            new int[1],
            Urgency.DECODES,
            100));
  }

  private static Departure answer(int from, int to, long step, int layer) {
    return departs(new Frame.Combine(new GpuId(from), new GpuId(to), 1, step, layer, null, 100));
  }

  private static PortCredit credit(int port, int by) {
    return new PortCredit(new GpuId(port), new GpuId(by), 100);
  }

  private static Carry frames(int port, Departure... frames) {
    return new Carry(new GpuId(port), false, NO_CREDITS, Arrays.asList(frames));
  }

  private static Bundle came(Departure... frames) {
    return new Bundle(false, NO_CREDITS, Arrays.asList(frames));
  }

  private static Bundle only(Departure... frames) {
    return new Bundle(false, NO_CREDITS, Arrays.asList(frames));
  }

  private void assertKept(Optional<Bundle> due) {
    assertEquals(Optional.empty(), due);
  }

  @Test
  void dispatchesOfALayerGoAtOnceAndTogether() {
    Departure[] layer = {dispatch(0, 4, 1, 0), dispatch(0, 5, 1, 0), dispatch(0, 7, 1, 0)};
    assertEquals(Optional.of(only(layer)), bundling.carry(frames(0, layer)));
  }

  @Test
  void answersGoTogetherWhenAllAreThere() {
    assertKept(
        bundling.arrived(came(dispatch(4, 0, 1, 0), dispatch(4, 1, 1, 0), dispatch(4, 2, 1, 0))));
    assertKept(bundling.carry(frames(1, answer(1, 4, 1, 0))));
    assertKept(bundling.carry(frames(0, answer(0, 4, 1, 0))));
    Departure last = answer(2, 4, 1, 0);
    Bundle due = bundling.carry(frames(2, last)).orElseThrow();
    assertEquals(
        List.of(new GpuId(1), new GpuId(0), new GpuId(2)),
        due.frames().stream().map(departure -> departure.frame().from()).toList());
  }

  @Test
  void refusalCountsAsAnAnswer() {
    bundling.arrived(came(dispatch(4, 0, 1, 0), dispatch(4, 1, 1, 0)));
    assertKept(bundling.carry(frames(1, answer(1, 4, 1, 0))));
    Departure refusal =
        departs(new Frame.Refuse(new GpuId(0), new GpuId(4), 1, 1, 0, Frame.Refuse.BYTES));
    assertEquals(2, bundling.carry(frames(0, refusal)).orElseThrow().frames().size());
  }

  @Test
  void eachAskersAnswersAreCountedByThemselves() {
    bundling.arrived(came(dispatch(4, 0, 1, 0), dispatch(4, 1, 1, 0), dispatch(5, 0, 9, 2)));
    assertKept(bundling.carry(frames(0, answer(0, 4, 1, 0))));
    assertEquals(2, bundling.carry(frames(0, answer(0, 5, 9, 2))).orElseThrow().frames().size());
    assertTrue(bundling.carry(frames(1, answer(1, 4, 1, 0))).isPresent());
  }

  @Test
  void answersToALayerThatCameInTwoPartsAreCountedTogether() {
    bundling.arrived(came(dispatch(4, 0, 1, 0), dispatch(4, 1, 1, 0)));
    assertKept(bundling.carry(frames(0, answer(0, 4, 1, 0))));
    assertKept(bundling.arrived(came(dispatch(4, 2, 1, 0))));
    assertKept(bundling.carry(frames(1, answer(1, 4, 1, 0))));
    assertEquals(3, bundling.carry(frames(2, answer(2, 4, 1, 0))).orElseThrow().frames().size());
  }

  @Test
  void secondPartThatComesAfterTheFirstWasAnsweredIsAnsweredByItself() {
    bundling.arrived(came(dispatch(4, 0, 1, 0)));
    assertTrue(bundling.carry(frames(0, answer(0, 4, 1, 0))).isPresent());
    bundling.arrived(came(dispatch(4, 1, 1, 0), dispatch(4, 2, 1, 0)));
    assertKept(bundling.carry(frames(1, answer(1, 4, 1, 0))));
    assertTrue(bundling.carry(frames(2, answer(2, 4, 1, 0))).isPresent());
  }

  @Test
  void answersThatWaitForOneThatDoesNotComeCanBeSentWithoutIt() {
    bundling.arrived(came(dispatch(4, 0, 1, 0), dispatch(4, 1, 1, 0)));
    Departure first = answer(0, 4, 1, 0);
    assertKept(bundling.carry(frames(0, first)));
    assertTrue(bundling.keepsFrames());
    assertEquals(Optional.of(only(first)), bundling.flushed());
    assertFalse(bundling.keepsFrames());
    assertEquals(Optional.empty(), bundling.flushed());
    assertTrue(bundling.carry(frames(1, answer(1, 4, 1, 0))).isPresent(), "it comes after all");
  }

  @Test
  void nextLayerIsCountedAnew() {
    bundling.arrived(came(dispatch(4, 0, 1, 0), dispatch(4, 1, 1, 0)));
    bundling.carry(frames(0, answer(0, 4, 1, 0)));
    bundling.carry(frames(1, answer(1, 4, 1, 0)));
    bundling.arrived(came(dispatch(4, 0, 1, 1), dispatch(4, 1, 1, 1)));
    assertKept(bundling.carry(frames(0, answer(0, 4, 1, 1))));
    assertTrue(bundling.carry(frames(1, answer(1, 4, 1, 1))).isPresent());
  }

  @Test
  void answersThatWereKeptForAGivenUpStepGoWhenItsGpuAsksAnew() {
    bundling.arrived(came(dispatch(4, 0, 1, 0), dispatch(4, 1, 1, 0)));
    assertKept(bundling.carry(frames(0, answer(0, 4, 1, 0))));
    assertEquals(1, bundling.arrived(came(dispatch(4, 0, 2, 0))).orElseThrow().frames().size());
    assertTrue(bundling.carry(frames(1, answer(1, 4, 1, 0))).isPresent(), "nobody counts it");
    assertTrue(bundling.carry(frames(0, answer(0, 4, 2, 0))).isPresent());
  }

  @Test
  void creditsRideAlong() {
    PortCredit credit = credit(4, 0);
    assertKept(bundling.carry(new Carry(new GpuId(0), false, List.of(credit), NO_FRAMES)));
    Bundle due = bundling.carry(frames(1, dispatch(1, 4, 1, 0))).orElseThrow();
    assertEquals(List.of(credit), due.credits());
    assertFalse(due.pressed());
    assertEquals(
        NO_CREDITS, bundling.carry(frames(1, dispatch(1, 4, 1, 1))).orElseThrow().credits());
  }

  @Test
  void portThatWaitsReleasesAllAndPressesTheOtherSide() {
    bundling.arrived(came(dispatch(4, 0, 1, 0), dispatch(4, 1, 1, 0)));
    bundling.carry(new Carry(new GpuId(0), false, List.of(credit(4, 0)), NO_FRAMES));
    assertKept(bundling.carry(frames(0, answer(0, 4, 1, 0))));
    Bundle due = bundling.carry(new Carry(new GpuId(2), true, NO_CREDITS, NO_FRAMES)).orElseThrow();
    assertTrue(due.pressed());
    assertEquals(1, due.frames().size());
    assertEquals(1, due.credits().size());
    // And nothing that comes while it waits is kept.
    assertTrue(bundling.carry(frames(1, answer(1, 4, 1, 0))).isPresent());
  }

  @Test
  void pressIsOverWhenNoPortWaits() {
    assertTrue(bundling.carry(new Carry(new GpuId(2), true, NO_CREDITS, NO_FRAMES)).isPresent());
    assertKept(bundling.carry(new Carry(new GpuId(2), false, NO_CREDITS, NO_FRAMES)));
    assertFalse(bundling.carry(frames(1, dispatch(1, 4, 1, 0))).orElseThrow().pressed());
  }

  @Test
  void whoIsPressedKeepsNoCredits() {
    assertKept(bundling.carry(new Carry(new GpuId(0), false, List.of(credit(4, 0)), NO_FRAMES)));
    Bundle press = new Bundle(true, NO_CREDITS, NO_FRAMES);
    assertEquals(List.of(credit(4, 0)), bundling.arrived(press).orElseThrow().credits());
    assertTrue(
        bundling
            .carry(new Carry(new GpuId(1), false, List.of(credit(5, 1)), NO_FRAMES))
            .isPresent());
    assertKept(bundling.arrived(came()));
    assertKept(bundling.carry(new Carry(new GpuId(1), false, List.of(credit(5, 1)), NO_FRAMES)));
  }
}
