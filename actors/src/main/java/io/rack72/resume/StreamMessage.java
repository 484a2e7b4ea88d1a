package io.rack72.resume;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.typed.ActorRef;

/** What a {@link StreamsActor} takes: from those of other gateways, and from its own gateway. */
public sealed interface StreamMessage {
  /** From another gateway. */
  sealed interface Remote extends StreamMessage {}

  /** What has become of a stream that its gateway answers no more. */
  enum Fate {
    /** Its reader may come back for the rest. */
    BROKEN,
    /** It was sent to its end; should that not have arrived, its reader may come back as well. */
    COMPLETE,
    /** Nobody will ask for it, or not here. */
    DROPPED
  }

  /** Keep this of a stream that the owner answers, in place of what there is of it. */
  record Keep(ActorRef<StreamMessage> owner, StreamCopy copy) implements Remote {}

  /** Streams of the owner have grown; what is not kept or does not fit to what is, is ignored. */
  record Grow(ActorRef<StreamMessage> owner, List<Growth> growths) implements Remote {
    public Grow {
      growths = List.copyOf(growths);
    }
  }

  /** The owner does not answer a stream any more. */
  record Release(ActorRef<StreamMessage> owner, StreamKey stream, Fate fate) implements Remote {}

  /**
   * A reader wants to go on with a stream at the claimant's gateway. Who answers it gives it up,
   * and who has a copy tells it.
   *
   * @param question to be repeated in the answer
   */
  record Claim(StreamKey stream, String tenant, long question, ActorRef<StreamMessage> claimant)
      implements Remote {}

  /** A reader goes on with a stream elsewhere: who answers it gives it up. */
  record GiveUp(StreamKey stream, String tenant) implements Remote {}

  /** The answer of a gateway that has the stream. */
  record Found(long question, StreamCopy copy) implements Remote {}

  /** The answer of a gateway that does not. */
  record Unknown(long question) implements Remote {}

  /** The other gateways, the one first that is to have this one's copies. */
  record Peers(List<ActorRef<StreamMessage>> others) implements StreamMessage {
    public Peers {
      others = List.copyOf(others);
    }
  }

  /**
   * This gateway begins to answer a stream, or goes on with one. Its body is in the sender's memory
   * anyhow, and counted there.
   */
  record Open(LiveStream stream) implements StreamMessage {}

  /** This gateway does not answer it any more. */
  record Close(LiveStream stream, Fate fate) implements StreamMessage {}

  /**
   * A reader wants to go on with a stream here.
   *
   * @param copy completed with what there is of it; empty where no gateway knows it
   */
  record Resume(StreamKey stream, String tenant, CompletableFuture<Optional<StreamCopy>> copy)
      implements StreamMessage {}

  /** What the actor tells itself. */
  sealed interface Own extends StreamMessage permits StreamsActor.Tick {}
}
