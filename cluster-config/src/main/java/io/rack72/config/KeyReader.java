package io.rack72.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Reads values of known keys by type and range, and remembers which keys were read. Stricter than
 * the library: a fraction is no whole number, and a duration needs a unit. Not thread-safe.
 *
 * <p>Keys are paths below {@code rack72}. Every method throws {@link InvalidConfigException} for a
 * value that is not as described.
 */
final class KeyReader {
  static final String ROOT = "rack72";

  private final Config config;
  private final SortedSet<String> read = new TreeSet<>();

  KeyReader(Config config) {
    this.config = config;
  }

  /** Full paths of the keys read so far. */
  SortedSet<String> keysRead() {
    return Collections.unmodifiableSortedSet(read);
  }

  /** Text of at most {@code maxLength} characters. */
  String text(String key, int minLength, int maxLength) {
    if (!(value(key).unwrapped() instanceof String text)
        || text.length() < minLength
        || text.length() > maxLength) {
      String length = minLength == 0 ? "at most " : minLength + " to ";
      throw wrong(key, "text of " + length + maxLength + " characters");
    }
    return text;
  }

  /** Whether the value is this word, which stands for a value that is not written out. */
  boolean isWord(String key, String word) {
    return word.equals(value(key).unwrapped());
  }

  /** Whether an optional key of a section with a name of the user's choice is there. */
  boolean has(String key) {
    return config.hasPathOrNull(ROOT + "." + key);
  }

  /** The names, which are of the user's choice, of the sections in a section; in order. */
  SortedSet<String> names(String section, int limit) {
    if (!(value(section) instanceof ConfigObject named) || named.size() > limit) {
      throw new InvalidConfigException(
          "%s.%s (%s) is a section with at most %d named sections in it"
              .formatted(ROOT, section, Origins.of(value(section).origin()), limit));
    }
    return new TreeSet<>(named.keySet());
  }

  /** Text that no message may show; it may look like a number. */
  String secret(String key, int minLength, int maxLength) {
    Object value = value(key).unwrapped();
    if (!(value instanceof String || value instanceof Number)
        || value.toString().length() < minLength
        || value.toString().length() > maxLength) {
      String length = minLength == 0 ? "at most " : minLength + " to ";
      throw new InvalidConfigException(
          "%s.%s (%s) is text of %s%d characters"
              .formatted(ROOT, key, Origins.of(value(key).origin()), length, maxLength));
    }
    return value.toString();
  }

  /** A list of at most {@code limit} texts, which may be empty. */
  List<String> texts(String key, int limit, String expected) {
    if (!(value(key).unwrapped() instanceof List<?> list) || list.size() > limit) {
      throw wrong(key, expected);
    }
    List<String> texts = new ArrayList<>();
    for (Object element : list) {
      if (!(element instanceof String text)) {
        throw wrong(key, expected);
      }
      texts.add(text);
    }
    return texts;
  }

  /** Whether something is on or off. */
  boolean flag(String key) {
    Object value = value(key).unwrapped();
    if (Boolean.TRUE.equals(value) || "on".equals(value)) {
      return true;
    }
    if (Boolean.FALSE.equals(value) || "off".equals(value)) {
      return false;
    }
    throw wrong(key, "on or off");
  }

  /** A constant of an enum, written in lower case. */
  <E extends Enum<E>> E choice(String key, Class<E> type) {
    String word = String.valueOf(value(key).unwrapped());
    List<String> words = new ArrayList<>();
    for (E constant : type.getEnumConstants()) {
      words.add(constant.name().toLowerCase(Locale.ROOT));
      if (words.getLast().equals(word)) {
        return constant;
      }
    }
    throw wrong(key, String.join(" or ", words));
  }

  int integer(String key, int min, int max) {
    return integer(key, min, max, "a whole number from " + min + " to " + max);
  }

  int integer(String key, int min, int max, String expected) {
    return Math.toIntExact(whole(key, min, max, expected));
  }

  long whole(String key, long min, long max, String expected) {
    long number;
    try {
      number = Long.parseLong(String.valueOf(value(key).unwrapped()));
    } catch (NumberFormatException e) {
      throw wrong(key, expected);
    }
    if (number < min || number > max) {
      throw wrong(key, expected);
    }
    return number;
  }

  /** A number above {@code min} and at most {@code max}. */
  double fraction(String key, double min, double max) {
    double number = decimal(key);
    if (!(number > min && number <= max)) {
      throw wrong(key, "a number above " + min + " and at most " + max);
    }
    return number;
  }

  /** A number from {@code min} to {@code max}. */
  double number(String key, double min, double max) {
    double number = decimal(key);
    if (!(number >= min && number <= max)) {
      throw wrong(key, "a number from " + min + " to " + max);
    }
    return number;
  }

  private double decimal(String key) {
    try {
      return Double.parseDouble(String.valueOf(value(key).unwrapped()));
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }

  /** A size; without a unit it is in bytes. */
  long bytes(String key, long min, long max, String expected) {
    long bytes;
    try {
      bytes = ByteSize.of(value(key).unwrapped()).bytes();
    } catch (IllegalArgumentException e) {
      throw wrong(key, expected);
    }
    if (bytes < min || bytes > max) {
      throw wrong(key, expected);
    }
    return bytes;
  }

  /** A duration, which must name its unit. */
  Duration duration(String key, Duration min, Duration max, String expected) {
    Duration duration;
    try {
      duration = config.getDuration(ROOT + "." + key);
    } catch (ConfigException | ArithmeticException e) {
      throw wrong(key, expected);
    }
    boolean named = String.valueOf(value(key).unwrapped()).chars().anyMatch(Character::isLetter);
    if (!named || duration.compareTo(min) < 0 || duration.compareTo(max) > 0) {
      throw wrong(key, expected);
    }
    return duration;
  }

  /** What to throw for a value that is not as expected. */
  InvalidConfigException wrong(String key, String expected) {
    ConfigValue value = value(key);
    return new InvalidConfigException(
        "%s.%s (%s) is %s, not %s"
            .formatted(ROOT, key, Origins.of(value.origin()), expected, shown(value)));
  }

  /** What to throw for a section whose name is not as expected; what is in it is not shown. */
  InvalidConfigException wrongName(String section, String name, String expected) {
    String path = section + "." + ConfigUtil.quoteString(name);
    return new InvalidConfigException(
        "%s.%s (%s) needs %s".formatted(ROOT, path, Origins.of(value(path).origin()), expected));
  }

  private ConfigValue value(String key) {
    String path = ROOT + "." + key;
    read.add(path);
    if (!config.hasPathOrNull(path)) {
      throw new InvalidConfigException(path + " is missing, and it has no default");
    }
    if (config.getIsNull(path)) {
      throw new InvalidConfigException(
          path + " is null, which takes its default away; leave the key out to keep the default");
    }
    return config.getValue(path);
  }

  /** The value as it was written, cut short. A variable of the environment may be a secret. */
  private static String shown(ConfigValue value) {
    String origin = Origins.of(value.origin());
    if (origin.startsWith(Origins.ENVIRONMENT)) {
      return "what the " + origin + " holds";
    }
    String text = value.render(ConfigRenderOptions.concise());
    return text.length() <= 80 ? text : text.substring(0, 77) + "...";
  }
}
