package io.rack72.wire;

import static io.rack72.wire.SameBits.assertSameBits;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.rack72.gpu.GpuActor;
import io.rack72.gpu.SequenceEvent;
import io.rack72.gpu.SequenceReleased;
import io.rack72.schedule.SequenceId;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Messages between two actor systems over TCP. */
class RemotingTest {
  private final ActorTestKit receiving = start("receiving", "");
  private final ActorTestKit sending =
      start(
          "sending",
          "pekko.actor.serializers.rack72-segment = \"io.rack72.wire.DamagingSerializer\"");
  private final TestProbe<Object> receiver = receiving.createTestProbe();
  private final ActorRef<Object> toReceiver =
      ActorRefResolver.get(sending.system())
          .resolveActorRef(
              ActorRefResolver.get(receiving.system()).toSerializationFormat(receiver.getRef()));

  private static ActorTestKit start(String name, String settings) {
    Config config =
        ConfigFactory.parseString(
                settings
                    + """

                    pekko.actor.provider = remote
                    pekko.remote.artery {
                      transport = tcp
                      canonical { hostname = "127.0.0.1", port = 0 }
                    }
                    pekko.remote.warn-about-direct-use = off
                    # The damaged messages of this test are logged with their stack traces otherwise.
                    pekko.loglevel = OFF
                    """)
            .withFallback(ConfigFactory.parseResources("pekko-wire.conf"))
            .withFallback(ConfigFactory.load());
    return ActorTestKit.create(name, config);
  }

  @AfterEach
  void stop() {
    sending.shutdownTestKit();
    receiving.shutdownTestKit();
  }

  private static Segment segment(long number) {
    return new Segment(1, number, 0, 100, 0, new byte[100]);
  }

  @Test
  void aDamagedMessageIsDroppedAndThoseBehindItArrive() {
    for (int number = 1; number <= 4; number++) {
      toReceiver.tell(segment(number));
    }
    // This one is refused where it is written.
    toReceiver.tell(
        new GpuActor.Cancel(new SequenceId("x".repeat(WireReader.MAX_TEXT_CHARS + 1), 0), 1));
    toReceiver.tell(segment(5));
    for (int number : new int[] {1, 4, 5}) {
      assertSameBits(segment(number), receiver.receiveMessage());
    }
  }

  @Test
  void everyMessageArrivesAndItsActorsCanBeAnswered() {
    TestProbe<SequenceEvent> owner = sending.createTestProbe();
    TestProbe<SequenceReleased> router = sending.createTestProbe();
    RandomMessages messages = new RandomMessages(72);
    for (Object message : messages.ofSequences(owner.getRef(), router.getRef())) {
      toReceiver.tell(message);
      Object received = receiver.receiveMessage();
      assertEquals(message.getClass(), received.getClass());
      if (received instanceof GpuActor.Admit admit) {
        SequenceEvent.Token token = messages.token();
        admit.owner().tell(token);
        assertSameBits(token, owner.receiveMessage());
        SequenceReleased released = new SequenceReleased(token.id(), 1, true);
        admit.router().tell(released);
        assertSameBits(released, router.receiveMessage());
      } else if (received instanceof GpuActor.Probe probe) {
        SequenceEvent.Alive answer = new SequenceEvent.Alive(probe.id(), probe.attempt(), 3);
        probe.owner().tell(answer);
        assertSameBits(answer, owner.receiveMessage());
      } else {
        assertSameBits(message, received);
      }
    }
  }
}
