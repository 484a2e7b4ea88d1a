package io.rack72.config;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ConfigFuzzTest {
  private static final int ROUNDS = 1000;
  private static final Host HOST = new Host(2, Map.of("RACK72_API_KEY", "k"));
  private static final List<String> PIECES =
      List.of(
          "-1",
          "0",
          "1e400",
          "1e30 GB",
          "9223372036854775808",
          "0x10",
          "true",
          "null",
          "[1, 2]",
          "{a = 1}",
          "${rack72.seed}",
          "${?HOME}",
          "${rack72}",
          "\"\\u0000\"",
          "NaN",
          "Infinity",
          "-0.0",
          "5 parsecs",
          "-3 s",
          "1 us",
          "18446744073709551616 ns",
          "\"",
          "{",
          "]",
          "=",
          ",",
          "+=",
          "include \"x\"",
          "//",
          "#",
          "\n",
          "all",
          "auto",
          "rack72-mini",
          "ß",
          "\uD800",
          " ",
          ".",
          "rack72",
          "999999999999 days",
          "0.0000001 KiB",
          "1 YiB");

  /** Whatever is set, the answer is a configuration or one sentence. */
  @Test
  void badValuesGiveOneSentenceAndNothingElse() {
    Random random = new Random(72);
    List<String> keys = List.copyOf(ConfigLayers.defaults().knownKeys().all());
    int refused = 0;
    for (int i = 0; i < ROUNDS; i++) {
      StringBuilder value = new StringBuilder();
      for (int n = random.nextInt(3); n >= 0; n--) {
        value.append(PIECES.get(random.nextInt(PIECES.size())));
      }
      String key = keys.get(random.nextInt(keys.size()));
      if (random.nextInt(4) == 0) {
        int cut = random.nextInt(key.length());
        key = key.substring(0, cut) + PIECES.get(random.nextInt(PIECES.size()));
      }
      try {
        ConfigLayers.defaults().set(key + "=" + value).load(HOST);
      } catch (InvalidConfigException e) {
        refused++;
        assertFalse(e.getMessage().isBlank());
        assertTrue(e.getMessage().lines().count() == 1, e.getMessage());
      }
    }
    assertTrue(refused > ROUNDS / 2 && refused < ROUNDS, refused + " of " + ROUNDS + " refused");
  }
}
