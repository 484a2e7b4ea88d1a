package io.rack72.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.TestAbortedException;

final class NpmProjectIT {
  private static final Duration DEADLINE = Duration.ofSeconds(60);

  private final NpmProject project = NpmProject.install();

  @Test
  void scriptImportsTheClientVersionThatPackageJsonPins() throws IOException {
    String pinned =
        new ObjectMapper()
            .readTree(new File("src/test/npm/package.json"))
            .at("/dependencies/openai")
            .asText();

    assertEquals(pinned, project.node(DEADLINE, "probe.mjs", "version").strip());
  }

  @Test
  void missingProgramSkipsTheTestUnlessItIsRequired(@TempDir Path empty) {
    assertThrows(
        TestAbortedException.class, () -> NpmProject.requirePrograms(false, empty.toString()));
    var error =
        assertThrows(
            AssertionError.class, () -> NpmProject.requirePrograms(true, empty.toString()));

    assertTrue(error.getMessage().startsWith("node is not on the PATH"), error::getMessage);
  }

  @Test
  void failedScriptIsReportedWithWhatItWrote() {
    var error =
        assertThrows(AssertionError.class, () -> project.node(DEADLINE, "probe.mjs", "fail"));

    assertTrue(error.getMessage().contains("this probe fails"), error::getMessage);
  }

  @Test
  void scriptThatNeverEndsIsKilledAtItsDeadline() {
    var error =
        assertThrows(
            AssertionError.class, () -> project.node(Duration.ofSeconds(1), "probe.mjs", "hang"));

    assertTrue(error.getMessage().contains("still running after 1 s"), error::getMessage);
  }
}
