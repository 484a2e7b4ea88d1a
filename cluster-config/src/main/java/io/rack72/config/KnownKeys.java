package io.rack72.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The keys that have a meaning, which are those of the reference file. Some sections hold sections
 * whose names are of the user's choice; what may be in these stands here, since the reference file
 * has none of them. Immutable.
 */
final class KnownKeys {
  /** Sections of named sections, and the keys in each of these. */
  private static final Map<String, SortedSet<String>> NAMED =
      Map.of(
          "rack72.gateway.api-keys",
          Collections.unmodifiableSortedSet(
              new TreeSet<>(List.of("key", "max-requests", "weight"))));

  /** Deeper than any key, and enough to see what a misspelt section is about. */
  private static final int MAX_DEPTH = 4;

  private static final int MAX_SHOWN = 120;

  private final SortedSet<String> keys = new TreeSet<>();

  /** The keys of a resolved configuration. */
  KnownKeys(Config reference) {
    reference.entrySet().forEach(entry -> keys.add(entry.getKey()));
    keys.addAll(NAMED.keySet());
  }

  /** Full paths, in order. */
  SortedSet<String> all() {
    return Collections.unmodifiableSortedSet(keys);
  }

  /**
   * Refuses a configuration with a key that has no meaning, or with a value where a section is due.
   *
   * @throws InvalidConfigException naming the key, where it is, and the key that was probably meant
   */
  void check(Config config) {
    check(config.root(), "");
  }

  private void check(ConfigObject section, String path) {
    // In order of the names, so that of many wrong keys the same one is always told.
    for (String name : new TreeSet<>(section.keySet())) {
      String key = path + quoted(name);
      ConfigValue value = section.get(name);
      if (NAMED.containsKey(key)) {
        checkNamed(section(key, value), key);
      } else if (!keys.contains(key)) {
        if (!isSection(key)) {
          throw unknown(key, value, keys);
        }
        check(section(key, value), key + ".");
      }
    }
  }

  private static void checkNamed(ConfigObject outer, String path) {
    for (String name : new TreeSet<>(outer.keySet())) {
      String key = path + "." + quoted(name);
      SortedSet<String> known = new TreeSet<>();
      NAMED.get(path).forEach(inner -> known.add(key + "." + inner));
      ConfigObject named = section(key, outer.get(name));
      for (String inner : new TreeSet<>(named.keySet())) {
        String full = key + "." + quoted(inner);
        if (!known.contains(full)) {
          throw unknown(full, named.get(inner), known);
        }
      }
    }
  }

  private static ConfigObject section(String key, ConfigValue value) {
    if (!(value instanceof ConfigObject inner)) {
      throw new InvalidConfigException(
          "%s (%s) is a section with keys in it, not a value"
              .formatted(key, Origins.of(value.origin())));
    }
    return inner;
  }

  private boolean isSection(String key) {
    SortedSet<String> from = keys.tailSet(key + ".");
    return !from.isEmpty() && from.first().startsWith(key + ".");
  }

  private static InvalidConfigException unknown(
      String key, ConfigValue value, SortedSet<String> known) {
    String wrong = keyWithin(key, value);
    return new InvalidConfigException(
        "%s (%s) is no key of Rack72; %s"
            .formatted(
                wrong,
                Origins.of(value.origin()),
                Spelling.closest(wrong, known)
                    .map(meant -> "did you mean " + meant + "?")
                    .orElse("all keys are under rack72, in rack72-reference.conf")));
  }

  /** A misspelt section is understood better by a key in it. */
  private static String keyWithin(String key, ConfigValue value) {
    String path = key;
    ConfigValue at = value;
    for (int depth = 0; depth < MAX_DEPTH && at instanceof ConfigObject inner; depth++) {
      if (inner.isEmpty()) {
        break;
      }
      String first = new TreeSet<>(inner.keySet()).first();
      path += "." + quoted(first);
      at = inner.get(first);
    }
    return path.length() <= MAX_SHOWN ? path : path.substring(0, MAX_SHOWN - 3) + "...";
  }

  private static String quoted(String name) {
    return ConfigUtil.joinPath(name);
  }
}
