package io.rack72.resume;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * All that is needed to go on with a stream. It may lag behind what its reader has: tokens depend
 * on the request only, so what is missing is computed again.
 *
 * @param age since the request's body had been read
 * @param choices in order
 */
public record StreamCopy(StreamHead head, Duration age, List<ChoiceState> choices) {
  /** Most bytes of bodies and tokens, so that a copy is one message. */
  public static final int MAX_BYTES = 1 << 20;

  public StreamCopy {
    choices = List.copyOf(choices);
    if (choices.isEmpty() || choices.size() > EventId.MAX_CHOICES || age.isNegative()) {
      throw new IllegalArgumentException(
          "a stream has 1 to %d choices and an age, not %d and %s"
              .formatted(EventId.MAX_CHOICES, choices.size(), age));
    }
  }

  /** Bytes of body and tokens. */
  public long bytes() {
    long tokens = choices.stream().mapToLong(choice -> choice.tokens().length).sum();
    return head.body().length + tokens * Integer.BYTES;
  }

  /** The same without the tokens that are more than one message takes. */
  StreamCopy inOneMessage() {
    if (bytes() <= MAX_BYTES) {
      return this;
    }
    int room = Math.max(0, MAX_BYTES - head.body().length) / Integer.BYTES;
    List<ChoiceState> shorter = new ArrayList<>();
    for (ChoiceState choice : choices) {
      ChoiceState kept = choice.first(Math.min(room, choice.tokens().length));
      room -= kept.tokens().length;
      shorter.add(kept);
    }
    return new StreamCopy(head, age, shorter);
  }
}
