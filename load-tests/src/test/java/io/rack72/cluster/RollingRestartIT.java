package io.rack72.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.rack72.serving.GoldenCheckpoint;
import io.rack72.serving.HttpApi;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Every JVM of a rack is restarted, one after the other, and no client sees it. */
final class RollingRestartIT {
  private static final GoldenCheckpoint WIDE = GoldenCheckpoint.named("wide");
  private static final int TRAYS = 18;
  private static final int GPUS = 72;
  private static final int TOKENS = 24;
  private static final int CLIENTS = 4;

  /** Answers that must come in before anything else is done to the rack. */
  private static final int BETWEEN = 4;

  @RegisterExtension final Nodes nodes = new Nodes();

  @Test
  @Timeout(600)
  void everyJvmIsRestartedUnderLoadAndNoRequestFails() throws Exception {
    List<Question> questions = Question.of(WIDE, 40, TOKENS);
    List<Node> rack =
        nodes.startRack(
            WIDE.directory(),
            List.of(
                Role.traysAndGateway("0-5"),
                Role.trays("6-11"),
                Role.trays("12-17"),
                Role.gateway()));
    try (Balancer balancer = new Balancer();
        SteadyLoad load = new SteadyLoad(balancer, questions, CLIENTS)) {
      rack.stream().filter(Node::hasGateway).map(Node::http).forEach(balancer::add);
      for (int i = 0; i < rack.size(); i++) {
        load.awaitAnswers(BETWEEN);
        Node old = rack.get(i);
        if (old.hasGateway()) {
          balancer.withdraw(old.http());
        }
        old.leave();
        load.awaitAnswers(BETWEEN);

        List<Node> others = new ArrayList<>(rack);
        others.remove(i);
        Node anew = nodes.start(WIDE.directory(), old.role(), others);
        anew.awaitReady();
        rack.set(i, anew);
        awaitWhole(rack);
        if (anew.hasGateway()) {
          balancer.add(anew.http());
        }
      }
      load.awaitAnswers(BETWEEN);
      load.finish();
    }
  }

  /** Waits until every gateway tells that all nodes are there, and each GPU has its experts. */
  private static void awaitWhole(List<Node> rack) {
    Set<String> addresses = new TreeSet<>();
    rack.forEach(node -> addresses.add(node.address()));
    for (URI url : rack.stream().filter(Node::hasGateway).map(Node::http).toList()) {
      try (HttpApi api = new HttpApi(url)) {
        RackPage page =
            RackPage.await(
                api, "whole", one -> one.trays() == TRAYS && one.addresses().equals(addresses));
        assertEquals(GPUS, page.gpus().filter(gpu -> gpu.experts() > 0).count(), page::toString);
      }
    }
  }
}
