package io.rack72.rack;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.rack72.fault.Fault;
import io.rack72.gpu.GpuStatus;
import io.rack72.hardware.GpuId;
import io.rack72.sampling.SampledToken;
import io.rack72.sampling.SamplingParams;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Ports that pass next to nothing, and a rack that goes around them. */
class SlowPortTest {
  /** Of a port's 900 GB/s 900 bytes are left: a frame takes seconds, and a reply would hours. */
  private static final double FACTOR = 1e-9;

  @Test
  void sameTokensWhetherThePortOfTheirGpuIsSlowOrAnother() {
    GoldenPrompts.Prompt prompt = GoldenPrompts.read("wide").prompts().getFirst();
    try (RackHarness rack = new RackHarness("wide", RackHarness.settings(72, 1, 128))) {
      rack.suffer(new Fault.PortBandwidth(new GpuId(5), FACTOR, Duration.ofHours(1)));
      assertArrayEquals(prompt.greedy64(), reply(rack, prompt));
      assertEquals(List.of(5), slowPorts(rack));
      assertEquals(List.of(5), rack.status().gpus().getFirst().slow());

      // The one that has the sequences.
      rack.suffer(new Fault.PortBandwidth(new GpuId(0), FACTOR, Duration.ofHours(1)));
      assertArrayEquals(prompt.greedy64(), reply(rack, prompt));
      assertEquals(List.of(0, 5), slowPorts(rack));
      long frames = frames(rack);
      assertArrayEquals(prompt.greedy64(), reply(rack, prompt));
      assertEquals(frames, frames(rack), "it computes alone");
    }
  }

  private static int[] reply(RackHarness rack, GoldenPrompts.Prompt prompt) {
    return rack.generate(prompt.tokenIds(), SamplingParams.greedy(64)).stream()
        .mapToInt(SampledToken::id)
        .toArray();
  }

  private static List<Integer> slowPorts(RackHarness rack) {
    return rack.status().gpus().stream()
        .filter(gpu -> gpu.port().slow())
        .map(GpuStatus::gpu)
        .toList();
  }

  private static long frames(RackHarness rack) {
    return rack.status().gpus().stream().mapToLong(gpu -> gpu.port().sentFrames()).sum();
  }
}
