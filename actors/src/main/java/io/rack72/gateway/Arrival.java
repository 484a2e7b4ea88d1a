package io.rack72.gateway;

import io.rack72.resume.StreamHead;
import java.util.Optional;

/**
 * How a request came here.
 *
 * @param tenant whose it is
 * @param receivedNanos when its body had been read, here or at the gateway where it came first
 * @param before what it was there, where this gateway goes on with its stream
 */
record Arrival(Tenant tenant, long receivedNanos, Optional<StreamHead> before) {
  /** Of a request that came from its client. */
  Arrival(Tenant tenant, long receivedNanos) {
    this(tenant, receivedNanos, Optional.empty());
  }
}
