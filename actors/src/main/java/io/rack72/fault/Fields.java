package io.rack72.fault;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import io.rack72.config.InvalidConfigException;
import io.rack72.config.Origins;
import io.rack72.config.Spelling;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;

/**
 * Reads a section of HOCON field by field, draws what it leaves to chance, and refuses at the end
 * what nobody has read. Every method throws {@link InvalidConfigException}, which names the place,
 * what is wrong and what would be right. Not thread-safe.
 *
 * <p>Instead of a number or a duration there can be {@code {from = A, to = B}}, of which any value
 * between is drawn, and instead of any value {@code {one-of = [A, B]}}.
 */
public final class Fields {
  private static final String ONE_OF = "one-of";
  private static final String FROM = "from";
  private static final String TO = "to";

  private final ConfigObject object;
  private final String path;
  private final SplittableRandom random;
  private final Set<String> read = new TreeSet<>();

  /**
   * @param path of the section, for messages; empty for the whole
   * @param random from which is drawn what is left to chance
   */
  public Fields(ConfigObject object, String path, SplittableRandom random) {
    this.object = object;
    this.path = path;
    this.random = random;
  }

  /** Whether the field is there. */
  public boolean has(String key) {
    read.add(key);
    return object.containsKey(key);
  }

  /** A whole number of a range. */
  public int integer(String key, int min, int max) {
    ConfigValue value = drawn(key);
    if (!(value.unwrapped() instanceof Number number)
        || number.doubleValue() != Math.rint(number.doubleValue())
        || number.doubleValue() < min
        || number.doubleValue() > max) {
      throw wrong(key, value, "a whole number from " + min + " to " + max);
    }
    return number.intValue();
  }

  /** A number. */
  public double number(String key) {
    ConfigValue value = drawn(key);
    if (!(value.unwrapped() instanceof Number number)) {
      throw wrong(key, value, "a number");
    }
    return number.doubleValue();
  }

  /** A duration with its unit. */
  public Duration duration(String key) {
    return duration(key, drawn(key));
  }

  private Duration duration(String key, ConfigValue value) {
    try {
      if (value.unwrapped() instanceof String text && text.chars().anyMatch(Character::isLetter)) {
        return value.atKey(key).getDuration(key);
      }
    } catch (ConfigException | ArithmeticException _) {
      throw wrong(key, value, "a duration such as 500ms or 5s");
    }
    throw wrong(key, value, "a duration such as 500ms or 5s");
  }

  /** Text that is not empty. */
  public String text(String key) {
    ConfigValue value = drawn(key);
    if (!(value.unwrapped() instanceof String text) || text.isBlank()) {
      throw wrong(key, value, "text");
    }
    return text;
  }

  /** One of several words. */
  public String word(String key, List<String> words) {
    ConfigValue value = drawn(key);
    if (!(value.unwrapped() instanceof String word) || !words.contains(word)) {
      throw wrong(
          key,
          value,
          "one of "
              + String.join(", ", words)
              + Spelling.closest(String.valueOf(value.unwrapped()), words)
                  .map(meant -> " (did you mean " + meant + "?)")
                  .orElse(""));
    }
    return word;
  }

  /** A constant of an enum, in lower case and with hyphens. */
  public <E extends Enum<E>> E choice(String key, Class<E> type) {
    List<String> words = new ArrayList<>();
    for (E constant : type.getEnumConstants()) {
      words.add(spelled(constant));
    }
    return type.getEnumConstants()[words.indexOf(word(key, words))];
  }

