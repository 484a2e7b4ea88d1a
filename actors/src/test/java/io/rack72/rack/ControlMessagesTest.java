package io.rack72.rack;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.ConfigFactory;
import io.rack72.fabric.PortCounters;
import io.rack72.gpu.GpuStatus;
import io.rack72.hardware.GpuId;
import io.rack72.hardware.TrayId;
import io.rack72.placement.ExpertPlacement;
import io.rack72.placement.Placement;
import io.rack72.wire.TrunkStatus;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.serialization.Serializer;
import org.apache.pekko.serialization.Serializers;
import org.apache.pekko.serialization.jackson.JacksonCborSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every message of control comes off the wire as it was. */
class ControlMessagesTest {
  private static final NodeId NODE = new NodeId("10.0.0.1:7272", -1234567890123456789L);

  private final ActorTestKit kit =
      ActorTestKit.create(
          ConfigFactory.parseResources("pekko-wire.conf")
              .withFallback(
                  ConfigFactory.parseResources("pekko-cluster.conf")
                      .withOnlyPath("pekko.serialization"))
              .withFallback(ConfigFactory.parseResources("pekko.conf"))
              .withFallback(ConfigFactory.load()));
  private final Serialization serialization =
      SerializationExtension.get(Adapter.toClassic(kit.system()));

  @AfterEach
  void stop() {
    kit.shutdownTestKit();
  }

  private <T> T carried(T message) {
    Serializer serializer = serialization.findSerializerFor(message);
    assertInstanceOf(JacksonCborSerializer.class, serializer);
    byte[] bytes = serialization.serialize(message).get();
    assertTrue(bytes.length < 200_000, bytes.length + " bytes");
    @SuppressWarnings("unchecked")
    T carried =
        (T)
            serialization
                .deserialize(
                    bytes, serializer.identifier(), Serializers.manifestFor(serializer, message))
                .get();
    return carried;
  }

  private static RackView view(int degree) {
    List<GpuId> gpus = IntStream.range(0, 72).mapToObj(GpuId::new).toList();
    List<TrayClaim> trays =
        IntStream.range(0, 18).mapToObj(tray -> new TrayClaim(new TrayId(tray), 7)).toList();
    return new RackView(
        Placement.first(new ExpertPlacement(7, degree, 36, 128, gpus), 72),
        List.of(new Member(NODE, trays, "http://10.0.0.1:8000"), new Member(NODE, List.of(), "")));
  }

  private static void assertSame(RackView sent, RackView carried) {
    assertEquals(sent.members(), carried.members());
    assertEquals(sent.placement().attending(), carried.placement().attending());
    for (int row = 0; row < sent.placement().experts().owners().length; row++) {
      assertArrayEquals(
          sent.placement().experts().owners()[row], carried.placement().experts().owners()[row]);
    }
  }

  @Test
  void whatNodesTellTheKeeper() {
    TestProbe<NodeActor.Command> node = kit.createTestProbe();
    for (int degree : new int[] {1, 2, 72}) {
      KeeperActor.Present sent =
          new KeeperActor.Present(
              new NodeState(
                  NODE,
                  List.of(new TrayId(0), new TrayId(17)),
                  "http://10.0.0.1:8000",
                  true,
                  false,
                  9,
                  Optional.of(view(degree)),
                  8,
                  true),
              node.getRef());
      KeeperActor.Present carried = carried(sent);
      assertEquals(sent.node(), carried.node());
      assertEquals(sent.state().id(), carried.state().id());
      assertEquals(sent.state().trays(), carried.state().trays());
      assertSame(sent.state().committed().orElseThrow(), carried.state().committed().orElseThrow());
    }
    assertEquals(new KeeperActor.Prepared(NODE, 3), carried(new KeeperActor.Prepared(NODE, 3)));
    assertEquals(new KeeperActor.Settled(NODE, 3), carried(new KeeperActor.Settled(NODE, 3)));
  }

  @Test
  void whatTheKeeperTellsNodes() {
    NodeOrder.Prepare prepare = new NodeOrder.Prepare(view(72));
    assertSame(prepare.view(), carried(prepare).view());
    NodeOrder.Commit commit =
        new NodeOrder.Commit(5, new TreeSet<>(Set.of(new GpuId(3), new GpuId(71))));
    assertEquals(commit, carried(commit));
    assertEquals(new NodeOrder.Release(5), carried(new NodeOrder.Release(5)));
    assertEquals(new NodeOrder.Refuse("no"), carried(new NodeOrder.Refuse("no")));
    assertEquals(new NodeOrder.MayLeave(), carried(new NodeOrder.MayLeave()));
  }

  @Test
  void reports() {
    TestProbe<NodeReport> asker = kit.createTestProbe();
    NodeOrder.Report question = new NodeOrder.Report(asker.getRef());
    assertEquals(question, carried(question));
    GpuStatus gpu =
        new GpuStatus(
            1,
            0,
            64,
            1L << 40,
            1L << 41,
            new GpuStatus.Blocks(5, 4, 3, 2, 1),
            GpuStatus.Blocks.NONE,
            1,
            2,
            3,
            4,
            5,
            6,
            7,
            8,
            List.of(5),
            new PortCounters(1, 2, 3, 4, 5, true));
    NodeReport report =
        new NodeReport(
            NODE,
            42,
            List.of(1),
            List.of("10.0.0.3:7272"),
            8,
            List.of(gpu),
            List.of(new TrunkStatus("10.0.0.2:7272", 1, 2, 3, 4, 5, 6, 7)));
    assertEquals(report, carried(report));
  }

  @ParameterizedTest
  @ValueSource(
      classes = {
        KeeperActor.Present.class,
        KeeperActor.Prepared.class,
        NodeOrder.Prepare.class,
        NodeOrder.Commit.class,
        NodeOrder.Release.class,
        NodeOrder.NoRoom.class,
        NodeOrder.Report.class,
        NodeReport.class,
        Pulse.class
      })
  void messageOfWhichAPartIsMissingIsNone(Class<?> message) {
    byte[] emptyMap = {(byte) 0xa0};
    Serializer serializer = serialization.findSerializerFor(new KeeperActor.Prepared(NODE, 3));
    assertTrue(
        serialization
            .deserialize(emptyMap, serializer.identifier(), message.getName())
            .isFailure());
  }

  @Test
  void messageOfWhichAPartIsNullIsNone() {
    Serializer serializer = serialization.findSerializerFor(new KeeperActor.Prepared(NODE, 3));
    for (KeeperActor.Prepared wrong :
        List.of(
            new KeeperActor.Prepared(null, 3), new KeeperActor.Prepared(new NodeId(null, 1), 3))) {
      byte[] bytes = serialization.serialize(wrong).get();
      assertTrue(
          serialization
              .deserialize(
                  bytes, serializer.identifier(), Serializers.manifestFor(serializer, wrong))
              .isFailure());
    }
  }

  @Test
  void pulses() {
    Pulse pulse =
        new Pulse(
            NODE,
            List.of(new TrayId(3)),
            List.of(new GpuId(7)),
            List.of(new NodeId("10.0.0.2:7272", 5)),
            4);
    assertEquals(pulse, carried(pulse));
  }
}
