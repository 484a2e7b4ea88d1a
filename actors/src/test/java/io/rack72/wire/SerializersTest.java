package io.rack72.wire;

import static io.rack72.wire.SameBits.assertSameBits;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.typesafe.config.ConfigFactory;
import io.rack72.gpu.SequenceEvent;
import io.rack72.gpu.SequenceReleased;
import io.rack72.resume.StreamMessage;
import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.serialization.ByteBufferSerializer;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.serialization.SerializerWithStringManifest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** The serializers as an actor system with {@code pekko-wire.conf} finds them. */
class SerializersTest {
  private static final ActorTestKit KIT =
      ActorTestKit.create(
          ConfigFactory.parseResources("pekko-wire.conf").withFallback(ConfigFactory.load()));
  private static final Serialization SERIALIZATION =
      SerializationExtension.get(Adapter.toClassic(KIT.system()));

  private final ActorRef<SequenceEvent> owner = KIT.createTestProbe(SequenceEvent.class).getRef();
  private final ActorRef<SequenceReleased> router =
      KIT.createTestProbe(SequenceReleased.class).getRef();

  private final ActorRef<StreamMessage> peer = KIT.createTestProbe(StreamMessage.class).getRef();

  @AfterAll
  static void stop() {
    KIT.shutdownTestKit();
  }

  private static SerializerWithStringManifest serializer(Object message) {
    return assertInstanceOf(
        SerializerWithStringManifest.class, SERIALIZATION.findSerializerFor(message));
  }

  private List<Object> messages(long seed) {
    RandomMessages random = new RandomMessages(seed);
    List<Object> messages = new ArrayList<>(random.ofSequences(owner, router));
    messages.addAll(random.ofStreams(peer));
    messages.add(random.segment());
    messages.add(Segment.acknowledgement(1, 2, 3));
    return messages;
  }

  @Test
  void everyMessageIsBoundToItsSerializer() {
    for (Object message : messages(1)) {
      assertEquals(
          switch (message) {
            case Segment _ -> SegmentSerializer.class;
            case StreamMessage _ -> StreamSerializer.class;
            default -> SequenceSerializer.class;
          },
          serializer(message).getClass());
    }
  }

  @Test
  void arraysAndBuffersHoldTheSameBytesAndGiveTheSameMessage() throws Exception {
    for (int seed = 0; seed < 100; seed++) {
      for (Object message : messages(seed)) {
        SerializerWithStringManifest serializer = serializer(message);
        String manifest = serializer.manifest(message);
        byte[] bytes = serializer.toBinary(message);
        // As remoting does it: behind a header, in a buffer that has more room than is needed.
        ByteBuffer buffer = ByteBuffer.allocateDirect(bytes.length + 20);
        buffer.position(7);
        ((ByteBufferSerializer) serializer).toBinary(message, buffer);
        assertEquals(7 + bytes.length, buffer.position());
        buffer.flip().position(7);
        byte[] copy = new byte[bytes.length];
        buffer.get(7, copy);
        assertArrayEquals(bytes, copy);
        assertSameBits(message, ((ByteBufferSerializer) serializer).fromBinary(buffer, manifest));
        assertSameBits(message, serializer.fromBinary(bytes, manifest));
      }
    }
  }

  @Test
  void remotingIsToldWhereABufferIsTooSmall() {
    for (Object message : messages(2)) {
      SerializerWithStringManifest serializer = serializer(message);
      ByteBuffer buffer = ByteBuffer.allocate(serializer.toBinary(message).length - 1);
      assertThrows(
          BufferOverflowException.class,
          () -> ((ByteBufferSerializer) serializer).toBinary(message, buffer));
    }
  }

  @Test
  void onlyTheFormatsExceptionComesOutOfDamagedBytes() throws Exception {
    SplittableRandom random = new SplittableRandom(6);
    for (Object message : messages(3)) {
      SerializerWithStringManifest serializer = serializer(message);
      byte[] good = serializer.toBinary(message);
      for (int i = 0; i < 5000; i++) {
        byte[] bad = good.clone();
        bad[random.nextInt(bad.length)] ^= (byte) random.nextInt(1, 256);
        try {
          serializer.fromBinary(bad, serializer.manifest(message));
        } catch (WireFormatException e) {
          assertEquals(false, e.getMessage().isBlank());
        }
      }
    }
  }

  @Test
  void damagedSegmentsAreRefusedOrWrittenAgainAsTheyAre() {
    SegmentSerializer serializer = new SegmentSerializer();
    Fuzz fuzz = new Fuzz(bytes -> serializer.toBinary(serializer.fromBinary(bytes, "S1")));
    RandomMessages random = new RandomMessages(8);
    for (int i = 0; i < 30; i++) {
      fuzz.maltreat(serializer.toBinary(random.segment()));
    }
    fuzz.randomBytesAreRefusedOrKept(new SplittableRandom(9), 20_000);
  }

  @Test
  void otherKindsAndOtherMessagesAreRefused() {
    SegmentSerializer serializer = new SegmentSerializer();
    assertThrows(WireFormatException.class, () -> serializer.fromBinary(new byte[0], "S2"));
    assertThrows(WireFormatException.class, () -> serializer.manifest("a text"));
    assertThrows(WireFormatException.class, () -> serializer.toBinary("a text"));
  }
}
