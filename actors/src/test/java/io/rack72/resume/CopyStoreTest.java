package io.rack72.resume;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.resume.StreamMessage.Fate;
import io.rack72.schedule.FinishReason;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CopyStoreTest {
  private static final String OWNER = "a gateway";
  private static final String TENANT = "web";
  private static final int BODY_BYTES = 100;
  private static final long EMPTY_BYTES = CopyStore.OVERHEAD_BYTES + BODY_BYTES;
  private static final Duration TIMEOUT = Duration.ofSeconds(100);
  private static final ResumeLimits LIMITS =
      new ResumeLimits(Duration.ofSeconds(30), 3, 10 * EMPTY_BYTES);

  private final CopyStore<String> store = new CopyStore<>(LIMITS);
  private long now = -1_000_000_000_000L;

  private static StreamKey key(int number) {
    return new StreamKey(number, 0);
  }

  private static StreamCopy copy(int number) {
    return copy(number, BODY_BYTES, Duration.ZERO);
  }

  private static StreamCopy copy(int number, int bodyBytes, Duration age) {
    return copy(TENANT, number, bodyBytes, age);
  }

  private static StreamCopy copy(String tenant, int number, int bodyBytes, Duration age) {
    return new StreamCopy(
        new StreamHead(key(number), "r", "r", tenant, "/p", 1, 2, TIMEOUT, new byte[bodyBytes]),
        age,
        List.of(state(), state()));
  }

  private static ChoiceState state(int... tokens) {
    return new ChoiceState(tokens, Optional.empty(), ChoiceState.UNKNOWN, ChoiceState.UNKNOWN);
  }

  private static Growth growth(int number, int choice, int from, int... tokens) {
    return new Growth(key(number), choice, from, state(tokens));
  }

  private static String tenant(int number) {
    return number % 3 == 0 ? TENANT : "other";
  }

  private static Fate fate(SplittableRandom random) {
    return List.of(Fate.values()).get(random.nextInt(3));
  }

  private boolean keep(int number) {
    return keep(TENANT, number);
  }

  private boolean keep(String tenant, int number) {
    return store.keep(OWNER, copy(tenant, number, BODY_BYTES, Duration.ZERO), now);
  }

  private Optional<StreamCopy> find(int number) {
    return find(TENANT, number);
  }

  private Optional<StreamCopy> find(String tenant, int number) {
    return store.find(key(number), tenant, now);
  }

  private int[] tokens(int number, int choice) {
    return find(number).orElseThrow().choices().get(choice).tokens();
  }

  private void pass(int seconds) {
    now += Duration.ofSeconds(seconds).toNanos();
    store.expire(now);
  }

  @Test
  void tokensAreThoseWithoutAGap() {
    keep(1);
    store.grow(OWNER, growth(1, 0, 0, 5, 6));
    store.grow(OWNER, growth(1, 0, 1, 6, 7));
    store.grow(OWNER, growth(1, 0, 4, 9));
    store.grow(OWNER, growth(1, 0, 0, 5));
    store.grow(OWNER, growth(1, 1, 0, 8));
    store.grow(OWNER, growth(1, 2, 0, 8));
    store.grow("another", growth(1, 0, 3, 9));
    assertArrayEquals(new int[] {5, 6, 7}, tokens(1, 0));
    assertArrayEquals(new int[] {8}, tokens(1, 1));
    assertEquals(EMPTY_BYTES + 16, store.bytes());
  }

  @Test
  void endIsThatOfAllTokensOnly() {
    keep(1);
    ChoiceState last = new ChoiceState(new int[] {7}, Optional.of(FinishReason.STOP), 3, 4);
    store.grow(OWNER, new Growth(key(1), 0, 1, last));
    ChoiceState there = find(1).orElseThrow().choices().getFirst();
    assertEquals(Optional.empty(), there.finish());
    assertEquals(3, there.cachedTokens());
    assertEquals(4, there.gpu());
    store.grow(OWNER, growth(1, 0, 0, 6));
    store.grow(OWNER, new Growth(key(1), 0, 1, last));
    assertEquals(last.finish(), find(1).orElseThrow().choices().getFirst().finish());
  }

  @Test
  void copyOfAnotherTenantIsNotFound() {
    keep(1);
    assertTrue(store.find(key(1), TENANT, now).isPresent());
    assertEquals(Optional.empty(), store.find(key(1), "other", now));
    assertEquals(Optional.empty(), store.find(key(1), "", now));
  }

  @Test
  void ageGoesOn() {
    store.keep(OWNER, copy(1, BODY_BYTES, Duration.ofSeconds(5)), now);
    pass(7);
    assertEquals(Duration.ofSeconds(12), find(1).orElseThrow().age());
  }

  @Test
  void whatIsAnsweredIsKeptUntilItsTimeIsOver() {
    keep(1);
    pass(129);
    assertTrue(find(1).isPresent());
    pass(1);
    assertEquals(Optional.empty(), find(1));
    assertEquals(0, store.size());
    assertEquals(0, store.bytes());
  }

  @Test
  void whatNobodyAnswersIsKeptForTheWindowWhichBeginsAnewWhenItIsFound() {
    keep(1);
    keep(2);
    keep(3);
    store.release(OWNER, key(1), Fate.BROKEN, now);
    store.release(OWNER, key(2), Fate.COMPLETE, now);
    store.release(OWNER, key(3), Fate.DROPPED, now);
    assertEquals(Optional.empty(), find(3));
    pass(29);
    assertTrue(find(1).isPresent());
    pass(1);
    assertEquals(Optional.empty(), find(2));
    assertTrue(find(1).isPresent());
    pass(30);
    assertEquals(Optional.empty(), find(1));
    assertEquals(0, store.bytes());
  }

  @Test
  void streamsOfAnOwnerThatIsGoneWaitForTheWindow() {
    keep(1);
    store.keep("another", copy(2), now);
    store.ownerGone(OWNER, now);
    pass(30);
    assertEquals(Optional.empty(), find(1));
    assertTrue(find(2).isPresent());
  }

  @Test
  void onlyTheOwnerReleases() {
    keep(1);
    store.keep("another", copy(1), now);
    store.release(OWNER, key(1), Fate.DROPPED, now);
    assertTrue(find(1).isPresent());
    assertEquals(1, store.size());
  }

  @Test
  void whereThereIsNoRoomWhatWasSentToItsEndGoesAndThenNothing() {
    assertTrue(keep(1) && keep(2) && keep(3));
    assertFalse(keep(4));
    store.release(OWNER, key(2), Fate.BROKEN, now);
    assertFalse(keep(4));
    store.release(OWNER, key(3), Fate.COMPLETE, now);
    store.release(OWNER, key(1), Fate.COMPLETE, now);
    assertTrue(keep(4));
    assertEquals(Optional.empty(), find(3));
    assertTrue(find(1).isPresent() && find(2).isPresent() && find(4).isPresent());
  }

  @Test
  void whereThereIsNoRoomBrokenStreamsOfATenantThatTakesMoreGo() {
    assertTrue(keep(1) && keep(2) && keep(3));
    assertFalse(keep("other", 4));
    store.release(OWNER, key(2), Fate.BROKEN, now);
    store.release(OWNER, key(1), Fate.BROKEN, now);
    assertTrue(keep("other", 4));
    assertEquals(Optional.empty(), find(2));
    // With another one it would take as much.
    assertFalse(keep("other", 5));
    assertTrue(find(1).isPresent() && find(3).isPresent());
    assertTrue(find("other", 4).isPresent());
  }

  @Test
  void brokenStreamsOfATenantThatTakesMoreGoForTokensToo() {
    keep(1);
    store.grow(OWNER, growth(1, 0, 0, new int[(int) (8 * EMPTY_BYTES) / Integer.BYTES]));
    keep("other", 2);
    store.grow(OWNER, growth(2, 0, 0, 7));
    assertEquals(0, find("other", 2).orElseThrow().choices().getFirst().tokens().length);
    store.ownerGone(OWNER, now);
    keep("other", 2);
    store.grow(OWNER, growth(2, 0, 0, 7));
    assertEquals(1, find("other", 2).orElseThrow().choices().getFirst().tokens().length);
    assertEquals(Optional.empty(), find(1));
  }

  @Test
  void ofThoseThatWereSentToTheirEndTheTenantsGoFirstThatTakeTheMost() {
    keep("other", 1);
    keep(2);
    keep(3);
    for (int number = 1; number <= 3; number++) {
      store.release(OWNER, key(number), Fate.COMPLETE, now);
    }
    assertTrue(keep("third", 4));
    assertEquals(Optional.empty(), find(2));
    assertTrue(find("other", 1).isPresent() && find(3).isPresent());
  }

  @Test
  void whatIsTooLargeIsNotKeptAndTakesNothingFromOthers() {
    keep(1);
    store.release(OWNER, key(1), Fate.COMPLETE, now);
    assertFalse(store.keep(OWNER, copy(2, (int) LIMITS.bytes(), Duration.ZERO), now));
    assertTrue(find(1).isPresent());
  }

  @Test
  void tokensForWhichThereIsNoRoomAreNotKept() {
    keep(1);
    store.grow(OWNER, growth(1, 0, 0, 5));
    store.grow(OWNER, growth(1, 0, 1, new int[(int) LIMITS.bytes() / Integer.BYTES]));
    store.grow(OWNER, growth(1, 1, 0, 6));
    assertArrayEquals(new int[] {5}, tokens(1, 0));
    assertArrayEquals(new int[] {6}, tokens(1, 1));
  }

  @Test
  void copyIsNeverMoreThanOneMessage() {
    CopyStore<String> large =
        new CopyStore<>(new ResumeLimits(Duration.ofSeconds(30), 3, 1L << 30));
    int most = (StreamCopy.MAX_BYTES - BODY_BYTES) / Integer.BYTES;
    large.keep(OWNER, copy(1), now);
    large.grow(OWNER, growth(1, 0, 0, new int[most]));
    large.grow(OWNER, growth(1, 0, most, 1));
    StreamCopy kept = large.find(key(1), TENANT, now).orElseThrow();
    assertEquals(most, kept.choices().getFirst().tokens().length);
    StreamCopy larger =
        new StreamCopy(
            kept.head(), kept.age(), List.of(state(new int[most - 7]), state(new int[100])));
    assertEquals(
        List.of(most - 7, 7),
        larger.inOneMessage().choices().stream().map(choice -> choice.tokens().length).toList());
    assertTrue(larger.inOneMessage().bytes() <= StreamCopy.MAX_BYTES);
  }

  @Test
  void limitsHoldAndWhatIsFoundIsABeginningOfWhatWasTold() {
    for (int seed = 0; seed < 200; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      CopyStore<String> world = new CopyStore<>(LIMITS);
      Map<StreamKey, Integer> told = new HashMap<>();
      for (int step = 0; step < 200; step++) {
        int number = random.nextInt(6);
        StreamKey key = key(number);
        String owner = random.nextInt(5) == 0 ? "another" : OWNER;
        now += random.nextLong(3_000_000_000L);
        switch (random.nextInt(6)) {
          case 0 -> {
            if (world.keep(owner, copy(tenant(number), number, BODY_BYTES, Duration.ZERO), now)) {
              told.put(key, 0);
            }
          }
          case 1, 2, 3 -> {
            // Token i of any choice is i, and now and then a message is lost.
            int from = told.getOrDefault(key, 0);
            int[] more = IntStream.range(from, from + random.nextInt(40)).toArray();
            told.put(key, from + more.length);
            if (random.nextInt(8) > 0) {
              world.grow(owner, growth(number, 0, from, more));
            }
          }
          case 4 -> world.release(owner, key, fate(random), now);
          default -> world.expire(now);
        }
        assertTrue(world.size() <= LIMITS.streams() && world.bytes() <= LIMITS.bytes());
        assertTrue(world.bytes() >= world.size() * EMPTY_BYTES);
        world
            .find(key, tenant(number), now)
            .ifPresent(
                found -> {
                  int[] tokens = found.choices().getFirst().tokens();
                  assertArrayEquals(IntStream.range(0, tokens.length).toArray(), tokens);
                });
      }
      now += Duration.ofSeconds(200).toNanos();
      world.expire(now);
      assertEquals(0, world.size());
      assertEquals(0, world.bytes());
    }
  }
}
