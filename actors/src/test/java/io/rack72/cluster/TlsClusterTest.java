package io.rack72.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.rack72.config.ClusterSettings;
import io.rack72.config.ConfigLayers;
import io.rack72.config.Host;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.testkit.typed.javadsl.FishingOutcomes;
import org.apache.pekko.actor.testkit.typed.javadsl.LoggingTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.ClusterEvent.MemberEvent;
import org.apache.pekko.cluster.ClusterEvent.MemberUp;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.cluster.typed.Subscribe;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsClusterTest {
  private static final Duration DEADLINE = Duration.ofSeconds(30);
  private static final Duration LONG_ENOUGH_TO_JOIN = Duration.ofSeconds(4);
  private static final Host HOST = new Host(1, Map.of());

  /** Leaving in order is not what is tested, and takes rounds of gossip. */
  private static final Config STOPS_AT_ONCE =
      ConfigFactory.parseString("pekko.coordinated-shutdown.run-by-actor-system-terminate = off");

  @TempDir private static Path certificates;

  private final List<ActorSystem<Void>> systems = new ArrayList<>();
  private final BlockingQueue<ByteString> received = new LinkedBlockingQueue<>();
  private ActorSystem<Void> first;
  private TestProbe<MemberEvent> members;

  @BeforeAll
  static void makeCertificates() throws IOException {
    DevelopmentCertificates.make(certificates.resolve("rack"), List.of());
    DevelopmentCertificates.make(certificates.resolve("stranger"), List.of());
  }

  @BeforeEach
  void beginARack() {
    first = node("rack");
    members = TestProbe.create(MemberEvent.class, first);
    Cluster.get(first).subscriptions().tell(new Subscribe<>(members.ref(), MemberEvent.class));
    join(first, first);
    awaitUp(first);
  }

  @AfterEach
  void stopAll() {
    systems.forEach(ActorSystem::terminate);
    CompletableFuture.allOf(
            systems.stream()
                .map(system -> system.getWhenTerminated().toCompletableFuture())
                .toArray(CompletableFuture[]::new))
        .orTimeout(DEADLINE.toSeconds(), TimeUnit.SECONDS)
        .join();
  }

  @Test
  void nodesOfOneCaFormACluster() {
    ActorSystem<Void> second = node("rack");
    join(second, first);
    awaitUp(second);
    assertEquals(2, memberCount(first));
  }

  @Test
  void nodeOfAnotherCaDoesNotGetIn() {
    ActorSystem<Void> stranger = node("stranger");
    // Of each connection the first failure is a warning, and the next ones are not.
    LoggingTestKit.warn("")
        .withMessageRegex(".*control stream] Upstream failed, cause: SSLHandshakeException.*")
        .expect(
            stranger,
            () -> {
              join(stranger, first);
              return true;
            });
    // The rack itself is not disturbed by what knocks at its door.
    ActorSystem<Void> second = node("rack");
    join(second, first);
    awaitUp(second);
    members.expectNoMessage(LONG_ENOUGH_TO_JOIN);
    assertEquals(2, memberCount(first));
    assertEquals(0, memberCount(stranger));
  }

  @Test
  void clientWithoutACertificateIsTurnedAway() throws GeneralSecurityException, IOException {
    Address address = Cluster.get(first).selfMember().address();
    SSLContext context = SSLContext.getInstance("TLSv1.3");
    context.init(null, new TrustManager[] {new TrustsEverybody()}, null);
    try (Socket socket =
        context.getSocketFactory().createSocket(address.getHost().get(), address.getPort().get())) {
      socket.setSoTimeout((int) DEADLINE.toMillis());
      // With TLS 1.3 the client is done with its part before the server has asked for more, and
      // only a read tells it. Bytes sent to a server that has closed could be answered with a
      // reset, which discards what the server said before.
      SSLException refused = assertThrows(SSLException.class, () -> socket.getInputStream().read());
      assertTrue(refused.getMessage().contains("certificate"), refused.getMessage());
    }
  }

  @Test
  void segmentsOfAMebibyteReachATrunk() throws InterruptedException {
    ActorSystem<Void> second = node("rack");
    join(second, first);
    awaitUp(second);
    ActorRefResolver resolver = ActorRefResolver.get(second);
    ActorRef<ByteString> trunk =
        resolver.resolveActorRef(Cluster.get(first).selfMember().address() + "/user/trunk-1");
    ByteString segment = ByteString.fromArray(new byte[1 << 20]);
    trunk.tell(segment);
    assertEquals(segment, received.poll(DEADLINE.toSeconds(), TimeUnit.SECONDS));
  }

  private Behavior<ByteString> receiver() {
    return Behaviors.receiveMessage(
        bytes -> {
          received.add(bytes);
          return Behaviors.same();
        });
  }

  private ActorSystem<Void> node(String set) {
    ClusterSettings settings =
        ConfigLayers.defaults()
            .set("rack72.cluster.port = 0")
            .set("rack72.cluster.timing = fast")
            .set("rack72.cluster.tls.directory = \"" + certificates.resolve(set) + "\"")
            .load(HOST)
            .cluster();
    ActorSystem<Void> system =
        ActorSystem.create(
            Behaviors.setup(
                context -> {
                  context.spawn(receiver(), "trunk-1");
                  return Behaviors.empty();
                }),
            settings.name(),
            STOPS_AT_ONCE
                .withFallback(
                    ClusterConfig.of(
                        settings,
                        settings
                            .tlsDirectory()
                            .map(path -> TlsDirectory.open(path, Instant.now()))))
                .withFallback(ConfigFactory.parseResources("pekko.conf"))
                .withFallback(ConfigFactory.load()));
    systems.add(system);
    return system;
  }

  private static void join(ActorSystem<Void> node, ActorSystem<Void> of) {
    Cluster.get(node).manager().tell(Join.create(Cluster.get(of).selfMember().address()));
  }

  private void awaitUp(ActorSystem<Void> node) {
    Member member = Cluster.get(node).selfMember();
    members.fishForMessage(
        DEADLINE,
        event ->
            event instanceof MemberUp && event.member().equals(member)
                ? FishingOutcomes.complete()
                : FishingOutcomes.continueAndIgnore());
  }

  private static long memberCount(ActorSystem<Void> node) {
    return StreamSupport.stream(Cluster.get(node).state().getMembers().spliterator(), false)
        .count();
  }

  /** What somebody who only wants in would not check. */
  private static final class TrustsEverybody extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
