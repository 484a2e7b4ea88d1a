package io.rack72.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.clock.ManualClock;
import io.rack72.metrics.RequestMetrics.Again;
import io.rack72.metrics.RequestMetrics.Outcome;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class RequestMetricsTest {
  private static final long SECOND = 1_000_000_000;

  private final ManualClock clock = new ManualClock();
  private final RequestMetrics metrics = new RequestMetrics(clock);

  private void assertLine(String line) {
    String text = new String(Exposition.of(metrics.collect(), "").bytes(), StandardCharsets.UTF_8);
    assertTrue(text.lines().anyMatch(line::equals), line + " is not in\n" + text);
  }

  @Test
  void eachSequencesTokensAreMeasuredFromTheirOwnLast() {
    RequestMetrics.Meter meter = metrics.begin(0, 10, 2);
    clock.advanceTo(2 * SECOND);
    meter.token(0);
    clock.advanceTo(3 * SECOND);
    meter.token(1);
    clock.advanceTo(7 * SECOND);
    meter.token(0);
    assertLine("rack72_time_to_first_token_seconds_sum 5.0");
    assertLine("rack72_inter_token_latency_seconds_sum 5.0");
    assertLine("rack72_inter_token_latency_seconds_bucket{le=\"5.0\"} 1");
    assertLine("rack72_generation_tokens_total 3.0");
  }

  @Test
  void timeThatItsReaderLetsASequenceWaitIsNotMeasured() {
    RequestMetrics.Meter meter = metrics.begin(0, 10, 3);
    clock.advanceTo(1 * SECOND);
    meter.token(0);
    meter.token(1);
    clock.advanceTo(2 * SECOND);
    meter.pause();
    clock.advanceTo(3 * SECOND);
    // What was in flight still comes.
    meter.token(1);
    assertLine("rack72_inter_token_latency_seconds_sum 2.0");
    clock.advanceTo(100 * SECOND);
    meter.resume();
    clock.advanceTo(104 * SECOND);
    meter.token(0);
    assertLine("rack72_inter_token_latency_seconds_sum 7.0");
    meter.token(1);
    assertLine("rack72_inter_token_latency_seconds_sum 11.0");
    meter.token(2);
    assertLine("rack72_time_to_first_token_seconds_sum 8.0");
    clock.advanceTo(105 * SECOND);
    meter.token(0);
    assertLine("rack72_inter_token_latency_seconds_sum 12.0");
  }

  @Test
  void sequenceThatHadTokensBeforeHasNoFirstOneAgain() {
    RequestMetrics.Meter meter = metrics.begin(0, 10, 2);
    meter.goOn(1);
    clock.advanceTo(4 * SECOND);
    meter.token(0);
    meter.token(1);
    assertLine("rack72_time_to_first_token_seconds_count 1");
    assertLine("rack72_inter_token_latency_seconds_count 0");
    assertLine("rack72_generation_tokens_total 2.0");
    clock.advanceTo(5 * SECOND);
    meter.token(1);
    assertLine("rack72_inter_token_latency_seconds_sum 1.0");
  }

  @Test
  void requestEndsOnce() {
    RequestMetrics.Meter meter = metrics.begin(0, 10, 1);
    assertLine("rack72_requests_running 1.0");
    meter.over(Outcome.LEFT);
    meter.over(Outcome.COMPLETE);
    assertLine("rack72_requests_running 0.0");
    assertLine("rack72_requests_ended_total{outcome=\"left\"} 1.0");
    assertLine("rack72_requests_ended_total{outcome=\"complete\"} 0.0");
  }

  @Test
  void everyReasonToAskAgainHasACounterFromTheBeginning() {
    RequestMetrics.Meter meter = metrics.begin(0, 10, 1);
    meter.again(Again.GPU_LOST);
    meter.again(Again.GPU_LOST);
    assertLine("rack72_sequences_resubmitted_total{reason=\"gpu_lost\"} 2.0");
    for (Again reason : Again.values()) {
      if (reason != Again.GPU_LOST) {
        assertLine("rack72_sequences_resubmitted_total{reason=\"" + reason.label() + "\"} 0.0");
      }
    }
    assertEquals("gpu_lost", Again.GPU_LOST.label());
  }
}
