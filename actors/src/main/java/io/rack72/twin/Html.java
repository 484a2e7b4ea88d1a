package io.rack72.twin;

import io.rack72.twin.LineChart.Spot;
import java.util.ArrayList;
import java.util.Formatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * Reports as one page that needs nothing else: no script, no style and no picture from elsewhere.
 * It is as light or dark as the reader's system. Depends on the reports alone.
 */
public final class Html {
  private static final String STYLE =
      """
      :root { color-scheme: light dark; --ink: #1c1e21; --paper: #fff; --line: #d5d8dc;
        --c0: #0b63c5; --c1: #c2410c; --c2: #15803d; --c3: #7c3aed; --c4: #b91c1c; --c5: #0e7490; }
      @media (prefers-color-scheme: dark) { :root { --ink: #e6e8ea; --paper: #15181b;
        --line: #3a4046; --c0: #6cb0ff; --c1: #ffa366; --c2: #6fd38b; --c3: #c3a6ff;
        --c4: #ff8f8f; --c5: #67d3e5; } }
      body { font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper);
        max-width: 1000px; margin: 2em auto; padding: 0 1em; }
      table { border-collapse: collapse; margin: 1em 0; }
      td, th { padding: .2em .8em; border-bottom: 1px solid var(--line); text-align: right; }
      td:first-child, th:first-child { text-align: left; }
      tr.best { font-weight: 600; }
      td.bar { width: 500px; } td.bar div { height: .8em; background: var(--c0); }
      svg { width: 100%; height: auto; font-size: 12px; margin: .5em 0 1.5em; }
      svg text { fill: var(--ink); } .grid { stroke: var(--line); }
      .mark { stroke: var(--c4); stroke-width: 2; stroke-dasharray: 4 3; }
      polyline { fill: none; stroke-width: 2; }
      .s0 { stroke: var(--c0) } .s1 { stroke: var(--c1) } .s2 { stroke: var(--c2) }
      .s3 { stroke: var(--c3) } .s4 { stroke: var(--c4) } .s5 { stroke: var(--c5) }
      .c0 { fill: var(--c0) } .c1 { fill: var(--c1) } .c2 { fill: var(--c2) }
      .c3 { fill: var(--c3) } .c4 { fill: var(--c4) } .c5 { fill: var(--c5) }
      svg text.t0 { fill: var(--c0) } svg text.t1 { fill: var(--c1) }
      svg text.t2 { fill: var(--c2) } svg text.t3 { fill: var(--c3) }
      svg text.t4 { fill: var(--c4) } svg text.t5 { fill: var(--c5) }
      """;

  private final Formatter page = new Formatter(Locale.ROOT);

  private Html() {}

  /** One run. */
  public static String of(TwinReport report) {
    Html html = new Html();
    html.begin(report);
    html.run(report);
    return html.end();
  }

  /** A frontier, and the run that is recommended where one is. */
  public static String of(Frontier frontier) {
    Html html = new Html();
    html.begin(frontier.points().getFirst().report());
    html.frontier(frontier);
    return html.end();
  }

