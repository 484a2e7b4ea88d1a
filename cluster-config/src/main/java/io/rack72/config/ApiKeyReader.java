package io.rack72.config;

import io.rack72.schedule.Standing;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/** Reads who is let in: the one key without a name of its own, and the named ones. */
final class ApiKeyReader {
  private static final String SINGLE = "gateway.api-key";
  private static final String NAMED = "gateway.api-keys";
  private static final int SECRET_LIMIT_CHARS = 4096;
  private static final int KEYS_LIMIT = 1000;
  private static final int REQUESTS_LIMIT = 1_000_000;
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,64}");

  private ApiKeyReader() {}

  /** The keys, the single one first, then by name; none lets everybody in. */
  static List<ApiKey> read(KeyReader keys) {
    List<ApiKey> read = new ArrayList<>();
    String single = keys.secret(SINGLE, 0, SECRET_LIMIT_CHARS);
    if (!single.isEmpty()) {
      read.add(new ApiKey(ApiKey.DEFAULT_NAME, new Secret(single), 1, OptionalInt.empty()));
    }
    for (String name : keys.names(NAMED, KEYS_LIMIT)) {
      read.add(named(keys, name, !single.isEmpty()));
    }
    checkDistinct(keys, read);
    return List.copyOf(read);
  }

  private static ApiKey named(KeyReader keys, String name, boolean defaultTaken) {
    String path = NAMED + "." + name;
    if (!NAME.matcher(name).matches()) {
      throw keys.wrongName(NAMED, name, "1 to 64 letters, digits, '-' or '_'");
    }
    if (defaultTaken && name.equals(ApiKey.DEFAULT_NAME)) {
      throw keys.wrongName(
          NAMED,
          name,
          "another name, since the key in %s.%s has it".formatted(KeyReader.ROOT, SINGLE));
    }
    return new ApiKey(
        name,
        new Secret(keys.secret(path + ".key", 1, SECRET_LIMIT_CHARS)),
        keys.has(path + ".weight") ? keys.integer(path + ".weight", 1, Standing.WEIGHT_LIMIT) : 1,
        keys.has(path + ".max-requests")
            ? OptionalInt.of(keys.integer(path + ".max-requests", 1, REQUESTS_LIMIT))
            : OptionalInt.empty());
  }

  /** Whose request it is could not be told where two names have the same key. */
  private static void checkDistinct(KeyReader keys, List<ApiKey> read) {
    Map<Secret, String> names = new HashMap<>();
    for (ApiKey key : read) {
      String other = names.put(key.secret(), key.name());
      if (other != null) {
        throw keys.wrongName(
            NAMED, key.name(), "a key of its own, since '%s' has the same".formatted(other));
      }
    }
  }
}
