package io.rack72.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrayListTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0           | 0",
        "3,1,2       | 1-3",
        "0-3,7       | 0-3,7",
        "17, 1, 0    | 0-1,17",
        "5-5         | 5",
        "0-8,9-17    | 0-17",
        "0007        | 7",
      })
  void listIsShownWithTheLongestRanges(String written, String shown) {
    assertEquals(shown, TrayList.parse(written, 18).toString());
  }

  @Test
  void anyListSurvivesBeingWrittenAndRead() {
    Random random = new Random(7);
    for (int round = 0; round < 500; round++) {
      TreeSet<Integer> trays = new TreeSet<>();
      int size = 1 + random.nextInt(40);
      while (trays.size() < size) {
        trays.add(random.nextInt(64));
      }
      TrayList list = new TrayList(List.copyOf(trays));
      assertEquals(list, TrayList.parse(list.toString(), 64));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''              | ''",
        "0-3,,7          | ''",
        "0-3,x           | 'x'",
        "0 - 1           | '0 - 1'",
        "1--2            | '1--2'",
        "-1              | '-1'",
        "3-1             | '3-1'",
        "0-18            | 0 to 17, not '0-18'",
        "99999999999     | '99999999999'",
        "0-3,2           | tray 2 is in the list twice",
        "4,4             | second time in '4'",
      },
      quoteCharacter = '"')
  void wrongPartIsNamed(String written, String part) {
    String text = written.equals("''") ? "" : written;
    assertTrue(wrong(text, 18).contains(part), wrong(text, 18));
  }

  @Test
  void messageAboutAHugePartIsShort() {
    assertTrue(wrong("9".repeat(5000), 18).length() < 200);
    assertTrue(wrong("9,".repeat(5000), 18).contains("10000"));
  }

  @Test
  void runsAreInOrderAndDifferByOneAtMost() {
    for (int trays = 1; trays <= 20; trays++) {
      TrayList all = TrayList.all(trays);
      for (int runs = 1; runs <= trays; runs++) {
        List<TrayList> split = all.split(runs);
        assertEquals(runs, split.size());
        assertEquals(
            IntStream.range(0, trays).boxed().toList(),
            split.stream().flatMap(run -> run.trays().stream()).toList());
        assertTrue(split.getFirst().size() - split.getLast().size() <= 1, split::toString);
      }
    }
    assertThrows(IllegalArgumentException.class, () -> TrayList.all(3).split(4));
  }

  private static String wrong(String written, int rackTrays) {
    return assertThrows(IllegalArgumentException.class, () -> TrayList.parse(written, rackTrays))
        .getMessage();
  }
}
