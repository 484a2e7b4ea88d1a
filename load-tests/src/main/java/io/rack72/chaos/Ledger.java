package io.rack72.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import io.rack72.cli.CommandFailedException;
import io.rack72.load.RackSample;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;

/**
 * What a rack still holds when no request is left, as its gateways tell: it must be nothing, and
 * all must tell the same. Thread-safe.
 */
final class Ledger {
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(10);
  private static final long LOOK_NANOS = Duration.ofMillis(250).toNanos();

  private final HttpClient http;

  Ledger(HttpClient http) {
    this.http = http;
  }

  /**
   * Waits until all gateways tell that nothing is held.
   *
   * @return what is wrong when the time is over; nothing where it came about
   */
  List<Finding> awaitLevel(Gateways gateways, Duration limit) {
    long deadline = System.nanoTime() + limit.toNanos();
    List<Finding> findings = look(gateways);
    while (!findings.isEmpty() && System.nanoTime() < deadline) {
      LockSupport.parkNanos(LOOK_NANOS);
      findings = look(gateways);
    }
    return findings;
  }

  private List<Finding> look(Gateways gateways) {
    List<JsonNode> racks = new ArrayList<>();
    List<Finding> findings = new ArrayList<>();
    for (URI gateway : gateways.all().get()) {
      try {
        HttpResponse<String> response =
            http.send(
                HttpRequest.newBuilder(gateway.resolve("/rack")).timeout(ANSWER_LIMIT).build(),
                BodyHandlers.ofString());
        racks.add(Json.read(response.body()));
      } catch (IOException e) {
        findings.add(
            new Finding(Finding.Kind.NOT_LEVEL, "", "%s does not tell: %s".formatted(gateway, e)));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("nobody interrupts a look at the rack", e);
      }
    }
    if (racks.isEmpty()) {
      findings.add(new Finding(Finding.Kind.NOT_LEVEL, "", "no gateway is left to tell"));
    }
    findings.addAll(check(racks));
    return findings;
  }

  /**
   * What is wrong with racks as their gateways tell them at one time.
   *
   * @param racks what {@code GET /rack} gives, of each gateway
   */
  static List<Finding> check(List<JsonNode> racks) {
    List<Finding> findings = new ArrayList<>();
    Set<String> placements = new TreeSet<>();
    for (JsonNode rack : racks) {
      placements.add("epoch %s of %d GPUs".formatted(rack.path("epoch"), rack.path("gpus").size()));
      try {
        RackSample sample = RackSample.of(0, rack, OptionalLong.empty());
        for (RackSample.Gpu gpu : sample.gpus()) {
          if (gpu.blocksUsed() + gpu.running() + gpu.waiting() + gpu.paused() > 0) {
            findings.add(
                new Finding(
                    Finding.Kind.NOT_LEVEL,
                    "",
                    ("gpu-%d holds %d blocks, and %d sequences run, %d wait and %d are paused;"
                            + " none would be right")
                        .formatted(
                            gpu.gpu(),
                            gpu.blocksUsed(),
                            gpu.running(),
                            gpu.waiting(),
                            gpu.paused())));
          }
        }
      } catch (CommandFailedException e) {
        findings.add(new Finding(Finding.Kind.NOT_LEVEL, "", e.getMessage()));
      }
      for (JsonNode node : rack.path("nodes")) {
        if (!node.path("answers").asBoolean()) {
          findings.add(
              new Finding(
                  Finding.Kind.NOT_LEVEL,
                  "",
                  "the node at %s does not answer".formatted(node.path("address").asText())));
        }
      }
    }
    if (placements.size() > 1) {
      findings.add(
          new Finding(
              Finding.Kind.NOT_ONE_PLACEMENT,
              "",
              "gateways follow different placements: " + String.join("; ", placements)));
    }
    return findings;
  }
}
