package io.rack72.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.fault.Fault;
import io.rack72.fault.ScheduledFault;
import java.io.StringReader;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class TimelineTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Fault FREEZE = new Fault.Freeze(1, Duration.ofSeconds(5));

  private static Document drawn(Told told, ScheduledFault... faults) throws Exception {
    String svg = Timeline.draw("<\"title\"> & more", told.events(), List.of(faults), SECOND);
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(svg)));
  }

  private static List<Element> of(Document svg, String name, String attribute, String value) {
    NodeList nodes = svg.getElementsByTagName(name);
    return IntStream.range(0, nodes.getLength())
        .mapToObj(i -> (Element) nodes.item(i))
        .filter(element -> element.getAttribute(attribute).equals(value))
        .toList();
  }

  @Test
  void eachClientHasARowAndItsTokensMarks() throws Exception {
    Told told = new Told().tokens("00-0", 0, 1, 2).pause(500).tokens("00-1", 0, 3);
    told.pause(100).tokens("01-0", 0, 4);
    List<Element> rows = of(drawn(told), "path", "stroke", "#06c");
    assertEquals(2, rows.size());
    assertEquals(3, rows.getFirst().getAttribute("d").chars().filter(c -> c == 'M').count());
    assertEquals(1, rows.getLast().getAttribute("d").chars().filter(c -> c == 'M').count());
  }

  @Test
  void faultsAreBandsAsLongAsTheyHold() throws Exception {
    Told told = new Told().tokens("00-0", 0, 1).pause(13_998).tokens("00-0", 0, 2, 3);
    Document svg =
        drawn(
            told,
            new ScheduledFault(Duration.ofSeconds(7), FREEZE),
            new ScheduledFault(Duration.ofSeconds(13), new Fault.Kill(2)));
    List<Element> bands = of(svg, "rect", "fill", "#f80");
    // 14 s are 1400 pixels.
    assertEquals(760, Double.parseDouble(bands.getFirst().getAttribute("x")), 1);
    assertEquals(500, Double.parseDouble(bands.getFirst().getAttribute("width")), 1);
    assertTrue(Double.parseDouble(bands.getLast().getAttribute("width")) > 0, "it can be seen");
  }

  @Test
  void longPausesAndBadEndsStandOut() throws Exception {
    Told told = new Told().tokens("00-0", 0, 1).pause(2_000).tokens("00-0", 0, 2);
    told.tokens("01-0", 0, 1).pause(500).tokens("01-0", 0, 2);
    told.told("01-0", Event.Kind.FAILED, "why <now>").told("00-0", Event.Kind.DONE, "");
    Document svg = drawn(told);
    assertEquals(1, of(svg, "path", "stroke", "#c00").size());
    assertEquals(1, of(svg, "circle", "fill", "#c00").size());
  }

  @Test
  void runWithoutAnyEventCanBeDrawn() throws Exception {
    assertEquals(0, of(drawn(new Told()), "path", "stroke", "#06c").size());
  }
}
