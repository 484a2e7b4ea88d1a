package io.rack72.launcher;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs the launcher of this project in a directory of its own, with shell scripts in the place of
 * Maven and the JDK.
 */
final class LauncherIT {
  private static final Path LAUNCHER = Path.of("..", "rack72").toAbsolutePath().normalize();

  private static final String MAVEN =
      """
      #!/bin/sh
      echo build >>"$(dirname "$0")/builds"
      app=$(dirname "$3")/load-tests/target/app
      rm -rf "$app"
      mkdir -p "$app/lib"
      echo --of-every-jvm >"$app/jvm.flags"
      touch "$app/built"
      """;

  private static final String BROKEN_MAVEN =
      """
      #!/bin/sh
      echo 'Rack.java: a semicolon is missing'
      exit 1
      """;

  private static final String JAVA =
      """
      #!/bin/sh
      printf '[%s]' "$@"
      exit 7
      """;

  /** Makes the cache that it is told to make unless a file says no, and is otherwise as above. */
  private static final String TRAINED_JAVA =
      """
      #!/bin/sh
      case $2 in
        -XX:AOTCacheOutput=*)
          echo training >>"$(dirname "$0")/trainings"
          [ ! -e "$(dirname "$0")/cannot-train" ] || exit 1
          : >"${2#*=}"
          exit
          ;;
      esac
      printf '[%s]' "$@"
      exit 7
      """;

  @TempDir Path directory;
  private Path project;
  private Path programs;

  @BeforeEach
  void makeProject() throws IOException {
    directory = directory.toRealPath();
    project = directory.resolve("a project");
    programs = Files.createDirectories(directory.resolve("bin"));
    writeSource(project.resolve("pom.xml"));
    writeSource(project.resolve("load-tests/pom.xml"));
    writeSource(project.resolve("actors/src/main/java/Rack.java"));
    Files.copy(LAUNCHER, project.resolve("rack72"));
    writeProgram(programs.resolve("mvn"), MAVEN);
  }

  @Test
  void argumentsReachJavaUntouchedAndItsExitCodeComesBack() throws Exception {
    Ended ended = launch(jdk("25.0.1"), "generate", "two  words", "", "*");

    String app = project + "/load-tests/target/app";
    assertEquals(
        "[@%s/jvm.flags][-cp][%s/rack72.jar][io.rack72.cli.Main][generate][two  words][][*]"
            .formatted(app, app),
        ended.output());
    assertEquals(7, ended.exitCode());
  }

  @Test
  void extraJvmOptionsComeBeforeTheMainClass() throws Exception {
    Map<String, String> environment = jdk("25.0.1");
    environment.put("RACK72_JAVA_OPTS", "-Xmx1g -Dpattern=*");

    String output = launch(environment).output();

    assertTrue(output.contains("jvm.flags][-Xmx1g][-Dpattern=*][-cp]"), output);
  }

  @Test
  void symbolicLinkElsewhereStartsTheProjectItPointsTo() throws Exception {
    Path link = directory.resolve("rack");
    Files.createSymbolicLink(link, Path.of("a project", "rack72"));

    Ended ended = end(start(link, jdk("25.0.1")));

    assertTrue(
        ended.output().contains(project + "/load-tests/target/app/rack72.jar"), ended.output());
  }

  @Test
  void buildsOnlyWhatIsMissingOrOlderThanASource() throws Exception {
    launch(jdk("25.0.1"));
    launch(jdk("25.0.1"));
    assertEquals(1, builds());

    Path built = project.resolve("load-tests/target/app/built");
    Files.setLastModifiedTime(built, FileTime.from(Instant.EPOCH));
    launch(jdk("25.0.1"));
    assertEquals(2, builds());
  }

  @Test
  void removedSourceFileIsBuiltAnew() throws Exception {
    launch(jdk("25.0.1"));
    Path source = project.resolve("actors/src/main/java/Rack.java");
    Files.delete(source);
    Files.setLastModifiedTime(source.getParent(), FileTime.from(Instant.now().plusSeconds(60)));

    launch(jdk("25.0.1"));

    assertEquals(2, builds());
  }

