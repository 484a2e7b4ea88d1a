package io.rack72.cli;

import com.sun.management.OperatingSystemMXBean;
import io.rack72.config.Host;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What a command is given by the process that it runs in. Commands write to the streams of their
 * picocli command line.
 *
 * @param in standard input
 * @param onTerminal whether a person is at both ends: then there are prompts, progress and colour
 * @param host the machine
 * @param hostMemoryBytes memory that this process may use, the limits of its container included
 * @param bundledModel directory of the model that comes with the program; empty where that is
 *     missing
 * @param launcher starts racks
 */
public record Invocation(
    InputStream in,
    boolean onTerminal,
    Host host,
    long hostMemoryBytes,
    Optional<Path> bundledModel,
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
        BundledModel.directory(),
        new LocalLauncher(hostMemoryBytes));
  }

  /** JDK 25 has no console where there is no terminal, JDK 22 to 24 have one that says so. */
  @SuppressWarnings("SystemConsoleNull")
  private static boolean isOnTerminal() {
    return System.console() != null && System.console().isTerminal();
  }
}
