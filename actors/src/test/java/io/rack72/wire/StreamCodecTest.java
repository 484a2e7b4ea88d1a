package io.rack72.wire;

import static io.rack72.wire.SameBits.assertSameBits;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.resume.ChoiceState;
import io.rack72.resume.Growth;
import io.rack72.resume.StreamKey;
import io.rack72.resume.StreamMessage;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.Test;

class StreamCodecTest {
  private final ActorRef<StreamMessage> peer = TestInbox.<StreamMessage>create().getRef();
  private final StreamCodec codec = new StreamCodec(new KnownRef());

  /** Only one actor exists. */
  private final class KnownRef implements ActorRefFormat {
    @Override
    public String format(ActorRef<?> ref) {
      return "p";
    }

    @Override
    public <T> ActorRef<T> resolve(String text) {
      if (!text.equals("p")) {
        throw new IllegalArgumentException("an actor is p, not " + text);
      }
      return peer.unsafeUpcast();
    }
  }

  private Object read(String manifest, byte[] bytes) {
    return codec.read(manifest, ByteBuffer.wrap(bytes));
  }

  @Test
  void everyMessageArrivesBitForBit() {
    RandomMessages messages = new RandomMessages(72);
    for (int i = 0; i < 1000; i++) {
      for (Object sent : messages.ofStreams(peer)) {
        assertSameBits(sent, read(codec.manifest(sent), codec.encode(sent)));
      }
    }
  }

  @Test
  void onlyTheFormatsExceptionComesOutOfDamagedBytes() {
    RandomMessages messages = new RandomMessages(5);
    for (int i = 0; i < 4; i++) {
      for (Object message : messages.ofStreams(peer)) {
        String manifest = codec.manifest(message);
        Fuzz fuzz = new Fuzz(bytes -> codec.encode(read(manifest, bytes)));
        fuzz.maltreat(codec.encode(message));
        fuzz.randomBytesAreRefusedOrKept(new SplittableRandom(i), 2000);
      }
    }
  }

  @Test
  void otherMessagesAreRefused() {
    assertThrows(WireFormatException.class, () -> codec.manifest("text"));
    assertThrows(
        WireFormatException.class, () -> codec.manifest(new StreamMessage.Peers(List.of(peer))));
    assertThrows(WireFormatException.class, () -> read("Z9", new byte[0]));
  }

  @Test
  void aTokenThatIsToldIsSmall() {
    // 64 streams that each have gained five tokens since the last time.
    Growth growth =
        new Growth(
            new StreamKey(1, 2), 0, 100, new ChoiceState(new int[5], Optional.empty(), 7, 3));
    int bytes = codec.encode(new StreamMessage.Grow(peer, Collections.nCopies(64, growth))).length;
    assertEquals(4 + 2 + 4 + 64 * (37 + 5 * 4), bytes);
    assertTrue(bytes / (64.0 * 5) < 12);
  }
}
