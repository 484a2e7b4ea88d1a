package io.rack72.cli;

import io.rack72.cluster.DevelopmentCertificates;
import io.rack72.cluster.TlsDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code certs}. */
@Command(
    name = "certs",
    description = {
      "Makes a CA and one certificate for all nodes of a rack, to try TLS between them.",
      "A rack that others depend on takes its certificates from a real CA."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false)
final class CertsCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description =
          "Where to make ca.crt, ca.key, tls.crt and tls.key: an empty directory or one that does"
              + " not exist yet.")
  private Path out;

  @Option(
      names = "--hosts",
      split = ",",
      paramLabel = "HOST",
      description =
          "Names and addresses that the certificate is for, besides localhost, 127.0.0.1 and ::1.")
  private List<String> hosts = List.of();

  @Override
  public Integer call() {
    CommandLine line = spec.commandLine();
    for (String host : hosts) {
      if (!DevelopmentCertificates.isHost(host)) {
        throw new ParameterException(
            line, "--hosts takes names and addresses, such as node-1.lab,10.0.0.11, not " + host);
      }
    }
    try {
      TlsDirectory made = DevelopmentCertificates.make(out, hosts);
      line.getOut().println(sentence(made));
      line.getOut().flush();
    } catch (IOException e) {
      throw new CommandFailedException("cannot make certificates: " + e.getMessage(), e);
    }
    return 0;
  }

  private String sentence(TlsDirectory made) {
    return "rack72: made %s for %s, valid for %d days; nodes need %s, %s and %s, and %s stays here"
        .formatted(
            made.path(),
            Stream.concat(DevelopmentCertificates.LOCAL_HOSTS.stream(), hosts.stream())
                .distinct()
                .collect(Collectors.joining(", ")),
            DevelopmentCertificates.DAYS,
            TlsDirectory.CA_CERTIFICATE,
            TlsDirectory.CERTIFICATE,
            TlsDirectory.PRIVATE_KEY,
            DevelopmentCertificates.CA_PRIVATE_KEY);
  }
}
