package io.rack72.cluster;

import io.rack72.serving.GoldenCheckpoint;
import io.rack72.serving.HttpApi;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** JVMs of a rack are killed without a word, come back, and no client sees it. */
final class CrashIT {
  private static final GoldenCheckpoint WIDE = GoldenCheckpoint.named("wide");
  private static final int TOKENS = 24;
  private static final int CLIENTS = 4;
  private static final int BETWEEN = 4;

  @RegisterExtension final Nodes nodes = new Nodes();

  @Test
  @Timeout(600)
  void jvmThatKeepsTheRackIsKilledUnderLoadAndNoRequestFails() throws Exception {
    // The oldest does.
    kill(0);
  }

  @Tag("long")
  @Test
  @Timeout(600)
  void jvmsThatAreKilledOneAfterTheOtherComeBackAndNoRequestFails() throws Exception {
    kill(1, 0, 2);
  }

  private void kill(int... victims) throws Exception {
    List<Question> questions = Question.of(WIDE, 40, TOKENS);
    List<Node> rack =
        nodes.startRack(
            WIDE.directory(),
            List.of(Role.trays("0-5"), Role.trays("6-11"), Role.trays("12-17"), Role.gateway()));
    Node gateway = rack.getLast();
    try (Balancer balancer = new Balancer();
        SteadyLoad load = new SteadyLoad(balancer, questions, CLIENTS);
        HttpApi api = new HttpApi(gateway.http())) {
      balancer.add(gateway.http());
      for (int i : victims) {
        load.awaitAnswers(BETWEEN);
        Node killed = rack.get(i);
        killed.process().kill();
        RackPage.await(api, "without the killed JVM", page -> page.trays() == 12);
        load.awaitAnswers(BETWEEN);

        List<Node> others = new ArrayList<>(rack);
        others.remove(i);
        Node anew = nodes.start(WIDE.directory(), killed.role(), others);
        anew.awaitReady();
        rack.set(i, anew);
        RackPage.await(
            api, "whole", page -> page.trays() == 18 && page.addresses().contains(anew.address()));
      }
      load.awaitAnswers(BETWEEN);
      load.finish();
    }
  }
}
