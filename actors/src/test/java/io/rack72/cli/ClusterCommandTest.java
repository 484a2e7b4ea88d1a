package io.rack72.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The launcher as a process, whose children tell what nodes tell. */
class ClusterCommandTest {
  private static final int DEADLINE_S = 60;

  @TempDir static Path directory;
  private static String model;

  private final List<Long> children = new ArrayList<>();
  private Process launcher;
  private BufferedReader output;

  @BeforeAll
  static void makeModel() {
    model = CommandRun.smallCheckpoint(directory.resolve("small")).toString();
  }

  @AfterEach
  void leaveNothing() {
    if (launcher != null) {
      launcher.descendants().forEach(ProcessHandle::destroyForcibly);
      launcher.destroyForcibly();
    }
    children.stream()
        .flatMap(pid -> ProcessHandle.of(pid).stream())
        .forEach(ProcessHandle::destroyForcibly);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--jvms 19                          | for 18 trays there are 1 to 18 JVMs, not 19",
        "--jvms 0                           | 1 to 18 JVMs, not 0",
        "--jvms 2 --gateways 3              | of 2 JVMs 1 to 2 have a gateway, not 3",
        "--trays 0-18                       | --trays: the rack has trays 0 to 17, not '0-18'",
        "--trays 0-3,x                      | 'x'",
        "--trays 0-3 --jvms 5               | for 4 trays there are 1 to 4 JVMs, not 5",
        "--port 70000                       | from 0 to 65535, not 70000",
        "--set rack72.cluster.join=[\"a:1\"]  | 'rack72 tray' joins that rack",
        "--set rack72.expert-paralel=1      | did you mean rack72.expert-parallel?",
      })
  void badUsageIsOneSentenceAndExitCode2(String line, String part) {
    CommandRun run = CommandRun.of(("cluster " + line).split(" +"));
    assertTrue(run.err().contains(part), run.err());
    assertEquals(1, run.err().lines().count(), run.err());
    assertEquals("", run.out());
    assertEquals(2, run.exitCode());
  }

  @Test
  void brokenCheckpointIsRefusedBeforeAnythingStarts(@TempDir Path empty) {
    CommandRun run = CommandRun.of("cluster", "--model", empty.toString());
    assertEquals(1, run.exitCode());
    assertEquals("", run.out());
    assertEquals(1, run.err().lines().count(), run.err());
    assertTrue(run.err().contains("config.json"), run.err());
  }

  @Test
  void everyJvmIsToldOfAndThenTheRack() throws Exception {
    launch("", "--jvms", "3", "--gateways", "2", "--port", "8100", "--json");

    for (int i = 0; i < 3; i++) {
      nodeLine();
    }
    JsonNode ready = Json.read(readLine());

    assertEquals("ready", ready.get("event").textValue());
    assertEquals("a-model", ready.get("model").textValue());
    assertEquals("http://127.0.0.1:8100", ready.get("url").textValue());
    assertEquals(2, ready.get("urls").size());
    assertEquals(18, ready.get("trays").intValue());
    assertEquals(3, ready.get("jvms").intValue());
    assertTrue(ready.get("seconds").doubleValue() < DEADLINE_S);
    terminate();
    assertEquals(143, exitCode());
    assertTrue(errors().contains("rack72: stopping; running requests have"), errors());
    assertChildrenEnd();
  }

  @Test
  void traysOfARackThatBeginsWithSomeAreToldInASentence() throws Exception {
    launch("", "--jvms", "2", "--trays", "0-13", "--port", "0");

    assertEquals(7, nodeLine().get("trays").size());
    assertEquals(7, nodeLine().get("trays").size());
    String ready = readLine();

    assertTrue(
        ready.matches(
            "rack72: serving a-model on http://127.0.0.1:4321"
                + " \\(56 GPUs on 14 trays, 2 JVMs, whole after \\d+\\.\\d s\\)"),
        ready);
  }

  @Test
  void childrenAreGivenWhatAllMustAgreeOnAndTheSecretInTheirEnvironmentOnly() throws Exception {
    launch("tells-secret:0,tells-secret:9", "--jvms", "2", "--set", "rack72.seed=7");
    nodeLine();
    nodeLine();
    readLine();
    terminate();
    exitCode();

    List<String> secrets = told("secret ");
    List<String> words = told("words ");
    assertEquals(2, secrets.size(), errors());
    assertEquals(secrets.getFirst(), secrets.getLast());
    assertTrue(secrets.getFirst().matches("[0-9a-f]{64}"), secrets.getFirst());
    assertEquals(2, words.size());
    for (String ofOne : words) {
      assertFalse(ofOne.contains(secrets.getFirst()));
      assertTrue(ofOne.contains("--model, " + model + ", --set, rack72.seed=7, "), ofOne);
      assertTrue(ofOne.matches(".*--set, rack72\\.data-parallel=\\d+, .*"), ofOne);
      assertTrue(ofOne.matches(".*--set, rack72\\.kv\\.bytes-per-gpu=\\d+, .*"), ofOne);
      assertTrue(ofOne.contains("--set, rack72.cluster.port=0, "), ofOne);
      assertTrue(ofOne.contains("--set, rack72.cluster.start-trays=18, "), ofOne);
    }
    assertTrue(errors().contains("[tray 9-17] joins '127.0.0.1:10000'"), errors());
    assertFalse(errors().contains("] WARNING: Using incubator modules"), errors());
  }

  @Test
  void jvmThatFailsBeforeTheRackIsWholeIsOneSentenceAndExitCode1() throws Exception {
    launch("fails:9", "--jvms", "2", "--restart");

    assertEquals(1, exitCode());

    List<String> sentences = errors().lines().filter(line -> line.startsWith("rack72:")).toList();
    assertEquals(1, sentences.size(), errors());
    assertTrue(
        sentences.getFirst().matches("rack72: tray 9-17 .* exit code 3: it cannot be"), errors());
  }

  @Test
  void childrenEndWhenTheLauncherIsKilled() throws Exception {
    launch("stubborn:0", "--jvms", "2");
    nodeLine();
    nodeLine();

    launcher.destroyForcibly();

    // One of them does not stop by itself, whoever tells it.
    assertChildrenEnd();
  }

  private void launch(String behaviour, String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-Dstand-in=" + behaviour,
                "-cp",
                System.getProperty("java.class.path"),
                StandInLauncher.class.getName(),
                "cluster",
                "--model",
                model));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().keySet().removeIf(name -> name.startsWith("RACK72_"));
    launcher = builder.redirectError(errorFile().toFile()).start();
    output = launcher.inputReader(UTF_8);
  }

  private Path errorFile() {
    return directory.resolve("errors.txt");
  }

  private String errors() throws IOException {
    return Files.readString(errorFile());
  }

  /** What the children have told in lines that begin so. */
  private List<String> told(String start) throws IOException {
    return errors()
        .lines()
        .filter(line -> line.contains("] " + start))
        .map(line -> line.substring(line.indexOf(start) + start.length()))
        .toList();
  }

  private JsonNode nodeLine() throws Exception {
    JsonNode node = Json.read(readLine());
    assertEquals("node", node.get("event").textValue());
    children.add(node.get("pid").longValue());
    return node;
  }

  private String readLine() throws Exception {
    String line =
        CompletableFuture.supplyAsync(
                () -> {
                  try {
                    return String.valueOf(output.readLine());
                  } catch (IOException e) {
                    return e.toString();
                  }
                })
            .get(DEADLINE_S, TimeUnit.SECONDS);
    if (line.equals("null")) {
      throw new AssertionError("the launcher has ended: " + errors());
    }
    return line;
  }

  private void terminate() {
    launcher.toHandle().destroy();
  }

  private int exitCode() throws Exception {
    assertTrue(launcher.waitFor(DEADLINE_S, TimeUnit.SECONDS), "the launcher is still running");
    return launcher.exitValue();
  }

  private void assertChildrenEnd() throws Exception {
    assertFalse(children.isEmpty());
    for (long pid : children) {
      ProcessHandle child = ProcessHandle.of(pid).orElse(null);
      if (child != null) {
        child.onExit().get(DEADLINE_S, TimeUnit.SECONDS);
      }
    }
  }
}
