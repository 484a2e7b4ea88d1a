package io.rack72.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.bench.Limits.Arithmetic;
import io.rack72.bench.Stopwatch.Timing;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class KernelReportTest {
  private static final Limits LIMITS = new Limits(40e9, 200e9, OptionalDouble.of(800e9));

  @Test
  void limitIsThatWhichWouldTakeLonger() {
    // 10 MB in 1 ms and 100 million operations in 1 ms: a quarter of both limits, or more.
    KernelMeasurement even = measured(Arithmetic.FLOAT32, 10_000_000, 50_000_000);
    assertEquals(25, even.readPercent(LIMITS), 1e-9);
    assertEquals(25, even.peakPercent(LIMITS), 1e-9);
    assertTrue(even.isLimitedByMemory(LIMITS));

    KernelMeasurement arithmetic = measured(Arithmetic.FLOAT32, 10_000_000, 100_000_000);
    assertEquals(50, arithmetic.limitPercent(LIMITS), 1e-9);
    assertFalse(arithmetic.isLimitedByMemory(LIMITS));

    KernelMeasurement int8 = measured(Arithmetic.INT8, 10_000_000, 100_000_000);
    assertEquals(12.5, int8.peakPercent(LIMITS), 1e-9);
    assertEquals(25, int8.limitPercent(LIMITS), 1e-9);
    assertTrue(int8.isLimitedByMemory(LIMITS));
  }

  @Test
  void tableHasALineForEachLimitAndKernel() {
    StringWriter text = new StringWriter();
    KernelReport report = report(LIMITS, measured(Arithmetic.INT8, 10_000_000, 400_000_000));
    report.print(new PrintWriter(text));
    List<String> lines = text.toString().lines().toList();
    assertTrue(lines.contains("| memory read | 40.0 GB/s |"), lines::toString);
    assertTrue(lines.contains("| float32 | 200.0 Gop/s |"), lines::toString);
    assertTrue(lines.contains("| int8 | 800.0 Gop/s |"), lines::toString);
    assertEquals(
        "| product | fast | 4 | 1000.0 (900.0–1200.0) | 10.00 | 25.0% | 400.0 | 50.0% | 50% int8 |",
        lines.getLast());
  }

  @Test
  void kernelsThatComputeInFloatsHaveNoLimitForBytes() {
    Limits limits = new Limits(40e9, 200e9, OptionalDouble.empty());
    KernelReport report = report(limits, measured(Arithmetic.FLOAT32, 10_000_000, 100_000_000));
    StringWriter text = new StringWriter();
    report.print(new PrintWriter(text));
    assertFalse(text.toString().contains("int8"), text::toString);
    assertFalse(report.toJson().get("limits").has("int8_gop_per_second"));
    assertEquals("float32", report.toJson().at("/rows/0/limit").asText());
  }

  @Test
  void higherLimitsCount() {
    Limits other = new Limits(30e9, 300e9, OptionalDouble.of(900e9));
    assertEquals(new Limits(40e9, 300e9, OptionalDouble.of(900e9)), LIMITS.orBetter(other));
  }

  @Test
  void percentilesAreThoseOfTheSortedTimes() {
    assertEquals(new Timing(51, 11, 91, 1), Timing.of(LongStream.rangeClosed(1, 101).toArray()));
    assertEquals(new Timing(7, 7, 7, 7), Timing.of(new long[] {7}));
  }

  private static KernelReport report(Limits limits, KernelMeasurement row) {
    return new KernelReport("vector", "fast", 2, 1, limits, List.of(row));
  }

  private static KernelMeasurement measured(Arithmetic arithmetic, long bytes, long operations) {
    return new KernelMeasurement(
        new KernelCase("product", "fast", 4, bytes, operations, arithmetic, () -> {}),
        new Timing(1e6, 0.9e6, 1.2e6, 0.8e6));
  }
}
