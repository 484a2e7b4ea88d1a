package io.rack72.twin;

import java.util.ArrayList;
import java.util.Formatter;
import java.util.List;
import java.util.Locale;

/**
 * Lines over two axes that begin at 0, as an SVG element that takes its colours from the page. Not
 * thread-safe.
 */
final class LineChart {
  private static final int WIDTH = 640;
  private static final int HEIGHT = 260;
  private static final int LEFT = 72;
  private static final int RIGHT = 16;
  private static final int TOP = 28;
  private static final int BOTTOM = 44;
  private static final int TICKS = 5;

  /** A place, in units of the axes. */
  record Spot(double x, double y) {}

  private enum Style {
    LINE,
    DOTS,
    AREA
  }

  private record Line(String name, List<Spot> spots, Style style) {}

  private record Mark(double x, String name) {}

  private final String xName;
  private final String yName;
  private final List<Line> lines = new ArrayList<>();
  private final List<Mark> marks = new ArrayList<>();

  LineChart(String xName, String yName) {
    this.xName = xName;
    this.yName = yName;
  }

  /** Adds a line through these places, in their order. */
  LineChart line(String name, List<Spot> spots) {
    lines.add(new Line(name, List.copyOf(spots), Style.LINE));
    return this;
  }

  /** Adds places that nothing joins. */
  LineChart dots(String name, List<Spot> spots) {
    lines.add(new Line(name, List.copyOf(spots), Style.DOTS));
    return this;
  }

  /** Adds what is below a line through these places; areas added later cover it. */
  LineChart area(String name, List<Spot> spots) {
    lines.add(new Line(name, List.copyOf(spots), Style.AREA));
    return this;
  }

  /**
   * Marks a place of the x axis.
   *
   * @param name of the mark, shown where a reader points at it
   */
  LineChart mark(double x, String name) {
    marks.add(new Mark(x, name));
    return this;
  }

  String toSvg() {
    double xMost =
        roundUp(lines.stream().flatMap(l -> l.spots.stream()).mapToDouble(Spot::x).max().orElse(1));
    double yMost =
        roundUp(lines.stream().flatMap(l -> l.spots.stream()).mapToDouble(Spot::y).max().orElse(1));
    Formatter svg = new Formatter(Locale.ROOT);
    svg.format(
        "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s over %s\">%n",
        WIDTH, HEIGHT, Html.escaped(yName), Html.escaped(xName));
    for (int i = 0; i <= TICKS; i++) {
      double x = LEFT + (double) i / TICKS * (WIDTH - LEFT - RIGHT);
      double y = HEIGHT - BOTTOM - (double) i / TICKS * (HEIGHT - TOP - BOTTOM);
      svg.format(
          "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>%n",
          LEFT, WIDTH - RIGHT, y, y);
      svg.format(
          "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>%n",
          LEFT - 6, y + 4, shortened(yMost * i / TICKS));
      svg.format(
          "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>%n",
          x, HEIGHT - BOTTOM + 16, shortened(xMost * i / TICKS));
    }
    svg.format(
        "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>%n",
        (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, Html.escaped(xName));
    svg.format("<text x=\"4\" y=\"14\">%s</text>%n", Html.escaped(yName));
    for (Mark mark : marks) {
      double x = LEFT + mark.x / xMost * (WIDTH - LEFT - RIGHT);
      svg.format(
          "<line class=\"mark\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\""
              + " y2=\"%d\"><title>%s</title></line>%n",
          x, x, TOP, HEIGHT - BOTTOM, Html.escaped(mark.name));
    }
    for (int i = 0; i < lines.size(); i++) {
      draw(svg, lines.get(i), i, xMost, yMost);
    }
    return svg.format("</svg>%n").toString();
  }

  private void draw(Formatter svg, Line line, int number, double xMost, double yMost) {
    StringBuilder path = new StringBuilder();
    for (Spot spot : line.spots) {
      double x = LEFT + spot.x / xMost * (WIDTH - LEFT - RIGHT);
      double y = HEIGHT - BOTTOM - spot.y / yMost * (HEIGHT - TOP - BOTTOM);
      if (line.style == Style.DOTS) {
        svg.format("<circle class=\"c%d\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\"/>%n", number % 6, x, y);
      } else {
        path.append(String.format(Locale.ROOT, "%.1f,%.1f ", x, y));
      }
    }
    String points = path.toString().trim();
    if (line.style == Style.LINE) {
      svg.format("<polyline class=\"s%d\" points=\"%s\"/>%n", number % 6, points);
    } else if (line.style == Style.AREA && !line.spots.isEmpty()) {
      double first = LEFT + line.spots.getFirst().x / xMost * (WIDTH - LEFT - RIGHT);
      double last = LEFT + line.spots.getLast().x / xMost * (WIDTH - LEFT - RIGHT);
      svg.format(
          "<polygon class=\"c%d\" points=\"%.1f,%d %s %.1f,%d\"/>%n",
          number % 6, first, HEIGHT - BOTTOM, points, last, HEIGHT - BOTTOM);
    }
    svg.format(
        "<text class=\"t%d\" x=\"%d\" y=\"14\" text-anchor=\"end\">%s</text>%n",
        number % 6, WIDTH - RIGHT - 110 * (lines.size() - 1 - number), Html.escaped(line.name));
  }

  /** The next number of one or two digits and zeros, so that ticks are easy to read. */
  private static double roundUp(double most) {
    if (!(most > 0)) {
      return 1;
    }
    double unit = Math.pow(10, Math.floor(Math.log10(most)));
    for (double factor : new double[] {1, 1.5, 2, 2.5, 3, 4, 5, 6, 8}) {
      if (most <= factor * unit) {
        return factor * unit;
      }
    }
    return 10 * unit;
  }

  private static String shortened(double value) {
    String[] suffixes = {"", "k", "M", "G"};
    int at = 0;
    double shown = value;
    while (shown >= 1000 && at < suffixes.length - 1) {
      shown /= 1000;
      at++;
    }
    String digits = String.format(Locale.ROOT, "%.2f", shown);
    return digits.replaceAll("\\.?0+$", "") + suffixes[at];
  }
}