  /** Text that stands for itself in a page. */
  static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("\"", "&quot;");
  }

  private void begin(TwinReport report) {
    String title = report.model() + " on " + report.rack();
    page.format("<!doctype html>%n<html lang=\"en\"><head><meta charset=\"utf-8\">%n");
    page.format("<meta name=\"viewport\" content=\"width=device-width\">%n");
    page.format("<title>%s</title>%n<style>%n%s</style></head><body>%n", escaped(title), STYLE);
    page.format("<h1>%s</h1>%n", escaped(title));
    page.format(
        "<p>%d GPUs; prompts of %s tokens, replies of %s; seed %d; %.1f s of virtual time.</p>%n",
        report.gpus(),
        escaped(report.prompt()),
        escaped(report.reply()),
        report.seed(),
        report.seconds());
  }

  private String end() {
    return page.format("</body></html>%n").toString();
  }

  private void frontier(Frontier frontier) {
    LineChart chart = new LineChart("tokens/s for each user", "tokens/s for each GPU");
    chart.line("frontier", spots(frontier.best()));
    Map<String, List<Frontier.Point>> byLayout = new LinkedHashMap<>();
    frontier
        .points()
        .forEach(
            point -> byLayout.computeIfAbsent(point.layout(), _ -> new ArrayList<>()).add(point));
    byLayout.forEach((layout, points) -> chart.dots(layout, spots(points)));
    page.format("<h2>Frontier</h2>%n%s", chart.toSvg());
    page.format(
        "<table><tr><th>layout<th>requests at once<th>tokens/s a GPU<th>tokens/s a user"
            + "<th>TTFT p50, ms<th>TPOT p50, ms<th>within SLO<th>host<th>attention<th>experts"
            + "<th>exchange<th>limited by</tr>%n");
    for (Frontier.Point point : frontier.points()) {
      TwinReport report = point.report();
      page.format(
          "<tr%s><td>%s<td>%,d<td>%,.1f<td>%,.1f<td>%,.1f<td>%,.2f<td>%s<td>%.0f %%<td>%.0f %%"
              + "<td>%.0f %%<td>%.0f %%<td>%s, %.0f %%</tr>%n",
          point.best() ? " class=\"best\"" : "",
          escaped(point.layout()),
          point.concurrency(),
          point.perGpu(),
          point.perUser(),
          report.latencies().ttft().p50(),
          report.latencies().tpot().p50(),
          report.goodput().slo().isEmpty()
              ? ""
              : String.format(Locale.ROOT, "%.1f %%", 100 * report.goodput().part()),
          100 * report.terms().host(),
          100 * report.terms().attention(),
          100 * report.terms().experts(),
          100 * report.terms().exchange(),
          point.limitedBy(),
          100 * report.spent().most());
    }
    page.format(
        "</table>%n<p>Those on the frontier are in bold. Host, attention, experts and exchange are"
            + " parts of the steps; limited by is what all GPUs spent the most time on.</p>%n");
    frontier
        .recommended()
        .ifPresent(
            point -> {
              page.format(
                  "<h2>Most tokens a GPU within %s: %s, %,d requests at once</h2>%n",
                  escaped(point.report().goodput().slo()),
                  escaped(point.layout()),
                  point.concurrency());
              run(point.report());
            });
  }

  private static List<Spot> spots(List<Frontier.Point> points) {
    return points.stream().map(point -> new Spot(point.perUser(), point.perGpu())).toList();
  }

  private void run(TwinReport report) {
    page.format("<pre>%s</pre>%n", escaped(report.toText()));
    spent(report.spent());
    List<TwinReport.Sample> timeline = report.timeline();
    page.format(
        "<h2>Throughput over time</h2>%n%s",
        overTime(report, "tokens/s of the rack")
            .line("tokens/s", over(timeline, TwinReport.Sample::tps))
            .toSvg());
    page.format(
        "<h2>Requests over time</h2>%n%s",
        overTime(report, "requests")
            .line("running", over(timeline, TwinReport.Sample::running))
            .line("waiting", over(timeline, TwinReport.Sample::waiting))
            .toSvg());
    page.format(
        "<h2>KV memory over time</h2>%n%s",
        overTime(report, "blocks in use, %")
            .line("KV", over(timeline, sample -> 100 * sample.kvUsed()))
            .toSvg());
    memory(report);
    TwinReport.Latencies latencies = report.latencies();
    page.format(
        "<h2>Latencies</h2>%n%s%s",
        new LineChart("ms", "requests that wait no longer, %")
            .line("TTFT", distribution(latencies.ttft()))
            .toSvg(),
        new LineChart("ms", "tokens or requests that take no longer, %")
            .line("ITL", distribution(latencies.itl()))
            .line("TPOT", distribution(latencies.tpot()))
            .toSvg());
    if (!report.links().isEmpty()) {
      page.format(
          "<h2>Bytes from GPU to GPU</h2>%n%s",
          HeatMap.toSvg(report.links(), report.gpusPerTray()));
    }
  }

  /** Areas, each down to the axis, that the next ones cover but for their own part. */
  private void memory(TwinReport report) {
    TwinReport.Memory memory = report.memory();
    double weights = memory.weightBytes() / TwinTable.BYTES_PER_GB;
    double kv = memory.kvBytes() / TwinTable.BYTES_PER_GB;
    double hbm = memory.hbmBytes() / TwinTable.BYTES_PER_GB;
    List<TwinReport.Sample> timeline = report.timeline();
    page.format(
        "<h2>HBM over time</h2>%n%s",
        new LineChart("seconds", "GB on each GPU")
            .area("left free", over(timeline, _ -> hbm))
            .area("KV free", over(timeline, _ -> weights + kv))
            .area("KV in use", over(timeline, sample -> weights + kv * sample.kvUsed()))
            .area("weights", over(timeline, _ -> weights))
            .toSvg());
  }

  private void spent(TwinReport.Spent spent) {
    page.format("<h2>What the GPUs spent their time on</h2>%n<table>%n");
    spent
        .byName()
        .forEach(
            (name, part) ->
                page.format(
                    "<tr><td>%s<td>%.1f %%<td class=\"bar\"><div style=\"width:"
                        + " %.1f%%\"></div></tr>%n",
                    name, 100 * part, 100 * part));
    page.format("</table>%n");
  }

  private static LineChart overTime(TwinReport report, String yName) {
    LineChart chart = new LineChart("seconds", yName);
    for (FaultEffect fault : report.faults()) {
      chart.mark(fault.at(), String.format(Locale.ROOT, "%s at %.1f s", fault.what(), fault.at()));
    }
    return chart;
  }

  private static List<Spot> over(
      List<TwinReport.Sample> timeline, ToDoubleFunction<TwinReport.Sample> value) {
    return timeline.stream()
        .map(sample -> new Spot(sample.at(), value.applyAsDouble(sample)))
        .toList();
  }

  private static List<Spot> distribution(TwinReport.Quantiles quantiles) {
    List<Spot> spots = new ArrayList<>();
    List<Double> percentiles = quantiles.percentiles();
    for (int i = 0; i < percentiles.size(); i++) {
      spots.add(new Spot(percentiles.get(i), 100.0 * (i + 1) / percentiles.size()));
    }
    return spots;
  }
}
