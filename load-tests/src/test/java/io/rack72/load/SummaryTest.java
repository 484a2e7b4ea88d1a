package io.rack72.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class SummaryTest {
  @Test
  void percentilesLieOnTheLineBetweenTwoValues() {
    double[] sorted = {10, 20, 30, 40};
    assertEquals(10, Summary.percentile(sorted, 0));
    assertEquals(25, Summary.percentile(sorted, 50));
    assertEquals(37, Summary.percentile(sorted, 90), 1e-9);
    assertEquals(40, Summary.percentile(sorted, 100));
    assertEquals(5, Summary.percentile(new double[] {5}, 99));
  }

  @Test
  void isInMillisecondsAndOfAnyOrder() {
    Summary summary = Summary.of(LongStream.of(3_000_000, 1_000_000, 2_000_000)).orElseThrow();
    assertEquals(3, summary.count());
    assertEquals(2, summary.mean());
    assertEquals(2, summary.p50());
    assertEquals(3, summary.max());
    assertEquals(2.98, summary.p99(), 1e-9);
  }

  @Test
  void nothingMeasuredIsShownAsSuch() {
    assertEquals(Optional.empty(), Summary.of(LongStream.empty()));
    assertEquals("| TTFT | – | – | – | – | – | 0 |\n", Summary.row("TTFT", Optional.empty()));
    ObjectNode json = Json.object();
    Summary.put(json, "ttft_ms", Optional.empty());
    assertTrue(json.get("ttft_ms").isNull());
  }
}
