package io.rack72.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/**
 * What {@code bench kernels} has measured.
 *
 * @param exactName kernels of the exact mode
 * @param fastName kernels of the fast mode
 */
record KernelReport(
    String exactName,
    String fastName,
    int threads,
    double seconds,
    Limits limits,
    List<KernelMeasurement> rows) {
  /** Prints tables in Markdown. */
  void print(PrintWriter out) {
    out.printf(
        Locale.ROOT,
        "Kernels %s and %s on %d threads; %s %s, %d processors; Java %s.%n%n",
        exactName,
        fastName,
        threads,
        System.getProperty("os.name"),
        System.getProperty("os.arch"),
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("java.version"));
    out.printf("| limit | |%n|---|---:|%n");
    out.printf(Locale.ROOT, "| memory read | %.1f GB/s |%n", limits.readBytes() / 1e9);
    out.printf(Locale.ROOT, "| float32 | %.1f Gop/s |%n", limits.float32Operations() / 1e9);
    limits
        .int8Operations()
        .ifPresent(peak -> out.printf(Locale.ROOT, "| int8 | %.1f Gop/s |%n", peak / 1e9));
    out.print(
        """

        Microseconds are the median call's, in brackets the 10th and the 90th percentile. GB/s counts the
        weights, or keys and values, that a call reads; of the last three the activations read and written.
        An operation is a multiplication or an addition. No call finds its data in a cache.

        | kernel | mode | rows | µs | GB/s | of read | Gop/s | of peak | of its limit |
        |---|---|---:|---:|---:|---:|---:|---:|---:|
        """);
    rows.forEach(row -> print(out, row));
  }

  private void print(PrintWriter out, KernelMeasurement row) {
    KernelCase kernel = row.kernel();
    out.printf(
        Locale.ROOT,
        "| %s | %s | %d | %.1f (%.1f–%.1f) | %.2f | %.1f%% | %.1f | %.1f%% | %.0f%% %s |%n",
        kernel.name(),
        kernel.mode(),
        kernel.rows(),
        row.timing().median() / 1e3,
        row.timing().tenth() / 1e3,
        row.timing().ninetieth() / 1e3,
        row.bytesPerSecond() / 1e9,
        row.readPercent(limits),
        row.operationsPerSecond() / 1e9,
        row.peakPercent(limits),
        row.limitPercent(limits),
        limit(row));
  }

  private String limit(KernelMeasurement row) {
    return row.isLimitedByMemory(limits) ? "memory" : name(row.kernel().arithmetic());
  }

  private static String name(Limits.Arithmetic arithmetic) {
    return arithmetic.name().toLowerCase(Locale.ROOT);
  }

  /** The same for programs. */
  ObjectNode toJson() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("exact_kernels", exactName);
    json.put("fast_kernels", fastName);
    json.put("threads", threads);
    json.put("seconds", seconds);
    ObjectNode most = json.putObject("limits");
    most.put("memory_gb_per_second", limits.readBytes() / 1e9);
    most.put("float32_gop_per_second", limits.float32Operations() / 1e9);
    limits.int8Operations().ifPresent(peak -> most.put("int8_gop_per_second", peak / 1e9));
    ArrayNode list = json.putArray("rows");
    for (KernelMeasurement row : rows) {
      KernelCase kernel = row.kernel();
      ObjectNode entry = list.addObject();
      entry.put("kernel", kernel.name());
      entry.put("mode", kernel.mode());
      entry.put("rows", kernel.rows());
      entry.put("microseconds", row.timing().median() / 1e3);
      entry.put("microseconds_p10", row.timing().tenth() / 1e3);
      entry.put("microseconds_p90", row.timing().ninetieth() / 1e3);
      entry.put("gb_per_second", row.bytesPerSecond() / 1e9);
      entry.put("memory_percent", row.readPercent(limits));
      entry.put("gop_per_second", row.operationsPerSecond() / 1e9);
      entry.put("arithmetic", name(kernel.arithmetic()));
      entry.put("arithmetic_percent", row.peakPercent(limits));
      entry.put("limit", limit(row));
      entry.put("limit_percent", row.limitPercent(limits));
    }
    return json;
  }
}
