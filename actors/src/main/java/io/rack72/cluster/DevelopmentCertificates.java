package io.rack72.cluster;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Makes a CA and one node certificate for trying TLS out, with the JDK's keytool. Keys are RSA,
 * since the transport reads no others. Without state.
 */
public final class DevelopmentCertificates {
  /** The key of the CA, which signs more certificates and belongs on no node. */
  public static final String CA_PRIVATE_KEY = "ca.key";

  /** Names that every node's certificate is for: this machine, as itself sees it. */
  public static final List<String> LOCAL_HOSTS = List.of("localhost", "127.0.0.1", "::1");

  /** Days for which the certificates are valid. */
  public static final int DAYS = 365;

  private static final String CA = "ca";
  private static final String NODE = "node";
  private static final String PASSWORD_VARIABLE = "RACK72_CERTS_PASSWORD";
  private static final long KEYTOOL_LIMIT_SECONDS = 120;
  private static final Pattern DNS_NAME =
      Pattern.compile("[A-Za-z0-9]([A-Za-z0-9-]{0,62}\\.?){0,8}");

  private DevelopmentCertificates() {}

  /** Whether a certificate can be for this host: a DNS name or a literal address. */
  public static boolean isHost(String host) {
    return host.length() <= 253 && (isAddress(host) || DNS_NAME.matcher(host).matches());
  }

  private static boolean isAddress(String host) {
    try {
      return host.indexOf('%') < 0 && InetAddress.ofLiteral(host) != null;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /**
   * Makes the four files. Keys can be read by their owner only, where the file system knows owners.
   *
   * @param directory to make, or an empty one
   * @param hosts names and addresses besides {@link #LOCAL_HOSTS}
   * @return the directory, checked as a node would
   * @throws IOException if the directory is not empty or cannot be written, or keytool fails
   */
  public static TlsDirectory make(Path directory, List<String> hosts) throws IOException {
    make(
        directory,
        List.of("-dname", "CN=rack72"),
        List.of(
            "-ext",
            "san=" + alternativeNames(hosts),
            "-ext",
            "eku=serverAuth,clientAuth",
            "-ext",
            "ku:c=digitalSignature,keyEncipherment"));
    return TlsDirectory.open(directory, Instant.now());
  }

  /** As above, for a node with the name and the extensions that keytool is told. */
  static void make(Path directory, List<String> name, List<String> extensions) throws IOException {
    checkEmpty(directory);
    Path work = Files.createTempDirectory("rack72-certs");
    Path store = work.resolve("store.p12");
    try {
      byte[] random = new byte[24];
      new SecureRandom().nextBytes(random);
      String password = Base64.getEncoder().encodeToString(random);
      keytool(
          store,
          password,
          CA,
          List.of("-dname", "CN=rack72 development CA"),
          List.of("-ext", "bc:c", "-ext", "ku:c=keyCertSign,cRLSign"));
      List<String> signed = new ArrayList<>(extensions);
      signed.addAll(List.of("-signer", CA));
      keytool(store, password, NODE, name, signed);
      Files.createDirectories(directory);
      write(directory, store, password.toCharArray());
    } finally {
      Files.deleteIfExists(store);
      Files.delete(work);
    }
  }

  private static void checkEmpty(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    if (!Files.isDirectory(directory)) {
      throw new IOException(directory + " is a file and not a directory");
    }
    try (Stream<Path> files = Files.list(directory)) {
      if (files.findAny().isPresent()) {
        throw new IOException(
            directory + " is not empty, and certificates that may be in use are not overwritten");
      }
    }
  }

  private static String alternativeNames(List<String> hosts) {
    return Stream.concat(LOCAL_HOSTS.stream(), hosts.stream())
        .distinct()
        .map(host -> (isAddress(host) ? "ip:" : "dns:") + host)
        .collect(Collectors.joining(","));
  }

  private static void keytool(
      Path store, String password, String alias, List<String> name, List<String> extensions)
      throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                alias,
                "-keyalg",
                "RSA",
                "-keysize",
                "3072",
                "-validity",
                Integer.toString(DAYS),
                // Clocks of machines differ a little.
                "-startdate",
                "-1H",
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                // Arguments can be seen by every user of the machine.
                "-storepass:env",
                PASSWORD_VARIABLE));
    command.addAll(name);
    command.addAll(extensions);
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put(PASSWORD_VARIABLE, password);
    Process process = builder.start();
    process.getOutputStream().close();
    // Its few lines fit into the pipe, so it ends without being read.
    try (InputStream out = process.getInputStream()) {
      if (!process.waitFor(KEYTOOL_LIMIT_SECONDS, TimeUnit.SECONDS)) {
        throw new IOException("keytool has not ended within " + KEYTOOL_LIMIT_SECONDS + " s");
      }
      if (process.exitValue() != 0) {
        String says = new String(out.readAllBytes(), StandardCharsets.UTF_8).strip();
        throw new IOException("keytool failed: " + says);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while keytool ran", e);
    } finally {
      process.destroyForcibly();
    }
  }

  private static void write(Path directory, Path store, char[] password) throws IOException {
    try {
      KeyStore keys = KeyStore.getInstance(store.toFile(), password);
      writePem(directory.resolve(TlsDirectory.CA_CERTIFICATE), keys.getCertificate(CA));
      writePem(directory.resolve(CA_PRIVATE_KEY), keys.getKey(CA, password));
      writePem(directory.resolve(TlsDirectory.CERTIFICATE), keys.getCertificate(NODE));
      writePem(directory.resolve(TlsDirectory.PRIVATE_KEY), keys.getKey(NODE, password));
    } catch (GeneralSecurityException e) {
      throw new IOException("keytool has made what cannot be read: " + e.getMessage(), e);
    }
  }

  private static void writePem(Path file, Certificate certificate)
      throws IOException, GeneralSecurityException {
    Files.createFile(file);
    writePem(file, "CERTIFICATE", certificate.getEncoded());
  }

  private static void writePem(Path file, Key key) throws IOException {
    // Before there is anything in it.
    Files.createFile(file, ownerOnly());
    writePem(file, "PRIVATE KEY", key.getEncoded());
  }

  private static FileAttribute<?>[] ownerOnly() {
    return FileSystems.getDefault().supportedFileAttributeViews().contains("posix")
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
        }
        : new FileAttribute<?>[0];
  }

  private static void writePem(Path file, String label, byte[] der) throws IOException {
    String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    Files.writeString(
        file, "-----BEGIN " + label + "-----\n" + text + "\n-----END " + label + "-----\n");
  }
}
