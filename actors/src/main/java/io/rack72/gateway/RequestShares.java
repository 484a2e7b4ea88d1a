package io.rack72.gateway;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What live work the gateway has taken on, for whom, and whether there is room for more. Two things
 * are limited alike: requests, and the tokens of their prompts.
 *
 * <p>While less than the threshold of a limit is taken, everybody gets what they ask for. Above it
 * only tenants are let in that have less than their weight's part of the limit, so nobody can keep
 * the others out, and nothing is kept free for those who do not come. Whoever is below its share is
 * let in whatever the size of its request, so that large ones have their turn too.
 *
 * <p>Thread-safe.
 */
final class RequestShares {
  private static final String REQUESTS = "requests";
  private static final String TOKENS = "tokens";

  private static final class Use {
    private int requests;
    private long tokens;
  }

  private final LoadLimits limits;
  private final long weights;
  private final Map<String, Use> uses = new HashMap<>();
  private final Use total = new Use();

  /**
   * @param tenants all that there are
   */
  RequestShares(LoadLimits limits, List<Tenant> tenants) {
    this.limits = limits;
    weights = tenants.stream().mapToLong(Tenant::weight).sum();
    tenants.forEach(tenant -> uses.put(tenant.name(), new Use()));
  }

  /**
   * Takes a request on.
   *
   * @return its place, which must be left when it has been answered
   * @throws ApiError 503 where the gateway is full, 429 where the tenant has its share
   */
  synchronized Place enter(Tenant tenant) {
    Use own = uses.get(tenant.name());
    if (total.requests >= limits.requests()) {
      throw ApiError.overloaded(
          "%d requests are being answered, which is the limit; try again later"
              .formatted(total.requests));
    }
    if (tenant.maxRequests().isPresent() && own.requests >= tenant.maxRequests().getAsInt()) {
      throw ApiError.rateLimited(
          REQUESTS,
          "%d requests of this API key are being answered, which is its limit; try again later"
              .formatted(own.requests));
    }
    requireShare(REQUESTS, tenant, own.requests, total.requests + 1, limits.requests());
    own.requests++;
    total.requests++;
    return new Place(tenant, own);
  }

  private void requireShare(String what, Tenant tenant, long own, long all, long limit) {
    boolean crowded = all > limits.shareThreshold() * limit;
    if (crowded && own * weights >= limit * tenant.weight()) {
      throw ApiError.rateLimited(
          what,
          "the server is busy, and this API key has its share of it: %d of %d %s; try again later"
              .formatted(own, limit, what));
    }
  }

  /** Requests that are being answered. */
  synchronized int requests() {
    return total.requests;
  }

  /** Tokens of their prompts. */
  synchronized long tokens() {
    return total.tokens;
  }

  /** What one request holds, until it is left. */
  final class Place {
    private final Tenant tenant;
    private final Use own;
    private long tokens;
    private boolean left;

    private Place(Tenant tenant, Use own) {
      this.tenant = tenant;
      this.own = own;
    }

    /**
     * Takes on the request's tokens, now that they are known.
     *
     * @throws ApiError as {@link RequestShares#enter}, or 400 where they are more than the gateway
     *     ever takes
     */
    void hold(long promptTokens) {
      synchronized (RequestShares.this) {
        if (left) {
          throw new IllegalStateException("a request that has left holds nothing");
        }
        if (promptTokens > limits.tokens()) {
          throw ApiError.invalid(
              "",
              "the prompts have %d tokens, and this server takes %d of all requests together"
                  .formatted(promptTokens, limits.tokens()));
        }
        if (promptTokens > limits.tokens() - total.tokens) {
          throw ApiError.overloaded(
              "%d tokens of prompts are held, and %d more are over the limit of %d; try again later"
                  .formatted(total.tokens, promptTokens, limits.tokens()));
        }
        requireShare(TOKENS, tenant, own.tokens, total.tokens + promptTokens, limits.tokens());
        tokens += promptTokens;
        own.tokens += promptTokens;
        total.tokens += promptTokens;
      }
    }

    /** Gives back what is held; a second time does nothing. */
    void leave() {
      synchronized (RequestShares.this) {
        if (!left) {
          left = true;
          own.requests--;
          own.tokens -= tokens;
          total.requests--;
          total.tokens -= tokens;
        }
      }
    }
  }
}
