package io.rack72.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/**
 * What is promised of shares, over random tenants and traffic. Each promise holds whatever was let
 * in before it, so none needs to know how that was decided.
 */
class SharedLimitTest {
  private static final int ROUNDS = 300;
  private static final int STEPS = 200;

  private record Held(Tenant tenant, long amount) {}

  private SplittableRandom random;
  private long limit;
  private double threshold;
  private List<Tenant> tenants;
  private SharedLimit shared;
  private final List<Held> held = new ArrayList<>();

  @BeforeEach
  void someTenants(RepetitionInfo round) {
    random = new SplittableRandom(round.getCurrentRepetition());
    limit = random.nextInt(1, 100);
    threshold = random.nextInt(1, 101) / 100.0;
    tenants =
        IntStream.range(0, random.nextInt(1, 6))
            .mapToObj(i -> new Tenant("t" + i, random.nextInt(1, 9), OptionalInt.empty()))
            .toList();
    shared = new SharedLimit("requests", "things", limit, threshold, tenants);
  }

  @RepeatedTest(ROUNDS)
  void limitHoldsAndAllIsGivenBack() {
    traffic();
    assertTrue(shared.held() <= limit);
    held.forEach(one -> shared.giveBack(one.tenant(), one.amount()));
    assertEquals(0, shared.held());
    // Nothing is lost: one after the other, all can have as much as at first.
    SharedLimit fresh = new SharedLimit("requests", "things", limit, threshold, tenants);
    for (Tenant tenant : tenants) {
      assertEquals(mostOf(fresh, tenant), mostOf(shared, tenant));
    }
  }

  @RepeatedTest(ROUNDS)
  void whateverTheOthersHoldATenantGetsWhatIsKeptForIt() {
    traffic();
    Map<Tenant, Long> due = new HashMap<>();
    for (Tenant tenant : tenants) {
      long own =
          held.stream().filter(one -> one.tenant().equals(tenant)).mapToLong(Held::amount).sum();
      due.put(tenant, Math.max(0, kept(tenant) - own));
    }
    // In any order and in pieces of any size, so that all of them have it at once in the end.
    while (due.values().stream().anyMatch(left -> left > 0)) {
      Tenant tenant = anybody();
      if (due.get(tenant) > 0) {
        long amount = random.nextLong(1, due.get(tenant) + 1);
        assertEquals(200, come(shared, tenant, amount));
        due.merge(tenant, -amount, Long::sum);
      }
    }
    assertTrue(shared.held() <= limit);
  }

  @RepeatedTest(ROUNDS)
  void upToTheThresholdEverybodyGetsWhatItAsksFor() {
    traffic();
    while (!held.isEmpty()) {
      leave();
      long free = (long) (threshold * limit) - shared.held();
      if (free > 0) {
        Tenant tenant = anybody();
        assertEquals(200, come(shared, tenant, free));
        shared.giveBack(tenant, free);
      }
    }
  }

  @RepeatedTest(ROUNDS)
  void whoIsAloneHasAll() {
    Tenant only = tenants.getFirst();
    SharedLimit all = new SharedLimit("requests", "things", limit, threshold, List.of(only));
    for (int i = 0; i < limit; i++) {
      assertEquals(200, come(all, only, 1));
    }
    assertEquals(503, come(all, only, 1));
  }

  @RepeatedTest(ROUNDS)
  void onlyWhatNeverFitsIsToldSo() {
    traffic();
    for (Tenant tenant : tenants) {
      long most = mostOf(new SharedLimit("requests", "things", limit, threshold, tenants), tenant);
      for (long amount = 1; amount <= limit + 1; amount++) {
        int status = come(shared, tenant, amount);
        assertEquals(amount > most, status == 400, amount + " of at most " + most);
        if (status == 200) {
          shared.giveBack(tenant, amount);
        }
      }
    }
  }

  @RepeatedTest(1)
  void largestNumbersDoNotOverflow() {
    Tenant heavy = new Tenant("heavy", 1_000_000, OptionalInt.empty());
    Tenant light = new Tenant("light", 1, OptionalInt.empty());
    long most = 1L << 40;
    SharedLimit large = new SharedLimit("tokens", "tokens", most, 0.5, List.of(heavy, light));
    long common = most / 2;
    assertEquals(200, come(large, light, common));
    assertEquals(200, come(large, heavy, common / 1_000_001 * 1_000_000));
    assertTrue(large.held() <= most);
  }

  /** Tenants of all kinds come and go, some greedy. */
  private void traffic() {
    Tenant greedy = anybody();
    for (int i = 0; i < STEPS; i++) {
      Tenant tenant = random.nextBoolean() ? greedy : anybody();
      long amount = random.nextLong(1, random.nextLong(1, limit + 1) + 1);
      if (come(shared, tenant, amount) == 200) {
        held.add(new Held(tenant, amount));
      }
      assertTrue(shared.held() <= limit);
      if (random.nextInt(4) == 0 && !held.isEmpty()) {
        leave();
      }
    }
  }

  private void leave() {
    Held one = held.remove(random.nextInt(held.size()));
    shared.giveBack(one.tenant(), one.amount());
  }

  private Tenant anybody() {
    return tenants.get(random.nextInt(tenants.size()));
  }

  /** The most that the tenant gets at once of what nobody else holds. */
  private long mostOf(SharedLimit idle, Tenant tenant) {
    long most = limit;
    while (come(idle, tenant, most) != 200) {
      most--;
    }
    idle.giveBack(tenant, most);
    return most;
  }

  private static int come(SharedLimit shared, Tenant tenant, long amount) {
    try {
      shared.require(tenant, amount, amount);
    } catch (ApiError refusal) {
      return refusal.status();
    }
    shared.take(tenant, amount);
    return 200;
  }

  /**
   * What the settings promise to keep: one for each where there are so many above the threshold,
   * and by weight of the rest.
   */
  private long kept(Tenant tenant) {
    double above = limit - Math.floor(threshold * limit);
    int each = above >= tenants.size() ? 1 : 0;
    double weights = tenants.stream().mapToInt(Tenant::weight).sum();
    double byWeight = (above - each * tenants.size()) * tenant.weight() / weights;
    // What is a whole number may be a hair less here.
    return each + (long) (byWeight + 1e-9);
  }
}
