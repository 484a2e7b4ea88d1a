package io.rack72.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Trays that fail where GPUs take sequences together: as many GPUs are gone as are on them. */
class TwinFaultLayoutsTest {
  private static final String KILL = "fault = kill, node = 0";
  private static final String GPU = "fault = gpu-failure, gpu = 3";

  private static CommandRun failing(Path directory, String fault, String layout, String... more)
      throws IOException {
    Path file = directory.resolve("f.conf");
    Files.writeString(file, "faults = [\n  { at = 200ms, " + fault + " }\n]\n");
    List<String> words =
        new ArrayList<>(
            List.of(
                "twin",
                "--layout=" + layout,
                "--prompt=16-64",
                "--reply=16-64",
                "--warmup=0.1",
                "--duration=0.4",
                "--concurrency=36",
                "--json",
                "--faults=" + file));
    words.addAll(List.of(more));
    return CommandRun.of(words.toArray(String[]::new));
  }

  @ParameterizedTest
  @CsvSource({"tp2, 68", "tp4, 68", "tp8, 64", "tep2, 68", "tep12, 60"})
  void wholeTraysAndWholeUnitsFail(String layout, int left, @TempDir Path directory)
      throws IOException {
    for (String fault : List.of(KILL, GPU)) {
      CommandRun run = failing(directory, fault, layout);
      assertEquals("", run.err());
      JsonNode effect = Json.read(run.out()).get("faults").get(0);
      assertEquals(left, effect.get("gpus_left").asInt(), fault);
      assertTrue(effect.get("recomputed").asInt() > 0, effect::toString);
      assertEquals(0, effect.get("failed").asInt(), fault);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tp6", "tep9", "tep18"})
  void layoutsThatPartATrayAmongUnitsAreRefusedWithThoseThatWouldDo(
      String layout, @TempDir Path directory) throws IOException {
    for (String fault : List.of(KILL, GPU)) {
      String kind = layout.replaceAll("[0-9]", "").toUpperCase(Locale.ROOT);
      assertRefused(
          failing(directory, fault, layout),
          directory,
          " in %s; these layouts would do: %s"
              .formatted(
                  layout.toUpperCase(Locale.ROOT),
                  "K1, K2, K4, K8, K12, K24, K36 and every DEPn".replace("K", kind)));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "tp6, 'these layouts would do: TP1, TP2, TP4 and every DEPn'",
    "tp12, 'with TP12 nothing would be left'"
  })
  void aRackThatIsOneTrayOfUnitsHasNoneToLose(String layout, String part, @TempDir Path directory)
      throws IOException {
    String[] small = {"--set=rack72.rack { trays = 3, gpus-per-tray = 4 }"};
    assertRefused(failing(directory, KILL, layout, small), directory, part);
    assertRefused(failing(directory, GPU, layout, small), directory, part);
    assertEquals("", failing(directory, KILL, "tp4", small).err());
  }

  private static void assertRefused(CommandRun run, Path directory, String part) {
    assertTrue(run.err().startsWith("rack72: " + directory.resolve("f.conf") + ":2: "), run::err);
    assertTrue(run.err().contains(part), run::err);
    assertEquals(1, run.err().lines().count(), run::err);
    assertEquals("", run.out());
    assertEquals(1, run.exitCode());
  }
}
