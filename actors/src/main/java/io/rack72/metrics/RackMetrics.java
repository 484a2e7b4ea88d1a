package io.rack72.metrics;

import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.rack72.gpu.GpuStatus;
import io.rack72.rack.NodeStatus;
import io.rack72.rack.RackStatus;
import io.rack72.wire.TrunkStatus;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/** The rack's state as metrics; a node that does not answer has only the metric that says so. */
public final class RackMetrics {
  private final RackStatus rack;
  private final List<GpuStatus> gpus;
  private final List<MetricSnapshot> metrics = new ArrayList<>();

  private RackMetrics(RackStatus rack) {
    // While a tray moves to another JVM both may tell of its GPUs; the later one has them.
    SortedMap<Integer, GpuStatus> gpus = new TreeMap<>();
    rack.gpus().forEach(gpu -> gpus.put(gpu.gpu(), gpu));
    this.rack = rack;
    this.gpus = List.copyOf(gpus.values());
  }

  /** All of a report. */
  public static List<MetricSnapshot> of(RackStatus rack) {
    RackMetrics metrics = new RackMetrics(rack);
    metrics.whole();
    metrics.nodes();
    metrics.gpus();
    metrics.trunks();
    return metrics.metrics;
  }

  private void whole() {
    metrics.add(
        InfoSnapshot.builder()
            .name("rack72_rack")
            .help("What is served, by what.")
            .dataPoint(
                InfoSnapshot.InfoDataPointSnapshot.builder()
                    .labels(
                        Labels.of(
                            "rack", rack.rack(), "model", rack.model(), "kernels", rack.kernels()))
                    .build())
            .build());
    gauge("rack72_healthy", "1 where the rack can compute, else 0.", "ok".equals(rack.health()));
    gauge(
        "rack72_missing_trays",
        "Trays that take no part: nobody has brought them, or they have failed.",
        rack.missingTrays().size());
    gauge("rack72_placement_epoch", "Grows with each change of the rack.", (double) rack.epoch());
    gauge(
        "rack72_expert_parallel",
        "GPUs that share one copy of the experts.",
        rack.expertParallel());
    gauge("rack72_data_parallel", "GPUs that take sequences.", rack.dataParallel());
  }

  private void gauge(String name, String help, boolean value) {
    gauge(name, help, value ? 1 : 0);
  }

  private void gauge(String name, String help, double value) {
    metrics.add(
        GaugeSnapshot.builder()
            .name(name)
            .help(help)
            .dataPoint(GaugeDataPointSnapshot.builder().value(value).build())
            .build());
  }

  private void nodes() {
    Function<NodeStatus, Labels> labels = node -> Labels.of("node", node.address());
    gauges(
        "rack72_node_answers",
        "1 where a JVM tells of itself, else 0.",
        rack.nodes(),
        labels,
        node -> node.answers() ? 1 : 0);
    gauges(
        "rack72_node_failed_trays",
        "Trays of a JVM that take no part since a GPU or port of theirs has failed.",
        rack.nodes(),
        labels,
        node -> node.failedTrays().size());
    gauges(
        "rack72_node_silent_peers",
        "Other JVMs that a JVM does not hear, and does not rely on.",
        rack.nodes(),
        labels,
        node -> node.silent().size());
    counters(
        "rack72_node_dropped_messages",
        "Messages of a JVM to others that were dropped before they were sent.",
        rack.nodes(),
        labels,
        NodeStatus::droppedMessages);
  }

  private void gpus() {
    Function<GpuStatus, Labels> labels = RackMetrics::labels;
    gauges("rack72_gpu_experts", "Expert slots in use.", gpus, labels, GpuStatus::experts);
    gauges(
        "rack72_gpu_hbm_used_bytes",
        "Weights and KV pools.",
        gpus,
        labels,
        GpuStatus::hbmUsedBytes);
    gauges(
        "rack72_gpu_hbm_limit_bytes",
        "HBM that a GPU has.",
        gpus,
        labels,
        GpuStatus::hbmLimitBytes);
    kvBlocks();
    sequences();
    gauges(
        "rack72_gpu_slow_owners",
        "GPUs that a GPU does not ask for experts for a while: slow ones, or behind slow ports.",
        gpus,
        labels,
        gpu -> gpu.slow().size());
    gauges(
        "rack72_port_slow",
        "Whether a port has much less than its bandwidth.",
        gpus,
        labels,
        gpu -> gpu.port().slow() ? 1 : 0);
    counters("rack72_gpu_steps", "Steps run.", gpus, labels, GpuStatus::steps);
    counters(
        "rack72_gpu_tokens_computed",
        "Rows of the steps.",
        gpus,
        labels,
        GpuStatus::tokensComputed);
    counters(
        "rack72_gpu_tokens_cached",
        "Tokens of prompts that had been computed for others.",
        gpus,
        labels,
        GpuStatus::tokensCached);
    counters(
        "rack72_gpu_preemptions",
        "Times that a sequence gave its KV blocks back, to be computed again.",
        gpus,
        labels,
        GpuStatus::preemptions);
    counters(
        "rack72_gpu_hedges",
        "Times that a GPU computed itself what another did not answer.",
        gpus,
        labels,
        GpuStatus::hedges);
    counters(
        "rack72_port_sent_bytes",
        "NVLink bytes sent.",
        gpus,
        labels,
        gpu -> gpu.port().sentBytes());
    counters(
        "rack72_port_received_bytes",
        "NVLink bytes received.",
        gpus,
        labels,
        gpu -> gpu.port().receivedBytes());
    counters(
        "rack72_port_waiting_seconds",
        "Time that frames waited for a port.",
        gpus,
        labels,
        gpu -> gpu.port().waitingNanos() / 1e9);
  }

