package io.rack72.gpu;

import static io.rack72.schedule.Urgency.DECODES;
import static io.rack72.schedule.Urgency.PROMPTS;
import static io.rack72.schedule.Urgency.STANDSTILL;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class OthersUrgencyTest {
  private final OthersUrgency others = new OthersUrgency();

  @Test
  void nothingHeardIsNotUrgent() {
    assertEquals(PROMPTS, others.forNextStep());
    assertEquals(PROMPTS, others.forNextStep());
  }

  @Test
  void theMostUrgentCounts() {
    others.heard(DECODES);
    others.heard(PROMPTS);
    assertEquals(DECODES, others.forNextStep());
    assertEquals(PROMPTS, others.forNextStep());
  }

  @Test
  void aStandstillIsRememberedForOneMoreStep() {
    others.heard(STANDSTILL);
    others.heard(DECODES);
    assertEquals(STANDSTILL, others.forNextStep());
    assertEquals(STANDSTILL, others.forNextStep());
    assertEquals(PROMPTS, others.forNextStep());
  }

  @Test
  void whatIsHeardAgainIsRememberedAnew() {
    others.heard(STANDSTILL);
    others.forNextStep();
    others.heard(STANDSTILL);
    assertEquals(STANDSTILL, others.forNextStep());
    assertEquals(STANDSTILL, others.forNextStep());
    assertEquals(PROMPTS, others.forNextStep());
  }
}
