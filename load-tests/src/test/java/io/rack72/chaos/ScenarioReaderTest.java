package io.rack72.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.config.ConfigLayers;
import io.rack72.config.Host;
import io.rack72.config.InvalidConfigException;
import io.rack72.config.Rack72Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ScenarioReaderTest {
  @TempDir private Path directory;

  static List<String> names() {
    return ScenarioReader.NAMES;
  }

  private String file(String text) throws IOException {
    return Files.writeString(directory.resolve("own.conf"), text).toString();
  }

  @ParameterizedTest
  @MethodSource("names")
  void scenariosOfTheProgramAreGoodWithAnySeedAndFitTheirRacks(String name) {
    for (long seed = 1; seed <= 40; seed++) {
      Scenario scenario = ScenarioReader.read(name, seed);
      assertFalse(scenario.faults().faults().isEmpty());
      assertEquals(scenario, ScenarioReader.read(name, seed));
      assertEquals(name, scenario.name());
    }
    ConfigLayers layers = ConfigLayers.defaults();
    Scenario scenario = ScenarioReader.read(name, 1);
    scenario.rack().settings().forEach(layers::set);
    Rack72Config config = layers.load(new Host(2, Map.of()));
    assertTrue(config.rack().trays() >= scenario.rack().jvms());
  }

  @Test
  void fileSaysOnlyWhatIsOtherwise() throws IOException {
    Scenario scenario =
        ScenarioReader.read(
            file(
                """
                about = "own"
                rack.gateways = [0, 2]
                load { length = 9s, reply-tokens.to = 80 }
                faults = [ { at = 3s, fault = kill, node = 1 } ]
                """),
            1);
    assertEquals("own", scenario.name());
    assertEquals(Set.of(0, 2), scenario.rack().gateways());
    assertEquals(4, scenario.rack().jvms());
    assertEquals(64, scenario.load().streams());
    assertEquals(Duration.ofSeconds(9), scenario.load().length());
    assertEquals(new Scenario.Range(48, 80), scenario.load().replyTokens());
    assertEquals(7, scenario.withStreams(7).load().streams());
  }

  @Test
  void fileThatIsNotThereIsNotTakenForAName() {
    String message =
        assertThrows(InvalidConfigException.class, () -> ScenarioReader.read("nowhere/own.conf", 1))
            .getMessage();
    assertEquals("there is no file 'nowhere/own.conf'", message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "own.conf:2: | load.length = 5 | load.length is a duration such as 500ms or 5s, not 5",
        "own.conf:2: | load.lenght = 5s | there is no load.lenght, did you mean length?",
        "own.conf:2: | loads.length = 5s | there is no loads, did you mean load?",
        "own.conf:2: | rack.restart = yes | rack.restart is one of on, off, not",
        "own.conf:2: | rack.gateways = [4] | gateways are some of the JVMs 0 to 3, not [4]; where"
            + " none are named they are those of the defaults",
        "own.conf:2: | rack.jvms = 0 | rack.jvms is a whole number from 1 to 64, not 0",
        "own.conf:2: | limits.grace = 0s | grace is above 0",
        "own.conf:2: | faults = [{at = 1s, fault = kil, node = 1}] | did you mean kill?",
        "own.conf | faults = [{at = 1s, fault = kill, node = 4}] | kill node=4 names node 4, and"
            + " the nodes of 4 JVMs are 0 to 3",
        "own.conf | faults = [{at = 2h, fault = kill, node = 1}] | kill node=1 begins after 7200000"
            + " ms, when the load, of load.length = 40000 ms, is over",
        "own.conf | load { | expecting",
      })
  void wrongScenarioIsToldWithItsLine(String place, String text, String what) throws IOException {
    String file = file("about = \"x\"\n" + text + "\n");
    String message =
        assertThrows(InvalidConfigException.class, () -> ScenarioReader.read(file, 1)).getMessage();
    assertTrue(message.contains(place), message);
    assertTrue(message.toLowerCase(Locale.ROOT).contains(what.toLowerCase(Locale.ROOT)), message);
  }

  @Test
  void unknownNameIsToldWithThoseThatThereAre() {
    String message =
        assertThrows(InvalidConfigException.class, () -> ScenarioReader.read("kill-trai", 1))
            .getMessage();
    assertTrue(message.contains("did you mean kill-tray?"), message);
    assertTrue(message.contains("noisy-fabric"), message);
  }

  @Test
  void faultsMeetWhereTheyAreDrawnAtRandom() {
    for (String name : ScenarioReader.NAMES) {
      assertEquals(name.equals("random"), ScenarioReader.read(name, 1).random(), name);
    }
  }
}
