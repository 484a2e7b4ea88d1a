package io.rack72.wire;

import io.rack72.fabric.Bundle;
import io.rack72.fabric.Departure;
import io.rack72.fabric.Frame;
import io.rack72.fabric.PortCredit;
import io.rack72.gpu.GpuActor;
import io.rack72.gpu.SequenceEvent;
import io.rack72.gpu.SequenceReleased;
import io.rack72.gpu.SequenceRequest;
import io.rack72.hardware.GpuId;
import io.rack72.link.Lane;
import io.rack72.resume.ChoiceState;
import io.rack72.resume.Growth;
import io.rack72.resume.StreamCopy;
import io.rack72.resume.StreamHead;
import io.rack72.resume.StreamKey;
import io.rack72.resume.StreamMessage;
import io.rack72.sampling.SampledToken;
import io.rack72.sampling.SamplingParams;
import io.rack72.schedule.FinishReason;
import io.rack72.schedule.SequenceId;
import io.rack72.schedule.Standing;
import io.rack72.schedule.Urgency;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorRef;

/** Messages of every kind, drawn from a seed, with the values that are easily lost among them. */
final class RandomMessages {
  static final WireLimits LIMITS = new WireLimits(8, 4, 32, 4, 1 << 20);

  private static final float[] HARD_FLOATS = {
    -0.0f,
    Float.NaN,
    Float.intBitsToFloat(0x7f80_0001),
    Float.intBitsToFloat(0xffc0_dead),
    Float.NEGATIVE_INFINITY,
    Float.MIN_VALUE
  };

  private static final float[][] COMMON_ROWS = {{1, 2, 3, 4}, {5, 6, 7, 8}, {0, -0.0f, 0, 0}};

  private static final String[] HARD_TEXTS = {
    "", "ascii", "\0", "\ud800", "\udc00\ud800", "😀 ü", "x".repeat(300)
  };

  private final SplittableRandom random;

  RandomMessages(long seed) {
    random = new SplittableRandom(seed);
  }

  /** One of each kind that goes between routers, owners and GPUs. */
  List<Object> ofSequences(ActorRef<SequenceEvent> owner, ActorRef<SequenceReleased> router) {
    return List.of(
        new GpuActor.Admit(request(), owner, router),
        new GpuActor.Cancel(id(), random.nextInt()),
        new GpuActor.Probe(id(), random.nextInt(), owner),
        new GpuActor.Pause(id()),
        new GpuActor.Resume(id()),
        new SequenceReleased(id(), random.nextInt(), random.nextBoolean()),
        new SequenceEvent.Placed(id(), random.nextInt(), gpu(), random.nextInt()),
        new SequenceEvent.Started(id(), random.nextInt(), random.nextInt()),
        token(),
        new SequenceEvent.Alive(id(), random.nextInt(), random.nextInt()),
        new SequenceEvent.Ended(id(), random.nextInt(), any(SequenceEvent.Cause.values()), text()));
  }

  /** One of each kind that gateways tell each other of streams. */
  List<Object> ofStreams(ActorRef<StreamMessage> peer) {
    return List.of(
        new StreamMessage.Keep(peer, copy()),
        new StreamMessage.Grow(
            peer,
            Stream.generate(
                    () ->
                        new Growth(
                            key(), random.nextInt(1 << 20), random.nextInt(1 << 20), state()))
                .limit(random.nextInt(4))
                .toList()),
        new StreamMessage.Release(peer, key(), any(StreamMessage.Fate.values())),
        new StreamMessage.Claim(key(), text(), random.nextLong(), peer),
        new StreamMessage.GiveUp(key(), text()),
        new StreamMessage.Found(random.nextLong(), copy()),
        new StreamMessage.Unknown(random.nextLong()));
  }

  private StreamKey key() {
    return new StreamKey(random.nextLong(), random.nextLong());
  }

  private StreamCopy copy() {
    byte[] body = new byte[random.nextInt(40)];
    random.nextBytes(body);
    return new StreamCopy(
        new StreamHead(
            key(),
            text(),
            text(),
            text(),
            text(),
            random.nextLong(),
            random.nextLong(),
            Duration.ofNanos(random.nextLong(Long.MAX_VALUE)),
            body),
        Duration.ofNanos(random.nextLong(Long.MAX_VALUE)),
        Stream.generate(this::state).limit(1 + random.nextInt(4)).toList());
  }

  private ChoiceState state() {
    int[] tokens = ints(random.nextInt(6), 1 << 20);
    return new ChoiceState(
        tokens,
        tokens.length == 0 || random.nextBoolean()
            ? Optional.empty()
            : Optional.of(any(FinishReason.values())),
        random.nextInt(100) - 1,
        random.nextInt(100) - 1);
  }

  SequenceEvent.Token token() {
    int alternatives = random.nextBoolean() ? 0 : random.nextInt(21);
    return new SequenceEvent.Token(
        id(),
        random.nextInt(),
        random.nextInt(),
        new SampledToken(
            random.nextInt(), anyFloat(), ints(alternatives, 1 << 20), floats(alternatives)),
        random.nextBoolean() ? Optional.empty() : Optional.of(any(FinishReason.values())));
  }

