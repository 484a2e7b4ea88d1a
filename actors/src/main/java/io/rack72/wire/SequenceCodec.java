package io.rack72.wire;

import io.rack72.gpu.GpuActor;
import io.rack72.gpu.SequenceEvent;
import io.rack72.gpu.SequenceReleased;
import io.rack72.hardware.GpuId;
import io.rack72.sampling.SampledToken;
import io.rack72.schedule.FinishReason;
import io.rack72.schedule.SequenceId;
import java.util.Optional;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * The messages between routers, owners of sequences and GPUs as bytes, and back.
 *
 * <pre>
 * A1  Admit     request (see {@link RequestCodec}), owner text, router text
 * C2  Cancel    id, attempt int32
 * Q1  Probe     id, attempt int32, owner text
 * P1  Pause     id
 * R1  Resume    id
 * L1  SequenceReleased  id, attempt int32, closed int8
 * E2  Placed    id, attempt int32, gpu int32, incarnation int32
 * S1  Started   id, attempt int32, cached tokens int32
 * T1  Token     id, attempt int32, index int32, token int32, logprob float32,
 *               finish int8 (0 none, 1 stop, 2 length),
 *               alternatives (their number int8, then all tokens int32, then all float32)
 * V1  Alive     id, attempt int32, generated int32
 * X1  Ended     id, attempt int32,
 *               cause int8 (0 too large, 1 full, 2 moved, 3 failed, 4 lost), detail text
 * </pre>
 *
 * <p>Safe for use by many threads if its references' format is.
 */
final class SequenceCodec extends MessageCodec {
  /** Most alternatives of a token, as a request may ask for. */
  static final int MAX_ALTERNATIVES = 20;

  private static final String ADMIT = "A1";
  private static final String CANCEL = "C2";
  private static final String PROBE = "Q1";
  private static final String PAUSE = "P1";
  private static final String RESUME = "R1";
  private static final String RELEASED = "L1";
  private static final String PLACED = "E2";
  private static final String STARTED = "S1";
  private static final String TOKEN = "T1";
  private static final String ALIVE = "V1";
  private static final String ENDED = "X1";

  SequenceCodec(ActorRefFormat refs) {
    super(refs);
  }

  @Override
  String manifest(Object message) {
    return switch (message) {
      case SequenceEvent.Token _ -> TOKEN;
      case SequenceEvent.Placed _ -> PLACED;
      case SequenceEvent.Started _ -> STARTED;
      case SequenceEvent.Alive _ -> ALIVE;
      case SequenceEvent.Ended _ -> ENDED;
      case GpuActor.Admit _ -> ADMIT;
      case GpuActor.Cancel _ -> CANCEL;
      case GpuActor.Probe _ -> PROBE;
      case GpuActor.Pause _ -> PAUSE;
      case GpuActor.Resume _ -> RESUME;
      case SequenceReleased _ -> RELEASED;
      default -> throw unknown(message);
    };
  }

  @Override
  Object readFields(String manifest, WireReader in) {
    return switch (manifest) {
      case TOKEN -> readToken(in);
      case PLACED ->
          new SequenceEvent.Placed(id(in), attempt(in), gpu(in), in.int32("the incarnation"));
      case STARTED -> new SequenceEvent.Started(id(in), attempt(in), in.int32("the cached tokens"));
      case ALIVE -> new SequenceEvent.Alive(id(in), attempt(in), in.int32("the generated tokens"));
      case ENDED -> new SequenceEvent.Ended(id(in), attempt(in), cause(in), in.text("the detail"));
      case ADMIT -> readAdmit(in);
      case CANCEL -> new GpuActor.Cancel(id(in), attempt(in));
      case PROBE -> new GpuActor.Probe(id(in), attempt(in), readRef("the owner's address", in));
      case PAUSE -> new GpuActor.Pause(id(in));
      case RESUME -> new GpuActor.Resume(id(in));
      case RELEASED -> new SequenceReleased(id(in), attempt(in), in.flag("closed"));
      default -> throw unknownKind(manifest);
    };
  }

