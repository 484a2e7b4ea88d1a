package io.rack72.wire;

import io.rack72.fabric.Bundle;
import io.rack72.fabric.Carry;
import io.rack72.fabric.Departure;
import io.rack72.fabric.Frame;
import io.rack72.fabric.PortCredit;
import io.rack72.hardware.GpuId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Decides what goes to another JVM together: one bundle for each layer's dispatches of a GPU, and
 * one for all answers of this JVM's GPUs to them. Credits ride along.
 *
 * <p>So answers and credits are kept back for a while, which must not make anybody wait for ever.
 * Answers are kept until as many are there as were asked for; where a GPU does not answer, which it
 * may have failed to, until they are {@link #flushed}. Where a port waits for credits, nothing that
 * comes from its JVM is kept back there, and its JVM's next bundle says that the other must not
 * keep credits either.
 *
 * <p>A pure class; not thread-safe.
 */
final class Bundling {
  /** One layer of a step, as a GPU of the other JVM has asked for it. */
  private record Asked(long epoch, long step, int layer, int answers) {}

  private final Map<GpuId, Asked> asked = new HashMap<>();
  private final Map<GpuId, Integer> answered = new HashMap<>();
  private final Set<GpuId> waitingPorts = new HashSet<>();
  private List<PortCredit> credits = new ArrayList<>();
  private List<Departure> frames = new ArrayList<>();
  // Whether the other JVM has a port that waits for credits.
  private boolean pressed;

  /** Takes what a port hands over; what is present then is to be sent at once. */
  Optional<Bundle> carry(Carry carry) {
    boolean pressNow = carry.waiting() && waitingPorts.isEmpty();
    if (carry.waiting()) {
      waitingPorts.add(carry.port());
    } else {
      waitingPorts.remove(carry.port());
    }
    credits.addAll(carry.credits());
    frames.addAll(carry.frames());
    boolean due = pressNow || (!waitingPorts.isEmpty() && !carry.frames().isEmpty());
    for (Departure departure : carry.frames()) {
      due |=
          switch (departure.frame()) {
            case Frame.Dispatch _ -> true;
            case Frame.Combine answer -> isLastAnswer(answer);
            case Frame.Refuse answer -> isLastAnswer(answer);
          };
    }
    due |= pressed && !credits.isEmpty();
    return due ? Optional.of(take()) : Optional.empty();
  }

  private boolean isLastAnswer(Frame answer) {
    Asked question = asked.get(answer.to());
    if (question == null
        || question.epoch() != answer.epoch()
        || question.step() != answer.step()
        || question.layer() != answer.layer()) {
      return true;
    }
    return answered.merge(answer.to(), 1, Integer::sum) >= question.answers();
  }

  /** Takes what came from the other JVM; what is present then is to be sent at once. */
  Optional<Bundle> arrived(Bundle bundle) {
    pressed = bundle.pressed();
    boolean due = pressed && !credits.isEmpty();
    Map<GpuId, Asked> newlyAsked = new HashMap<>();
    for (Departure departure : bundle.frames()) {
      if (departure.frame() instanceof Frame.Dispatch question) {
        newlyAsked.merge(
            question.from(),
            new Asked(question.epoch(), question.step(), question.layer(), 1),
            (one, more) ->
                new Asked(one.epoch(), one.step(), one.layer(), one.answers() + more.answers()));
      }
    }
    for (Map.Entry<GpuId, Asked> question : newlyAsked.entrySet()) {
      Asked before = asked.get(question.getKey());
      if (before != null && isPartOf(question.getValue(), before)) {
        // A full window had cut one layer's dispatches in two.
        question.setValue(
            new Asked(
                before.epoch(),
                before.step(),
                before.layer(),
                before.answers() + question.getValue().answers()));
      } else {
        // Whoever asks anew does not wait for what is left of an earlier question.
        answered.remove(question.getKey());
        due |= hasAnswersFor(question.getKey());
      }
    }
    asked.putAll(newlyAsked);
    return due ? Optional.of(take()) : Optional.empty();
  }

  private static boolean isPartOf(Asked one, Asked other) {
    return one.epoch() == other.epoch()
        && one.step() == other.step()
        && one.layer() == other.layer();
  }

  /** Whether frames wait for others. */
  boolean keepsFrames() {
    return !frames.isEmpty();
  }

  /** What is kept is to be sent, whatever else may come. */
  Optional<Bundle> flushed() {
    return frames.isEmpty() ? Optional.empty() : Optional.of(take());
  }

  private boolean hasAnswersFor(GpuId gpu) {
    return frames.stream().anyMatch(departure -> departure.frame().to().equals(gpu));
  }

  private Bundle take() {
    Bundle bundle = new Bundle(!waitingPorts.isEmpty(), credits, frames);
    credits = new ArrayList<>();
    frames = new ArrayList<>();
    return bundle;
  }
}
