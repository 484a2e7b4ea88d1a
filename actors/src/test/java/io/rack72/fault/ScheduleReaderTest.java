package io.rack72.fault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import io.rack72.config.InvalidConfigException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScheduleReaderTest {
  private static final String RANDOM =
      """
      faults = [ { at { from = 1s, to = 2s }, fault = kill, node = { one-of = [1, 2] } } ]
      random {
        from = 5s
        to = 60s
        pause { from = 1s, to = 3s }
        faults = [
          { fault = freeze, node { from = 0, to = 3 }, length { from = 100ms, to = 4s } }
          { fault = gpu-failure, gpu { from = 0, to = 7 } }
          { fault = port-bandwidth, gpu = 3, factor { from = 0.01, to = 0.5 }, length = 1s }
        ]
      }
      """;

  private static FaultSchedule read(String text, long seed) {
    return ScheduleReader.read(
        new Fields(
            ConfigFactory.parseString(
                    text, ConfigParseOptions.defaults().setOriginDescription("a.conf"))
                .root(),
            "",
            new SplittableRandom(seed)),
        seed);
  }

  @Test
  void scheduleDependsOnItsSeedAlone() {
    Set<FaultSchedule> different = new HashSet<>();
    for (long seed = 0; seed < 100; seed++) {
      assertEquals(read(RANDOM, seed), read(RANDOM, seed));
      different.add(read(RANDOM, seed));
    }
    assertEquals(100, different.size());
  }

  @Test
  void everythingThatIsDrawnLiesInItsRangeAndReachesAllOfIt() {
    Set<Integer> killed = new HashSet<>();
    Set<Integer> failed = new HashSet<>();
    for (long seed = 0; seed < 300; seed++) {
      FaultSchedule schedule = read(RANDOM, seed);
      Duration before = Duration.ZERO;
      for (ScheduledFault fault : schedule.faults()) {
        assertTrue(fault.end().compareTo(Duration.ofMinutes(1)) <= 0);
        switch (fault.fault()) {
          case Fault.Kill(int node) -> {
            killed.add(node);
            assertTrue(fault.at().toMillis() >= 1000 && fault.at().toMillis() <= 2000);
          }
          case Fault.Freeze(int node, Duration length) -> {
            assertTrue(node >= 0 && node <= 3);
            assertTrue(length.toMillis() >= 100 && length.toMillis() <= 4000);
          }
          case Fault.GpuFailure(var gpu) -> failed.add(gpu.index());
          case Fault.PortBandwidth(var gpu, double factor, Duration _) -> {
            assertEquals(3, gpu.index());
            assertTrue(factor >= 0.01 && factor <= 0.5);
          }
          default -> throw new AssertionError(fault);
        }
        if (!(fault.fault() instanceof Fault.Kill)) {
          long pause = fault.at().minus(before).toMillis();
          assertTrue(before.isZero() || (pause >= 1000 && pause <= 3000), "one after the other");
          before = fault.end();
        }
      }
      assertTrue(schedule.faults().size() > 8, "55 s have room for more than that");
    }
    assertEquals(Set.of(1, 2), killed);
    assertEquals(Set.of(0, 1, 2, 3, 4, 5, 6, 7), failed);
  }

  @Test
  void changeOfOneFaultLeavesTheOthersAsTheyWere() {
    String two =
        """
        faults = [
          { at { from = 1s, to = 9s }, fault = kill, node = %s }
          { at { from = 1s, to = 9s }, fault = freeze, node = 3, length { from = 1s, to = 9s } }
        ]
        """;
    FaultSchedule one = read(two.formatted("1"), 5);
    FaultSchedule other = read(two.formatted("{ one-of = [0, 2] }"), 5);
    assertNotEquals(one, other);
    assertEquals(
        one.faults().stream().filter(f -> f.fault() instanceof Fault.Freeze).toList(),
        other.faults().stream().filter(f -> f.fault() instanceof Fault.Freeze).toList());
  }

  @Test
  void faultsComeInTheOrderOfTheirTimesAndListsCanBeEmpty() {
    FaultSchedule schedule =
        read(
            """
            faults = [
              { at = 9s, fault = kill, node = 1 }
              { at = 3s, fault = freeze, node = 2, length = 10s }
            ]
            """,
            1);
    assertEquals(
        List.of(
            new ScheduledFault(Duration.ofSeconds(3), new Fault.Freeze(2, Duration.ofSeconds(10))),
            new ScheduledFault(Duration.ofSeconds(9), new Fault.Kill(1))),
        schedule.faults());
    assertEquals(Duration.ofSeconds(13), schedule.end());
    assertEquals(List.of(), read("", 1).faults());
    assertEquals(Duration.ZERO, read("faults = []", 1).end());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a.conf:2 | { at = 1, fault = kill, node = 1 } | faults.0.at is a duration such as 500ms",
        "a.conf:2 | { fault = kill, node = 1 } | faults.0.at is missing",
        "a.conf:2 | { at = 1s, fault = kill, nod = 1 } | faults.0.node is missing",
        "a.conf:2 | { at = 1s, fault = kill, node = 1, x = 1 } | there is no faults.0.x",
        "a.conf:2 | { at = 1s, fault = kill, node { from = 3, to = 1 } } | from is at most its to",
        "a.conf:2 | { at = 1s, fault = kill, node { from = 3 } } | {from = A, to = B}",
        "a.conf:2 | { at = 1s, fault = kill, node { one-of = [] } } | {one-of = [A, B]}",
        "a.conf:2 | 17 | faults.0 is a section in braces, not 17",
      })
  void wrongFaultIsNamedWithItsLine(String line, String fault, String what) {
    String text = "faults = [\n" + fault + "\n]";
    String message = assertThrows(InvalidConfigException.class, () -> read(text, 1)).getMessage();
    assertTrue(message.startsWith(line + ": "), message);
    assertTrue(message.contains(what), message);
  }

  @Test
  void faultsThatWouldEndEachOtherAreRefused() {
    String text =
        """
        faults = [
          { at = 1s, fault = partition, nodes = [1], direction = both, length = 5s }
          { at = 3s, fault = partition, nodes = [2], direction = both, length = 5s }
        ]
        """;
    String message = assertThrows(InvalidConfigException.class, () -> read(text, 1)).getMessage();
    assertTrue(message.contains("one follows the other"), message);
    assertEquals(2, read(text.replace("at = 3s", "at = 6s"), 1).faults().size());
  }
}
