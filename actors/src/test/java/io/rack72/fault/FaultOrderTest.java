package io.rack72.fault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.rack72.config.InvalidConfigException;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FaultOrderTest {
  @Test
  void everyOrderIsTheSameWhenItHasBeenWrittenAndRead() throws Exception {
    SplittableRandom random = new SplittableRandom(72);
    for (int i = 0; i < 900; i++) {
      FaultOrder order =
          new FaultOrder(
              random.nextLong(),
              random.nextInt(2),
              List.of("127.0.0.1:4001", ""),
              random.nextLong(),
              RandomFaults.of(i % RandomFaults.KINDS, random));
      String line = new ObjectMapper().writeValueAsString(order.fields());
      assertEquals(order, FaultOrder.read(line), line);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'fault':'kil','node':1} | order.fault is one of kill, terminate | did you mean kill?",
        "{'fault':'kill'} | order.node is missing | missing",
        "{'fault':'kill','node':-1} | order.node is a whole number from 0 to 1023 | not -1",
        "{'fault':'kill','node':1.5} | order.node is a whole number from 0 to 1023 | not 1.5",
        "{'fault':'kill','node':1,'length':'5s'} | there is no order.length | there are fault,"
            + " node",
        "{'fault':'freeze','node':1,'length':5} | order.length is a duration such as | not 5",
        "{'fault':'freeze','node':1,'length':'0s'} | a length is above 0 and at most an hour |"
            + " PT0S",
        "{'fault':'port-bandwidth','gpu':1,'factor':0,'length':'5s'} | factor is above 0 | not 0.0",
        "{'fault':'partition','nodes':[],'direction':'both','length':'5s'} | at least one node |"
            + " []",
        "{'fault':'partition','nodes':[1],'direction':'in','length':'5s'} | both, into, out-of |"
            + " in",
        "{'fault':'checkpoint-gone','file':'../x','length':'5s'} | a name in the checkpoint | ../x",
      })
  void wrongOrdersAreRefusedAndToldWhatWouldBeRight(String fault, String what, String more) {
    String line =
        "{'id':'7','node':1,'addresses':['a:1','b:2'],'seed':'3','order':%s}"
            .formatted(fault)
            .replace('\'', '"');
    String message =
        assertThrows(InvalidConfigException.class, () -> FaultOrder.read(line)).getMessage();
    assertTrue(message.startsWith("an order"), message);
    assertTrue(message.contains(what), message);
    assertTrue(message.contains(more), message);
  }

  @Test
  void whatIsNoOrderIsRefused() {
    for (String line :
        List.of("", "17", "[]", "{", "{}", "null", "[".repeat(100_000), "{\"id\":\"x\"}")) {
      assertThrows(InvalidConfigException.class, () -> FaultOrder.read(line));
    }
  }
}
