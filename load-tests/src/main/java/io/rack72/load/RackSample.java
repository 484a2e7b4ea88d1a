package io.rack72.load;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rack72.cli.CommandFailedException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.ToIntFunction;

/**
 * The rack at one moment of a soak.
 *
 * @param seconds since the soak began
 * @param gpus those that take sequences
 * @param residentBytes of the server's process, where that is known
 */
public record RackSample(double seconds, List<Gpu> gpus, OptionalLong residentBytes) {
  /** KV blocks of both kinds together, and sequences. */
  public record Gpu(
      int gpu, int blocksUsed, int blocksFree, int running, int waiting, int paused) {}

  public RackSample {
    gpus = List.copyOf(gpus);
  }

  /**
   * Reads what {@code GET /rack} tells.
   *
   * @throws CommandFailedException if it does not tell what is needed
   */
  public static RackSample of(double seconds, JsonNode rack, OptionalLong residentBytes) {
    List<Gpu> gpus = new ArrayList<>();
    for (JsonNode entry : rack.path("gpus")) {
      Gpu gpu =
          new Gpu(
              number(entry, "/gpu"),
              number(entry, "/kv_full/used") + number(entry, "/kv_sliding/used"),
              number(entry, "/kv_full/free") + number(entry, "/kv_sliding/free"),
              number(entry, "/sequences_running"),
              number(entry, "/sequences_waiting"),
              number(entry, "/sequences_paused"));
      if (gpu.blocksUsed + gpu.blocksFree > 0) {
        gpus.add(gpu);
      }
    }
    if (gpus.isEmpty()) {
      throw new CommandFailedException("GET /rack tells of no GPU with KV blocks: " + rack);
    }
    return new RackSample(seconds, gpus, residentBytes);
  }

  private static int number(JsonNode entry, String pointer) {
    JsonNode value = entry.at(pointer);
    if (!value.isInt()) {
      throw new CommandFailedException("GET /rack tells no %s of a GPU".formatted(pointer));
    }
    return value.intValue();
  }

  /** Whether nothing is left of any sequence. */
  public boolean isLevel() {
    return blocksUsed() == 0 && running() == 0 && waiting() == 0 && paused() == 0;
  }

  public int blocksUsed() {
    return sum(Gpu::blocksUsed);
  }

  public int blocksFree() {
    return sum(Gpu::blocksFree);
  }

  public int running() {
    return sum(Gpu::running);
  }

  public int waiting() {
    return sum(Gpu::waiting);
  }

  public int paused() {
    return sum(Gpu::paused);
  }

  private int sum(ToIntFunction<Gpu> value) {
    return gpus.stream().mapToInt(value).sum();
  }

  ObjectNode toJson() {
    ObjectNode json = Json.object();
    json.put("seconds", seconds);
    if (residentBytes.isPresent()) {
      json.put("resident_bytes", residentBytes.getAsLong());
    } else {
      json.putNull("resident_bytes");
    }
    ArrayNode list = json.putArray("gpus");
    for (Gpu gpu : gpus) {
      list.addObject()
          .put("gpu", gpu.gpu)
          .put("kv_blocks_used", gpu.blocksUsed)
          .put("kv_blocks_free", gpu.blocksFree)
          .put("sequences_running", gpu.running)
          .put("sequences_waiting", gpu.waiting)
          .put("sequences_paused", gpu.paused);
    }
    return json;
  }
}
