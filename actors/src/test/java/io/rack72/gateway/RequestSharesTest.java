package io.rack72.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RequestSharesTest {
  private static final Tenant WEB = new Tenant("web", 3, OptionalInt.empty());
  private static final Tenant BATCH = new Tenant("batch", 1, OptionalInt.empty());

  @Test
  void everybodyAsOneHasAllThereIs() {
    RequestShares shares =
        new RequestShares(new LoadLimits(3, 100, 0.5), List.of(Tenant.EVERYBODY));
    List<RequestShares.Place> places =
        IntStream.range(0, 3).mapToObj(i -> shares.enter(Tenant.EVERYBODY)).toList();
    assertRefused(503, () -> shares.enter(Tenant.EVERYBODY));
    places.getFirst().leave();
    shares.enter(Tenant.EVERYBODY);
    assertEquals(3, shares.requests());
  }

  @Test
  void aloneAKeyHasMoreThanItsShareUpToTheThreshold() {
    RequestShares shares = new RequestShares(new LoadLimits(8, 1000, 0.75), List.of(WEB, BATCH));
    for (int i = 0; i < 6; i++) {
      shares.enter(BATCH);
    }
    assertRefused(429, () -> shares.enter(BATCH));
    shares.enter(WEB);
    shares.enter(WEB);
    assertRefused(503, () -> shares.enter(WEB));
    assertRefused(503, () -> shares.enter(BATCH));
  }

  @Test
  void tokensAreSharedLikeRequests() {
    RequestShares shares = new RequestShares(new LoadLimits(100, 80, 0.5), List.of(WEB, BATCH));
    shares.enter(BATCH).hold(40);
    ApiError refusal = assertRefused(429, () -> shares.enter(BATCH).hold(1));
    assertEquals("tokens", refusal.toJson().at("/error/type").asText());
    assertEquals("rate_limit_exceeded", refusal.code().orElseThrow());
    shares.enter(WEB).hold(40);
    assertRefused(503, () -> shares.enter(WEB).hold(1));
    assertEquals(80, shares.tokens());
  }

  @Test
  void whoHasLessThanItsShareIsLetInWithALargeRequest() {
    RequestShares shares = new RequestShares(new LoadLimits(100, 80, 0.1), List.of(WEB, BATCH));
    shares.enter(WEB).hold(30);
    shares.enter(BATCH).hold(50);
    assertRefused(503, () -> shares.enter(BATCH).hold(1));
  }

  @Test
  void requestThatNeverFitsIsToldSo() {
    RequestShares shares = new RequestShares(new LoadLimits(8, 80, 0.5), List.of(WEB, BATCH));
    ApiError refusal = assertRefused(400, () -> shares.enter(WEB).hold(81));
    assertTrue(refusal.getMessage().contains("81 tokens"), refusal.getMessage());
  }

  @Test
  void keysOwnLimitHoldsHoweverIdleTheGateway() {
    Tenant shy = new Tenant("shy", 1, OptionalInt.of(2));
    RequestShares shares = new RequestShares(LoadLimits.DEFAULT, List.of(WEB, shy));
    RequestShares.Place first = shares.enter(shy);
    shares.enter(shy);
    ApiError refusal = assertRefused(429, () -> shares.enter(shy));
    assertEquals("requests", refusal.toJson().at("/error/type").asText());
    first.leave();
    shares.enter(shy);
  }

  @Test
  void leavingTwiceGivesBackOnce() {
    RequestShares shares = new RequestShares(LoadLimits.DEFAULT, List.of(WEB));
    RequestShares.Place place = shares.enter(WEB);
    RequestShares.Place other = shares.enter(WEB);
    place.hold(10);
    other.hold(5);
    place.leave();
    place.leave();
    assertEquals(1, shares.requests());
    assertEquals(5, shares.tokens());
    assertThrows(IllegalStateException.class, () -> place.hold(1));
  }

  /** Against a plain count of who holds what, over random traffic. */
  @Test
  void limitsHoldNobodyBelowItsShareIsRefusedForOthersAndAllIsGivenBack() {
    SplittableRandom random = new SplittableRandom(7);
    for (int round = 0; round < 200; round++) {
      LoadLimits limits =
          new LoadLimits(
              random.nextInt(1, 20), random.nextInt(1, 200), random.nextInt(1, 101) / 100.0);
      List<Tenant> tenants =
          IntStream.range(0, random.nextInt(1, 5))
              .mapToObj(
                  i ->
                      new Tenant(
                          "t" + i,
                          random.nextInt(1, 5),
                          random.nextBoolean()
                              ? OptionalInt.of(random.nextInt(1, 8))
                              : OptionalInt.empty()))
              .toList();
      new Traffic(limits, tenants, random).run(300);
    }
  }

  private static final class Traffic {
    private record Held(RequestShares.Place place, Tenant tenant, long tokens) {}

    private final LoadLimits limits;
    private final List<Tenant> tenants;
    private final SplittableRandom random;
    private final RequestShares shares;
    private final List<Held> held = new ArrayList<>();
    private final long weights;

    Traffic(LoadLimits limits, List<Tenant> tenants, SplittableRandom random) {
      this.limits = limits;
      this.tenants = tenants;
      this.random = random;
      shares = new RequestShares(limits, tenants);
      weights = tenants.stream().mapToInt(Tenant::weight).sum();
    }

    void run(int steps) {
      for (int i = 0; i < steps; i++) {
        if (random.nextInt(3) > 0) {
          come(tenants.get(random.nextInt(tenants.size())), random.nextLong(limits.tokens() + 1));
        } else if (!held.isEmpty()) {
          held.remove(random.nextInt(held.size())).place().leave();
        }
        assertEquals(held.size(), shares.requests());
        assertEquals(tokens(), shares.tokens());
        assertTrue(held.size() <= limits.requests() && tokens() <= limits.tokens());
      }
      held.forEach(one -> one.place().leave());
      held.forEach(one -> one.place().leave());
      assertEquals(0, shares.requests());
      assertEquals(0, shares.tokens());
    }

    private void come(Tenant tenant, long wanted) {
      List<Held> own = held.stream().filter(one -> one.tenant().equals(tenant)).toList();
      long ownTokens = own.stream().mapToLong(Held::tokens).sum();
      boolean atOwnLimit = own.size() >= tenant.maxRequests().orElse(Integer.MAX_VALUE);
      int expected = verdict(tenant, own.size(), held.size(), 1, limits.requests(), atOwnLimit);
      if (expected == 200) {
        expected = verdict(tenant, ownTokens, tokens(), wanted, limits.tokens(), false);
      }
      assertEquals(expected, enter(tenant, wanted));
    }

    /** What must become of a wish for one of the two things that are limited. */
    private int verdict(
        Tenant tenant, long own, long all, long wanted, long limit, boolean atOwnLimit) {
      boolean crowded = all + wanted > limits.shareThreshold() * limit;
      boolean belowShare = (double) own / limit < (double) tenant.weight() / weights;
      if (all + wanted > limit) {
        return 503;
      }
      return atOwnLimit || (crowded && !belowShare) ? 429 : 200;
    }

    private int enter(Tenant tenant, long wanted) {
      RequestShares.Place place = null;
      try {
        place = shares.enter(tenant);
        place.hold(wanted);
        held.add(new Held(place, tenant, wanted));
        return 200;
      } catch (ApiError refusal) {
        if (place != null) {
          place.leave();
        }
        return refusal.status();
      }
    }

    private long tokens() {
      return held.stream().mapToLong(Held::tokens).sum();
    }
  }

  private static ApiError assertRefused(int status, Runnable request) {
    ApiError refusal = assertThrows(ApiError.class, request::run);
    assertEquals(status, refusal.status());
    return refusal;
  }
}