  /** How a constant is written. */
  static String spelled(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** A list of whole numbers, or a single one. */
  public Set<Integer> integers(String key) {
    ConfigValue value = drawn(key);
    List<ConfigValue> elements = value instanceof ConfigList list ? list : List.of(value);
    Set<Integer> numbers = new TreeSet<>();
    for (ConfigValue element : elements) {
      if (!(element.unwrapped() instanceof Integer number)) {
        throw wrong(key, value, "a list of whole numbers");
      }
      numbers.add(number);
    }
    return numbers;
  }

  /** A list of texts. */
  public List<String> texts(String key) {
    ConfigValue value = required(key);
    List<String> texts = new ArrayList<>();
    if (value instanceof ConfigList list) {
      for (ConfigValue element : list) {
        if (element.unwrapped() instanceof String text) {
          texts.add(text);
        }
      }
      if (texts.size() == list.size()) {
        return texts;
      }
    }
    throw wrong(key, value, "a list of texts");
  }

  /** A section of the section. */
  public Fields section(String key) {
    if (!(required(key) instanceof ConfigObject section)) {
      throw wrong(key, required(key), "a section in braces");
    }
    return new Fields(section, path(key), random.split());
  }

  /** A list of sections, each with chance of its own. */
  public List<Fields> sections(String key) {
    ConfigValue value = required(key);
    if (!(value instanceof ConfigList list)) {
      throw wrong(key, value, "a list of sections");
    }
    List<Fields> sections = new ArrayList<>();
    for (ConfigValue element : list) {
      String place = path(key) + "." + sections.size();
      if (!(element instanceof ConfigObject section)) {
        throw new InvalidConfigException(
            "%s: %s is a section in braces, not %s"
                .formatted(Origins.of(element.origin()), place, shown(element)));
      }
      sections.add(new Fields(section, place, random.split()));
    }
    return sections;
  }

  /** The same section, whose fields are drawn anew. */
  public Fields again(SplittableRandom chance) {
    return new Fields(object, path, chance);
  }

  /** Refuses fields that have not been read. */
  public void end() {
    for (String key : object.keySet()) {
      if (!read.contains(key)) {
        throw new InvalidConfigException(
            "%s: there is no %s%s; there are %s"
                .formatted(
                    Origins.of(object.get(key).origin()),
                    path(key),
                    Spelling.closest(key, read)
                        .map(meant -> ", did you mean " + meant + "?")
                        .orElse(""),
                    String.join(", ", read)));
      }
    }
  }

  /** What to throw where fields do not go together. */
  public InvalidConfigException wrong(String sentence) {
    return new InvalidConfigException(
        Origins.of(object.origin()) + ": " + (path.isEmpty() ? "" : path + ": ") + sentence);
  }

  private ConfigValue drawn(String key) {
    ConfigValue value = required(key);
    if (!(value instanceof ConfigObject chance)) {
      return value;
    }
    if (chance.keySet().equals(Set.of(ONE_OF))
        && chance.get(ONE_OF) instanceof ConfigList choices
        && !choices.isEmpty()) {
      return choices.get(random.nextInt(choices.size()));
    }
    if (chance.keySet().equals(Set.of(FROM, TO))) {
      return between(key, chance.get(FROM), chance.get(TO));
    }
    throw wrong(key, value, "a value, or {from = A, to = B}, or {one-of = [A, B]}");
  }

  private ConfigValue between(String key, ConfigValue from, ConfigValue to) {
    Object drawn;
    if (from.unwrapped() instanceof Integer low && to.unwrapped() instanceof Integer high) {
      requireOrder(key, from, low <= high);
      drawn = (int) random.nextLong(low, (long) high + 1);
    } else if (from.unwrapped() instanceof Number low && to.unwrapped() instanceof Number high) {
      requireOrder(key, from, low.doubleValue() <= high.doubleValue());
      drawn = low.doubleValue() + random.nextDouble() * (high.doubleValue() - low.doubleValue());
    } else {
      long low = duration(key, from).toMillis();
      long high = duration(key, to).toMillis();
      requireOrder(key, from, low <= high);
      drawn = random.nextLong(low, high + 1) + "ms";
    }
    return ConfigValueFactory.fromAnyRef(drawn).withOrigin(from.origin());
  }

  private void requireOrder(String key, ConfigValue from, boolean inOrder) {
    if (!inOrder) {
      throw wrong(key, from, "a range whose from is at most its to");
    }
  }

  private ConfigValue required(String key) {
    read.add(key);
    ConfigValue value = object.get(key);
    if (value == null) {
      throw new InvalidConfigException(
          Origins.of(object.origin()) + ": " + path(key) + " is missing");
    }
    return value;
  }

  private String path(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  private InvalidConfigException wrong(String key, ConfigValue value, String expected) {
    return new InvalidConfigException(
        "%s: %s is %s, not %s"
            .formatted(Origins.of(value.origin()), path(key), expected, shown(value)));
  }

  private static String shown(ConfigValue value) {
    String text = value.render(ConfigRenderOptions.concise());
    return text.length() <= 80 ? text : text.substring(0, 77) + "...";
  }
}
