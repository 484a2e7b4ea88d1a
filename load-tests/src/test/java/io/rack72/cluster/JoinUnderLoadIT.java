package io.rack72.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.rack72.serving.GoldenCheckpoint;
import io.rack72.serving.HttpApi;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A rack that serves with some of its trays takes the others in, and no client sees it. */
final class JoinUnderLoadIT {
  private static final GoldenCheckpoint WIDE = GoldenCheckpoint.named("wide");
  private static final int FIRST_GPUS = 4 * 14;
  private static final int GPUS = 4 * 18;
  private static final int TOKENS = 12;
  private static final int CLIENTS = 4;
  private static final int BETWEEN = 4;

  /** More clients than GPUs, so that none of these has nothing to do. */
  private static final int CROWD = 90;

  private static final String START_TRAYS = "rack72.cluster.start-trays=14";

  @RegisterExtension final Nodes nodes = new Nodes();

  @Test
  @Timeout(600)
  void traysThatComeUnderLoadGetExpertsAndSequencesAndNoRequestFails() throws Exception {
    List<Question> questions = Question.of(WIDE, 7, TOKENS);
    List<Node> rack =
        nodes.startRack(
            WIDE.directory(),
            List.of(Role.traysAndGateway("0-6"), Role.trays("7-13")),
            START_TRAYS);
    try (Balancer balancer = new Balancer();
        SteadyLoad load = new SteadyLoad(balancer, questions, CLIENTS);
        HttpApi api = new HttpApi(rack.getFirst().http())) {
      RackPage before = RackPage.of(api);
      assertEquals(FIRST_GPUS, before.gpus().count());
      assertEquals(FIRST_GPUS, before.gpus().filter(gpu -> gpu.experts() > 0).count());
      balancer.add(rack.getFirst().http());
      load.awaitAnswers(BETWEEN);

      Node late =
          nodes.start(
              WIDE.directory(),
              Role.trays("14-17"),
              rack,
              START_TRAYS,
              "rack72.cluster.warm-up=10s");
      late.awaitWarmUp();
      late.awaitReady();
      RackPage joined =
          RackPage.await(
              api,
              "18 trays",
              page -> page.trays() == 18 && page.addresses().contains(late.address()));
      assertEquals(GPUS, joined.gpus().filter(gpu -> gpu.experts() > 0).count(), joined::toString);
      load.awaitAnswers(BETWEEN);
      try (SteadyLoad crowd = new SteadyLoad(balancer, questions, CROWD)) {
        RackPage.await(
            api,
            "computing on all GPUs",
            page -> page.gpus().filter(gpu -> gpu.tokensComputed() > 0).count() == GPUS);
        crowd.finish();
      }
      load.finish();
    }
  }
}
