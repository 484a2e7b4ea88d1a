package io.rack72.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigResolveOptions;
import com.typesafe.config.ConfigResolver;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Layers of settings, each over the ones before it: the defaults, a rack profile, a file, single
 * settings. Begin with {@link #defaults}, add layers in this order, and {@link #load}. Not
 * thread-safe.
 *
 * <p>Every method throws {@link InvalidConfigException} for what it cannot read.
 */
public final class ConfigLayers {
  /** The rack profiles that are built in. */
  public static final List<String> PROFILES =
      List.of(
          "gb200-nvl72",
          "gb300-nvl72",
          "hgx-b200",
          "hgx-b300",
          "hgx-h100",
          "hgx-h200",
          "rtx-5090",
          "rtx-pro-6000");

  private static final String REFERENCE = "rack72-reference.conf";
  private static final long MAX_FILE_BYTES = 1 << 20;

  private final Config reference = resource(REFERENCE);
  private final List<Config> layers = new ArrayList<>();

  private ConfigLayers() {}

  /** The defaults alone, with the rack profile {@code gb200-nvl72}. */
  public static ConfigLayers defaults() {
    return new ConfigLayers();
  }

  /** Adds a rack profile: the name of a built-in one, or the path of a file. */
  public ConfigLayers rack(String nameOrPath) {
    if (PROFILES.contains(nameOrPath)) {
      layers.add(resource("profiles/" + nameOrPath + ".conf"));
      return this;
    }
    Path file = path(nameOrPath, "--rack");
    if (!Files.isRegularFile(file)) {
      throw new InvalidConfigException(
          "there is no rack profile '%s'%s; built in are %s, and a file's path is taken too"
              .formatted(
                  nameOrPath,
                  Spelling.closest(nameOrPath, PROFILES)
                      .map(meant -> ", did you mean " + meant + "?")
                      .orElse(""),
                  String.join(", ", PROFILES)));
    }
    return file(file);
  }

  /** Adds a file. */
  public ConfigLayers file(Path file) {
    try {
      if (Files.size(file) > MAX_FILE_BYTES) {
        throw new InvalidConfigException(
            file + " has more than 1 MiB, which is no configuration that a person wrote");
      }
      Files.newInputStream(file).close();
    } catch (IOException e) {
      throw new InvalidConfigException(
          "cannot read the configuration file %s: %s".formatted(file, reason(e)), e);
    }
    String name = file.toString();
    layers.add(
        parsed(
            name,
            () -> ConfigFactory.parseFile(file.toFile(), options(name).setAllowMissing(false))));
    return this;
  }

  /** Adds one setting as {@code --set} takes it: {@code key=value}, the value in HOCON. */
  public ConfigLayers set(String assignment) {
    if (assignment.indexOf('=') < 1) {
      throw new InvalidConfigException(
          "--set takes key=value, such as rack72.expert-parallel=8, not '" + assignment + "'");
    }
    layers.add(parsed("--set", () -> ConfigFactory.parseString(assignment, options("--set"))));
    return this;
  }

  /**
   * Adds the value of a command's own option.
   *
   * @param option its name, such as {@code --port}, for messages
   * @param key that it sets, such as {@code rack72.gateway.port}
   * @param value text or a number, taken as it is
   */
  public ConfigLayers option(String option, String key, Object value) {
    layers.add(ConfigValueFactory.fromAnyRef(value, option).atPath(key));
    return this;
  }

  /** All layers, merged and validated. */
  public Rack72Config load(Host host) {
    return ConfigReader.read(reader(host), host);
  }

  /** Merges the layers and refuses unknown keys. */
  KeyReader reader(Host host) {
    Config merged = reference;
    for (Config layer : layers) {
      merged = layer.withFallback(merged);
    }
    Config resolved = resolve(merged, host);
    knownKeys().check(resolved);
    return new KeyReader(resolved);
  }

  /** The keys of the reference file. */
  KnownKeys knownKeys() {
    return new KnownKeys(resolve(reference, new Host(1, Map.of())));
  }

  private static Config resolve(Config config, Host host) {
    ConfigResolveOptions options =
        ConfigResolveOptions.noSystem().appendResolver(new EnvironmentResolver(host.environment()));
    return parsed("the configuration", () -> config.resolve(options));
  }

  private static Config resource(String name) {
    return parsed(
        name,
        () ->
            ConfigFactory.parseResources(
                ConfigLayers.class.getClassLoader(), name, options(name).setAllowMissing(false)));
  }

  private static ConfigParseOptions options(String origin) {
    return ConfigParseOptions.defaults()
        .setOriginDescription(origin)
        .setClassLoader(ConfigLayers.class.getClassLoader());
  }

  private static Config parsed(String origin, Supplier<Config> parse) {
    try {
      return parse.get();
    } catch (ConfigException e) {
      throw new InvalidConfigException(Origins.explain(e, origin), e);
    } catch (StackOverflowError e) {
      // The library's parser recurses once for each level of nesting.
      throw new InvalidConfigException(origin + ": sections are nested too deeply", e);
    }
  }

  static Path path(String text, String origin) {
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw new InvalidConfigException(origin + ": '" + text + "' is no path of a file", e);
    }
  }

  private static String reason(IOException e) {
    return switch (e) {
      case NoSuchFileException missing -> "there is no such file";
      case AccessDeniedException denied -> "access is denied";
      default -> String.valueOf(e.getMessage());
    };
  }

  /** Gives the environment's variables to {@code ${?NAME}}. */
  private record EnvironmentResolver(Map<String, String> environment) implements ConfigResolver {
    @Override
    public ConfigValue lookup(String path) {
      String text = environment.get(path);
      return text == null ? null : ConfigValueFactory.fromAnyRef(text, Origins.ENVIRONMENT + path);
    }

    @Override
    public ConfigResolver withFallback(ConfigResolver fallback) {
      // Nothing is asked after the environment: the library's own fallback finds nothing.
      return this;
    }
  }
}
