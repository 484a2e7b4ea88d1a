package io.rack72.cluster;

import io.rack72.config.InvalidConfigException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAPrivateKey;
import java.security.interfaces.RSAPublicKey;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.pekko.pki.pem.DERPrivateKeyLoader;
import org.apache.pekko.pki.pem.PEMDecoder;

/**
 * A directory with what a node needs for TLS, under the names that cert-manager gives: {@code
 * ca.crt}, {@code tls.crt} and {@code tls.key}, in PEM. Checked when it is opened, by the rules of
 * the transport's own reader, which would tell only in the log, of every connection. Immutable; the
 * files may change later, and are not checked again.
 *
 * @param path as it was configured
 */
public record TlsDirectory(Path path) {
  /** The certificate of the CA. */
  public static final String CA_CERTIFICATE = "ca.crt";

  /** The node's certificate, signed by the CA. */
  public static final String CERTIFICATE = "tls.crt";

  /** The node's private key. */
  public static final String PRIVATE_KEY = "tls.key";

  private static final String KEY = "rack72.cluster.tls.directory: ";
  private static final int MAX_FILE_BYTES = 64 << 10;
  private static final int DNS_NAME = 2;
  private static final String SERVER_USAGE = "1.3.6.1.5.5.7.3.1";
  private static final String CLIENT_USAGE = "1.3.6.1.5.5.7.3.2";
  private static final String ANY_USAGE = "2.5.29.37.0";

  /**
   * Reads and checks the files.
   *
   * @param now when the certificates must be valid
   * @throws InvalidConfigException naming the file, what is wrong with it and what would be right
   */
  public static TlsDirectory open(Path path, Instant now) {
    TlsDirectory directory = new TlsDirectory(path);
    if (!Files.isDirectory(path)) {
      throw new InvalidConfigException(
          KEY + "there is no directory " + path + "; 'rack72 certs' makes one for trying it out");
    }
    X509Certificate ca = certificate(directory.caCertificate());
    X509Certificate node = certificate(directory.certificate());
    PrivateKey key = key(directory.privateKey());
    checkCa(directory.caCertificate(), ca);
    checkValid(directory.caCertificate(), ca, now);
    checkValid(directory.certificate(), node, now);
    checkSigned(directory, node, ca);
    checkKey(directory, node, key);
    checkUsages(directory.certificate(), node);
    checkNamed(directory.certificate(), node);
    return directory;
  }

  /** Path of the CA's certificate; absolute. */
  public Path caCertificate() {
    return file(CA_CERTIFICATE);
  }

  /** Path of the node's certificate; absolute. */
  public Path certificate() {
    return file(CERTIFICATE);
  }

  /** Path of the node's key; absolute. */
  public Path privateKey() {
    return file(PRIVATE_KEY);
  }

  /** What lets the files be read and is wrong all the same, as a sentence. */
  public Optional<String> doubt() {
    try {
      Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(privateKey());
      return permissions.contains(PosixFilePermission.OTHERS_READ)
          ? Optional.of(
              "every user of this machine can read %s, and whoever has it is a node of the rack: chmod o-r"
                  .formatted(privateKey()))
          : Optional.empty();
    } catch (UnsupportedOperationException | IOException _) {
      // A file system without such permissions.
      return Optional.empty();
    }
  }

  private Path file(String name) {
    return path.resolve(name).toAbsolutePath();
  }

