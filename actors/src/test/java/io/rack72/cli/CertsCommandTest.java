package io.rack72.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CertsCommandTest {
  @TempDir Path directory;

  @Test
  void certificateIsForThisMachineAndTheHostsThatWereNamed()
      throws IOException, CertificateException {
    Path out = directory.resolve("tls");
    CommandRun run =
        CommandRun.of("certs", "--out", out.toString(), "--hosts", "node-1.lab,10.0.0.11,fd00::11");
    assertEquals(0, run.exitCode(), run.err());
    assertEquals(
        "rack72: made %s for localhost, 127.0.0.1, ::1, node-1.lab, 10.0.0.11, fd00::11, valid for"
                .formatted(out)
            + " 365 days; nodes need ca.crt, tls.crt and tls.key, and ca.key stays here",
        run.out().strip());
    try (Stream<Path> files = Files.list(out)) {
      assertEquals(
          List.of("ca.crt", "ca.key", "tls.crt", "tls.key"),
          files.map(file -> file.getFileName().toString()).sorted().toList());
    }
    X509Certificate certificate =
        (X509Certificate)
            CertificateFactory.getInstance("X.509")
                .generateCertificate(
                    new ByteArrayInputStream(Files.readAllBytes(out.resolve("tls.crt"))));
    assertEquals(
        Set.of(
            "localhost",
            "127.0.0.1",
            "0:0:0:0:0:0:0:1",
            "node-1.lab",
            "10.0.0.11",
            "fd00:0:0:0:0:0:0:11"),
        certificate.getSubjectAlternativeNames().stream()
            .map(name -> name.getLast().toString())
            .collect(Collectors.toSet()));
  }

  @Test
  @EnabledOnOs({OS.LINUX, OS.MAC})
  void keysAreForTheirOwnerOnly() throws IOException {
    assertEquals(0, CommandRun.of("certs", "--out", directory.toString()).exitCode());
    for (String key : List.of("ca.key", "tls.key")) {
      assertEquals(
          "rw-------",
          PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve(key))),
          key);
    }
  }

  @Test
  void occupiedDirectoryIsLeftAlone() throws IOException {
    Path mine = Files.writeString(directory.resolve("tls.key"), "mine");
    CommandRun run = CommandRun.of("certs", "--out", directory.toString());
    assertEquals(1, run.exitCode());
    assertTrue(run.err().contains(directory + " is not empty"), run.err());
    assertEquals("mine", Files.readString(mine));
    CommandRun onFile = CommandRun.of("certs", "--out", mine.toString());
    assertEquals(1, onFile.exitCode());
    assertTrue(onFile.err().contains(mine + " is a file"), onFile.err());
  }

  @ParameterizedTest
  @ValueSource(strings = {"a b", "a,,b", "*.lab", "a:1", "dns:a", "fe80::1%eth0", "-a"})
  void whatIsNoHostIsRefusedBeforeAnythingIsMade(String hosts) {
    Path out = directory.resolve("tls");
    CommandRun run = CommandRun.of("certs", "--out", out.toString(), "--hosts", hosts);
    assertEquals(2, run.exitCode(), run.err());
    assertTrue(run.err().contains("--hosts"), run.err());
    assertFalse(Files.exists(out));
  }
}
