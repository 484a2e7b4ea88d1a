package io.rack72.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.junit.jupiter.api.Test;

class LedgerTest {
  private static JsonNode rack(int epoch, int used, int running, boolean answers)
      throws JsonProcessingException {
    return Json.read(
        """
        {"epoch": %d,
         "nodes": [{"address": "a:1", "answers": %s}],
         "gpus": [{"gpu": 3, "kv_full": {"used": %d, "free": 9}, "kv_sliding": {"used": 0, "free": 9},
                   "sequences_running": %d, "sequences_waiting": 0, "sequences_paused": 0}]}
        """
            .formatted(epoch, answers, used, running));
  }

  private static List<Finding.Kind> kinds(JsonNode... racks) {
    return Ledger.check(List.of(racks)).stream().map(Finding::kind).toList();
  }

  @Test
  void rackThatHoldsNothingIsLevel() throws Exception {
    assertEquals(List.of(), kinds(rack(2, 0, 0, true), rack(2, 0, 0, true)));
  }

  @Test
  void whatIsStillHeldIsFound() throws Exception {
    assertEquals(List.of(Finding.Kind.NOT_LEVEL), kinds(rack(2, 1, 0, true)));
    assertEquals(List.of(Finding.Kind.NOT_LEVEL), kinds(rack(2, 0, 1, true)));
    assertEquals(List.of(Finding.Kind.NOT_LEVEL), kinds(rack(2, 0, 0, false)));
    assertEquals(List.of(Finding.Kind.NOT_LEVEL), kinds(Json.read("{\"gpus\": []}")));
  }

  @Test
  void gatewaysFollowOnePlacement() throws Exception {
    assertEquals(
        List.of(Finding.Kind.NOT_ONE_PLACEMENT), kinds(rack(2, 0, 0, true), rack(3, 0, 0, true)));
  }
}
