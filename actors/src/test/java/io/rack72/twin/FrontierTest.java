package io.rack72.twin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FrontierTest {
  private static final TwinReport.Quantiles QUANTILES =
      new TwinReport.Quantiles(1, 2, 1, 3, 4, Collections.nCopies(50, 1.0));

  private static Frontier.Point point(
      String layout, int concurrency, double perUser, double perGpu, String slo, double part) {
    TwinReport report =
        new TwinReport(
            "rack <1>",
            "model",
            72,
            4,
            layout,
            72,
            "10",
            "20",
            0,
            30,
            new TwinReport.Requests(10, 9, 0, 0, 1, ""),
            new TwinReport.Throughput(1, 2, 72 * perGpu, perGpu, perUser),
            new TwinReport.Goodput(slo, 1, 2, part),
            new TwinReport.Latencies(QUANTILES, QUANTILES, QUANTILES, QUANTILES),
            new TwinReport.Terms(0.1, 0.2, 0.3, 0.3, 0.1),
            new TwinReport.Spent(0.1, 0.05, 0.05, 0.1, 0.1, 0.15, 0.05, 0.25, 0.05, 0.1),
            0.2,
            0.1,
            0.2,
            new TwinReport.Memory(100, 60, 30),
            new TwinReport.Costs(0, 0),
            List.of(
                new TwinReport.Sample(0, 15, 10, 1, 2, 0.1),
                new TwinReport.Sample(15, 15, 12, 3, 0, 0.2)),
            List.of(),
            List.of(List.of(0L, 5L), List.of(7L, 0L)),
            1000);
    return new Frontier.Point(layout, concurrency, false, report);
  }

  private static Frontier frontier(String slo) {
    return Frontier.of(
        List.of(
            point("dep8", 1, 300, 10, slo, 1),
            point("dep8", 8, 200, 50, slo, 0.95),
            point("dep8", 64, 90, 90, slo, 0.2),
            point("dep72", 8, 190, 40, slo, 1),
            point("dep72", 64, 100, 200, slo, 0.5)));
  }

  @Test
  void whoeverIsBeatenInBothIsNotOnTheFrontier() {
    assertEquals(
        List.of(64, 8, 1), frontier("").best().stream().map(Frontier.Point::concurrency).toList());
    assertEquals(
        List.of(true, true, false, false, true),
        frontier("").points().stream().map(Frontier.Point::best).toList());
  }

  @Test
  void runInWhichNoRequestEndedSaysNothing() {
    Frontier frontier =
        Frontier.of(List.of(point("a", 1, 0, 900, "", 0), point("b", 1, 10, 10, "", 0)));
    assertEquals(List.of("b"), frontier.best().stream().map(Frontier.Point::layout).toList());
  }

  @Test
  void equalPointsAreBothOnIt() {
    Frontier twice =
        Frontier.of(List.of(point("a", 1, 10, 10, "", 0), point("b", 1, 10, 10, "", 0)));
    assertEquals(2, twice.best().size());
  }

  @Test
  void recommendedIsTheOneWithTheMostTokensAmongThoseThatMeetTheSlo() {
    assertEquals(Optional.empty(), frontier("").recommended());
    Frontier.Point best = frontier("ttft=1000").recommended().orElseThrow();
    assertEquals("dep8", best.layout());
    assertEquals(8, best.concurrency());
    assertTrue(frontier("ttft=1000").toText().contains("within ttft=1000: dep8 with 8"));
    Frontier none = Frontier.of(List.of(point("dep8", 64, 90, 90, "ttft=1", 0.2)));
    assertTrue(none.toText().contains("no run had 90 %"), none.toText());
  }

  @Test
  void eachPointIsLimitedByWhatItsGpusSpentTheMostTimeOn() {
    assertEquals("host", frontier("").points().getFirst().limitedBy());
    assertTrue(frontier("").toText().contains("host, 25 %"), frontier("")::toText);
    assertTrue(Html.of(frontier("")).contains("<td>host, 25 %"), Html.of(frontier("")));
  }

  @Test
  void pageNeedsNothingElseAndTakesNamesForText() {
    String page = Html.of(frontier("ttft=1000"));
    assertTrue(page.contains("rack &lt;1>"));
    assertFalse(page.contains("<script") || page.contains("http"), "it loads something");
    assertEquals(page, Html.of(frontier("ttft=1000")), "the same report is the same page");
    assertEquals(
        page.split("<svg", -1).length, page.split("</svg>", -1).length, "all pictures end");
    assertFalse(page.contains("NaN"));
  }
}
