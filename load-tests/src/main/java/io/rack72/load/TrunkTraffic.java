package io.rack72.load;

import com.fasterxml.jackson.databind.JsonNode;
import io.rack72.cli.CommandFailedException;
import java.util.Optional;

/**
 * What went between the JVMs of a rack, all of them together.
 *
 * @param bundles that trunks sent
 * @param bytes of them on the wire
 */
record TrunkTraffic(long bundles, long bytes) {
  /** What a server tells; empty where it has one JVM, or is no Rack72. */
  static Optional<TrunkTraffic> of(LoadClient client) throws InterruptedException {
    JsonNode rack;
    try {
      rack = client.rack();
    } catch (CommandFailedException e) {
      return Optional.empty();
    }
    return of(rack);
  }

  /** What {@code GET /rack} tells. */
  static Optional<TrunkTraffic> of(JsonNode rack) {
    long bundles = 0;
    long bytes = 0;
    for (JsonNode node : rack.path("nodes")) {
      for (JsonNode trunk : node.path("trunks")) {
        bundles += trunk.path("sent_bundles").asLong();
        bytes += trunk.path("sent_bytes").asLong();
      }
    }
    return bundles == 0 ? Optional.empty() : Optional.of(new TrunkTraffic(bundles, bytes));
  }

  /** What went since an earlier look. */
  TrunkTraffic since(Optional<TrunkTraffic> before) {
    return before.map(b -> new TrunkTraffic(bundles - b.bundles, bytes - b.bytes)).orElse(this);
  }
}
