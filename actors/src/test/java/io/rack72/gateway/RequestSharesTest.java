package io.rack72.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RequestSharesTest {
  private static final Tenant WEB = new Tenant("web", 3, OptionalInt.empty());
  private static final Tenant BATCH = new Tenant("batch", 1, OptionalInt.empty());

  @Test
  void everybodyAsOneHasAllThereIs() {
    RequestShares shares =
        new RequestShares(new LoadLimits(3, 100, 0.5), 1000, List.of(Tenant.EVERYBODY));
    List<RequestShares.Place> places =
        IntStream.range(0, 3).mapToObj(i -> shares.enter(Tenant.EVERYBODY)).toList();
    assertRefused(503, () -> shares.enter(Tenant.EVERYBODY));
    places.getFirst().leave();
    shares.enter(Tenant.EVERYBODY);
    assertEquals(3, shares.sequences());
  }

  @Test
  void aloneAKeyHasTheCommonPartAndItsOwnAndCannotKeepTheOthersOut() {
    // 8 are common; of the other 8 each has 1, and of the 6 that remain WEB 4 and BATCH 1; the 1
    // that is left over is common too.
    RequestShares shares =
        new RequestShares(new LoadLimits(16, 1000, 0.5), 1000, List.of(WEB, BATCH));
    shares.enter(BATCH).hold(11, 1);
    assertRefused(429, () -> shares.enter(BATCH));
    for (int i = 0; i < 5; i++) {
      shares.enter(WEB);
    }
    assertRefused(503, () -> shares.enter(WEB));
    assertRefused(503, () -> shares.enter(BATCH));
    assertEquals(16, shares.sequences());
  }

  @Test
  void requestCountsAsItsSequencesOnceTheyAreKnown() {
    RequestShares shares =
        new RequestShares(new LoadLimits(10, 1000, 1), 1000, List.of(WEB, BATCH));
    RequestShares.Place large = shares.enter(BATCH);
    assertEquals(1, shares.sequences());
    large.hold(8, 5);
    assertEquals(8, shares.sequences());
    RequestShares.Place other = shares.enter(WEB);
    assertRefused(503, () -> other.hold(4, 5));
    assertEquals(9, shares.sequences());
    assertEquals(5, shares.tokens());
    other.hold(2, 5);
    large.leave();
    assertEquals(2, shares.sequences());
  }

  @Test
  void whatIsRefusedForItsTokensTakesNoSequencesEither() {
    RequestShares shares = new RequestShares(new LoadLimits(10, 10, 1), 1000, List.of(WEB));
    shares.enter(WEB).hold(1, 6);
    RequestShares.Place place = shares.enter(WEB);
    assertRefused(503, () -> place.hold(5, 6));
    assertEquals(2, shares.sequences());
    assertEquals(6, shares.tokens());
  }

  @Test
  void tokensAreSharedLikeSequences() {
    RequestShares shares =
        new RequestShares(new LoadLimits(100, 80, 0.5), 1000, List.of(WEB, BATCH));
    shares.enter(BATCH).hold(1, 50);
    ApiError refusal = assertRefused(429, () -> shares.enter(BATCH).hold(1, 2));
    assertEquals("tokens", refusal.toJson().at("/error/type").asText());
    assertEquals("rate_limit_exceeded", refusal.code().orElseThrow());
    shares.enter(WEB).hold(1, 29);
    assertRefused(503, () -> shares.enter(WEB).hold(1, 2));
    assertEquals(79, shares.tokens());
  }

  @Test
  void requestThatNeverFitsIsToldSoWithTheNumbers() {
    RequestShares shares =
        new RequestShares(new LoadLimits(16, 80, 0.5), 1000, List.of(WEB, BATCH));
    ApiError tokens = assertRefused(400, () -> shares.enter(WEB).hold(1, 81));
    assertTrue(tokens.getMessage().contains("81 tokens of prompts"), tokens.getMessage());
    // Also where it would fit without the others.
    ApiError sequences = assertRefused(400, () -> shares.enter(BATCH).hold(12, 1));
    assertTrue(
        sequences.getMessage().contains("12 sequences, and at most 11"), sequences.getMessage());
  }

  @Test
  void keysOwnLimitHoldsHoweverIdleTheGateway() {
    Tenant shy = new Tenant("shy", 1, OptionalInt.of(2));
    RequestShares shares = new RequestShares(LoadLimits.DEFAULT, 1000, List.of(WEB, shy));
    RequestShares.Place first = shares.enter(shy);
    first.hold(100, 1);
    shares.enter(shy);
    ApiError refusal = assertRefused(429, () -> shares.enter(shy));
    assertEquals("requests", refusal.toJson().at("/error/type").asText());
    first.leave();
    shares.enter(shy);
  }

  @Test
  void leavingTwiceGivesBackOnce() {
    RequestShares shares = new RequestShares(LoadLimits.DEFAULT, 1000, List.of(WEB));
    RequestShares.Place place = shares.enter(WEB);
    RequestShares.Place other = shares.enter(WEB);
    place.hold(4, 10);
    other.hold(2, 5);
    assertThrows(IllegalStateException.class, () -> other.hold(2, 5));
    place.leave();
    place.leave();
    assertEquals(2, shares.sequences());
    assertEquals(5, shares.tokens());
    assertThrows(IllegalStateException.class, () -> place.hold(1, 1));
  }

  @Test
  void answeredRequestHoldsItsBodyOnly() {
    RequestShares shares = new RequestShares(LoadLimits.DEFAULT, 1000, List.of(WEB));
    RequestShares.Place place = shares.enter(WEB);
    place.hold(4, 10);
    assertTrue(place.keepBody(100));
    place.answered();
    place.answered();
    assertEquals(List.of(0L, 0L, 100L), held(shares));
    assertThrows(IllegalStateException.class, () -> place.hold(1, 1));
    place.leave();
    place.answered();
    assertEquals(List.of(0L, 0L, 0L), held(shares));
  }

  @Test
  void tenantHasAsManyUnreadAnswersAsRequests() {
    Tenant shy = new Tenant("shy", 1, OptionalInt.of(2));
    RequestShares shares = new RequestShares(LoadLimits.DEFAULT, 1000, List.of(WEB, shy));
    List<RequestShares.Place> unread = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      RequestShares.Place place = shares.enter(shy);
      place.hold(1, 5);
      place.answered();
      unread.add(place);
    }
    assertEquals(List.of(2L, 10L, 0L), held(shares), "two are unread, two are held");
    assertRefused(429, () -> shares.enter(shy));
    unread.get(3).leave();
    shares.enter(shy).answered();
    assertRefused(429, () -> shares.enter(shy));
    unread.get(0).leave();
    unread.get(2).answered();
    shares.enter(shy);
    unread.forEach(RequestShares.Place::leave);
    assertEquals(List.of(2L, 0L, 0L), held(shares));
  }

  private static List<Long> held(RequestShares shares) {
    return List.of(shares.sequences(), shares.tokens(), shares.keptBodyBytes());
  }

  @Test
  void bodiesAreKeptWithinALimitOfWhichNoKeyTakesAll() {
    // 500 are common, and of the other 500 WEB has 375 and BATCH 125, less what rounding takes.
    RequestShares shares = new RequestShares(LoadLimits.DEFAULT, 1000, List.of(WEB, BATCH));
    List<RequestShares.Place> batch =
        IntStream.range(0, 7).mapToObj(i -> shares.enter(BATCH)).toList();
    assertEquals(
        List.of(true, true, true, true, true, true, false),
        batch.stream().map(place -> place.keepBody(100)).toList());
    RequestShares.Place web = shares.enter(WEB);
    assertFalse(web.keepBody(401));
    assertTrue(web.keepBody(375));
    assertEquals(975, shares.keptBodyBytes());
    batch.getFirst().leave();
    batch.getFirst().leave();
    assertEquals(875, shares.keptBodyBytes());
    assertTrue(batch.getLast().keepBody(100));
  }

  @Test
  void bodyIsKeptOnceAndForAPlaceOnly() {
    RequestShares shares = new RequestShares(LoadLimits.DEFAULT, 1000, List.of(WEB));
    RequestShares.Place place = shares.enter(WEB);
    assertTrue(place.keepBody(1000));
    assertThrows(IllegalStateException.class, () -> place.keepBody(0));
    place.leave();
    assertEquals(0, shares.keptBodyBytes());
    assertThrows(IllegalStateException.class, () -> place.keepBody(1));
  }

  private static ApiError assertRefused(int status, Runnable request) {
    ApiError refusal = assertThrows(ApiError.class, request::run);
    assertEquals(status, refusal.status());
    return refusal;
  }
}
