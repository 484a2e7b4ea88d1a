package io.rack72.launch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChildJvmTest {
  @Test
  void whatTheUserHasSetComesAfterWhatIsChosenHere() {
    List<String> command = command(18, "--add-modules=jdk.incubator.vector", "-Xmx9g");
    assertTrue(command.indexOf("-Xmx9g") > command.indexOf("-Xmx288m"), command::toString);
    assertEquals(
        List.of("-cp", "a.jar", "Main", "tray"),
        command.subList(command.size() - 4, command.size()));
    assertTrue(command.contains("--add-modules=jdk.incubator.vector"));
  }

  @Test
  void collectorOfTheUserIsTheOnlyOne() {
    assertTrue(command(18).contains("-XX:+UseSerialGC"));
    assertFalse(command(18, "-XX:+UseZGC").contains("-XX:+UseSerialGC"));
    assertTrue(command(18, "-XX:+UseZGC").contains("-XX:+UseZGC"));
  }

  @Test
  void debuggersPortIsNotAskedForTwice() {
    assertFalse(
        String.join(" ", command(2, "-agentlib:jdwp=transport=dt_socket")).contains("jdwp"));
  }

  @ParameterizedTest
  @CsvSource({
    "2, 18, 2",
    "1, 18, 1",
    "16, 18, 2",
    "64, 18, 8",
    "64, 2, 64",
    "64, 1, 64",
    "72, 9, 16",
  })
  void coresAreSharedButNoneHasFewerThanTwo(int cores, int jvms, int each) {
    ChildJvm child = new ChildJvm(Path.of("java"), List.of(), "a.jar", "Main", cores, 1L << 40);
    assertTrue(
        child.command(jvms, List.of()).contains("-XX:ActiveProcessorCount=" + each),
        () -> child.command(jvms, List.of()).toString());
  }

  @ParameterizedTest
  @CsvSource({"2, 18, true", "2, 16, true", "2, 15, false", "2, 4, false", "18, 18, false"})
  void whereManyShareACoreTheyCompileLate(int cores, int jvms, boolean late) {
    ChildJvm child = new ChildJvm(Path.of("java"), List.of(), "a.jar", "Main", cores, 1L << 40);
    List<String> command = child.command(jvms, List.of());
    assertEquals(late, command.contains("-XX:-AOTReplayTraining"), command::toString);
    assertEquals(late, command.contains("-XX:Tier4InvocationThreshold=80000"), command::toString);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 18})
  void jvmOfTheseTestsKnowsWhatIsChosenForIt(int jvms) throws Exception {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    ChildJvm child = new ChildJvm(java, List.of(), "a.jar", "Main", 2, 1L << 34);
    List<String> command = new ArrayList<>(child.command(jvms, List.of()));
    command.remove("-XX:+IgnoreUnrecognizedVMOptions");
    command.subList(command.indexOf("-cp"), command.size()).clear();
    command.add("-version");
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try {
      assertTrue(process.waitFor(60, SECONDS), "still running");
      String said = new String(process.getInputStream().readAllBytes(), UTF_8);
      assertEquals(0, process.exitValue(), said);
      assertFalse(said.contains("warning"), said);
    } finally {
      process.destroyForcibly();
    }
  }

  @ParameterizedTest
  @CsvSource({"8, 18, 256", "23, 18, 327", "1024, 18, 4096", "16, 1, 4096", "4, 2, 512"})
  void heapsTogetherAreAQuarterOfTheMemoryWithinBounds(int gib, int jvms, int heapMib) {
    ChildJvm child = new ChildJvm(Path.of("java"), List.of(), "a.jar", "Main", 2, (long) gib << 30);
    assertTrue(
        child.command(jvms, List.of()).contains("-Xmx" + heapMib + "m"),
        () -> child.command(jvms, List.of()).toString());
  }

  private static List<String> command(int jvms, String... flags) {
    return new ChildJvm(Path.of("java"), List.of(flags), "a.jar", "Main", 2, (18L * 1152) << 20)
        .command(jvms, List.of("tray"));
  }
}
