package io.rack72.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SpellingTest {
  @Test
  void editsAreInsertionsDeletionsAndReplacements() {
    assertEquals(0, Spelling.edits("tray", "tray"));
    assertEquals(3, Spelling.edits("kitten", "sitting"));
    assertEquals(4, Spelling.edits("", "rack"));
    assertEquals(4, Spelling.edits("rack", ""));
    assertEquals(2, Spelling.edits("port", "prot"));
  }

  @Test
  void nothingIsMeantByWhatIsFarFromEverything() {
    assertEquals(Optional.empty(), Spelling.closest("zzzzzz", List.of("rack72.seed")));
  }

  @Test
  void theClosestOfSeveralIsMeant() {
    assertEquals(
        Optional.of("rack72.model.name"),
        Spelling.closest("rack72.model.nane", List.of("rack72.rack.name", "rack72.model.name")));
  }

  @Test
  void endingOfSeveralMeansAnyOfThem() {
    assertEquals(
        Optional.of("rack72.model.name or rack72.rack.name"),
        Spelling.closest("name", List.of("rack72.model.name", "rack72.rack.name", "rack72.seed")));
  }
}
