package io.rack72.routing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PrefixMapTest {
  private final PrefixMap map = new PrefixMap(4, true, 10);

  @Test
  void whatIsSharedIsWholeBlocksBeforeTheLastToken() {
    assertEquals(0, map.names(text(4), "").size());
    assertEquals(1, map.names(text(5), "").size());
    assertEquals(2, map.names(text(12), "").size());
  }

  @Test
  void aPrefixIsWhereItWasSentAsFarAsTheTextsAgree() {
    map.sent(map.names(text(20), ""), 1);
    int[] other = text(20);
    other[9] = 77;
    assertArrayEquals(new int[] {0, 16, 0}, sent(text(20), ""));
    assertArrayEquals(new int[] {0, 8, 0}, sent(other, ""));
    assertArrayEquals(new int[] {0, 0, 0}, sent(Arrays.copyOfRange(text(20), 4, 20), ""));
    assertArrayEquals(new int[] {0, 0, 0}, sent(text(20), "salt"));
    map.sent(map.names(other, ""), 2);
    assertArrayEquals(new int[] {0, 8, 16}, sent(other, ""));
    assertArrayEquals(new int[] {0, 16, 8}, sent(text(20), ""));
  }

  @Test
  void theEndOfWhatWasSentTheLongestTimeAgoIsForgotten() {
    map.sent(map.names(text(32), ""), 0);
    int[] other = IntStream.range(500, 521).toArray();
    map.sent(map.names(other, ""), 1);
    assertArrayEquals(new int[] {0, 20, 0}, sent(other, ""));
    assertArrayEquals(new int[] {20, 0, 0}, sent(text(32), ""));
  }

  @Test
  void whatIsKnownOfAPromptIsNotForgottenForItsOwnEnd() {
    map.sent(map.names(text(12), ""), 0);
    map.sent(map.names(IntStream.range(500, 533).toArray(), ""), 1);
    map.sent(map.names(text(33), ""), 2);
    assertArrayEquals(new int[] {8, 0, 8}, sent(text(12), ""));
    assertArrayEquals(new int[] {8, 0, 32}, sent(text(33), ""));
  }

  @Test
  void aLookUpAloneMakesNothingRemembered() {
    map.sent(map.names(text(12), ""), 0);
    map.sent(map.names(IntStream.range(500, 533).toArray(), ""), 1);
    assertArrayEquals(new int[] {8, 0, 0}, sent(text(12), ""));
    map.sent(map.names(IntStream.range(900, 909).toArray(), ""), 1);
    assertArrayEquals(new int[3], sent(text(12), ""));
  }

  @Test
  void thereIsRoomForTheBeginningOfALongerPromptThanIsRemembered() {
    PrefixMap one = new PrefixMap(4, true, 1);
    one.sent(one.names(text(33), ""), 1);
    assertArrayEquals(new int[] {0, 4, 0}, one.tokensSent(one.names(text(33), ""), 3));
    assertThrows(IllegalArgumentException.class, () -> new PrefixMap(4, true, 0));
  }

  @Test
  void whereNothingIsSharedNothingIsRemembered() {
    PrefixMap none = new PrefixMap(4, false, 10);
    none.sent(none.names(text(20), ""), 1);
    assertArrayEquals(new int[3], none.tokensSent(none.names(text(20), ""), 3));
  }

  private int[] sent(int[] prompt, String salt) {
    return map.tokensSent(map.names(prompt, salt), 3);
  }

  private static int[] text(int length) {
    return IntStream.range(0, length).toArray();
  }
}
