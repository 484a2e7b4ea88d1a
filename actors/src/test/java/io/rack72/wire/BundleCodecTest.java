package io.rack72.wire;

import static io.rack72.wire.SameBits.assertSameBits;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.fabric.Bundle;
import io.rack72.fabric.Departure;
import io.rack72.fabric.Frame;
import io.rack72.fabric.PortCredit;
import io.rack72.hardware.GpuId;
import io.rack72.link.Lane;
import io.rack72.schedule.Urgency;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class BundleCodecTest {
  private static final long NOW = 1_000_000_007;
  private static final Lane.Passage NO_TIME = new Lane.Passage(5, 5);

  private final BundleCodec codec = new BundleCodec(RandomMessages.LIMITS);

  /** What the receiver makes of a bundle: passages begin when it is decoded. */
  private static Bundle asReceived(Bundle sent) {
    return new Bundle(
        sent.pressed(),
        sent.credits(),
        sent.frames().stream()
            .map(
                departure -> {
                  Lane.Passage passage = departure.passage();
                  long duration = passage.endNanos() - passage.startNanos();
                  return new Departure(departure.frame(), new Lane.Passage(NOW, NOW + duration));
                })
            .toList());
  }

  private static Bundle of(Frame frame) {
    return new Bundle(false, List.of(), List.of(new Departure(frame, NO_TIME)));
  }

  private static Frame.Dispatch dispatch(float[] hidden, int[] rows, int[] experts) {
    return dispatch(1, 0, hidden, rows, experts, 0);
  }

  private static Frame.Dispatch dispatch(
      int to, int layer, float[] hidden, int[] rows, int[] experts, long bytes) {
    return new Frame.Dispatch(
        new GpuId(0), new GpuId(to), 1, 1, layer, hidden, rows, experts, Urgency.DECODES, bytes);
  }

  private void assertRefused(Frame frame, String sentence) {
    byte[] bytes = codec.encode(of(frame));
    WireFormatException e = assertThrows(WireFormatException.class, () -> codec.decode(bytes, NOW));
    assertEquals("a bundle: " + sentence, e.getMessage());
  }

  @Test
  void everyBundleArrivesBitForBit() {
    RandomMessages messages = new RandomMessages(72);
    for (int i = 0; i < 2000; i++) {
      Bundle sent = messages.bundle(6);
      assertSameBits(asReceived(sent), codec.decode(codec.encode(sent), NOW));
    }
  }

  @Test
  void nothingButThePassagesDurationIsTakenFromTheSendersClock() {
    Frame frame = new RandomMessages(1).combine();
    Bundle early =
        new Bundle(true, List.of(), List.of(new Departure(frame, new Lane.Passage(-50, 250))));
    Bundle late =
        new Bundle(
            true,
            List.of(),
            List.of(new Departure(frame, new Lane.Passage(1L << 60, (1L << 60) + 300))));
    assertEquals(
        HexFormat.of().formatHex(codec.encode(early)),
        HexFormat.of().formatHex(codec.encode(late)));
    assertEquals(
        new Lane.Passage(NOW, NOW + 300),
        codec.decode(codec.encode(late), NOW).frames().getFirst().passage());
  }

  @Test
  void whatDevicesDoNotComputeIsStillNull() {
    Bundle decoded =
        codec.decode(codec.encode(of(dispatch(null, new int[] {0, 1}, new int[] {3, 4}))), NOW);
    assertNull(((Frame.Dispatch) decoded.frames().getFirst().frame()).hidden());
  }

  @Test
  void theFormatIsTheDocumentedOne() {
    Bundle bundle =
        new Bundle(
            true,
            List.of(new PortCredit(new GpuId(3), new GpuId(2), 258)),
            List.of(
                new Departure(
                    new Frame.Dispatch(
                        new GpuId(1),
                        new GpuId(2),
                        4,
                        5,
                        3,
                        new float[] {1, -0.0f, 0, 2},
                        new int[] {0},
                        new int[] {31},
                        Urgency.STANDSTILL,
                        6),
                    new Lane.Passage(10, 17))));
    assertEquals(
        "52373242"
            + "07"
            + "01"
            + "01000000"
            + "01000000"
            + "03000000"
            + "02000000"
            + "0201000000000000"
            + "01"
            + "01000000"
            + "02000000"
            + "0400000000000000"
            + "0500000000000000"
            + "03000000"
            + "0600000000000000"
            + "0700000000000000"
            + "02"
            + "01000000"
            + "01000000"
            + "00000000"
            + "1f000000"
            + "00000000"
            + "0000803f"
            + "00000080"
            + "00000000"
            + "00000040",
        HexFormat.of().formatHex(codec.encode(bundle)));
  }

  @Test
  void whatIsOutsideTheRackOrTheModelIsRefused() {
    float[] row = new float[4];
    int[] zero = {0};
    assertRefused(dispatch(8, 0, row, zero, zero, 0), "a frame's receiver is 0 to 7, not 8");
    assertRefused(dispatch(1, 4, row, zero, zero, 0), "a frame's layer is 0 to 3, not 4");
    assertRefused(dispatch(1, -1, row, zero, zero, 0), "a frame's layer is 0 to 3, not -1");
    assertRefused(
        dispatch(1, 0, row, zero, zero, -1), "a frame's bytes is 0 to 2147483647, not -1");
    assertRefused(
        dispatch(1, 0, row, zero, zero, 1L << 31),
        "a frame's bytes is 0 to 2147483647, not 2147483648");
    assertRefused(dispatch(row, new int[] {1}, zero), "rows are from 0 and below 1, not 1");
    assertRefused(dispatch(row, new int[] {-1}, zero), "rows are from 0 and below 1, not -1");
    assertRefused(
        dispatch(null, new int[] {0, 2}, new int[2]), "rows are from 0 and below 2, not 2");
    assertRefused(dispatch(row, zero, new int[] {32}), "experts are from 0 and below 32, not 32");
    assertRefused(
        new Frame.Combine(new GpuId(0), new GpuId(1), 1, 1, 0, new float[3], 0),
        "outputs has whole rows of 4 floats, not 3 floats");
  }

  @Test
  void anUrgencyThatIsNoneIsRefused() {
    byte[] bytes = codec.encode(of(dispatch(null, new int[1], new int[1])));
    int urgency = bytes.length - 4 * Integer.BYTES - 1;
    bytes[urgency] = 3;
    WireFormatException e = assertThrows(WireFormatException.class, () -> codec.decode(bytes, NOW));
    assertEquals("a bundle: the urgency is 0 to 2, not 3", e.getMessage());
  }

  @Test
  void aPassageThatEndsBeforeItBeginsIsRefused() {
    Frame frame = dispatch(null, new int[1], new int[1]);
    byte[] bytes =
        codec.encode(
            new Bundle(false, List.of(), List.of(new Departure(frame, new Lane.Passage(6, 5)))));
    WireFormatException e = assertThrows(WireFormatException.class, () -> codec.decode(bytes, NOW));
    assertTrue(e.getMessage().contains("duration of a frame's passage is 0 to"), e.getMessage());
  }

  @Test
  void aDispatchWithFewerExpertsThanRowsIsNotWritten() {
    WireFormatException e =
        assertThrows(
            WireFormatException.class,
            () -> codec.encode(of(dispatch(null, new int[2], new int[1]))));
    assertEquals("a dispatch has one expert for each of its 2 rows, not 1", e.getMessage());
  }

  @Test
  void aDispatchWithAPartOfARowIsNotWritten() {
    WireFormatException e =
        assertThrows(
            WireFormatException.class,
            () -> codec.encode(of(dispatch(new float[6], new int[1], new int[1]))));
    assertEquals("hidden has whole rows of 4 floats, not 6 floats", e.getMessage());
  }

  /** Dispatches of one row each, to GPUs from the first on. */
  private static Bundle ofRows(float[]... rows) {
    return new Bundle(
        false,
        List.of(),
        IntStream.range(0, rows.length)
            .mapToObj(to -> dispatch(to, 0, rows[to], new int[1], new int[1], 0))
            .map(frame -> new Departure(frame, NO_TIME))
            .toList());
  }

  private static byte[] withInt(byte[] bytes, int at, int value) {
    byte[] changed = bytes.clone();
    ByteBuffer.wrap(changed).order(ByteOrder.LITTLE_ENDIAN).putInt(at, value);
    return changed;
  }

  private void assertRefused(byte[] bytes, String sentence) {
    WireFormatException e = assertThrows(WireFormatException.class, () -> codec.decode(bytes, NOW));
    assertEquals("a bundle: " + sentence, e.getMessage());
  }

  /** What a bundle becomes for one GPU is no more than what came; for all, it is so for each. */
  private static void assertNotMoreThanCame(byte[] bytes, Bundle bundle) {
    Map<GpuId, Integer> hiddenBytes = new HashMap<>();
    for (Departure departure : bundle.frames()) {
      if (departure.frame() instanceof Frame.Dispatch dispatch && dispatch.hidden() != null) {
        hiddenBytes.merge(dispatch.to(), dispatch.hidden().length * Float.BYTES, Integer::sum);
      }
    }
    hiddenBytes.forEach(
        (to, sum) -> assertTrue(sum <= bytes.length, to + " has " + sum + " of " + bytes.length));
  }

  @Test
  void whatDispatchesHaveInCommonIsSentOnce() {
    float[] one = {1, 2, 3, 4};
    float[] other = {1, 2, 3, 5};
    int first = codec.encode(ofRows(one)).length;
    int different = codec.encode(ofRows(one, other)).length - first;
    Bundle bundle = ofRows(one, other, one.clone(), other.clone());
    byte[] bytes = codec.encode(bundle);
    int rowBytes = one.length * Float.BYTES;
    assertEquals(first + different + 2 * (different - rowBytes), bytes.length);
    assertSameBits(asReceived(bundle), codec.decode(bytes, NOW));
  }

  @Test
  void rowsThatDifferInABitOnlyAreNotTheSame() {
    Bundle bundle =
        ofRows(
            new float[] {0, 0, 0, Float.intBitsToFloat(0x7fc00001)},
            new float[] {0, 0, 0, Float.intBitsToFloat(0x7fc00002)},
            new float[] {0.0f, 0, 0, 0},
            new float[] {-0.0f, 0, 0, 0});
    assertSameBits(asReceived(bundle), codec.decode(codec.encode(bundle), NOW));
  }

  @Test
  void aRowThatDidNotComeIsRefused() {
    float[] row = {1, 2, 3, 4};
    byte[] bytes = codec.encode(ofRows(row, row));
    // The second dispatch's only source ends the bundle.
    for (int source : new int[] {2, Integer.MAX_VALUE}) {
      assertRefused(
          withInt(bytes, bytes.length - 4, source),
          "a row's source is 0 to 1, the next row, not " + source);
    }
    assertRefused(
        withInt(bytes, bytes.length - 4, -1), "row 0 is sent again to gpu-1, which has not had it");
    assertRefused(
        withInt(bytes, bytes.length - 4, Integer.MIN_VALUE),
        "row 2147483647 is sent again to gpu-1, which has not had it");
  }

  @Test
  void aRowIsNamedToAGpuOnceAndThenSentInFull() {
    float[] row = {1, 2, 3, 4};
    byte[] named = codec.encode(ofRows(row, row));
    int firstFrame = (named.length - BundleCodec.HEADER_BYTES + 4 * Float.BYTES) / 2;
    int receiver = BundleCodec.HEADER_BYTES + firstFrame + Byte.BYTES + Integer.BYTES;
    assertRefused(withInt(named, receiver, 0), "row 0 is named to gpu-0 twice, and not sent again");

    Bundle twice = of(dispatch(new float[] {1, 2, 3, 4, 1, 2, 3, 4}, new int[1], new int[1]));
    byte[] bytes = codec.encode(twice);
    assertSameBits(asReceived(twice), codec.decode(bytes, NOW));
    assertNotMoreThanCame(bytes, twice);
    assertRefused(
        withInt(bytes, bytes.length - 4, Float.floatToRawIntBits(5)),
        "row 0 is sent again, and is another");
  }

  @Test
  void rowsInCommonDoNotMakeMoreOfABundleThanItsLimit() {
    int gpus = RandomMessages.LIMITS.gpus();
    float[] rows = new float[(1 << 20) / Float.BYTES / gpus];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = i;
    }
    float[][] toAll = Stream.generate(() -> rows).limit(gpus).toArray(float[][]::new);
    Bundle most = ofRows(toAll);
    byte[] bytes = codec.encode(most);
    assertTrue(bytes.length < 1 << 19, bytes.length + " bytes");
    assertSameBits(asReceived(most), codec.decode(bytes, NOW));

    toAll[gpus - 1] = Arrays.copyOf(rows, rows.length + 4);
    Bundle more = ofRows(toAll);
    WireFormatException e = assertThrows(WireFormatException.class, () -> codec.encode(more));
    assertEquals(
        "a bundle's hidden states have at most 1048576 bytes, not 1048592", e.getMessage());

    byte[] larger = new BundleCodec(new WireLimits(8, 4, 32, 4, 1 << 21)).encode(more);
    long allocated =
        Fuzz.allocatedBytes(
            () -> {
              WireFormatException refused =
                  assertThrows(WireFormatException.class, () -> codec.decode(larger, NOW));
              assertEquals(
                  "a bundle: its hidden states have at most 1048576 bytes, not 1048592",
                  refused.getMessage());
            });
    assertTrue(allocated < 3 << 20, allocated + " bytes, for what came before it");
  }

  @Test
  void anotherVersionIsNamed() {
    byte[] bytes = codec.encode(of(dispatch(null, new int[1], new int[1])));
    bytes[4] = 1;
    WireFormatException e = assertThrows(WireFormatException.class, () -> codec.decode(bytes, NOW));
    assertEquals("a bundle: its version is 7, not 1", e.getMessage());
    bytes[0] = 0;
    e = assertThrows(WireFormatException.class, () -> codec.decode(bytes, NOW));
    assertEquals("a bundle: it begins with 42323752, not 42323700", e.getMessage());
  }

  @Test
  void aBundleBeyondTheLimitIsNeitherWrittenNorRead() {
    Bundle large =
        of(new Frame.Combine(new GpuId(0), new GpuId(1), 1, 1, 0, new float[1 << 18], 0));
    WireFormatException e = assertThrows(WireFormatException.class, () -> codec.encode(large));
    assertEquals("a bundle has at most 1048576 bytes, not 1048639", e.getMessage());
    e = assertThrows(WireFormatException.class, () -> codec.decode(new byte[(1 << 20) + 1], NOW));
    assertEquals("a bundle has at most 1048576 bytes, not 1048577", e.getMessage());
  }

  @Test
  void onlyTheFormatsExceptionComesOutOfDamagedBytes() {
    Fuzz fuzz =
        new Fuzz(
            bytes -> {
              Bundle bundle = codec.decode(bytes, NOW);
              assertNotMoreThanCame(bytes, bundle);
              return codec.encode(bundle);
            });
    RandomMessages messages = new RandomMessages(3);
    for (int i = 0; i < 30; i++) {
      fuzz.maltreat(codec.encode(messages.bundle(2)));
    }
    fuzz.randomBytesAreRefusedOrKept(new SplittableRandom(4), 20_000);
  }

  @Test
  void damagedBytesBecomeNoMoreForAGpuThanTheyAre() {
    BundleCodec large = new BundleCodec(new WireLimits(8, 4, 32, 256, 1 << 20));
    float[][] same = Stream.generate(() -> new float[256]).limit(8).toArray(float[][]::new);
    new Fuzz(
            bytes -> {
              Bundle bundle = large.decode(bytes, NOW);
              assertNotMoreThanCame(bytes, bundle);
              return large.encode(bundle);
            })
        .maltreat(large.encode(ofRows(same)));
  }

  @Test
  void countsAreNotBelievedWhereTheHeaderIsGood() {
    byte[] header = codec.encode(new Bundle(false, List.of(), List.of()));
    for (int at : new int[] {6, 10}) {
      byte[] hostile = header.clone();
      hostile[at + 3] = 0x7F;
      long allocated =
          Fuzz.allocatedBytes(
              () -> assertThrows(WireFormatException.class, () -> codec.decode(hostile, NOW)));
      assertTrue(allocated < 1 << 20, allocated + " bytes");
    }
  }
}
