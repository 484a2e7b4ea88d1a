package io.rack72.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rack72.serving.Completion;
import io.rack72.serving.GoldenCheckpoint;
import io.rack72.serving.HttpApi;
import io.rack72.serving.RackServer;
import io.rack72.serving.Together;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * A request and what a rack in one JVM answers to it.
 *
 * @param streamed whether it is asked for as a stream
 * @param answer tokens and logprobs
 */
record Question(String name, ObjectNode request, boolean streamed, Completion answer) {
  private static final int ALTERNATIVES = 3;

  /**
   * Greedy and sampled continuations of a checkpoint's prompts, whole and streamed, as one JVM
   * gives them; the greedy ones are those of the golden vectors.
   *
   * @param promptTokens of the longest prompt that is asked
   * @param tokens of each answer, at most 64
   */
  static List<Question> of(GoldenCheckpoint golden, int promptTokens, int tokens) {
    try (RackServer server = RackServer.of(golden.directory()).start();
        HttpApi api = new HttpApi(server.url())) {
      List<Callable<Question>> questions = new ArrayList<>();
      for (GoldenCheckpoint.Prompt prompt : golden.prompts()) {
        if (prompt.tokenIds().size() <= promptTokens) {
          ObjectNode greedy = Completion.greedy(prompt.tokenIds(), tokens);
          ObjectNode sampled =
              Completion.sampled(prompt.tokenIds(), tokens, prompt.tokenIds().size());
          questions.add(
              () -> {
                Question question = answered("greedy " + prompt.name(), greedy, api);
                assertEquals(prompt.greedy64().subList(0, tokens), question.answer().tokenIds());
                return question;
              });
          questions.add(() -> answered("sampled " + prompt.name(), sampled, api));
        }
      }
      return Together.call(questions).stream()
          .flatMap(whole -> List.of(whole, whole.asStream()).stream())
          .toList();
    }
  }

  private static Question answered(String name, ObjectNode request, HttpApi api) {
    request.put("logprobs", ALTERNATIVES);
    return new Question(name, request, false, Completion.of(api.postOk(Completion.PATH, request)));
  }

  private Question asStream() {
    return new Question(name + " streamed", request, true, answer);
  }

  /** Asks it, and requires the answer to be the same to the last bit of each logprob. */
  void ask(HttpApi api) {
    ask(api, () -> {});
  }

  /**
   * As above.
   *
   * @param whenSent run, on any thread, when all of the request is on its way on a connection
   */
  void ask(HttpApi api, Runnable whenSent) {
    Completion completion =
        streamed
            ? Completion.of(api.stream(Completion.PATH, request, whenSent))
            : Completion.of(api.postOk(Completion.PATH, request, whenSent));
    assertEquals(answer, completion, name);
  }
}
