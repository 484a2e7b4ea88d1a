package io.rack72.cli;

import io.rack72.config.ModelSettings;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** The model that comes with the program and is served when none is named. */
final class BundledModel {
  private static final Path PATH = Path.of("models", ModelSettings.BUNDLED);

  private BundledModel() {}

  /**
   * Its directory, {@code models/rack72-mini} in the project. The project is found above the jar or
   * the directory that this class was loaded from, so that the launcher, a {@code java} command and
   * tests find it alike, and in a project that was moved.
   */
  static Optional<Path> directory() {
    return Stream.iterate(codeLocation(), above -> above != null, Path::getParent)
        .map(above -> above.resolve(PATH))
        .filter(directory -> Files.isRegularFile(directory.resolve("config.json")))
        .findFirst();
  }

  /** One sentence for whoever has no such directory. */
  static CommandFailedException missing() {
    return new CommandFailedException(
        "the model %s is missing, which comes with the program in %s of the project;"
                .formatted(ModelSettings.BUNDLED, PATH)
            + " 'git checkout -- %s' brings it back, or give --model DIR".formatted(PATH));
  }

  private static Path codeLocation() {
    try {
      return Path.of(
          BundledModel.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException("the JVM names the file of a class by a URI", e);
    }
  }
}
