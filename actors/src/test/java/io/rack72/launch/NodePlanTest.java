package io.rack72.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NodePlanTest {
  @Test
  void firstJvmsHaveGatewaysAtPortsThatFollowEachOther() {
    List<NodePlan> plans = NodePlan.of(TrayList.all(5), 3, 2, 8000);
    assertEquals(
        List.of(
            new NodePlan(new TrayList(List.of(0, 1)), OptionalInt.of(8000)),
            new NodePlan(new TrayList(List.of(2, 3)), OptionalInt.of(8001)),
            new NodePlan(new TrayList(List.of(4)), OptionalInt.empty())),
        plans);
    assertEquals("tray 2-3", plans.get(1).toString());
  }

  @Test
  void anyFreePortIsAnyFreePortForEach() {
    assertTrue(
        NodePlan.of(TrayList.all(4), 4, 4, 0).stream()
            .allMatch(plan -> plan.gatewayPort().equals(OptionalInt.of(0))));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0 | 1 | 8000  | 1 to 18 JVMs, not 0",
        "19| 1 | 8000  | for 18 trays there are 1 to 18 JVMs, not 19",
        "3 | 0 | 8000  | 1 to 3 have a gateway, not 0",
        "3 | 4 | 8000  | of 3 JVMs",
        "3 | 3 | 65534 | not 65534",
        "3 | 3 | -1    | not -1",
      })
  void whatCannotBeIsNamed(int jvms, int gateways, int port, String part) {
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> NodePlan.of(TrayList.all(18), jvms, gateways, port))
            .getMessage();
    assertTrue(message.contains(part), message);
  }

  @Test
  void lastPortCanBeTaken() {
    assertEquals(
        OptionalInt.of(65_535), NodePlan.of(TrayList.all(3), 3, 3, 65_533).getLast().gatewayPort());
  }
}
