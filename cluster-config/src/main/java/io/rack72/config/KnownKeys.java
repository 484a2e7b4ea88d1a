package io.rack72.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/** The keys that have a meaning, which are those of the reference file. Immutable. */
final class KnownKeys {
  /** Deeper than any key, and enough to see what a misspelt section is about. */
  private static final int MAX_DEPTH = 4;

  private static final int MAX_SHOWN = 120;

  private final SortedSet<String> keys = new TreeSet<>();

  /** The keys of a resolved configuration. */
  KnownKeys(Config reference) {
    reference.entrySet().forEach(entry -> keys.add(entry.getKey()));
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
      if (keys.contains(key)) {
        continue;
      }
      ConfigValue value = section.get(name);
      if (!isSection(key)) {
        throw unknown(key, value);
      }
      if (!(value instanceof ConfigObject inner)) {
        throw new InvalidConfigException(
            "%s (%s) is a section with keys in it, not a value"
                .formatted(key, Origins.of(value.origin())));
      }
      check(inner, key + ".");
    }
  }

  private boolean isSection(String key) {
    SortedSet<String> from = keys.tailSet(key + ".");
    return !from.isEmpty() && from.first().startsWith(key + ".");
  }

  private InvalidConfigException unknown(String key, ConfigValue value) {
    String wrong = keyWithin(key, value);
    return new InvalidConfigException(
        "%s (%s) is no key of Rack72; %s"
            .formatted(
                wrong,
                Origins.of(value.origin()),
                Spelling.closest(wrong, keys)
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
