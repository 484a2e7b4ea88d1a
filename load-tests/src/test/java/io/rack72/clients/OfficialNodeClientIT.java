package io.rack72.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.rack72.serving.DemoCheckpoint;
import io.rack72.serving.RackServer;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** OpenAI's client for JavaScript against a rack. What is checked stands in {@code rack.mjs}. */
final class OfficialNodeClientIT {
  private static final Duration DEADLINE = Duration.ofMinutes(3);
  private static final String KEY = "a-key-of-this-test";

  private static NpmProject project;
  private static RackServer server;

  @BeforeAll
  static void start() {
    project = NpmProject.install();
    server = RackServer.of(DemoCheckpoint.directory()).dataParallel(4).apiKey(KEY).start();
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "models",
        "chat",
        "choices",
        "streamHelper",
        "tools",
        "completion",
        "logprobs",
        "stop",
        "errors",
        "abort"
      })
  void clientGetsWhatItAskedFor(String name) {
    String written =
        project.node(DEADLINE, "rack.mjs", server.url().toString(), KEY, server.model(), name);

    assertEquals(name, written.strip());
  }
}
