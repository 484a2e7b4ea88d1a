package io.rack72.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.config.InvalidConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TlsDirectoryTest {
  @TempDir private static Path made;

  @TempDir private Path directory;

  @BeforeAll
  static void makeTwoSets() throws IOException {
    DevelopmentCertificates.make(made.resolve("one"), List.of());
    DevelopmentCertificates.make(made.resolve("other"), List.of());
  }

  @BeforeEach
  void copyOneSet() throws IOException {
    take("one", TlsDirectory.CA_CERTIFICATE);
    take("one", TlsDirectory.CERTIFICATE);
    take("one", TlsDirectory.PRIVATE_KEY);
  }

  @Test
  void completeSetIsTaken() {
    TlsDirectory tls = TlsDirectory.open(directory, Instant.now());
    assertEquals(directory.resolve("tls.key").toAbsolutePath(), tls.privateKey());
    assertTrue(tls.caCertificate().isAbsolute());
  }

  @Test
  void keyThatEverybodyCanReadIsDoubted() throws IOException {
    TlsDirectory tls = TlsDirectory.open(directory, Instant.now());
    Files.setPosixFilePermissions(tls.privateKey(), PosixFilePermissions.fromString("rw-------"));
    assertEquals(Optional.empty(), tls.doubt());
    Files.setPosixFilePermissions(tls.privateKey(), PosixFilePermissions.fromString("rw-r--r--"));
    assertTrue(tls.doubt().orElseThrow().contains(tls.privateKey() + ""));
  }

  @Test
  void missingDirectoryIsNamed() {
    Path missing = directory.resolve("missing");
    assertEquals(
        "rack72.cluster.tls.directory: there is no directory "
            + missing
            + "; 'rack72 certs' makes one for trying it out",
        refusal(missing, Instant.now()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"ca.crt", "tls.crt", "tls.key"})
  void missingFileIsNamed(String name) throws IOException {
    Files.delete(directory.resolve(name));
    assertEquals(
        "rack72.cluster.tls.directory: there is no file %s; ca.crt, tls.crt and tls.key are needed"
            .formatted(directory.resolve(name).toAbsolutePath()),
        refusal());
  }

  @ParameterizedTest
  @ValueSource(strings = {"ca.crt", "tls.crt", "tls.key"})
  void unreadableFileIsNamed(String name) throws IOException {
    Path file = directory.resolve(name);
    String holds = name.endsWith("key") ? "holds no RSA key" : "holds no X.509 certificate in PEM";
    for (String text :
        List.of(
            "",
            "nothing",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n")) {
      Files.writeString(file, text);
      assertSays(file + " " + holds);
    }
    Files.writeString(file, "a".repeat(100_000));
    assertSays(file + " has more than 64 KiB");
    Files.delete(file);
    Files.createDirectory(file);
    assertSays(file + " cannot be read");
  }

  @Test
  void keyOfAnotherKindIsRefused() throws GeneralSecurityException, IOException {
    byte[] der = KeyPairGenerator.getInstance("EC").generateKeyPair().getPrivate().getEncoded();
    Files.writeString(
        directory.resolve("tls.key"),
        "-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----\n"
            .formatted(Base64.getEncoder().encodeToString(der)));
    assertSays(
        "tls.key holds no RSA key that can be read: it must be alone in the file, in PKCS#1");
  }

  @Test
  void keyOfAnotherCertificateIsRefused() throws IOException {
    take("other", TlsDirectory.PRIVATE_KEY);
    assertSays("tls.key is not the key of " + directory.resolve("tls.crt"));
  }

  @Test
  void certificateOfAnotherCaIsRefusedThoughItsNameIsTheSame() throws IOException {
    take("other", TlsDirectory.CA_CERTIFICATE);
    assertSays(
        "tls.crt is not signed by the CA of %s itself, but by CN=rack72 development CA"
            .formatted(directory.resolve("ca.crt")));
  }

  @Test
  void certificateThatIsNoCasIsRefusedAsOne() throws IOException {
    Files.copy(directory.resolve("tls.crt"), emptied("ca.crt"));
    assertSays("ca.crt is not the certificate of a CA, but of CN=rack72");
  }

  @Test
  void timeOfTheCertificatesIsChecked() {
    Instant late = Instant.now().plus(Duration.ofDays(DevelopmentCertificates.DAYS));
    assertTrue(refusal(directory, late).contains("ca.crt has expired on "));
    Instant early = Instant.now().minus(Duration.ofHours(2));
    assertTrue(refusal(directory, early).contains("ca.crt is not valid before "));
  }

  @Test
  void certificateForServersAloneIsRefused() throws IOException {
    Path servers = directory.resolve("servers");
    DevelopmentCertificates.make(
        servers, List.of("-dname", "CN=rack72"), List.of("-ext", "eku=serverAuth"));
    assertTrue(
        refusal(servers, Instant.now())
            .endsWith(
                "tls.crt is not for both TLS servers and TLS clients, as its extended key usages"
                    + " say"));
  }

  @Test
  void certificateNeedsANameThatNodesCanShare() throws IOException {
    Path nameless = directory.resolve("nameless");
    DevelopmentCertificates.make(
        nameless, List.of("-dname", "O=rack72"), List.of("-ext", "san=ip:10.0.0.1"));
    assertTrue(
        refusal(nameless, Instant.now())
            .contains("tls.crt has neither a common name nor a DNS name"));
    Path named = directory.resolve("named");
    DevelopmentCertificates.make(
        named, List.of("-dname", "O=rack72"), List.of("-ext", "san=dns:rack72"));
    assertEquals(named, TlsDirectory.open(named, Instant.now()).path());
  }

  @Test
  void certificatesThatAreThereAreNotOverwritten() throws IOException {
    String message =
        assertThrows(IOException.class, () -> DevelopmentCertificates.make(directory, List.of()))
            .getMessage();
    assertTrue(message.startsWith(directory + " is not empty"), message);
    try (Stream<Path> files = Files.list(directory)) {
      assertEquals(3, files.count());
    }
  }

  private void take(String set, String name) throws IOException {
    Files.copy(made.resolve(set).resolve(name), emptied(name));
  }

  private Path emptied(String name) throws IOException {
    Files.deleteIfExists(directory.resolve(name));
    return directory.resolve(name);
  }

  private void assertSays(String expected) {
    String message = refusal();
    assertTrue(message.startsWith("rack72.cluster.tls.directory: "), message);
    assertTrue(message.contains(expected), message);
    assertFalse(message.contains("\n"), message);
  }

  private String refusal() {
    return refusal(directory, Instant.now());
  }

  private static String refusal(Path path, Instant now) {
    return assertThrows(InvalidConfigException.class, () -> TlsDirectory.open(path, now))
        .getMessage();
  }
}
