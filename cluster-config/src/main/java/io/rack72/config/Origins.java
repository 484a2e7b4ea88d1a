package io.rack72.config;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigOrigin;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Says where a setting came from, in the form that editors and people know: {@code file:line}. */
public final class Origins {
  /** The library writes "description: line", and "name @ url" for a resource. */
  private static final Pattern LINE = Pattern.compile("(.*?)(?: @ .*)?: (\\d+)(?:-\\d+)?");

  /** A section of several layers; the uppermost is named first. */
  private static final Pattern MERGED = Pattern.compile("^merge of ([^,]*),.*$");

  /** How the origin of a value from the environment begins; the variable's name follows. */
  static final String ENVIRONMENT = "environment variable ";

  private Origins() {}

  /** Where it came from: {@code FILE:LINE}, or an option such as {@code --set}. */
  public static String of(ConfigOrigin origin) {
    String description = MERGED.matcher(origin.description()).replaceFirst("$1");
    Matcher matcher = LINE.matcher(description);
    if (!matcher.matches()) {
      return description;
    }
    String source = matcher.group(1);
    return source.startsWith("-") ? source : source + ":" + matcher.group(2);
  }

  /** What the library has to say about an error, in one line and after its origin. */
  public static String explain(ConfigException e, String fallbackOrigin) {
    String message = e.getMessage().lines().findFirst().orElse("cannot be read");
    if (e.origin() == null) {
      return fallbackOrigin + ": " + message;
    }
    String prefix = e.origin().description() + ": ";
    return of(e.origin())
        + ": "
        + (message.startsWith(prefix) ? message.substring(prefix.length()) : message);
  }
}
