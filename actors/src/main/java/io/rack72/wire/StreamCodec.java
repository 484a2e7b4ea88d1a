package io.rack72.wire;

import io.rack72.resume.ChoiceState;
import io.rack72.resume.Growth;
import io.rack72.resume.StreamCopy;
import io.rack72.resume.StreamHead;
import io.rack72.resume.StreamKey;
import io.rack72.resume.StreamMessage;
import io.rack72.resume.StreamMessage.Fate;
import io.rack72.schedule.FinishReason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * The messages by which gateways keep each other's streams as bytes, and back.
 *
 * <pre>
 * K1  Keep     owner text, copy
 * G1  Grow     owner text, growths (their number int32, then each)
 * R1  Release  owner text, key, fate int8 (0 broken, 1 complete, 2 dropped)
 * C1  Claim    key, tenant text, question int64, claimant text
 * Y1  GiveUp   key, tenant text
 * F1  Found    question int64, copy
 * U1  Unknown  question int64
 *
 * key      int64, int64
 * copy     key, request id, rack id, tenant, path text, created, seed, timeout in ns int64,
 *          body (its bytes int32, then these), age in ns int64, choices (their number int32, then
 *          each)
 * growth   key, choice, from int32, choice
 * choice   tokens (their number int32, then int32 each), finish int8 (0 none, 1 stop, 2 length),
 *          cached tokens, gpu int32
 * </pre>
 *
 * <p>Safe for use by many threads if its references' format is.
 */
final class StreamCodec extends MessageCodec {
  /** Most growths of one message, and most choices of one stream. */
  static final int MAX_PARTS = 1 << 16;

  private static final String KEEP = "K1";
  private static final String GROW = "G1";
  private static final String RELEASE = "R1";
  private static final String CLAIM = "C1";
  private static final String GIVE_UP = "Y1";
  private static final String FOUND = "F1";
  private static final String UNKNOWN = "U1";

  private static final int CHOICE_BYTES = 3 * Integer.BYTES + Byte.BYTES;
  private static final int GROWTH_BYTES = 2 * Long.BYTES + 2 * Integer.BYTES + CHOICE_BYTES;

  StreamCodec(ActorRefFormat refs) {
    super(refs);
  }

  @Override
  String manifest(Object message) {
    return switch (remote(message)) {
      case StreamMessage.Keep _ -> KEEP;
      case StreamMessage.Grow _ -> GROW;
      case StreamMessage.Release _ -> RELEASE;
      case StreamMessage.Claim _ -> CLAIM;
      case StreamMessage.GiveUp _ -> GIVE_UP;
      case StreamMessage.Found _ -> FOUND;
      case StreamMessage.Unknown _ -> UNKNOWN;
    };
  }

  private static StreamMessage.Remote remote(Object message) {
    if (message instanceof StreamMessage.Remote known) {
      return known;
    }
    throw unknown(message);
  }

  @Override
  Object readFields(String manifest, WireReader in) {
    return switch (manifest) {
      case KEEP -> new StreamMessage.Keep(ref(in), copy(in));
      case GROW -> new StreamMessage.Grow(ref(in), growths(in));
      case RELEASE -> new StreamMessage.Release(ref(in), key(in), fate(in));
      case CLAIM ->
          new StreamMessage.Claim(
              key(in), in.text("the tenant"), in.int64("the question"), ref(in));
      case GIVE_UP -> new StreamMessage.GiveUp(key(in), in.text("the tenant"));
      case FOUND -> new StreamMessage.Found(in.int64("the question"), copy(in));
      case UNKNOWN -> new StreamMessage.Unknown(in.int64("the question"));
      default -> throw unknownKind(manifest);
    };
  }

  @Override
  void writeFields(Object message, WireWriter out) {
    switch (remote(message)) {
      case StreamMessage.Keep(ActorRef<StreamMessage> owner, StreamCopy copy) -> {
        write(owner, out);
        write(copy, out);
      }
      case StreamMessage.Grow(ActorRef<StreamMessage> owner, List<Growth> growths) -> {
        write(owner, out);
        out.int32(growths.size());
        growths.forEach(growth -> write(growth, out));
      }
      case StreamMessage.Release(ActorRef<StreamMessage> owner, StreamKey stream, Fate fate) -> {
        write(owner, out);
        write(stream, out);
        out.int8(
            switch (fate) {
              case BROKEN -> 0;
              case COMPLETE -> 1;
              case DROPPED -> 2;
            });
      }
      case StreamMessage.Claim(
              StreamKey stream,
              String tenant,
              long question,
              ActorRef<StreamMessage> claimant) -> {
        write(stream, out);
        out.text("a tenant", tenant);
        out.int64(question);
        write(claimant, out);
      }
      case StreamMessage.GiveUp(StreamKey stream, String tenant) -> {
        write(stream, out);
        out.text("a tenant", tenant);
      }
      case StreamMessage.Found(long question, StreamCopy copy) -> {
        out.int64(question);
        write(copy, out);
      }
      case StreamMessage.Unknown(long question) -> out.int64(question);
    }
  }

