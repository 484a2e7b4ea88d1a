package io.rack72.fault;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigSyntax;
import io.rack72.config.InvalidConfigException;
import io.rack72.config.Origins;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A fault that one node is told to suffer, as a line of JSON.
 *
 * @param id by which it is acknowledged
 * @param node which the node that is told is
 * @param addresses of all nodes by their numbers, {@code host:port}; empty text for one that is not
 *     there
 * @param seed of what the fault leaves to chance
 */
public record FaultOrder(long id, int node, List<String> addresses, long seed, Fault fault) {
  private static final String ORIGIN = "an order";

  public FaultOrder {
    addresses = List.copyOf(addresses);
  }

  /** What {@link #read} makes the same order of, once it is written as JSON. */
  public Map<String, Object> fields() {
    Map<String, Object> fields = new LinkedHashMap<>();
    // Numbers of JSON are not exact beyond 53 bits wherever they are read.
    fields.put("id", Long.toString(id));
    fields.put("node", node);
    fields.put("addresses", addresses);
    fields.put("seed", Long.toString(seed));
    fields.put("order", FaultText.write(fault));
    return fields;
  }

  /**
   * Reads an order.
   *
   * @throws InvalidConfigException that says what is wrong with it
   */
  public static FaultOrder read(String json) {
    try {
      Fields fields =
          new Fields(
              ConfigFactory.parseString(
                      json,
                      ConfigParseOptions.defaults()
                          .setSyntax(ConfigSyntax.JSON)
                          .setOriginDescription(ORIGIN))
                  .root(),
              "",
              new SplittableRandom(0));
      Fields ordered = fields.section("order");
      FaultOrder order =
          new FaultOrder(
              number(fields, "id"),
              fields.integer("node", 0, fields.texts("addresses").size() - 1),
              fields.texts("addresses"),
              number(fields, "seed"),
              FaultText.read(ordered));
      ordered.end();
      fields.end();
      return order;
    } catch (ConfigException e) {
      throw new InvalidConfigException(Origins.explain(e, ORIGIN), e);
    } catch (StackOverflowError e) {
      throw new InvalidConfigException(ORIGIN + ": sections are nested too deeply", e);
    }
  }

  private static long number(Fields fields, String key) {
    try {
      return Long.parseLong(fields.text(key));
    } catch (NumberFormatException e) {
      throw fields.wrong(key + " is a whole number as text");
    }
  }
}
