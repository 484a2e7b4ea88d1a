package io.rack72.roofline;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Locale;
import java.util.Properties;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Named numbers that say how much of a data sheet a class of kernels reaches, in groups such as
 * {@code dense.hopper}. A group's names are those of a record's components. Immutable.
 */
public final class Constants {
  private static final String COMMITTED = "kernel-constants.properties";

  private static final Constants DEFAULTS = read();

  private final SortedMap<String, Double> values;

  private Constants(SortedMap<String, Double> values) {
    this.values = Collections.unmodifiableSortedMap(values);
  }

  /** Those that come with the program. */
  public static Constants committed() {
    return DEFAULTS;
  }

  private static Constants read() {
    Properties properties = new Properties();
    try (InputStream stream = Constants.class.getResourceAsStream(COMMITTED);
        Reader reader = new InputStreamReader(stream, StandardCharsets.UTF_8)) {
      properties.load(reader);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + COMMITTED, e);
    }
    SortedMap<String, Double> values = new TreeMap<>();
    properties
        .stringPropertyNames()
        .forEach(name -> values.put(name, Double.valueOf(properties.getProperty(name))));
    return new Constants(values);
  }

  /** All of them by name. */
  public SortedMap<String, Double> values() {
    return values;
  }

  /** These with one changed. */
  public Constants with(String name, double value) {
    if (!values.containsKey(name)) {
      throw new IllegalArgumentException("there is no constant " + name);
    }
    SortedMap<String, Double> changed = new TreeMap<>(values);
    changed.put(name, value);
    return new Constants(changed);
  }

  /**
   * The numbers of a group.
   *
   * @param type a record whose components are all {@code double}
   * @throws IllegalArgumentException naming a number that is missing
   */
  <R extends Record> R group(String group, Class<R> type) {
    RecordComponent[] components = type.getRecordComponents();
    Class<?>[] types = new Class<?>[components.length];
    Object[] arguments = new Object[components.length];
    for (int i = 0; i < components.length; i++) {
      String name = group + "." + hyphenated(components[i].getName());
      Double value = values.get(name);
      if (value == null) {
        throw new IllegalArgumentException("there is no constant " + name);
      }
      types[i] = double.class;
      arguments[i] = value;
    }
    try {
      return type.getDeclaredConstructor(types).newInstance(arguments);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(type + " is not a record of doubles", e);
    }
  }

  /** {@code fixedMicros} is {@code fixed-micros} in the file. */
  static String hyphenated(String name) {
    return name.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
  }

  /** The name of an enum's constant in the file. */
  static String hyphenated(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
