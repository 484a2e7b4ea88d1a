package io.rack72.schedule;

import static io.rack72.sampling.ParamsBuilder.params;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.rack72.kv.KvCache;
import io.rack72.kv.SequenceKv;
import io.rack72.kv.TinyLayouts;
import io.rack72.sampling.ParamsBuilder;
import io.rack72.sampling.SampledToken;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SequenceTest {
  private static final Optional<FinishReason> GOES_ON = Optional.empty();
  private static final Optional<FinishReason> STOP = Optional.of(FinishReason.STOP);
  private static final Optional<FinishReason> LENGTH = Optional.of(FinishReason.LENGTH);

  @Test
  void aStopIdEndsIt() {
    Sequence sequence = sequence(params().stopIds(7, 9));
    assertEquals(GOES_ON, sequence.append(token(8)));
    assertEquals(STOP, sequence.append(token(9)));
    assertEquals(STOP, sequence.finish());
    assertEquals(9, sequence.token(sequence.length() - 1));
    assertThrows(IllegalStateException.class, () -> sequence.append(token(8)));
  }

  @Test
  void aStopIdIsPassedOverBelowTheLeastLengthAndWhereStopIdsAreIgnored() {
    Sequence patient = sequence(params().stopIds(7).tokens(2, 9));
    assertEquals(GOES_ON, patient.append(token(7)));
    assertEquals(GOES_ON, patient.append(token(7)));
    assertEquals(STOP, patient.append(token(7)));

    Sequence deaf = sequence(params().stopIds(7).ignoreStopIds().tokens(0, 2));
    assertEquals(GOES_ON, deaf.append(token(7)));
    assertEquals(LENGTH, deaf.append(token(7)));
  }

  @Test
  void lengthEndsItAtItsOwnLimitOrTheContextsWhicheverIsFirst() {
    Sequence shortReply = sequence(params().tokens(0, 1));
    assertEquals(LENGTH, shortReply.append(token(1)));

    Sequence longReply = sequence(params().tokens(0, 1000));
    for (int length = 3; length < 9; length++) {
      assertEquals(GOES_ON, longReply.append(token(1)));
    }
    assertEquals(LENGTH, longReply.append(token(1)));
    assertEquals(10, longReply.length());
  }

  @Test
  void aStopIdAsTheLastTokenAllowedIsAStop() {
    assertEquals(STOP, sequence(params().stopIds(7).tokens(0, 1)).append(token(7)));
  }

  @Test
  void tokensGeneratedElsewhereCountAsItsOwn() {
    Sequence rebuilt =
        new Sequence(
            new SequenceId("r", 0),
            new int[] {1, 2},
            new int[] {3, 4, 5},
            params().tokens(0, 4).build(),
            Standing.DEFAULT,
            0,
            1,
            10,
            cache());
    assertEquals(3, rebuilt.generated());
    assertEquals(3, rebuilt.history().generated());
    assertEquals(5, rebuilt.remaining());
    assertEquals(4, rebuilt.token(3));
    assertEquals(LENGTH, rebuilt.append(token(6)));
    assertThrows(IndexOutOfBoundsException.class, () -> rebuilt.token(6));
  }

  @Test
  void itHasItsTokensInTheirOrderHoweverManyWereAppendedSinceTheyWereLastLookedAt() {
    for (int looks = 1; looks <= 40; looks++) {
      Sequence sequence = longSequence(new int[0]);
      for (int length = 3; length < 90; length++) {
        sequence.append(token(length + 1));
        assertEquals(length + 1, sequence.token(length));
        if (length % looks == 0) {
          int[] all = new int[length + 2];
          sequence.copyTokens(0, all, 1, length + 1);
          assertArrayEquals(IntStream.range(0, length + 2).toArray(), all);
          int[] last = new int[1];
          sequence.copyTokens(length, last, 0, 1);
          assertEquals(length + 1, last[0]);
          int from = length * looks % (length + 1);
          int[] end = new int[length + 1 - from];
          sequence.copyTokens(from, end, 0, end.length);
          assertArrayEquals(IntStream.rangeClosed(from + 1, length + 1).toArray(), end);
        }
      }
      Sequence rebuilt = longSequence(IntStream.range(4, 91).toArray());
      assertEquals(rebuilt.names(), sequence.names());
      assertEquals(rebuilt.namesToShare(), sequence.namesToShare());
      assertEquals(22, sequence.names().size());
      assertArrayEquals(
          IntStream.range(1, 91).toArray(),
          IntStream.range(0, sequence.length()).map(sequence::token).toArray());
    }
  }

  private static Sequence longSequence(int[] generated) {
    return new Sequence(
        new SequenceId("r", 0),
        new int[] {1, 2, 3},
        generated,
        params().tokens(0, 1000).build(),
        Standing.DEFAULT,
        0,
        1,
        100,
        cache());
  }

  @Test
  void whatWasFoundBeforeItBeganButIsGoneWhenItDoesIsComputedForTheFirstTime() {
    KvCache cache = new KvCache(TinyLayouts.layout("f", 4, 100, 1), 3, 0);
    Sequence other = sequence(params(), cache);
    other.grow(3);
    other.advance(3);
    other.releaseKv();
    Sequence sequence = sequence(params(), cache);
    sequence.attachPrefix(sequence.findPrefix());
    assertEquals(2, sequence.computed());
    sequence.releaseKv();
    SequenceKv taker = new SequenceKv(cache);
    taker.growTo(3);
    taker.releaseAll();
    sequence.attachPrefix(sequence.findPrefix());
    assertEquals(0, sequence.computed());
    sequence.begin();
    assertEquals(3, sequence.grow(3));
  }

  @Test
  void whatIsFoundOrComputedAgainIsNotComputedForTheFirstTime() {
    KvCache cache = new KvCache(TinyLayouts.layout("f", 4, 100, 1), 10, 0);
    Sequence other = sequence(params(), cache);
    assertEquals(2, other.grow(2));
    other.advance(2);
    other.releaseKv();
    assertEquals(1, other.grow(3));
    other.releaseKv();
    Sequence sequence = sequence(params(), cache);
    sequence.attachPrefix(sequence.findPrefix());
    sequence.begin();
    assertEquals(2, sequence.computed());
    assertEquals(1, sequence.grow(1));
  }

  private static Sequence sequence(ParamsBuilder params) {
    return sequence(params, cache());
  }

  private static Sequence sequence(ParamsBuilder params, KvCache cache) {
    return new Sequence(
        new SequenceId("r", 0),
        new int[] {1, 2, 3},
        new int[0],
        params.build(),
        Standing.DEFAULT,
        0,
        1,
        10,
        cache);
  }

  private static KvCache cache() {
    return new KvCache(TinyLayouts.layout("sf", 4, 100, 4), 10, 10);
  }

  private static SampledToken token(int id) {
    return new SampledToken(id, Float.NaN, new int[0], new float[0]);
  }
}
