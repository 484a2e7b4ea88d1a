package io.rack72.gateway;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * What live work the gateway has taken on, for whom, and whether there is room for more. Three
 * things are limited and shared: the sequences of requests, the tokens of their prompts, and the
 * bytes of bodies that are kept so that streams can be gone on with.
 *
 * <p>A request is one sequence when it arrives, and takes the place of its others when it has been
 * read and they are known. A tenant may have a limit of its own besides, on requests.
 *
 * <p>Thread-safe.
 */
final class RequestShares {
  private static final String REQUESTS = "requests";
  private static final String TOKENS = "tokens";
  private static final String BYTES = "bytes";

  private final SharedLimit sequences;
  private final SharedLimit tokens;
  private final SharedLimit bodyBytes;
  private final long mostSequences;
  private final Map<String, Integer> requests = new HashMap<>();

  /** Answers that are over but for what their clients have not read, by tenant. */
  private final Map<String, Integer> unread = new HashMap<>();

  /**
   * @param keptBodyBytes of all bodies together that are kept while their streams are answered
   * @param tenants all that there are
   */
  RequestShares(LoadLimits limits, long keptBodyBytes, List<Tenant> tenants) {
    sequences =
        new SharedLimit(
            REQUESTS, "sequences", limits.sequences(), limits.shareThreshold(), tenants);
    tokens =
        new SharedLimit(
            TOKENS, "tokens of prompts", limits.tokens(), limits.shareThreshold(), tenants);
    bodyBytes =
        new SharedLimit(
            BYTES, "bytes of kept bodies", keptBodyBytes, limits.shareThreshold(), tenants);
    mostSequences = limits.sequences();
    tenants.forEach(tenant -> requests.put(tenant.name(), 0));
    tenants.forEach(tenant -> unread.put(tenant.name(), 0));
  }

  /**
   * Takes a request on, as one sequence.
   *
   * @return its place, which must be left when it has been answered
   * @throws ApiError 503 where the gateway is full, 429 where the tenant has its share
   */
  synchronized Place enter(Tenant tenant) {
    int own = requests.get(tenant.name());
    if (tenant.maxRequests().isPresent() && own >= tenant.maxRequests().getAsInt()) {
      throw ApiError.rateLimited(
          REQUESTS,
          "%d requests of this API key are being answered, which is its limit; try again later"
              .formatted(own));
    }
    sequences.require(tenant, 1, 1);
    sequences.take(tenant, 1);
    requests.merge(tenant.name(), 1, Integer::sum);
    return new Place(tenant);
  }

  private long mostRequests(Tenant tenant) {
    OptionalInt own = tenant.maxRequests();
    return own.isPresent() ? own.getAsInt() : mostSequences;
  }

  /** Sequences of the requests that are being answered. */
  synchronized long sequences() {
    return sequences.held();
  }

  /** Tokens of their prompts. */
  synchronized long tokens() {
    return tokens.held();
  }

  /** Bytes of their bodies that are kept. */
  synchronized long keptBodyBytes() {
    return bodyBytes.held();
  }

  /** What one request holds, until it is left. */
  final class Place {
    private final Tenant tenant;
    private long ownSequences = 1;
    private long ownTokens;
    private long ownBodyBytes;
    private boolean known;
    private boolean answered;
    private boolean isUnread;
    private boolean left;

    private Place(Tenant tenant) {
      this.tenant = tenant;
    }

    /**
     * Takes on all of the request, now that it is known: its other sequences, and its tokens; or
     * nothing of it.
     *
     * @throws ApiError as {@link RequestShares#enter}, or 400 where it is more than the gateway
     *     ever takes
     */
    void hold(int allSequences, long promptTokens) {
      synchronized (RequestShares.this) {
        if (answered || known) {
          throw new IllegalStateException("a request holds what it is once, before it is answered");
        }
        sequences.require(tenant, allSequences - ownSequences, allSequences);
        tokens.require(tenant, promptTokens, promptTokens);
        sequences.take(tenant, allSequences - ownSequences);
        tokens.take(tenant, promptTokens);
        known = true;
        ownSequences = allSequences;
        ownTokens = promptTokens;
      }
    }

    /**
     * Takes memory for the request's body, which is kept until the place is left; or none, where
     * there is no room for it.
     *
     * @return whether there was room
     */
    boolean keepBody(long bytes) {
      synchronized (RequestShares.this) {
        if (left || ownBodyBytes > 0) {
          throw new IllegalStateException("a request keeps its body once, before it leaves");
        }
        if (!bodyBytes.tryTake(tenant, bytes)) {
          return false;
        }
        ownBodyBytes = bytes;
        return true;
      }
    }

    /**
     * Gives back all but the memory of the body: nothing more is asked of the rack for the request.
     * To be called before the client can have the end of its answer, so that one which asks for one
     * thing after the other is not refused here because of the request before. What a client does
     * not read is kept until {@link #leave}; so a tenant may have as many such answers as requests,
     * and with more the place is held until then. A second time does nothing. May be called by any
     * thread.
     */
    void answered() {
      synchronized (RequestShares.this) {
        if (!answered && unread.get(tenant.name()) < mostRequests(tenant)) {
          giveBackWork();
          isUnread = true;
          unread.merge(tenant.name(), 1, Integer::sum);
        }
      }
    }

    private void giveBackWork() {
      answered = true;
      sequences.giveBack(tenant, ownSequences);
      tokens.giveBack(tenant, ownTokens);
      requests.merge(tenant.name(), -1, Integer::sum);
    }

    /** Gives back all that is held; a second time does nothing. May be called by any thread. */
    void leave() {
      synchronized (RequestShares.this) {
        if (left) {
          return;
        }
        left = true;
        if (!answered) {
          giveBackWork();
        }
        if (isUnread) {
          unread.merge(tenant.name(), -1, Integer::sum);
        }
        bodyBytes.giveBack(tenant, ownBodyBytes);
      }
    }
  }
}
