package io.rack72.cli;

import com.sun.management.OperatingSystemMXBean;
import io.rack72.config.Host;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;

/**
 * What a command is given by the process that it runs in. Commands write to the streams of their
 * picocli command line.
 *
 * @param in standard input
 * @param onTerminal whether a person is at both ends: then there are prompts, progress and colour
 * @param host the machine
 * @param hostMemoryBytes memory that this process may use, the limits of its container included
 * @param cacheDirectory where models made on first use are kept
 * @param launcher starts racks
 */
public record Invocation(
    InputStream in,
    boolean onTerminal,
    Host host,
    long hostMemoryBytes,
    Path cacheDirectory,
    RackLauncher launcher) {

  /** Of this process. */
  static Invocation ofThisProcess() {
    Host host = Host.current();
    long hostMemoryBytes =
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
    return new Invocation(
        System.in,
        isOnTerminal(),
        host,
        hostMemoryBytes,
        cacheDirectory(host),
        new LocalLauncher(hostMemoryBytes));
  }

  /** JDK 25 has no console where there is no terminal, JDK 22 to 24 have one that says so. */
  @SuppressWarnings("SystemConsoleNull")
  private static boolean isOnTerminal() {
    return System.console() != null && System.console().isTerminal();
  }

  /** By the XDG base directory specification: a relative or empty variable counts as none. */
  private static Path cacheDirectory(Host host) {
    String xdg = host.environment().getOrDefault("XDG_CACHE_HOME", "");
    Path base =
        xdg.startsWith("/") ? Path.of(xdg) : Path.of(System.getProperty("user.home"), ".cache");
    return base.resolve("rack72");
  }
}
