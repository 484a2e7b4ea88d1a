package io.rack72.cli;

import io.rack72.config.Rack72Config;
import io.rack72.launch.NodeLine;
import io.rack72.launch.NodePlan;
import io.rack72.launch.RackReport;
import java.io.PrintWriter;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Tells a person, or a program, how the processes of a rack are: on standard output what programs
 * want, on standard error the rest, with one line on a terminal that is kept current until the rack
 * is whole. Thread-safe.
 */
final class ClusterReport implements RackReport {
  private static final String CLEAR_LINE = "\r\033[K";

  private final PrintWriter out;
  private final PrintWriter err;
  private final boolean json;
  private final boolean onTerminal;
  private final Rack72Config config;
  private final int trays;
  private final int jvms;
  private boolean lineIsOpen;

  /**
   * Tells nothing yet.
   *
   * @param trays of all processes together
   * @param jvms how many processes there are
   */
  ClusterReport(
      PrintWriter out,
      PrintWriter err,
      boolean json,
      boolean onTerminal,
      Rack72Config config,
      int trays,
      int jvms) {
    this.out = out;
    this.err = err;
    this.json = json;
    this.onTerminal = onTerminal;
    this.config = config;
    this.trays = trays;
    this.jvms = jvms;
  }

  @Override
  public synchronized void nodeIsIn(NodeLine.Node node) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("event", "node");
    line.put("role", node.role());
    line.put("trays", node.trays());
    line.put("pid", node.pid());
    line.put("http", node.http().map(URI::toString).orElse(null));
    line.put("artery", node.artery());
    print(out, Json.line(line));
  }

  @Override
  public synchronized void gathering(int in, int of, Duration since) {
    if (onTerminal) {
      err.print(CLEAR_LINE + "rack72: %d of %d trays, %.1f s".formatted(in, of, seconds(since)));
      err.flush();
      lineIsOpen = true;
    }
  }

  @Override
  public synchronized void whole(String model, List<URI> gateways, Duration since) {
    int gpus = trays * config.rack().gpusPerTray();
    if (json) {
      Map<String, Object> line = new LinkedHashMap<>();
      line.put("event", "ready");
      line.put("model", model);
      line.put("url", gateways.getFirst().toString());
      line.put("urls", gateways.stream().map(URI::toString).toList());
      line.put("rack", config.rack().name());
      line.put("gpus", gpus);
      line.put("trays", trays);
      line.put("jvms", jvms);
      line.put("seconds", Math.round(seconds(since) * 10) / 10.0);
      line.put("pid", ProcessHandle.current().pid());
      print(out, Json.line(line));
    } else {
      String urls = gateways.stream().map(URI::toString).collect(Collectors.joining(", "));
      print(
          out,
          "rack72: serving %s on %s (%d GPUs on %d trays, %d JVMs, whole after %.1f s)"
              .formatted(model, urls, gpus, trays, jvms, seconds(since)));
    }
  }

  @Override
  public synchronized void complained(NodePlan node, String line) {
    print(err, "[" + node + "] " + line);
  }

  @Override
  public synchronized void note(String sentence) {
    print(err, "rack72: " + sentence);
  }

  private void print(PrintWriter to, String line) {
    if (lineIsOpen) {
      err.print(CLEAR_LINE);
      err.flush();
      lineIsOpen = false;
    }
    to.println(line);
    to.flush();
  }

  private static double seconds(Duration duration) {
    return duration.toMillis() / 1e3;
  }
}
