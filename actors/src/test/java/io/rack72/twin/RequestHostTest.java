package io.rack72.twin;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.rack72.clock.ManualClock;
import io.rack72.routing.RouterActor;
import io.rack72.schedule.SequenceId;
import java.util.List;
import org.apache.pekko.actor.testkit.typed.javadsl.BehaviorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.junit.jupiter.api.Test;

class RequestHostTest {
  private final ManualClock clock = new ManualClock();
  private final TestInbox<RouterActor.Command> router = TestInbox.create();
  private final BehaviorTestKit<RouterActor.Command> host =
      BehaviorTestKit.create(RequestHost.before(router.getRef(), clock, 1000));
  private final RouterActor.Pause first = new RouterActor.Pause(new SequenceId("a", 0));
  private final RouterActor.Cancel second = new RouterActor.Cancel(new SequenceId("a", 0));

  @Test
  void allThatConcernsRequestsPassesInItsOrderAfterTheHostsTime() {
    host.run(first);
    host.run(second);
    clock.advanceTo(999);
    assertEquals(List.of(), router.getAllReceived());
    clock.advanceTo(1000);
    assertEquals(List.of(first, second), router.getAllReceived());
  }

  @Test
  void theRacksLossIsToldAtOnce() {
    host.run(first);
    RouterActor.RackLost lost = new RouterActor.RackLost("it stops");
    host.run(lost);
    assertEquals(List.of(lost), router.getAllReceived());
  }
}