  @Override
  void writeFields(Object message, WireWriter out) {
    switch (message) {
      case SequenceEvent.Token token -> writeToken(token, out);
      case SequenceEvent.Placed(SequenceId id, int attempt, GpuId gpu, int incarnation) -> {
        write(id, attempt, out);
        out.int32(gpu.index());
        out.int32(incarnation);
      }
      case SequenceEvent.Started(SequenceId id, int attempt, int cachedTokens) -> {
        write(id, attempt, out);
        out.int32(cachedTokens);
      }
      case SequenceEvent.Alive(SequenceId id, int attempt, int generated) -> {
        write(id, attempt, out);
        out.int32(generated);
      }
      case SequenceEvent.Ended(
              SequenceId id,
              int attempt,
              SequenceEvent.Cause cause,
              String detail) -> {
        write(id, attempt, out);
        out.int8(code(cause));
        // A sequence whose end is lost never ends: better a shorter sentence than none.
        out.text(
            "a detail", detail.substring(0, Math.min(detail.length(), WireReader.MAX_TEXT_CHARS)));
      }
      case GpuActor.Admit admit -> {
        RequestCodec.write(admit.request(), out);
        writeRef("the owner's address", admit.owner(), out);
        writeRef("the router's address", admit.router(), out);
      }
      case GpuActor.Cancel(SequenceId id, int attempt) -> write(id, attempt, out);
      case GpuActor.Probe(SequenceId id, int attempt, ActorRef<SequenceEvent> owner) -> {
        write(id, attempt, out);
        writeRef("the owner's address", owner, out);
      }
      case GpuActor.Pause(SequenceId id) -> RequestCodec.write(id, out);
      case GpuActor.Resume(SequenceId id) -> RequestCodec.write(id, out);
      case SequenceReleased(SequenceId id, int attempt, boolean closed) -> {
        write(id, attempt, out);
        out.flag(closed);
      }
      default -> throw unknown(message);
    }
  }

  private static void write(SequenceId id, int attempt, WireWriter out) {
    RequestCodec.write(id, out);
    out.int32(attempt);
  }

  private static void writeToken(SequenceEvent.Token event, WireWriter out) {
    SampledToken token = event.token();
    int alternatives = token.topIds().length;
    if (alternatives > MAX_ALTERNATIVES || token.topLogprobs().length != alternatives) {
      throw new WireFormatException(
          "a token has at most %d alternatives, each with one logprob, not %d with %d"
              .formatted(MAX_ALTERNATIVES, alternatives, token.topLogprobs().length));
    }
    write(event.id(), event.attempt(), out);
    out.int32(event.index());
    out.int32(token.id());
    out.float32(token.logprob());
    out.int8(event.finish().map(SequenceCodec::code).orElse(0));
    out.int8(alternatives);
    if (alternatives > 0) {
      out.ints(token.topIds());
      out.floats(token.topLogprobs());
    }
  }

  private static SequenceEvent.Token readToken(WireReader in) {
    SequenceId id = id(in);
    int attempt = attempt(in);
    int index = in.int32("the index");
    int token = in.int32("the token");
    float logprob = in.float32("the logprob");
    Optional<FinishReason> finish = finish(in);
    int alternatives = in.int8("the number of alternatives");
    if (alternatives > MAX_ALTERNATIVES) {
      throw in.wrong(
          "it has at most %d alternatives, not %d".formatted(MAX_ALTERNATIVES, alternatives));
    }
    return new SequenceEvent.Token(
        id,
        attempt,
        index,
        new SampledToken(
            token,
            logprob,
            in.ints("alternatives", alternatives),
            in.floats("logprobs of alternatives", alternatives)),
        finish);
  }

  private GpuActor.Admit readAdmit(WireReader in) {
    return new GpuActor.Admit(
        RequestCodec.read(in),
        readRef("the owner's address", in),
        readRef("the router's address", in));
  }

  private static SequenceId id(WireReader in) {
    return RequestCodec.readId(in);
  }

  private static int attempt(WireReader in) {
    return in.int32("the attempt");
  }

  private static GpuId gpu(WireReader in) {
    return new GpuId(in.int32("the GPU"));
  }

  static int code(FinishReason reason) {
    return switch (reason) {
      case STOP -> 1;
      case LENGTH -> 2;
    };
  }

  static Optional<FinishReason> finish(WireReader in) {
    int code = in.int8("the finish reason");
    return switch (code) {
      case 0 -> Optional.empty();
      case 1 -> Optional.of(FinishReason.STOP);
      case 2 -> Optional.of(FinishReason.LENGTH);
      default -> throw in.wrong("the finish reason is 0 to 2, not %d".formatted(code));
    };
  }

  private static int code(SequenceEvent.Cause cause) {
    return switch (cause) {
      case TOO_LARGE -> 0;
      case FULL -> 1;
      case MOVED -> 2;
      case FAILED -> 3;
      case LOST -> 4;
      case UNAVAILABLE -> 5;
    };
  }

  private static SequenceEvent.Cause cause(WireReader in) {
    int code = in.int8("the cause");
    return switch (code) {
      case 0 -> SequenceEvent.Cause.TOO_LARGE;
      case 1 -> SequenceEvent.Cause.FULL;
      case 2 -> SequenceEvent.Cause.MOVED;
      case 3 -> SequenceEvent.Cause.FAILED;
      case 4 -> SequenceEvent.Cause.LOST;
      case 5 -> SequenceEvent.Cause.UNAVAILABLE;
      default -> throw in.wrong("the cause is 0 to 5, not %d".formatted(code));
    };
  }
}
