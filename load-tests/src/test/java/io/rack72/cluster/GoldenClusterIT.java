package io.rack72.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.rack72.serving.GoldenCheckpoint;
import io.rack72.serving.HttpApi;
import io.rack72.serving.Together;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The tokens and logprobs of a rack do not depend on how many JVMs it is in: they are those of one
 * JVM to the last bit, and the tokens are the reference implementation's.
 */
final class GoldenClusterIT {
  private static final int TRAYS = 18;
  @RegisterExtension final Nodes nodes = new Nodes();

  @ParameterizedTest
  @CsvSource({"wide,2", "small-odd,5"})
  void tokensDoNotDependOnTheNumberOfJvms(String checkpoint, int jvms) throws Exception {
    compare(checkpoint, jvms, 40, 24);
  }

  @Tag("long")
  @Timeout(600)
  @ParameterizedTest
  @CsvSource({
    "tiny,1",
    "tiny,2",
    "tiny,5",
    "tiny,18",
    "small-odd,1",
    "small-odd,2",
    "small-odd,18",
    "wide,1",
    "wide,5",
    "wide,18"
  })
  void tokensDoNotDependOnTheNumberOfJvmsWhateverTheCheckpoint(String checkpoint, int jvms)
      throws Exception {
    compare(checkpoint, jvms, 600, 64);
  }

  private void compare(String checkpoint, int jvms, int promptTokens, int tokens) throws Exception {
    GoldenCheckpoint golden = GoldenCheckpoint.named(checkpoint);
    List<Question> questions = Question.of(golden, promptTokens, tokens);
    // Nothing is killed, and JVMs that share few cores would be taken for dead sooner than they
    // compute.
    List<Node> rack =
        nodes.startRack(golden.directory(), roles(jvms), "rack72.cluster.timing=safe");
    try (HttpApi api = new HttpApi(rack.getFirst().http())) {
      List<Callable<Void>> calls = new ArrayList<>();
      for (Question question : questions) {
        calls.add(
            () -> {
              question.ask(api);
              return null;
            });
      }
      assertFalse(calls.isEmpty());
      Together.call(calls);

      RackPage page = RackPage.of(api);
      assertEquals(jvms, page.addresses().size());
      assertEquals(TRAYS, page.trays());
    }
  }

  /** All trays, in parts as equal as they can be; the first JVM has a gateway. */
  private static List<Role> roles(int jvms) {
    List<Role> roles = new ArrayList<>();
    for (int i = 0; i < jvms; i++) {
      String trays = i * TRAYS / jvms + "-" + ((i + 1) * TRAYS / jvms - 1);
      roles.add(i == 0 ? Role.traysAndGateway(trays) : Role.trays(trays));
    }
    return roles;
  }
}
