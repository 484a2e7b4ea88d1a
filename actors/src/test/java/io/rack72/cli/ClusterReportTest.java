package io.rack72.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.rack72.config.ConfigLayers;
import io.rack72.config.Host;
import io.rack72.launch.NodeLine;
import io.rack72.launch.NodePlan;
import io.rack72.launch.TrayList;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ClusterReportTest {
  private static final NodePlan NODE = NodePlan.of(TrayList.all(18), 2, 1, 0).getFirst();

  /** Both streams of a terminal, in the order in which they are written. */
  private final StringWriter terminal = new StringWriter();

  private final StringWriter out = new StringWriter();

  @Test
  void lineThatIsKeptCurrentIsGoneBeforeAnythingElseIsWritten() {
    ClusterReport report = report(terminal, true, false);

    report.gathering(3, 18, Duration.ofMillis(1234));
    report.gathering(9, 18, Duration.ofMillis(2345));
    report.complained(NODE, "a warning");
    report.gathering(18, 18, Duration.ofMillis(9400));
    report.whole(
        "rack72-mini",
        List.of(URI.create("http://127.0.0.1:8000"), URI.create("http://127.0.0.1:8001")),
        Duration.ofMillis(23_400));

    assertEquals(
        "\r\033[Krack72: 3 of 18 trays, 1.2 s"
            + "\r\033[Krack72: 9 of 18 trays, 2.3 s"
            + "\r\033[K[tray 0-8] a warning\n"
            + "\r\033[Krack72: 18 of 18 trays, 9.4 s"
            + "\r\033[Krack72: serving rack72-mini on http://127.0.0.1:8000, http://127.0.0.1:8001"
            + " (72 GPUs on 18 trays, 2 JVMs, whole after 23.4 s)\n",
        terminal.toString());
  }

  @Test
  void pipeGetsNothingButWholeLines() {
    ClusterReport report = report(out, false, false);

    report.gathering(3, 18, Duration.ofSeconds(1));
    report.nodeIsIn(new NodeLine.Node("tray", List.of(4, 5), 12, Optional.empty(), "a:1"));
    report.note("a sentence");

    assertEquals(
        "{\"event\":\"node\",\"role\":\"tray\",\"trays\":[4,5],\"pid\":12,\"http\":null,"
            + "\"artery\":\"a:1\"}\n",
        out.toString());
    assertEquals("rack72: a sentence\n", terminal.toString());
  }

  private ClusterReport report(StringWriter output, boolean onTerminal, boolean json) {
    return new ClusterReport(
        new PrintWriter(output),
        new PrintWriter(terminal),
        json,
        onTerminal,
        ConfigLayers.defaults().load(new Host(2, Map.of())),
        18,
        2);
  }
}
