package io.rack72.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.pekko.actor.testkit.typed.javadsl.BehaviorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.junit.jupiter.api.Test;

class DoorActorTest {
  private static final String WRONG_SECRET =
      "its secret is not that of this rack (rack72.cluster.secret)";
  private static final byte[] COUNTER = new byte[32];

  private final NodeCard card =
      new NodeCard("rack", "1", "aaaa", new TreeMap<>(Map.of("key", "1")));
  private final Proof right = new Proof("right");
  private final BehaviorTestKit<DoorActor.Command> door =
      BehaviorTestKit.create(DoorActor.create(card, right));

  private byte[] knock() {
    TestInbox<DoorActor.Challenge> inbox = TestInbox.create();
    door.run(new DoorActor.Knock(inbox.getRef()));
    return inbox.receiveMessage().bytes();
  }

  private DoorActor.Verdict enter(NodeCard guest, byte[] challenge, byte[] proof) {
    TestInbox<DoorActor.Verdict> inbox = TestInbox.create();
    door.run(new DoorActor.Enter(guest, challenge, proof, COUNTER, inbox.getRef()));
    return inbox.receiveMessage();
  }

  private DoorActor.Verdict enter(NodeCard guest, Proof proof) {
    byte[] challenge = knock();
    return enter(guest, challenge, proof.of(DoorActor.GUEST, challenge));
  }

  private void assertNotAnswered(byte[] challenge, byte[] proof) {
    TestInbox<DoorActor.Verdict> inbox = TestInbox.create();
    door.run(new DoorActor.Enter(card, challenge, proof, COUNTER, inbox.getRef()));
    assertFalse(inbox.hasMessages());
  }

  private void assertNotLetIn(DoorActor.Verdict verdict) {
    assertEquals(Optional.of(WRONG_SECRET), verdict.refusal());
    assertEquals(0, verdict.proof().length, "who does not know the secret is shown nothing");
  }

  @Test
  void guestWithSecretAndCardIsLetInAndShownThatTheRackKnowsTheSecret() {
    DoorActor.Verdict verdict = enter(card, right);
    assertEquals(Optional.empty(), verdict.refusal());
    assertTrue(right.holds(verdict.proof(), DoorActor.HOST, COUNTER));
    assertFalse(new Proof("wrong").holds(verdict.proof(), DoorActor.HOST, COUNTER));
    assertFalse(right.holds(verdict.proof(), DoorActor.GUEST, COUNTER), "no use as a guest's");
  }

  @Test
  void messageThatTheDoorFailsAtDoesNotCloseIt() {
    byte[] ofAnother = knock();
    byte[] challenge = knock();
    TestInbox<DoorActor.Verdict> inbox = TestInbox.create();
    byte[] proof = right.of(DoorActor.GUEST, challenge);
    door.run(new DoorActor.Enter(card, challenge, proof, null, inbox.getRef()));
    assertFalse(inbox.hasMessages());
    DoorActor.Verdict verdict = enter(card, ofAnother, right.of(DoorActor.GUEST, ofAnother));
    assertEquals(Optional.empty(), verdict.refusal());
  }

  @Test
  void wrongSecretOrNoneIsRefused() {
    assertNotLetIn(enter(card, new Proof("wrong")));
    assertNotLetIn(enter(card, new Proof("")));
    assertNotLetIn(enter(card, knock(), new byte[0]));
  }

  @Test
  void racksWithoutASecretLetInWhoHasNone() {
    BehaviorTestKit<DoorActor.Command> open =
        BehaviorTestKit.create(DoorActor.create(card, new Proof("")));
    TestInbox<DoorActor.Challenge> challenges = TestInbox.create();
    open.run(new DoorActor.Knock(challenges.getRef()));
    byte[] challenge = challenges.receiveMessage().bytes();
    TestInbox<DoorActor.Verdict> verdicts = TestInbox.create();
    open.run(
        new DoorActor.Enter(
            card,
            challenge,
            new Proof("").of(DoorActor.GUEST, challenge),
            COUNTER,
            verdicts.getRef()));
    assertEquals(Optional.empty(), verdicts.receiveMessage().refusal());
  }

  @Test
  void proofIsGoodOnce() {
    byte[] challenge = knock();
    byte[] proof = right.of(DoorActor.GUEST, challenge);
    assertEquals(Optional.empty(), enter(card, challenge, proof).refusal());
    assertNotAnswered(challenge, proof);
  }

  @Test
  void proofOfAChallengeThatTheDoorDidNotMakeIsNotAnswered() {
    byte[] own = new byte[32];
    assertNotAnswered(own, right.of(DoorActor.GUEST, own));
  }

  @Test
  void hostsProofDoesNotServeAGuest() {
    byte[] challenge = knock();
    assertNotLetIn(enter(card, challenge, right.of(DoorActor.HOST, challenge)));
  }

  @Test
  void challengesAreNeitherRepeatedNorKeptWithoutLimit() {
    byte[] first = knock();
    byte[] second = knock();
    assertFalse(Arrays.equals(first, second));
    for (int i = 0; i < 255; i++) {
      knock();
    }
    assertNotAnswered(first, right.of(DoorActor.GUEST, first));
    assertEquals(
        Optional.empty(), enter(card, second, right.of(DoorActor.GUEST, second)).refusal());
  }

  @Test
  void cardThatDoesNotFitIsRefusedWithTheReason() {
    NodeCard other = new NodeCard("rack", "1", "bbbb", card.settings());
    DoorActor.Verdict verdict = enter(other, right);
    assertEquals(card.objectionTo(other), verdict.refusal());
    assertTrue(right.holds(verdict.proof(), DoorActor.HOST, COUNTER));
  }
}
