package io.rack72.cluster;

import io.rack72.rack.Control;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;

/**
 * The door of a rack, one at each node: who wants in knocks before anything else, shows that it
 * knows the secret, and shows its card.
 *
 * <p><b>Owns</b> the challenges that were not answered yet. <b>Receives</b> knocks and answers.
 * <b>Sends</b> a challenge, and then whether the node may join, with a proof that the rack knows
 * the secret too. <b>On failure</b> the node that wanted in gets no answer, and tries another door.
 *
 * <p>It keeps out nodes that were started wrongly, and those without the secret that play by the
 * rules. Whoever can write to the port and does not is kept out by TLS alone.
 */
final class DoorActor extends AbstractBehavior<DoorActor.Command> {
  static final String PATH = "/user/door";
  static final String GUEST = "guest";
  static final String HOST = "host";

  private static final int CHALLENGE_BYTES = 32;
  private static final int MOST_CHALLENGES = 256;

  /** What a door takes. */
  sealed interface Command extends Control {}

  /** Somebody wants in. */
  record Knock(ActorRef<Challenge> replyTo) implements Command {}

  /**
   * The answer to a challenge.
   *
   * @param challenge the door's
   * @param proof that the guest knows the secret
   * @param counter the guest's own challenge
   */
  record Enter(
      NodeCard card, byte[] challenge, byte[] proof, byte[] counter, ActorRef<Verdict> replyTo)
      implements Command {}

  /** What the door wants to have proved. */
  record Challenge(byte[] bytes) implements Control {}

  /**
   * Whether the guest may join.
   *
   * @param refusal why not; empty where it may
   * @param proof that the host knows the secret; empty where the guest did not
   */
  record Verdict(Optional<String> refusal, byte[] proof) implements Control {}

  private final NodeCard card;
  private final Proof proof;
  private final SecureRandom random = new SecureRandom();
  // Oldest first. Buffers, since arrays are compared by identity.
  private final Set<ByteBuffer> challenges = new LinkedHashSet<>();

  /**
   * The door of a node. Strangers can send it what they like: who sends what it fails at is not
   * answered, and all others are as before.
   *
   * @param card of the node
   */
  static Behavior<Command> create(NodeCard card, Proof proof) {
    return Behaviors.supervise(
            Behaviors.<Command>setup(context -> new DoorActor(context, card, proof)))
        .onFailure(SupervisorStrategy.resume());
  }

  private DoorActor(ActorContext<Command> context, NodeCard card, Proof proof) {
    super(context);
    this.card = card;
    this.proof = proof;
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder().onAnyMessage(this::on).build();
  }

  private Behavior<Command> on(Command command) {
    switch (command) {
      case Knock(ActorRef<Challenge> replyTo) -> {
        byte[] bytes = new byte[CHALLENGE_BYTES];
        random.nextBytes(bytes);
        challenges.add(ByteBuffer.wrap(bytes.clone()));
        if (challenges.size() > MOST_CHALLENGES) {
          challenges.remove(challenges.iterator().next());
        }
        replyTo.tell(new Challenge(bytes));
      }
      case Enter enter when challenges.remove(ByteBuffer.wrap(enter.challenge())) ->
          enter.replyTo().tell(verdict(enter));
      // So many have knocked since that the door has forgotten. The guest may knock again.
      case Enter _ -> getContext().getLog().warn("a node answers what this door has not asked");
    }
    return this;
  }

  private static String guest(Enter enter) {
    return enter.replyTo().path().address().hostPort();
  }

  private Verdict verdict(Enter enter) {
    if (!proof.holds(enter.proof(), GUEST, enter.challenge())) {
      getContext().getLog().warn("{}, without this rack's secret, is not let in", guest(enter));
      return new Verdict(
          Optional.of("its secret is not that of this rack (rack72.cluster.secret)"), new byte[0]);
    }
    Optional<String> objection = card.objectionTo(enter.card());
    objection.ifPresent(
        reason -> getContext().getLog().warn("{} is not let in: {}", guest(enter), reason));
    return new Verdict(objection, proof.of(HOST, Arrays.copyOf(enter.counter(), CHALLENGE_BYTES)));
  }
}
