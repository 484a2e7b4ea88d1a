package io.rack72.chaos;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/**
 * What {@code GET /rack} shows of faults.
 *
 * @param silent pairs of nodes of which one does not hear the other, and nodes that do not answer
 * @param failedTrays trays whose JVM lives on without them
 * @param resentSegments pieces of bundles that were sent again, so far
 * @param slow pairs of GPUs of which the first does not ask the second, which let it wait too long
 */
record Signs(int silent, int failedTrays, long resentSegments, List<SlowPair> slow) {
  Signs {
    slow = List.copyOf(slow);
  }

  /** One GPU that has found another slow. */
  record SlowPair(int asking, int owner) {
    boolean has(int gpu) {
      return asking == gpu || owner == gpu;
    }
  }

  /**
   * Reads them.
   *
   * @param rack what {@code GET /rack} gives
   */
  static Signs of(JsonNode rack) {
    int silent = 0;
    int failedTrays = 0;
    long resentSegments = 0;
    for (JsonNode node : rack.path("nodes")) {
      silent += node.path("silent").size() + (node.path("answers").asBoolean() ? 0 : 1);
      failedTrays += node.path("failed_trays").size();
      for (JsonNode trunk : node.path("trunks")) {
        resentSegments += trunk.path("resent_segments").asLong();
      }
    }
    List<SlowPair> slow = new ArrayList<>();
    for (JsonNode gpu : rack.path("gpus")) {
      for (JsonNode owner : gpu.path("slow")) {
        slow.add(new SlowPair(gpu.path("gpu").asInt(), owner.asInt()));
      }
    }
    return new Signs(silent, failedTrays, resentSegments, slow);
  }

  /** As it is in a history. */
  static Signs parse(String text) {
    try {
      JsonNode json = Json.read(text);
      List<SlowPair> slow = new ArrayList<>();
      for (JsonNode pair : json.path("slow")) {
        slow.add(new SlowPair(pair.path(0).asInt(), pair.path(1).asInt()));
      }
      return new Signs(
          json.path("silent").asInt(),
          json.path("failed_trays").asInt(),
          json.path("resent_segments").asLong(),
          slow);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("these are no signs: " + text, e);
    }
  }

  /** For a history. */
  String toText() {
    ObjectNode json = Json.object();
    json.put("silent", silent)
        .put("failed_trays", failedTrays)
        .put("resent_segments", resentSegments)
        .set(
            "slow",
            Json.tree(slow.stream().map(pair -> List.of(pair.asking(), pair.owner())).toList()));
    return json.toString();
  }
}
