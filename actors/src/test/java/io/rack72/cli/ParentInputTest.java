package io.rack72.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.launch.NodeProcess;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ParentInputTest {
  private final StringWriter said = new StringWriter();

  @Test
  void nodeThatWaitsMayJoinWhenItIsTold() {
    ParentInput input = new ParentInput(true, Optional.empty());
    input.take("jo");
    input.take("join the rack");
    assertFalse(mayJoin(input));

    input.take(NodeProcess.JOIN);

    assertTrue(mayJoin(input));
    assertFalse(rackMayRun(input));
  }

  @Test
  void nodeThatComesLaterKnowsThatTheRackRuns() {
    ParentInput input = new ParentInput(true, Optional.empty());

    input.take(NodeProcess.JOIN_RUNNING);

    assertTrue(rackMayRun(input));
  }

  @Test
  void nodeThatDoesNotWaitMayJoinAtOnceARackThatMayRun() {
    assertTrue(rackMayRun(new ParentInput(false, Optional.empty())));
  }

  @Test
  void faultsAreHandedOnAndTheWordToJoinIsNone() {
    ParentInput input = new ParentInput(true, Optional.of(new FaultInput(new PrintWriter(said))));

    input.take(NodeProcess.JOIN);
    assertEquals("", said.toString());

    input.take("no order");
    assertTrue(said.toString().contains("\"refused\""), said::toString);
  }

  private static boolean rackMayRun(ParentInput input) {
    return input.mayJoin().toCompletableFuture().join();
  }

  private static boolean mayJoin(ParentInput input) {
    return input.mayJoin().toCompletableFuture().isDone();
  }
}
