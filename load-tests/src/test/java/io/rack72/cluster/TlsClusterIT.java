package io.rack72.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.checkpoint.Checkpoint;
import io.rack72.launcher.RackProcess;
import io.rack72.serving.GoldenCheckpoint;
import io.rack72.serving.HttpApi;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A rack whose nodes talk over TLS serves as any other, and lets in nobody who does not belong to
 * it.
 */
final class TlsClusterIT {
  private static final GoldenCheckpoint ODD = GoldenCheckpoint.named("small-odd");
  private static final GoldenCheckpoint TINY = GoldenCheckpoint.named("tiny");
  private static final int TOKENS = 24;
  private static final Role FREE_TRAY = Role.trays("17");
  private static final String START_TRAYS = "rack72.cluster.start-trays=17";

  @RegisterExtension final Nodes nodes = new Nodes();

  @Test
  @Timeout(600)
  void rackOverTlsGivesTheSameTokensAndLetsNoStrangerIn() throws Exception {
    List<Question> questions = Question.of(ODD, 40, TOKENS);
    String tls = nodes.certificates("certificates");
    List<Node> rack =
        nodes.startRack(
            ODD.directory(),
            List.of(Role.traysAndGateway("0-8"), Role.trays("9-16")),
            tls,
            START_TRAYS);
    Set<String> members = Set.of(rack.get(0).address(), rack.get(1).address());
    try (HttpApi api = new HttpApi(rack.getFirst().http())) {
      questions.forEach(question -> question.ask(api));

      Node otherAuthority =
          guest(rack, nodes.certificates("others"), "rack72.cluster.join-timeout=10s");
      Node withoutTls =
          guest(rack, "rack72.cluster.tls.directory=\"\"", "rack72.cluster.join-timeout=10s");
      Node otherSecret =
          nodes.start(
              Map.of("RACK72_CLUSTER_SECRET", "known to nobody else here"),
              ODD.directory(),
              FREE_TRAY,
              rack,
              tls,
              START_TRAYS);
      Node otherCheckpoint = nodes.start(TINY.directory(), FREE_TRAY, rack, tls, START_TRAYS);
      Node otherSetting = guest(rack, tls, "rack72.scheduler.max-running=63");
      Node otherTiming = guest(rack, tls, "rack72.cluster.timing=safe");
      Node takenTray = nodes.start(ODD.directory(), Role.trays("16-17"), rack, tls, START_TRAYS);

      assertRefused(otherAuthority, "TLS");
      assertRefused(withoutTls, "TLS");
      assertRefused(otherSecret, "rack72.cluster.secret");
      assertRefused(otherCheckpoint, fingerprint(ODD), fingerprint(TINY));
      assertRefused(otherSetting, "rack72.scheduler", "63", "64");
      assertRefused(otherTiming, "rack72.cluster.timing", "safe", "fast");
      assertRefused(takenTray, "tray-16", rack.get(1).address());

      questions.forEach(question -> question.ask(api));
      assertEquals(members, RackPage.of(api).addresses());
    }
  }

  private Node guest(List<Node> rack, String... settings) throws IOException {
    String[] all = Arrays.copyOf(settings, settings.length + 1);
    all[settings.length] = START_TRAYS;
    return nodes.start(ODD.directory(), FREE_TRAY, rack, all);
  }

  private static String fingerprint(GoldenCheckpoint golden) {
    try (Checkpoint checkpoint = Checkpoint.open(golden.directory())) {
      return checkpoint.fingerprint();
    }
  }

  /** Requires a node to end by itself with one sentence in which all these words are. */
  private static void assertRefused(Node guest, String... words) throws IOException {
    RackProcess.Ended ended = guest.process().end();
    assertEquals(1, ended.exitCode(), ended::toString);
    // The transport may log, with a time, what it thinks of a certificate.
    List<String> sentences =
        ended.errors().lines().filter(line -> line.startsWith("rack72: ")).toList();
    assertEquals(1, sentences.size(), ended::toString);
    assertTrue(ended.errors().endsWith(sentences.getFirst()), ended::toString);
    for (String word : words) {
      assertTrue(
          sentences.getFirst().contains(word), () -> word + " is missing: " + ended.errors());
    }
  }
}
