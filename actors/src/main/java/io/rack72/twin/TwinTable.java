package io.rack72.twin;

import java.util.Formatter;
import java.util.Locale;
import java.util.stream.Collectors;

/** A report as a table for a terminal. */
final class TwinTable {
  static final double BYTES_PER_GB = 1e9;

  private final Formatter text = new Formatter(Locale.ROOT);

  private final int gpus;

  private TwinTable(int gpus) {
    this.gpus = gpus;
  }

  static String of(TwinReport report) {
    TwinTable table = new TwinTable(report.gpus());
    table.load(report);
    table.goodput(report.goodput());
    table.latencies(report.latencies());
    table.resources(report);
    report.faults().forEach(table::fault);
    return table.text.toString();
  }

  private void load(TwinReport report) {
    text.format(
        "%s on %s: %d GPUs, %s, experts over %d; prompts of %s tokens, replies of %s; seed %d%n%n",
        report.model(),
        report.rack(),
        report.gpus(),
        report.layout(),
        report.expertParallel(),
        report.prompt(),
        report.reply(),
        report.seed());
    TwinReport.Requests requests = report.requests();
    text.format(
        "requests   %,d finished of %,d, %,d refused, %,d failed, %,d live at the end%n",
        requests.finished(),
        requests.submitted(),
        requests.refused(),
        requests.failed(),
        requests.live());
    if (requests.failed() > 0) {
      text.format("failed     the first since %s%n", requests.failure());
    }
    if (report.latencies().endToEnd().count() == 0) {
      text.format(
          "caution    no request that is measured ended in the %.1f s that count, so goodput,"
              + " tokens of a user, TPOT and end to end tell nothing%n",
          report.seconds());
    }
    TwinReport.Throughput throughput = report.throughput();
    text.format(
        "rate       %,.1f requests/s, %,.0f prompt tokens/s over %.1f s%n",
        throughput.requestsPerSecond(), throughput.promptTps(), report.seconds());
    text.format(
        "tokens/s   %,.0f the rack, %,.1f a GPU, %,.1f a user%n",
        throughput.tps(), throughput.tpsPerGpu(), throughput.tpsPerUser());
  }

  private void goodput(TwinReport.Goodput goodput) {
    if (!goodput.slo().isEmpty()) {
      text.format(
          "goodput    %,.1f requests/s, %,.0f tokens/s, %.1f %% of those that ended, for %s%n",
          goodput.requestsPerSecond(), goodput.tps(), 100 * goodput.part(), goodput.slo());
    }
    text.format("%n");
  }

  private void latencies(TwinReport.Latencies latencies) {
    text.format("%-10s %12s %12s %12s %12s%n", "ms", "mean", "p50", "p90", "p99");
    line("TTFT", latencies.ttft());
    line("ITL", latencies.itl());
    line("TPOT", latencies.tpot());
    line("end to end", latencies.endToEnd());
  }

  private void resources(TwinReport report) {
    TwinReport.Terms terms = report.terms();
    text.format(
        "%nsteps      %.1f %% host, %.1f %% attention, %.1f %% experts, %.1f %% exchange, %.1f %%"
            + " logits%n",
        100 * terms.host(),
        100 * terms.attention(),
        100 * terms.experts(),
        100 * terms.exchange(),
        100 * terms.logits());
    text.format(
        "GPUs       %s%n",
        report.spent().byName().entrySet().stream()
            .map(
                term ->
                    String.format(Locale.ROOT, "%.1f %% %s", 100 * term.getValue(), term.getKey()))
            .collect(Collectors.joining(", ")));
    text.format(
        "links      %.2f %% of what the ports could send, %.2f %% the busiest%n",
        100 * report.linkUse(), 100 * report.busiestLinkUse());
    TwinReport.Memory memory = report.memory();
    text.format(
        "HBM        %.2f %% of what the memories could move; %.1f GB a GPU: %.1f weights, %.1f KV,"
            + " %.1f left free%n",
        100 * report.hbmUse(),
        memory.hbmBytes() / BYTES_PER_GB,
        memory.weightBytes() / BYTES_PER_GB,
        memory.kvBytes() / BYTES_PER_GB,
        memory.leftFreeBytes() / BYTES_PER_GB);
    double most = report.timeline().stream().mapToDouble(TwinReport.Sample::kvUsed).max().orElse(0);
    text.format("KV         %.1f %% of the blocks in use at most%n", 100 * most);
    TwinReport.Costs costs = report.costs();
    if (costs.kwhPerMillionTokens() > 0) {
      text.format(
          "energy     %.4f kWh for a million tokens of replies%n", costs.kwhPerMillionTokens());
    }
    if (costs.pricePerMillionTokens() > 0) {
      text.format(
          "cost       %.4f for a million tokens of replies%n", costs.pricePerMillionTokens());
    }
  }

  private void fault(FaultEffect fault) {
    text.format("%nfault      at %.1f s: %s", fault.at(), fault.what());
    if (!fault.note().isEmpty()) {
      text.format("; %s%n", fault.note());
      return;
    }
    text.format("; %d of %d GPUs are left%n", fault.gpusLeft(), gpus);
    text.format("           tokens/s %,.0f before", fault.tpsBefore());
    if (fault.lowestTps() != null) {
      text.format(", %,.0f in the worst second; %s", fault.lowestTps(), recovery(fault));
    }
    FaultEffect.Pauses pauses = fault.pauses();
    text.format(
        "%n           longest pauses of %,d streams: %,.1f ms p50, %,.1f p99, %,.1f at most%n",
        pauses.streams(), pauses.p50(), pauses.p99(), pauses.max());
    text.format(
        "           %,d requests recomputed, %,d failed%n", fault.recomputed(), fault.failed());
  }

  private static String recovery(FaultEffect fault) {
    if (fault.recoveredSeconds() == null) {
      return "not back at 95 % of it for each GPU left";
    }
    return fault.recoveredSeconds() == 0
        ? "never below 95 % of it for each GPU left"
        : String.format(
            Locale.ROOT, "95 %% of it for each GPU left after %.1f s", fault.recoveredSeconds());
  }

  private void line(String name, TwinReport.Quantiles quantiles) {
    if (quantiles.count() == 0) {
      text.format("%-10s %12s %12s %12s %12s%n", name, "-", "-", "-", "-");
      return;
    }
    text.format(
        "%-10s %,12.3f %,12.3f %,12.3f %,12.3f%n",
        name, quantiles.mean(), quantiles.p50(), quantiles.p90(), quantiles.p99());
  }
}