  private void write(ActorRef<StreamMessage> ref, WireWriter out) {
    writeRef("an actor's address", ref, out);
  }

  private ActorRef<StreamMessage> ref(WireReader in) {
    return readRef("the actor's address", in);
  }

  private static void write(StreamKey key, WireWriter out) {
    out.int64(key.high());
    out.int64(key.low());
  }

  private static StreamKey key(WireReader in) {
    return new StreamKey(in.int64("the key"), in.int64("the key"));
  }

  private static Fate fate(WireReader in) {
    int code = in.int8("the fate");
    return switch (code) {
      case 0 -> Fate.BROKEN;
      case 1 -> Fate.COMPLETE;
      case 2 -> Fate.DROPPED;
      default -> throw in.wrong("the fate is 0 to 2, not %d".formatted(code));
    };
  }

  private static void write(StreamCopy copy, WireWriter out) {
    StreamHead head = copy.head();
    write(head.key(), out);
    out.text("a request's id", head.requestId());
    out.text("its id in the rack", head.rackId());
    out.text("a tenant", head.tenant());
    out.text("a path", head.path());
    out.int64(head.createdEpochSeconds());
    out.int64(head.seed());
    out.int64(head.timeout().toNanos());
    requireAtMost(StreamCopy.MAX_BYTES, "bytes of a body", head.body().length);
    out.int32(head.body().length);
    out.bytes(head.body());
    out.int64(copy.age().toNanos());
    requireAtMost(MAX_PARTS, "choices", copy.choices().size());
    out.int32(copy.choices().size());
    copy.choices().forEach(choice -> write(choice, out));
  }

  private static StreamCopy copy(WireReader in) {
    StreamHead head =
        new StreamHead(
            key(in),
            in.text("the request's id"),
            in.text("its id in the rack"),
            in.text("the tenant"),
            in.text("the path"),
            in.int64("the time of creation"),
            in.int64("the seed"),
            nanos("the timeout", in),
            in.bytes("the body", in.count("bytes of the body", 1, StreamCopy.MAX_BYTES)));
    Duration age = nanos("the age", in);
    int count = in.count("choices", CHOICE_BYTES, MAX_PARTS);
    List<ChoiceState> choices = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      choices.add(choice(in));
    }
    return new StreamCopy(head, age, choices);
  }

  private static Duration nanos(String name, WireReader in) {
    return Duration.ofNanos(in.int64(name, 0, Long.MAX_VALUE));
  }

  private static void write(Growth growth, WireWriter out) {
    write(growth.stream(), out);
    out.int32(growth.choice());
    out.int32(growth.from());
    write(growth.gained(), out);
  }

  private static List<Growth> growths(WireReader in) {
    int count = in.count("growths", GROWTH_BYTES, MAX_PARTS);
    List<Growth> growths = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      growths.add(
          new Growth(key(in), in.int32("the choice"), in.int32("the first index"), choice(in)));
    }
    return growths;
  }

  private static void write(ChoiceState choice, WireWriter out) {
    requireAtMost(RequestCodec.MAX_TOKENS, "tokens", choice.tokens().length);
    out.int32(choice.tokens().length);
    out.ints(choice.tokens());
    out.int8(choice.finish().map(SequenceCodec::code).orElse(0));
    out.int32(choice.cachedTokens());
    out.int32(choice.gpu());
  }

  private static ChoiceState choice(WireReader in) {
    int[] tokens = in.ints("tokens", in.count("tokens", Integer.BYTES, RequestCodec.MAX_TOKENS));
    Optional<FinishReason> finish = SequenceCodec.finish(in);
    return new ChoiceState(tokens, finish, in.int32("the cached tokens"), in.int32("the GPU"));
  }

  private static void requireAtMost(int most, String name, int count) {
    if (count > most) {
      throw new WireFormatException(
          "a stream's copy has at most %d %s, not %d".formatted(most, name, count));
    }
  }
}