  @Test
  void launchersThatStartTogetherBuildOnce() throws Exception {
    Map<String, String> environment = trainedJdk();
    Process first = start(project.resolve("rack72"), environment);
    Process second = start(project.resolve("rack72"), environment);

    assertEquals(7, end(first).exitCode());
    assertEquals(7, end(second).exitCode());
    assertEquals(1, builds());
    assertEquals(1, trainings(environment));
  }

  @Test
  void cacheOfClassesIsMadeWithTheBuildAndGivenToEveryJvm() throws Exception {
    Map<String, String> environment = trainedJdk();
    environment.put("RACK72_JAVA_OPTS", "-Xmx1g");

    launch(environment, "serve");
    Ended ended = launch(environment, "serve");

    String app = project + "/load-tests/target/app";
    assertEquals(
        ("[@%1$s/jvm.flags][-Xmx1g][-XX:AOTCache=%1$s/rack72.aot][-Xlog:aot*=off][-Xlog:cds*=off]"
                + "[-cp][%1$s/rack72.jar][io.rack72.cli.Main][serve]")
            .formatted(app),
        ended.output());
    assertEquals("", ended.errors());
    assertEquals(1, trainings(environment));
  }

  @Test
  void cacheOfClassesIsMadeForWhatMavenAloneHasBuilt() throws Exception {
    Map<String, String> environment = trainedJdk();
    launch(environment, "serve");

    buildWithMaven();
    Ended ended = launch(environment, "serve");
    launch(environment, "serve");

    assertTrue(ended.output().contains("[-XX:AOTCache="), ended.output());
    assertEquals("rack72: preparing quick starts\n", ended.errors());
    assertEquals(2, builds(), "the launcher's build and Maven's");
    assertEquals(2, trainings(environment));
  }

  @Test
  void cacheOfClassesIsMadeAnewForAnotherJdk() throws Exception {
    Map<String, String> environment = trainedJdk();
    launch(environment, "serve");

    Files.writeString(home(environment).resolve("release"), "JAVA_VERSION=\"25.0.2\"\n");
    launch(environment, "serve");
    launch(environment, "serve");

    assertEquals(2, trainings(environment));
    assertEquals(1, builds());
  }

  @Test
  void whatIsBuiltStartsWhereNothingCanBePrepared() throws Exception {
    Map<String, String> environment = trainedJdk();
    buildWithMaven();
    // A file where a directory has to be.
    Files.createFile(project.resolve("target"));

    Ended ended = launch(environment, "serve");

    assertEquals(7, ended.exitCode(), ended::toString);
    assertTrue(ended.output().endsWith("[io.rack72.cli.Main][serve]"), ended.output());
  }

  @Test
  void cacheOfClassesThatCannotBeMadeIsTriedOnceForEachBuild() throws Exception {
    Map<String, String> environment = trainedJdk();
    Path cannot = Files.createFile(home(environment).resolve("bin/cannot-train"));
    assertEquals(7, launch(environment, "serve").exitCode());
    assertEquals(7, launch(environment, "serve").exitCode());
    assertEquals(1, trainings(environment));

    Files.delete(cannot);
    buildWithMaven();
    Ended ended = launch(environment, "serve");

    assertTrue(ended.output().contains("[-XX:AOTCache="), ended.output());
    assertEquals(2, trainings(environment));
  }

  @Test
  void cacheOfClassesThatCannotBeMadeIsDoneWithout() throws Exception {
    // This JDK fails whatever it is asked.
    Ended ended = launch(jdk("25.0.1"), "serve");

    assertEquals(7, ended.exitCode());
    assertEquals("rack72: building\nrack72: preparing quick starts\n", ended.errors());
    assertTrue(ended.output().endsWith("[io.rack72.cli.Main][serve]"), ended.output());
    assertFalse(ended.output().contains("AOTCache"), ended.output());
  }

