package io.rack72.chaos;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigResolveOptions;
import io.rack72.config.InvalidConfigException;
import io.rack72.config.Origins;
import io.rack72.config.Spelling;
import io.rack72.fault.FaultSchedule;
import io.rack72.fault.FaultText;
import io.rack72.fault.Fields;
import io.rack72.fault.ScheduleFile;
import io.rack72.fault.ScheduleReader;
import io.rack72.fault.ScheduledFault;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Reads scenarios: files of HOCON, of which some come with the program. {@code defaults.conf}
 * beside those says what each field means. Without state.
 */
final class ScenarioReader {
  /** Those that come with the program; the order is that of the README. */
  static final List<String> NAMES =
      List.of(
          "kill-tray",
          "kill-tray-mid-prefill",
          "kill-keeper",
          "kill-two-trays",
          "kill-while-recovering",
          "gpu-failure",
          "slow-port",
          "freeze-tray",
          "partition",
          "one-way-partition",
          "partition-gateway",
          "kill-gateway",
          "noisy-fabric",
          "slow-process",
          "restart-tray",
          "checkpoint-gone",
          "random",
          "kill-tray-series",
          "kill-tray-mid-prefill-series",
          "kill-keeper-series",
          "kill-two-trays-series",
          "kill-while-recovering-series",
          "gpu-failure-series",
          "slow-port-series",
          "freeze-series",
          "partition-series",
          "kill-gateway-series");

  private static final String DEFAULTS = "defaults";
  private static final String DIRECTORY = "/io/rack72/chaos/scenarios/";
  private static final int MAX_JVMS = 64;
  static final int MAX_STREAMS = 1024;
  private static final int MAX_TOKENS = 4096;

  private ScenarioReader() {}

  /**
   * Reads a scenario, with the chance of a seed.
   *
   * @param nameOrFile one of {@link #NAMES}, or the path of a file
   * @throws InvalidConfigException that says what is wrong where, and what would be right
   */
  static Scenario read(String nameOrFile, long seed) {
    Config config;
    String name;
    if (NAMES.contains(nameOrFile)) {
      name = nameOrFile;
      config = ScheduleFile.parse(resource(nameOrFile), nameOrFile + ".conf");
    } else {
      name = nameOrFile.replaceAll(".*/", "").replaceAll("\\.conf$", "");
      config = ScheduleFile.parse(new StringReader(file(nameOrFile)), nameOrFile);
    }
    return read(
        name,
        resolved(config.withFallback(ScheduleFile.parse(resource(DEFAULTS), "defaults.conf"))),
        seed);
  }

  /** A scenario can refer to what the defaults say, such as to add settings to theirs. */
  private static Config resolved(Config config) {
    try {
      return config.resolve(ConfigResolveOptions.noSystem());
    } catch (ConfigException e) {
      throw new InvalidConfigException(Origins.explain(e, "the scenario"), e);
    }
  }

  private static Scenario read(String name, Config config, long seed) {
    Fields fields = new Fields(config.root(), "", new SplittableRandom(seed));
    FaultSchedule faults = ScheduleReader.read(fields, seed);
    Scenario scenario =
        new Scenario(
            name,
            fields.text("about"),
            rack(fields.section("rack")),
            load(fields.section("load")),
            faults,
            fields.has("random"),
            limits(fields.section("limits")));
    fields.end();
    int jvms = scenario.rack().jvms();
    for (ScheduledFault fault : faults.faults()) {
      for (int node : Targets.nodes(fault.fault())) {
        if (node >= jvms) {
          throw fields.wrong(
              "%s names node %d, and the nodes of %d JVMs are 0 to %d"
                  .formatted(FaultText.words(fault.fault()), node, jvms, jvms - 1));
        }
      }
      if (fault.at().compareTo(scenario.load().length()) > 0) {
        throw fields.wrong(
            "%s begins after %d ms, when the load, of load.length = %d ms, is over"
                .formatted(
                    FaultText.words(fault.fault()),
                    fault.at().toMillis(),
                    scenario.load().length().toMillis()));
      }
    }
    return scenario;
  }

  private static Scenario.Rack rack(Fields fields) {
    int jvms = fields.integer("jvms", 1, MAX_JVMS);
    Set<Integer> gateways = fields.integers("gateways");
    if (gateways.isEmpty() || gateways.stream().anyMatch(node -> node < 0 || node >= jvms)) {
      throw fields.wrong(
          "gateways are some of the JVMs 0 to %d, not %s; where none are named they are those of the defaults"
              .formatted(jvms - 1, gateways));
    }
    Scenario.Rack rack =
        new Scenario.Rack(
            jvms,
            gateways,
            fields.word("restart", List.of("on", "off")).equals("on"),
            fields.texts("settings"));
    fields.end();
    return rack;
  }

  private static Scenario.Load load(Fields fields) {
    Scenario.Load load =
        new Scenario.Load(
            fields.integer("streams", 1, MAX_STREAMS),
            fields.duration("length"),
            range(fields.section("prompt-tokens")),
            range(fields.section("reply-tokens")));
    fields.end();
    return load;
  }

  private static Scenario.Range range(Fields fields) {
    int from = fields.integer("from", 1, MAX_TOKENS);
    Scenario.Range range = new Scenario.Range(from, fields.integer("to", from, MAX_TOKENS));
    fields.end();
    return range;
  }

  private static Scenario.Limits limits(Fields fields) {
    Scenario.Limits limits =
        new Scenario.Limits(
            positive(fields, "pause-p99"),
            positive(fields, "grace"),
            positive(fields, "level"),
            positive(fields, "effect"));
    fields.end();
    return limits;
  }

  private static Duration positive(Fields fields, String key) {
    Duration duration = fields.duration(key);
    if (!duration.isPositive()) {
      throw fields.wrong(key + " is above 0");
    }
    return duration;
  }

  private static Reader resource(String name) {
    InputStream in = ScenarioReader.class.getResourceAsStream(DIRECTORY + name + ".conf");
    if (in == null) {
      throw new IllegalStateException("the program lacks its scenario " + name);
    }
    return new InputStreamReader(in, StandardCharsets.UTF_8);
  }

  private static String file(String nameOrFile) {
    Path path = Path.of(nameOrFile);
    if (!Files.isRegularFile(path) && nameOrFile.matches(".*([/\\\\]|\\.conf$).*")) {
      throw new InvalidConfigException("there is no file '%s'".formatted(nameOrFile));
    }
    if (!Files.isRegularFile(path)) {
      throw new InvalidConfigException(
          "there is no scenario '%s'%s; there are %s, and a file's path is taken too"
              .formatted(
                  nameOrFile,
                  Spelling.closest(nameOrFile, NAMES)
                      .map(meant -> ", did you mean " + meant + "?")
                      .orElse(""),
                  String.join(", ", NAMES)));
    }
    return ScheduleFile.text(path);
  }
}
