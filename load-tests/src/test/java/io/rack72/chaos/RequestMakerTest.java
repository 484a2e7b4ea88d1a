package io.rack72.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RequestMakerTest {
  private static final Scenario.Load LOAD =
      new Scenario.Load(
          4, Duration.ofSeconds(1), new Scenario.Range(8, 48), new Scenario.Range(3, 9));

  private static RequestMaker maker(long seed, boolean chats) {
    return new RequestMaker(seed, "model", chats, LOAD);
  }

  @Test
  void requestsDependOnSeedClientAndTurnAlone() {
    Set<String> bodies = new HashSet<>();
    for (int i = 0; i < 400; i++) {
      StreamRequest request = maker(i / 100, true).make(i / 10 % 10, i % 10);
      assertEquals(request, maker(i / 100, true).make(i / 10 % 10, i % 10));
      bodies.add(request.body().toString());
    }
    assertEquals(400, bodies.size());
  }

  @Test
  void allKindsAreAmongThem() {
    Set<String> paths = new HashSet<>();
    Set<Integer> choices = new HashSet<>();
    Set<Boolean> greedy = new HashSet<>();
    Set<Integer> tokens = new HashSet<>();
    for (int turn = 0; turn < 200; turn++) {
      StreamRequest request = maker(1, true).make(turn % 4, turn);
      paths.add(request.path());
      choices.add(request.body().get("n").intValue());
      greedy.add(request.body().get("temperature").doubleValue() == 0);
      tokens.add(request.body().get("max_tokens").intValue());
    }
    assertEquals(Set.of("completions", "chat/completions"), paths);
    assertEquals(Set.of(1, 2), choices);
    assertEquals(Set.of(true, false), greedy);
    assertEquals(Set.of(3, 4, 5, 6, 7, 8, 9), tokens);
  }

  @Test
  void someMayEndEarlyAndMostMayNot() {
    int byThemselves = 0;
    int stopped = 0;
    int brief = 0;
    int all = 1000;
    for (int turn = 0; turn < all; turn++) {
      ObjectNode body = maker(1, true).make(turn % 4, turn).body();
      byThemselves += body.has("ignore_eos") ? 0 : 1;
      stopped += body.has("stop") ? 1 : 0;
      brief += body.has("reasoning_effort") ? 1 : 0;
      body.path("stop").forEach(stop -> assertFalse(stop.textValue().isEmpty()));
    }
    assertTrue(byThemselves > all / 20 && byThemselves < all / 4, "by themselves " + byThemselves);
    assertTrue(stopped > all / 20 && stopped < all / 3, "stopped " + stopped);
    assertTrue(brief > all / 20 && brief < all / 4, "brief " + brief);
  }

  @Test
  void modelWithoutTextIsAskedWithTokensOnly() {
    for (int turn = 0; turn < 50; turn++) {
      StreamRequest request = maker(1, false).make(turn % 4, turn);
      assertEquals("completions", request.path());
      assertFalse(request.body().has("stop"));
      assertTrue(request.body().get("prompt").size() >= 8);
    }
  }
}
