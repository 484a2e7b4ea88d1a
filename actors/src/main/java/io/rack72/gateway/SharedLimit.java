package io.rack72.gateway;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * One thing that there is a limited number of, shared among tenants.
 *
 * <p>The limit is divided once. Up to the threshold it is common to all. Of what is above it each
 * tenant has a part, which is kept for it: one for each where there are so many, and the rest by
 * weight. What a tenant holds is counted on its part first, and on the common only where it is
 * more. Whatever fits there is let in, and nothing else.
 *
 * <p>So nobody can keep the others out: whoever comes for no more than its part gets it, whatever
 * they hold, because they hold no more than their parts and the common. And the limit holds,
 * because that is all of it.
 *
 * <p>Not thread-safe.
 */
final class SharedLimit {
  private static final class Account {
    private final long part;
    private long held;

    Account(long part) {
      this.part = part;
    }

    long beyondPart(long amount) {
      return Math.max(0, amount - part);
    }
  }

  private final String type;
  private final String noun;
  private final long limit;
  private final long common;
  private final Map<String, Account> accounts = new HashMap<>();
  private long held;
  private long commonHeld;

  /**
   * @param type by which clients are told of a refusal, {@code requests} or {@code tokens}
   * @param noun by which people are told
   * @param threshold part of the limit that is common
   * @param tenants all that there are
   */
  SharedLimit(String type, String noun, long limit, double threshold, List<Tenant> tenants) {
    this.type = type;
    this.noun = noun;
    this.limit = limit;
    long kept = limit - (long) (threshold * limit);
    long each = kept >= tenants.size() ? 1 : 0;
    long byWeight = kept - each * tenants.size();
    long weights = tenants.stream().mapToLong(Tenant::weight).sum();
    long parts = 0;
    for (Tenant tenant : tenants) {
      long part = each + byWeight * tenant.weight() / weights;
      accounts.put(tenant.name(), new Account(part));
      parts += part;
    }
    // What the division leaves over is common too.
    common = limit - parts;
  }

  /**
   * Refuses what there is no room for.
   *
   * @param more that the tenant wants to hold
   * @param whole of which this is the last part, and which must fit at once
   * @throws ApiError 400 where the whole never fits, 503 where all is held, 429 where what is not
   *     is kept for other tenants
   */
  void require(Tenant tenant, long more, long whole) {
    Account own = accounts.get(tenant.name());
    if (whole > own.part + common) {
      throw ApiError.invalid(
          "",
          "the request has %d %s, and at most %d are taken on at a time%s; send less at once"
              .formatted(whole, noun, own.part + common, forWhom()));
    }
    if (fits(own, more)) {
      return;
    }
    if (more > limit - held) {
      throw ApiError.overloaded(
          "%d of %d %s are taken, and the request needs %d more; try again later"
              .formatted(held, limit, noun, more));
    }
    throw ApiError.rateLimited(
        type,
        "the server is busy, and this API key has its share of it: %d %s, with %d kept for it; "
                .formatted(own.held, noun, own.part)
            + "the request needs %d more; try again later".formatted(more));
  }

  private boolean fits(Account own, long more) {
    long fromCommon = own.beyondPart(own.held + more) - own.beyondPart(own.held);
    return fromCommon <= common - commonHeld;
  }

  private String forWhom() {
    return accounts.size() > 1 ? " for this API key" : "";
  }

  /** Gives the tenant what it was not refused. */
  void take(Tenant tenant, long more) {
    change(accounts.get(tenant.name()), more);
  }

  /**
   * Gives the tenant more where there is room for it.
   *
   * @return whether there was
   */
  boolean tryTake(Tenant tenant, long more) {
    Account own = accounts.get(tenant.name());
    if (!fits(own, more)) {
      return false;
    }
    change(own, more);
    return true;
  }

  /** Takes back what the tenant holds. */
  void giveBack(Tenant tenant, long less) {
    change(accounts.get(tenant.name()), -less);
  }

  private void change(Account own, long by) {
    commonHeld -= own.beyondPart(own.held);
    own.held += by;
    held += by;
    commonHeld += own.beyondPart(own.held);
  }

  /** What all hold together. */
  long held() {
    return held;
  }
}
