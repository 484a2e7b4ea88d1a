package io.rack72.chaos;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What {@code GET /rack} of one gateway shows of faults.
 *
 * @param gateway that told
 * @param silent pairs of nodes of which one does not hear the other, and nodes that do not answer
 * @param gpus those that compute
 * @param resentSegments pieces of bundles that were sent again, so far
 * @param slow pairs of GPUs of which the first does not ask the second, which let it wait too long
 */
record Signs(
    String gateway, int silent, Set<Integer> gpus, long resentSegments, List<SlowPair> slow) {
  Signs {
    gpus = Collections.unmodifiableSet(new TreeSet<>(gpus));
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
   * @param rack what {@code GET /rack} gives there
   */
  static Signs of(String gateway, JsonNode rack) {
    int silent = 0;
    Set<Integer> gpus = new TreeSet<>();
    long resentSegments = 0;
    for (JsonNode node : rack.path("nodes")) {
      silent += node.path("silent").size() + (node.path("answers").asBoolean() ? 0 : 1);
      for (JsonNode trunk : node.path("trunks")) {
        resentSegments += trunk.path("resent_segments").asLong();
      }
    }
    List<SlowPair> slow = new ArrayList<>();
    for (JsonNode gpu : rack.path("gpus")) {
      gpus.add(gpu.path("gpu").asInt());
      for (JsonNode owner : gpu.path("slow")) {
        slow.add(new SlowPair(gpu.path("gpu").asInt(), owner.asInt()));
      }
    }
    return new Signs(gateway, silent, gpus, resentSegments, slow);
  }

  /** As it is in a history. */
  static Signs parse(String text) {
    try {
      JsonNode json = Json.read(text);
      Set<Integer> gpus = new TreeSet<>();
      json.path("gpus").forEach(gpu -> gpus.add(gpu.asInt()));
      List<SlowPair> slow = new ArrayList<>();
      for (JsonNode pair : json.path("slow")) {
        slow.add(new SlowPair(pair.path(0).asInt(), pair.path(1).asInt()));
      }
      return new Signs(
          json.path("gateway").asText(),
          json.path("silent").asInt(),
          gpus,
          json.path("resent_segments").asLong(),
          slow);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("these are no signs: " + text, e);
    }
  }

  /** For a history. */
  String toText() {
    ObjectNode json = Json.object();
    json.put("gateway", gateway)
        .put("silent", silent)
        .put("resent_segments", resentSegments)
        .<ObjectNode>set("gpus", Json.tree(gpus))
        .set(
            "slow",
            Json.tree(slow.stream().map(pair -> List.of(pair.asking(), pair.owner())).toList()));
    return json.toString();
  }
}