  @Test
  void failedBuildShowsWhyAndDoesNotCountAsBuilt() throws Exception {
    writeProgram(programs.resolve("mvn"), BROKEN_MAVEN);
    Ended ended = launch(jdk("25.0.1"));
    assertEquals(1, ended.exitCode());
    assertTrue(ended.errors().contains("a semicolon is missing"), ended.errors());

    writeProgram(programs.resolve("mvn"), MAVEN);
    assertEquals(7, launch(jdk("25.0.1")).exitCode());
  }

  @Test
  void jdkThatWasAskedForAndIsTooOldIsRefused() throws Exception {
    Map<String, String> environment = jdk("17.0.15");

    Ended ended = launch(environment);

    assertEquals(
        "rack72: RACK72_JAVA_HOME is %s, which is not a JDK 25 or newer\n"
            .formatted(environment.get("RACK72_JAVA_HOME")),
        ended.errors());
    assertEquals(1, ended.exitCode());
  }

  @Test
  void javaHomeThatIsTooOldIsPassedOverForTheJavaOnThePath() throws Exception {
    Map<String, String> environment = new HashMap<>();
    environment.put("JAVA_HOME", jdk("17.0.15").get("RACK72_JAVA_HOME"));
    Path newJava = Path.of(jdk("26.0.1").get("RACK72_JAVA_HOME"), "bin", "java");
    Files.createSymbolicLink(programs.resolve("java"), newJava);

    assertEquals(7, launch(environment).exitCode());
  }

  private void writeSource(Path file) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, "");
  }

  private static void writeProgram(Path file, String script) throws IOException {
    Files.writeString(file, script);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  /** The environment that asks for a JDK of this version, which is made if there is none. */
  private Map<String, String> jdk(String version) throws IOException {
    Path home = directory.resolve("jdk-" + version);
    Files.createDirectories(home.resolve("bin"));
    Files.writeString(home.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
    writeProgram(home.resolve("bin/java"), JAVA);
    writeProgram(home.resolve("bin/javac"), JAVA);
    return new HashMap<>(Map.of("RACK72_JAVA_HOME", home.toString()));
  }

  private void buildWithMaven() throws Exception {
    Process maven =
        new ProcessBuilder(
                programs.resolve("mvn").toString(),
                "-B",
                "-f",
                project.resolve("pom.xml").toString())
            .start();
    assertEquals(0, end(maven).exitCode());
  }

  /** One whose java makes caches. */
  private Map<String, String> trainedJdk() throws IOException {
    Map<String, String> environment = jdk("25.0.1");
    writeProgram(home(environment).resolve("bin/java"), TRAINED_JAVA);
    return environment;
  }

  private static Path home(Map<String, String> environment) {
    return Path.of(environment.get("RACK72_JAVA_HOME"));
  }

  private static int trainings(Map<String, String> environment) throws IOException {
    return Files.readAllLines(home(environment).resolve("bin/trainings")).size();
  }

  private int builds() throws IOException {
    return Files.readAllLines(programs.resolve("builds")).size();
  }

  private Ended launch(Map<String, String> environment, String... arguments) throws Exception {
    return end(start(project.resolve("rack72"), environment, arguments));
  }

  private Process start(Path launcher, Map<String, String> environment, String... arguments)
      throws IOException {
    ProcessBuilder builder = new ProcessBuilder(launcher.toString());
    builder.command().addAll(List.of(arguments));
    builder.directory(directory.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("RACK72_"));
    builder.environment().remove("JAVA_HOME");
    builder
        .environment()
        .merge("PATH", programs.toString(), (old, own) -> own + File.pathSeparator + old);
    builder.environment().putAll(environment);
    return builder.start();
  }

  /** Waits for a launcher, whose output is a few lines and fits the pipe. */
  private static Ended end(Process process) throws Exception {
    try {
      assertTrue(process.waitFor(60, SECONDS), "the launcher is still running after 60 s");
      return new Ended(
          process.exitValue(),
          new String(process.getInputStream().readAllBytes(), UTF_8),
          new String(process.getErrorStream().readAllBytes(), UTF_8));
    } finally {
      process.destroyForcibly();
    }
  }

  private record Ended(int exitCode, String output, String errors) {}
}