  private static X509Certificate certificate(Path file) {
    try {
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(bytes(file)));
    } catch (CertificateException e) {
      throw wrong(file, "holds no X.509 certificate in PEM", e);
    }
  }

  private static PrivateKey key(Path file) {
    String text = new String(bytes(file), StandardCharsets.UTF_8);
    try {
      return DERPrivateKeyLoader.load(PEMDecoder.decode(text));
    } catch (Exception e) {
      // Written in Scala, it throws checked exceptions that it does not declare, and DER that is
      // none has others again.
      throw wrongKey(file, e);
    }
  }

  private static InvalidConfigException wrongKey(Path file, Exception cause) {
    return wrong(
        file,
        "holds no RSA key that can be read: it must be alone in the file, in PKCS#1 or unencrypted"
            + " PKCS#8 (BEGIN RSA PRIVATE KEY or BEGIN PRIVATE KEY)",
        cause);
  }

  private static byte[] bytes(Path file) {
    try {
      if (Files.size(file) > MAX_FILE_BYTES) {
        throw wrong(file, "has more than 64 KiB, which no certificate or key has", null);
      }
      return Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new InvalidConfigException(
          "%sthere is no file %s; %s, %s and %s are needed"
              .formatted(KEY, file, CA_CERTIFICATE, CERTIFICATE, PRIVATE_KEY),
          e);
    } catch (AccessDeniedException e) {
      throw wrong(file, "cannot be read: access is denied", e);
    } catch (IOException e) {
      throw wrong(file, "cannot be read: " + e.getMessage(), e);
    }
  }

  private static void checkCa(Path file, X509Certificate ca) {
    if (ca.getBasicConstraints() < 0) {
      throw wrong(file, "is not the certificate of a CA, but of " + name(ca), null);
    }
  }

  private static void checkValid(Path file, X509Certificate certificate, Instant now) {
    Instant from = certificate.getNotBefore().toInstant();
    Instant until = certificate.getNotAfter().toInstant();
    if (now.isBefore(from)) {
      throw wrong(file, "is not valid before " + from + ", and it is " + now, null);
    }
    if (now.isAfter(until)) {
      throw wrong(file, "has expired on " + until, null);
    }
  }

  private static void checkSigned(
      TlsDirectory directory, X509Certificate node, X509Certificate ca) {
    try {
      if (node.getIssuerX500Principal().equals(ca.getSubjectX500Principal())) {
        node.verify(ca.getPublicKey());
        return;
      }
    } catch (GeneralSecurityException e) {
      throw notSigned(directory, node, e);
    }
    throw notSigned(directory, node, null);
  }

  private static InvalidConfigException notSigned(
      TlsDirectory directory, X509Certificate node, Exception cause) {
    return wrong(
        directory.certificate(),
        "is not signed by the CA of %s itself, but by %s; chains over other CAs are not followed"
            .formatted(directory.caCertificate(), node.getIssuerX500Principal().getName()),
        cause);
  }

  private static void checkKey(TlsDirectory directory, X509Certificate node, PrivateKey key) {
    if (!(node.getPublicKey() instanceof RSAPublicKey of)
        || !(key instanceof RSAPrivateKey with)
        || !of.getModulus().equals(with.getModulus())) {
      throw wrong(directory.privateKey(), "is not the key of " + directory.certificate(), null);
    }
  }

  /** Each node is the client of some connections and the server of others. */
  private static void checkUsages(Path file, X509Certificate node) {
    List<String> usages;
    try {
      usages = node.getExtendedKeyUsage();
    } catch (CertificateException e) {
      throw wrong(file, "has extended key usages that cannot be read", e);
    }
    if (usages != null
        && !usages.contains(ANY_USAGE)
        && !usages.containsAll(List.of(SERVER_USAGE, CLIENT_USAGE))) {
      throw wrong(
          file,
          "is not for both TLS servers and TLS clients, as its extended key usages say",
          null);
    }
  }

  /** Nodes know each other by a name that all of them have. */
  private static void checkNamed(Path file, X509Certificate node) {
    try {
      boolean dns =
          node.getSubjectAlternativeNames() != null
              && node.getSubjectAlternativeNames().stream()
                  .anyMatch(name -> name.getFirst().equals(DNS_NAME));
      if (!dns && !name(node).matches("(?i)(.*,)?CN=.+")) {
        throw wrong(
            file,
            "has neither a common name nor a DNS name; nodes know each other by one that all have",
            null);
      }
    } catch (CertificateException e) {
      throw wrong(file, "has alternative names that cannot be read", e);
    }
  }

  private static String name(X509Certificate certificate) {
    return certificate.getSubjectX500Principal().getName();
  }

  private static InvalidConfigException wrong(Path file, String what, Exception cause) {
    return new InvalidConfigException(KEY + file + " " + what, cause);
  }
}
