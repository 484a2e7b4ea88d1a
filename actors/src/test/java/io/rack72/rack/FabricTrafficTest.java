package io.rack72.rack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.fabric.PortCounters;
import io.rack72.gpu.GpuStatus;
import io.rack72.hardware.GpuId;
import io.rack72.hardware.GpuProfile;
import io.rack72.placement.ExpertPlacement;
import io.rack72.sampling.SampledToken;
import io.rack72.sampling.SamplingParams;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a run moves through the ports, against arithmetic that knows only the router's choices. */
class FabricTrafficTest {
  private static final GpuId HOME = new GpuId(0);

  @ParameterizedTest
  @CsvSource({"wide,72,16", "wide,72,512", "wide,8,128", "small-odd,72,128", "tiny,5,128"})
  void bytesOfEveryPortAreTheArithmeticOfTheShape(String checkpoint, int degree, int chunk) {
    int[] prompt = GoldenPrompts.read(checkpoint).prompts().get(2).tokenIds();
    try (RackHarness rack = new RackHarness(checkpoint, RackHarness.settings(degree, 1, chunk))) {
      List<SampledToken> reply = rack.generate(prompt, SamplingParams.greedy(24));
      ModelConfig config = rack.checkpoint().config();
      ExpertPlacement placement =
          new ExpertPlacement(1, 72, degree, config.layers(), config.experts());
      int[] computed = computedTokens(prompt, reply);
      RecordedRouting routing = RecordedRouting.of(rack.checkpoint(), computed);

      // Sent once per (token, owner), answered once per (token, expert); home is spared both.
      long[] dispatched = new long[72];
      long[] answered = new long[72];
      for (int layer = 0; layer < config.layers(); layer++) {
        for (int token = 0; token < computed.length; token++) {
          var owners = new TreeSet<GpuId>();
          for (int expert : routing.of(layer, token)) {
            GpuId owner = placement.owner(HOME, layer, expert);
            if (!owner.equals(HOME)) {
              owners.add(owner);
              dispatched[owner.index()] += 2 * Integer.BYTES;
              answered[owner.index()] += (long) config.hiddenSize() * Float.BYTES;
            }
          }
          owners.forEach(
              owner -> dispatched[owner.index()] += (long) config.hiddenSize() * Float.BYTES);
        }
      }

      List<GpuStatus> gpus = rack.status().gpus();
      assertEquals(Arrays.stream(dispatched).sum(), gpus.get(0).port().sentBytes());
      assertEquals(Arrays.stream(answered).sum(), gpus.get(0).port().receivedBytes());
      for (int gpu = 1; gpu < 72; gpu++) {
        PortCounters port = gpus.get(gpu).port();
        assertEquals(dispatched[gpu], port.receivedBytes(), "into gpu-" + gpu);
        assertEquals(answered[gpu], port.sentBytes(), "out of gpu-" + gpu);
      }
      assertTrue(degree == 1 || gpus.get(0).port().sentBytes() > 0, "nothing was moved");
    }
  }

  @Test
  void oneGpuWithAllExpertsLeavesNvlinkIdle() {
    try (RackHarness rack = new RackHarness("wide", RackHarness.settings(1, 72, 128))) {
      rack.generate(new int[] {1, 2, 3}, SamplingParams.greedy(8));
      rack.status().gpus().forEach(gpu -> assertEquals(PortCounters.NONE, gpu.port()));
    }
  }

  /**
   * With NVLink so slow that it is all that matters, a live run takes the time of the arithmetic:
   * it cannot be faster, and a tenth is far more than the machine's own work.
   */
  @Test
  void slowNvlinkSetsThePace() {
    long bytesPerSecond = 10_000;
    long latencyNanos = 5_000_000;
    int tokens = 6;
    GpuProfile slow = new GpuProfile(1L << 30, bytesPerSecond, latencyNanos);
    int[] prompt = {419};
    try (RackHarness rack =
        new RackHarness("wide", RackHarness.settings(slow, 72, 1, 128, 4 << 20))) {
      rack.generate(new int[] {7}, SamplingParams.greedy(1));
      long before = System.nanoTime();
      List<SampledToken> reply = rack.generate(prompt, SamplingParams.greedy(tokens));
      double seconds = (System.nanoTime() - before) / 1e9;

      ModelConfig config = rack.checkpoint().config();
      ExpertPlacement placement = new ExpertPlacement(1, 72, 72, config.layers(), config.experts());
      int[] computed = computedTokens(prompt, reply);
      RecordedRouting routing = RecordedRouting.of(rack.checkpoint(), computed);
      double expected = 0;
      for (int token = 0; token < computed.length; token++) {
        for (int layer = 0; layer < config.layers(); layer++) {
          expected +=
              layerSeconds(
                  routing.of(layer, token),
                  layer,
                  placement,
                  config.hiddenSize(),
                  (double) bytesPerSecond,
                  latencyNanos / 1e9);
        }
      }
      String figures =
          "%d tokens in %.3f s, %.3f s by arithmetic".formatted(tokens, seconds, expected);
      System.out.println("NVLink at 10 kB/s: " + figures);
      assertTrue(seconds >= expected * 0.999, "faster than its links: " + figures);
      assertTrue(seconds <= expected * 1.1, "more than a tenth slower than its links: " + figures);
    }
  }

  /**
   * One token through one layer: dispatches leave one after the other, each owner answers when its
   * own has arrived, and the answers come in one after the other.
   */
  private static double layerSeconds(
      int[] experts,
      int layer,
      ExpertPlacement placement,
      int hiddenSize,
      double bytesPerSecond,
      double latency) {
    TreeMap<GpuId, Integer> assignments = new TreeMap<>();
    for (int expert : experts) {
      GpuId owner = placement.owner(HOME, layer, expert);
      if (!owner.equals(HOME)) {
        assignments.merge(owner, 1, Integer::sum);
      }
    }
    double hiddenBytes = hiddenSize * 4.0;
    double sent = 0;
    double received = 0;
    for (int count : assignments.values()) {
      sent += (hiddenBytes + 8.0 * count) / bytesPerSecond;
      double answerLeaves = sent + latency;
      double answer = count * hiddenBytes / bytesPerSecond;
      received = Math.max(received, answerLeaves) + answer;
    }
    return assignments.isEmpty() ? 0 : received + latency;
  }

  /** The last token of a reply is never computed with. */
  private static int[] computedTokens(int[] prompt, List<SampledToken> reply) {
    return IntStream.concat(
            Arrays.stream(prompt),
            reply.subList(0, reply.size() - 1).stream().mapToInt(SampledToken::id))
        .toArray();
  }
}
