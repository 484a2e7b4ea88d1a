package io.rack72.evaluate;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.cli.ApiServer;
import io.rack72.serving.RackServer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

/**
 * The model that comes with the project, over HTTP: a part of what {@code ./rack72 evaluate} does.
 * Its replies are greedy by default, so they are the same on every machine.
 */
final class EvaluateIT {
  private static final Path MODEL =
      Path.of("..", "models", "rack72-mini").toAbsolutePath().normalize();
  private static final int PROMPTS = 40;
  private static final int CONCURRENCY = 8;

  @Test
  void repliesAreGoodAndGreedyTokensAreThoseOfTheTrainingCode() throws InterruptedException {
    List<ChatPrompt> prompts = Evaluation.spread(ChatPrompt.readAll(Optional.empty()), PROMPTS);
    List<GreedyPrompt> greedy = GreedyPrompt.readAll(Optional.empty());
    assertEquals(PROMPTS, prompts.size());
    assertEquals(50, greedy.size());

    Evaluation run;
    try (RackServer server = RackServer.of(MODEL).start();
        ApiServer api = ApiServer.at(server.url(), Optional.empty(), Optional.of(server.model()));
        EvaluationClient client = new EvaluationClient(api, OptionalDouble.empty())) {
      run = Evaluation.run(client, prompts, greedy, CONCURRENCY, (replies, of) -> {});
    }

    Report report = new Report("rack72-mini", run, Optional.empty());
    assertAll(
        () -> assertTrue(Score.GREEDY.reachedBy(run), () -> explain(report)),
        () -> assertTrue(Score.WELL_FORMED.reachedBy(run), () -> explain(report)),
        () -> assertTrue(Score.RIGHT.reachedBy(run), () -> explain(report)));
  }

  private static String explain(Report report) {
    return report.toText() + report.failures();
  }
}
