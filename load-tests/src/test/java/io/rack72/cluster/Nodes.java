package io.rack72.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.rack72.launcher.RackProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The JVMs that a test starts. With the system property {@code rack72.tests.tls} set to true they
 * talk over TLS where the test says nothing about it. They are killed when it is over, and each
 * ends by itself when the JVM of the test is gone; what they wrote to standard error is shown when
 * the test fails.
 */
final class Nodes implements BeforeEachCallback, AfterEachCallback {
  /** The secret that all know who are not told another. */
  static final Map<String, String> SECRET =
      Map.of("RACK72_CLUSTER_SECRET", "known to the nodes of this test");

  private static final String TLS_DIRECTORY = "rack72.cluster.tls.directory";
  private static final boolean OVER_TLS = Boolean.getBoolean("rack72.tests.tls");
  private static final Path ALL = Path.of("target", "nodes");
  private static final String JVM = "-Xmx192m -XX:+UseSerialGC";

  private final List<RackProcess> processes = new ArrayList<>();
  private Path directory;
  private Optional<String> certificates = Optional.empty();

  @Override
  public void beforeEach(ExtensionContext context) throws IOException {
    Files.createDirectories(ALL);
    directory =
        Files.createTempDirectory(
            ALL.toAbsolutePath(), context.getRequiredTestClass().getSimpleName());
  }

  @Override
  public void afterEach(ExtensionContext context) throws IOException {
    processes.forEach(RackProcess::close);
    if (context.getExecutionException().isPresent()) {
      for (RackProcess process : processes) {
        System.err.println(process + " wrote:");
        System.err.println(process.errors());
      }
      return;
    }
    try (Stream<Path> paths = Files.walk(directory)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  /** For what a test writes, until it is over. */
  Path directory() {
    return directory;
  }

  /** Makes a CA and a certificate, and returns the setting by which a node uses them. */
  String certificates(String name) throws IOException {
    Path made = directory.resolve(name);
    RackProcess.Ended ended = start(List.of("certs", "--out", made.toString())).end();
    assertEquals(0, ended.exitCode(), ended::toString);
    return TLS_DIRECTORY + "=" + made;
  }

  /** Starts a command with what all nodes of a test know in its environment. */
  RackProcess start(List<String> arguments) throws IOException {
    return start(SECRET, arguments);
  }

  private RackProcess start(Map<String, String> secret, List<String> arguments) throws IOException {
    Map<String, String> environment = new HashMap<>(secret);
    environment.put("RACK72_JAVA_OPTS", JVM);
    RackProcess process = new RackProcess(directory, environment, arguments);
    processes.add(process);
    return process;
  }

  /**
   * Starts a node.
   *
   * @param checkpoint that it serves
   * @param join nodes of the rack; none begins another
   * @param settings such as {@code rack72.data-parallel=all}
   */
  Node start(Path checkpoint, Role role, Collection<Node> join, String... settings)
      throws IOException {
    return start(SECRET, checkpoint, role, join, settings);
  }

  /** As above, with another secret, or none. */
  Node start(
      Map<String, String> secret,
      Path checkpoint,
      Role role,
      Collection<Node> join,
      String... settings)
      throws IOException {
    List<String> arguments = new ArrayList<>(role.words());
    arguments.addAll(List.of("--model", checkpoint.toString(), "--json", "--stop-on-eof"));
    for (Node node : join) {
      arguments.addAll(List.of("--join", node.address()));
    }
    List<String> all =
        new ArrayList<>(
            List.of(
                "rack72.cluster.port=0",
                "rack72.cluster.timing=fast",
                // JVMs that start together do so slowly.
                "rack72.cluster.join-timeout=3 minutes",
                // Most of them begin a rack.
                "rack72.cluster.warm-up=0s",
                "rack72.cluster.leave-timeout=%ds".formatted(Node.LEAVE_TIMEOUT.toSeconds()),
                "rack72.gateway.stop-grace=%ds".formatted(Node.STOP_GRACE.toSeconds()),
                "rack72.cpu.threads=1",
                "rack72.expert-parallel=72",
                "rack72.data-parallel=all",
                "rack72.kv.bytes-per-gpu=4MiB"));
    if (OVER_TLS && Arrays.stream(settings).noneMatch(each -> each.startsWith(TLS_DIRECTORY))) {
      if (certificates.isEmpty()) {
        certificates = Optional.of(certificates("certificates-of-all"));
      }
      all.add(certificates.get());
    }
    // The later of two counts.
    all.addAll(List.of(settings));
    all.forEach(setting -> arguments.addAll(List.of("--set", setting)));
    return new Node(role, start(secret, arguments));
  }

  /**
   * Starts the nodes of a new rack and waits until all are in it.
   *
   * @param roles the first has trays; it begins the rack, which the others join
   */
  List<Node> startRack(Path checkpoint, List<Role> roles, String... settings) throws IOException {
    List<Node> nodes = new ArrayList<>();
    for (Role role : roles) {
      List<Node> join = nodes.isEmpty() ? List.of() : List.of(nodes.getFirst());
      nodes.add(start(checkpoint, role, join, settings));
    }
    nodes.forEach(Node::awaitReady);
    return nodes;
  }
}
