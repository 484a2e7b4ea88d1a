package io.rack72.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine.IVersionProvider;

/** The version of the program, from the build. */
public final class Version implements IVersionProvider {
  private static final String RESOURCE = "/rack72-version.txt";

  /** Such as {@code 0.1.0}. */
  static String current() {
    try (InputStream resource = Version.class.getResourceAsStream(RESOURCE)) {
      return new String(resource.readAllBytes(), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String[] getVersion() {
    return new String[] {"rack72 " + current()};
  }
}
