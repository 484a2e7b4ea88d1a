package io.rack72.fault;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigResolveOptions;
import com.typesafe.config.ConfigSyntax;
import io.rack72.config.InvalidConfigException;
import io.rack72.config.Origins;
import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Function;

/** Files of HOCON that describe faults. Without state. */
public final class ScheduleFile {
  private static final long MAX_BYTES = 1 << 20;

  private ScheduleFile() {}

  /**
   * Reads a file with {@code faults} and {@code random}, as {@link ScheduleReader} has them, and
   * nothing else.
   *
   * @param refusal why a fault cannot be where the file is for, as a sentence; empty where it can
   * @throws InvalidConfigException that says what is wrong where, and what would be right
   */
  public static FaultSchedule read(
      Path file, long seed, Function<ScheduledFault, Optional<String>> refusal) {
    Config config = parse(new StringReader(text(file)), file.toString());
    try {
      config = config.resolve(ConfigResolveOptions.noSystem());
    } catch (ConfigException e) {
      throw new InvalidConfigException(Origins.explain(e, file.toString()), e);
    }
    Fields fields = new Fields(config.root(), "", new SplittableRandom(seed));
    FaultSchedule schedule = ScheduleReader.read(fields, seed, refusal);
    fields.end();
    if (schedule.faults().isEmpty()) {
      throw new InvalidConfigException(file + ": there is no fault in it");
    }
    return schedule;
  }

  /**
   * A text, as yet unresolved.
   *
   * @param origin of it, for messages
   * @throws InvalidConfigException that says what is wrong where
   */
  public static Config parse(Reader text, String origin) {
    try (text) {
      return ConfigFactory.parseReader(
          text,
          ConfigParseOptions.defaults().setSyntax(ConfigSyntax.CONF).setOriginDescription(origin));
    } catch (ConfigException e) {
      throw new InvalidConfigException(Origins.explain(e, origin), e);
    } catch (StackOverflowError e) {
      throw new InvalidConfigException(origin + ": sections are nested too deeply", e);
    } catch (IOException e) {
      throw new InvalidConfigException("cannot read %s: %s".formatted(origin, e), e);
    }
  }

  /**
   * All of a file.
   *
   * @throws InvalidConfigException if it cannot be read, or is far too large
   */
  public static String text(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new InvalidConfigException("cannot read %s: it is no file".formatted(file));
    }
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw new InvalidConfigException(
            file + " has more than 1 MiB, which is nothing that a person wrote");
      }
      return Files.readString(file);
    } catch (IOException e) {
      throw new InvalidConfigException("cannot read %s: %s".formatted(file, e), e);
    }
  }
}
