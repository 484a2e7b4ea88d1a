package io.rack72.config;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a node listens. Immutable.
 *
 * @param host a name or a literal address; an IPv6 address without brackets
 * @param port 1 to 65535
 */
public record HostPort(String host, int port) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9._-]{0,252})");
  private static final Pattern WRITTEN =
      Pattern.compile(
          "(?:\\[(?<v6>[^\\[\\]]{1,64})]|(?<name>[^:\\[\\]]{1,253})):(?<port>\\d{1,5})");

  public HostPort {
    if (!isHost(host) || port < 1 || port > 65_535) {
      throw new IllegalArgumentException("not the address of a node: " + host + " port " + port);
    }
  }

  /** What {@code HOST:PORT} or {@code [IPV6]:PORT} means; empty where the text is neither. */
  public static Optional<HostPort> parse(String text) {
    Matcher matcher = WRITTEN.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    String v6 = matcher.group("v6");
    String host = v6 == null ? matcher.group("name") : v6;
    int port = Integer.parseInt(matcher.group("port"));
    boolean valid = (v6 == null || isIpv6(v6)) && isHost(host) && port >= 1 && port <= 65_535;
    return valid ? Optional.of(new HostPort(host, port)) : Optional.empty();
  }

  /** Whether the text is a host's name, or a literal address without brackets. */
  static boolean isHost(String text) {
    return NAME.matcher(text).matches() || isIpv6(text);
  }

  /**
   * Whether only this machine reaches the host. Names are not looked up, so of these only {@code
   * localhost} is known to be local.
   */
  static boolean isLoopback(String host) {
    return host.equals("localhost")
        || literal(host).map(InetAddress::isLoopbackAddress).orElse(false);
  }

  /** Whether the host stands for all addresses of a machine. */
  static boolean isWildcard(String host) {
    return literal(host).map(InetAddress::isAnyLocalAddress).orElse(false);
  }

  private static boolean isIpv6(String text) {
    // A zone would mean something on one machine only.
    return text.indexOf('%') < 0
        && text.indexOf('[') < 0
        && literal(text).filter(Inet6Address.class::isInstance).isPresent();
  }

  private static Optional<InetAddress> literal(String text) {
    try {
      return Optional.of(InetAddress.ofLiteral(text));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** As {@link #parse} reads it. */
  @Override
  public String toString() {
    return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
  }
}