  private static Labels labels(GpuStatus gpu) {
    return Labels.of("gpu", Integer.toString(gpu.gpu()), "tray", Integer.toString(gpu.tray()));
  }

  private void kvBlocks() {
    GaugeSnapshot.Builder blocks =
        GaugeSnapshot.builder()
            .name("rack72_gpu_kv_blocks")
            .help("KV blocks of a pool: used by sequences, free, and evicted to the host.");
    for (GpuStatus gpu : gpus) {
      pool(blocks, gpu, "full", gpu.kvFull());
      pool(blocks, gpu, "sliding", gpu.kvSliding());
    }
    metrics.add(blocks.build());
  }

  private static void pool(
      GaugeSnapshot.Builder into, GpuStatus gpu, String pool, GpuStatus.Blocks blocks) {
    Labels labels = labels(gpu).add("pool", pool);
    point(into, labels.add("state", "used"), blocks.used());
    point(into, labels.add("state", "free"), blocks.free());
    point(into, labels.add("state", "on_host"), blocks.onHost());
  }

  private void sequences() {
    GaugeSnapshot.Builder sequences =
        GaugeSnapshot.builder()
            .name("rack72_gpu_sequences")
            .help("Sequences that run, wait for room, or are paused since nobody reads.");
    for (GpuStatus gpu : gpus) {
      point(sequences, labels(gpu).add("state", "running"), gpu.sequencesRunning());
      point(sequences, labels(gpu).add("state", "waiting"), gpu.sequencesWaiting());
      point(sequences, labels(gpu).add("state", "paused"), gpu.sequencesPaused());
    }
    metrics.add(sequences.build());
  }

  private record Trunk(String from, TrunkStatus counters) {}

  private void trunks() {
    List<Trunk> trunks =
        rack.nodes().stream()
            .flatMap(node -> node.trunks().stream().map(trunk -> new Trunk(node.address(), trunk)))
            .toList();
    Function<Trunk, Labels> labels =
        trunk -> Labels.of("node", trunk.from(), "to", trunk.counters().to());
    counters(
        "rack72_trunk_sent_bytes",
        "Bytes of tensors sent to another JVM.",
        trunks,
        labels,
        trunk -> trunk.counters().sentBytes());
    counters(
        "rack72_trunk_received_bytes",
        "Bytes of tensors that came from another JVM.",
        trunks,
        labels,
        trunk -> trunk.counters().receivedBytes());
    counters(
        "rack72_trunk_resent_segments",
        "Segments that were sent again, since no word of them came back.",
        trunks,
        labels,
        trunk -> trunk.counters().resentSegments());
    counters(
        "rack72_trunk_refused_segments",
        "Segments that could not be read, or came out of their order.",
        trunks,
        labels,
        trunk -> trunk.counters().refusedSegments());
  }

  private <T> void gauges(
      String name, String help, List<T> of, Function<T, Labels> labels, ToDoubleFunction<T> value) {
    GaugeSnapshot.Builder gauges = GaugeSnapshot.builder().name(name).help(help);
    summed(of, labels, value).forEach((each, sum) -> point(gauges, each, sum));
    metrics.add(gauges.build());
  }

  /** What has the same labels is one, such as two trunks to the same address in their time. */
  private static <T> Map<Labels, Double> summed(
      List<T> of, Function<T, Labels> labels, ToDoubleFunction<T> value) {
    Map<Labels, Double> sums = new LinkedHashMap<>();
    of.forEach(each -> sums.merge(labels.apply(each), value.applyAsDouble(each), Double::sum));
    return sums;
  }

  private static void point(GaugeSnapshot.Builder into, Labels labels, double value) {
    into.dataPoint(GaugeDataPointSnapshot.builder().labels(labels).value(value).build());
  }

  private <T> void counters(
      String name, String help, List<T> of, Function<T, Labels> labels, ToDoubleFunction<T> value) {
    CounterSnapshot.Builder counters = CounterSnapshot.builder().name(name).help(help);
    summed(of, labels, value)
        .forEach(
            (each, sum) ->
                counters.dataPoint(
                    CounterDataPointSnapshot.builder().labels(each).value(sum).build()));
    metrics.add(counters.build());
  }
}
