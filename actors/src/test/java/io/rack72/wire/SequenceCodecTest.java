package io.rack72.wire;

import static io.rack72.wire.SameBits.assertSameBits;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.gpu.GpuActor;
import io.rack72.gpu.SequenceEvent;
import io.rack72.gpu.SequenceReleased;
import io.rack72.sampling.SampledToken;
import io.rack72.schedule.SequenceId;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.Test;

class SequenceCodecTest {
  private static final SequenceId ID = new SequenceId("r", 0);

  private final ActorRef<SequenceEvent> owner = TestInbox.<SequenceEvent>create().getRef();
  private final ActorRef<SequenceReleased> router = TestInbox.<SequenceReleased>create().getRef();
  private final SequenceCodec codec = new SequenceCodec(new KnownRefs());

  /** Only two actors exist. */
  private final class KnownRefs implements ActorRefFormat {
    private final Map<String, ActorRef<?>> known = Map.of("o", owner, "r", router);

    @Override
    public String format(ActorRef<?> ref) {
      return ref.equals(owner) ? "o" : "r";
    }

    @Override
    public <T> ActorRef<T> resolve(String text) {
      ActorRef<?> ref = known.get(text);
      if (ref == null) {
        throw new IllegalArgumentException("an actor is o or r, not " + text);
      }
      return ref.unsafeUpcast();
    }
  }

  private Object read(String manifest, byte[] bytes) {
    return codec.read(manifest, ByteBuffer.wrap(bytes));
  }

  @Test
  void everyMessageArrivesBitForBit() {
    RandomMessages messages = new RandomMessages(72);
    for (int i = 0; i < 1000; i++) {
      for (Object sent : messages.ofSequences(owner, router)) {
        assertSameBits(sent, read(codec.manifest(sent), codec.encode(sent)));
      }
    }
  }

  @Test
  void onlyTheFormatsExceptionComesOutOfDamagedBytes() {
    RandomMessages messages = new RandomMessages(5);
    for (int i = 0; i < 6; i++) {
      for (Object message : messages.ofSequences(owner, router)) {
        String manifest = codec.manifest(message);
        Fuzz fuzz = new Fuzz(bytes -> codec.encode(read(manifest, bytes)));
        fuzz.maltreat(codec.encode(message));
        fuzz.randomBytesAreRefusedOrKept(new SplittableRandom(i), 2000);
      }
    }
  }

  @Test
  void aTokenIsSmall() {
    SequenceEvent.Token token =
        new SequenceEvent.Token(
            ID,
            1,
            2,
            new SampledToken(200_000, Float.NaN, new int[0], new float[0]),
            Optional.empty());
    assertEquals(
        "01000000"
            + "7200"
            + "00000000"
            + "01000000"
            + "02000000"
            + "400d0300"
            + "0000c07f"
            + "00"
            + "00",
        HexFormat.of().formatHex(codec.encode(token)));
  }

  @Test
  void moreAlternativesThanARequestMayAskForAreNeitherWrittenNorRead() {
    SequenceEvent.Token most = token(20, 20);
    byte[] bytes = codec.encode(most);
    assertThrows(WireFormatException.class, () -> codec.encode(token(21, 21)));
    assertThrows(WireFormatException.class, () -> codec.encode(token(20, 19)));
    bytes[bytes.length - 20 * 8 - 1] = 21;
    WireFormatException e = assertThrows(WireFormatException.class, () -> read("T1", bytes));
    assertEquals("T1: it has at most 20 alternatives, not 21", e.getMessage());
  }

  private static SequenceEvent.Token token(int ids, int logprobs) {
    return new SequenceEvent.Token(
        ID, 1, 0, new SampledToken(1, 0, new int[ids], new float[logprobs]), Optional.empty());
  }

  @Test
  void aTextBeyondTheLimitIsNotWrittenButAnEndStillArrives() {
    String longText = "x".repeat(WireReader.MAX_TEXT_CHARS + 1);
    WireFormatException e =
        assertThrows(
            WireFormatException.class,
            () -> codec.encode(new GpuActor.Cancel(new SequenceId(longText, 0), 1)));
    assertEquals("a request's id has at most 32768 characters, not 32769", e.getMessage());
    SequenceEvent.Ended ended =
        new SequenceEvent.Ended(ID, 1, SequenceEvent.Cause.FAILED, longText);
    assertEquals(
        new SequenceEvent.Ended(ID, 1, SequenceEvent.Cause.FAILED, longText.substring(1)),
        read("X1", codec.encode(ended)));
  }

  @Test
  void whatTheRecordsRefuseIsAWrongFormat() {
    byte[] bytes = codec.encode(new GpuActor.Cancel(new SequenceId("r", 7), 1));
    bytes[9] = (byte) 0x80;
    WireFormatException e = assertThrows(WireFormatException.class, () -> read("C2", bytes));
    assertTrue(e.getMessage().startsWith("C2: a sequence has a request and a choice from 0"));
  }

  @Test
  void anUnknownKindIsNamed() {
    byte[] bytes = codec.encode(new GpuActor.Cancel(ID, 1));
    WireFormatException e = assertThrows(WireFormatException.class, () -> read("C1", bytes));
    assertTrue(e.getMessage().contains("C1"), e.getMessage());
    assertThrows(WireFormatException.class, () -> codec.manifest("a text"));
    assertThrows(WireFormatException.class, () -> codec.encode("a text"));
  }
}