  Segment segment() {
    byte[] bytes = new byte[random.nextInt(40)];
    if (bytes.length == 0) {
      return Segment.acknowledgement(random.nextLong(), random.nextInt(9), random.nextInt(9));
    }
    random.nextBytes(bytes);
    int offset = random.nextInt(1000);
    return new Segment(
        random.nextLong(),
        random.nextLong(1, Long.MAX_VALUE),
        random.nextLong(Long.MAX_VALUE),
        offset + bytes.length + random.nextInt(1000),
        offset,
        bytes);
  }

  Bundle bundle(int maxFrames) {
    return new Bundle(
        random.nextBoolean(),
        Stream.generate(() -> new PortCredit(gpu(), gpu(), random.nextLong(Long.MAX_VALUE)))
            .limit(random.nextInt(4))
            .toList(),
        Stream.generate(this::departure).limit(random.nextInt(maxFrames + 1)).toList());
  }

  private Departure departure() {
    long start = random.nextInt();
    return new Departure(
        switch (random.nextInt(5)) {
          case 0, 1 -> dispatch();
          case 2, 3 -> combine();
          default -> refuse();
        },
        new Lane.Passage(start, start + random.nextInt(1_000_000)));
  }

  Frame.Dispatch dispatch() {
    int rows = random.nextInt(1, 4);
    int assignments = rows + random.nextInt(4);
    return new Frame.Dispatch(
        gpu(),
        gpu(),
        random.nextLong(),
        random.nextLong(),
        random.nextInt(LIMITS.layers()),
        random.nextInt(4) == 0 ? null : hidden(rows),
        ints(assignments, rows),
        ints(assignments, LIMITS.experts()),
        List.of(Urgency.values()).get(random.nextInt(Urgency.values().length)),
        random.nextLong(Lane.MAX_BYTES + 1));
  }

  /** Every other row is one of the few that all dispatches have in common. */
  private float[] hidden(int rows) {
    float[] values = floats(rows * LIMITS.hiddenSize());
    for (int row = 0; row < rows; row++) {
      if (random.nextBoolean()) {
        float[] common = COMMON_ROWS[random.nextInt(COMMON_ROWS.length)];
        System.arraycopy(common, 0, values, row * common.length, common.length);
      }
    }
    return values;
  }

  Frame.Combine combine() {
    return new Frame.Combine(
        gpu(),
        gpu(),
        random.nextLong(),
        random.nextLong(),
        random.nextInt(LIMITS.layers()),
        random.nextInt(4) == 0 ? null : floats(random.nextInt(4) * LIMITS.hiddenSize()),
        random.nextLong(Lane.MAX_BYTES + 1));
  }

  Frame.Refuse refuse() {
    return new Frame.Refuse(
        gpu(),
        gpu(),
        random.nextLong(),
        random.nextLong(),
        random.nextInt(LIMITS.layers()),
        random.nextLong(Lane.MAX_BYTES + 1));
  }

  private SequenceRequest request() {
    Map<Integer, Float> biases = new HashMap<>();
    Set<Integer> stopIds = new HashSet<>();
    for (int i = random.nextInt(5); i > 0; i--) {
      biases.put(random.nextInt(Integer.MAX_VALUE), random.nextInt(3) == 0 ? -0.0f : 1.5f);
      stopIds.add(random.nextInt(200_000));
    }
    biases.put(Integer.MAX_VALUE, 100f);
    int maxTokens = random.nextInt(1, 10_000);
    return new SequenceRequest(
        id(),
        random.nextInt(1, Integer.MAX_VALUE),
        ints(random.nextInt(1, 20), 200_000),
        ints(random.nextInt(20), 200_000),
        new SamplingParams(
            random.nextBoolean() ? -0.0f : random.nextFloat(),
            1 - random.nextFloat(),
            random.nextInt(100),
            random.nextFloat(),
            random.nextLong(),
            random.nextFloat(-2, 2),
            random.nextFloat(-2, 2),
            random.nextFloat(0.1f, 10),
            biases,
            random.nextInt(-1, 21),
            maxTokens,
            random.nextInt(maxTokens),
            stopIds,
            random.nextBoolean()),
        new Standing(text(), random.nextInt(1, 1000), random.nextInt(-1000, 1001), text()));
  }

  private SequenceId id() {
    return new SequenceId("r" + text(), random.nextInt(128));
  }

  private GpuId gpu() {
    return new GpuId(random.nextInt(LIMITS.gpus()));
  }

  private String text() {
    return any(HARD_TEXTS);
  }

  private float anyFloat() {
    return random.nextBoolean()
        ? HARD_FLOATS[random.nextInt(HARD_FLOATS.length)]
        : Float.intBitsToFloat(random.nextInt());
  }

  private float[] floats(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = anyFloat();
    }
    return values;
  }

  private int[] ints(int count, int limit) {
    return IntStream.generate(() -> random.nextInt(limit)).limit(count).toArray();
  }

  private <T> T any(T[] values) {
    return values[random.nextInt(values.length)];
  }
}
