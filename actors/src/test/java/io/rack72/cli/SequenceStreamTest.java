package io.rack72.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.rack72.clock.Clock;
import io.rack72.gpu.SequenceEvent;
import io.rack72.gpu.SequenceRequest;
import io.rack72.rack.NodeActor;
import io.rack72.rack.RackSettings;
import io.rack72.rack.ServedModel;
import io.rack72.routing.RouterActor;
import io.rack72.sampling.SampledToken;
import io.rack72.sampling.SamplingParams;
import io.rack72.schedule.SequenceId;
import io.rack72.schedule.Standing;
import java.util.Optional;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class SequenceStreamTest {
  private static final SequenceRequest REQUEST =
      new SequenceRequest(
          new SequenceId("generate", 0),
          1,
          new int[] {1},
          new int[0],
          SamplingParams.greedy(4),
          Standing.DEFAULT);

  private final ActorSystem<NodeActor.Command> system =
      ActorSystem.create(Behaviors.empty(), "sequence-stream-test");

  @AfterEach
  void stop() {
    system.terminate();
    system.getWhenTerminated().toCompletableFuture().join();
  }

  @Test
  @Timeout(60)
  void routerThatDiesEndsTheSequenceWithAnErrorAfterItsTokens() throws InterruptedException {
    SequenceEvent.Token token =
        new SequenceEvent.Token(
            REQUEST.id(), 1, 0, new SampledToken(7, 0, new int[0], new float[0]), Optional.empty());
    ActorRef<RouterActor.Command> router =
        system.systemActorOf(
            Behaviors.receiveMessage(
                command -> {
                  ((RouterActor.Submit) command).owner().tell(token);
                  return Behaviors.stopped();
                }),
            "router",
            Props.empty());
    try (SequenceStream stream = SequenceStream.submit(new RackOf(system, router), REQUEST)) {
      assertEquals(token, stream.next());
      CommandFailedException failure = assertThrows(CommandFailedException.class, stream::next);
      assertEquals("the rack has stopped by itself; its log says why", failure.getMessage());
    }
  }

  private record RackOf(ActorSystem<NodeActor.Command> system, ActorRef<RouterActor.Command> router)
      implements RackLauncher.Rack {
    @Override
    public ServedModel model() {
      throw new UnsupportedOperationException();
    }

    @Override
    public RackSettings settings() {
      throw new UnsupportedOperationException();
    }

    @Override
    public String kernels() {
      throw new UnsupportedOperationException();
    }

    @Override
    public Clock clock() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
  }
}
