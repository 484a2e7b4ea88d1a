package io.rack72.chaos;

import io.rack72.fault.FaultText;
import io.rack72.fault.ScheduledFault;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * A run as a picture in SVG: time from left to right, a row for each client, a mark for each token,
 * a band for each fault, a bar for each long pause, and a dot where a request ended otherwise than
 * it should. Without state.
 */
final class Timeline {
  private static final int LEFT = 60;
  private static final int TOP = 72;
  private static final int ROW = 9;
  private static final int WIDTH = 1400;
  private static final double LEAST_BAND = 2;

  private final double nanosPerPixel;
  private final int height;
  private final List<String> rows;
  private final StringBuilder svg = new StringBuilder();

  private Timeline(long endNanos, List<String> rows) {
    nanosPerPixel = Math.max(1, endNanos) / (double) WIDTH;
    this.rows = rows;
    height = TOP + ROW * rows.size() + 30;
  }

  /**
   * Draws a run.
   *
   * @param longPause from which on a pause is shown as one
   */
  static String draw(
      String title, List<Event> events, List<ScheduledFault> faults, Duration longPause) {
    Map<String, List<Event>> byClient = new TreeMap<>();
    long end = 1;
    for (Event event : events) {
      if (!event.stream().isEmpty()) {
        byClient.computeIfAbsent(client(event.stream()), _ -> new ArrayList<>()).add(event);
        end = Math.max(end, event.atNanos());
      }
    }
    Timeline timeline = new Timeline(end, List.copyOf(byClient.keySet()));
    timeline.head(title, end, longPause);
    faults.forEach(timeline::band);
    byClient.forEach(timeline::tokens);
    new Pauses(events).longerThan(longPause).forEach(timeline::pause);
    events.forEach(timeline::dot);
    return timeline.svg.append("</svg>\n").toString();
  }

  /** The client whose stream it is. */
  private static String client(String stream) {
    return stream.replaceFirst("-\\d+$", "");
  }

  /** What each mark means, in its colour. */
  private void legend(Duration longPause) {
    add(
        String.format(
            Locale.ROOT,
            """
            <text x="%d" y="32"><tspan fill="#06c">| token</tspan>\
            <tspan dx="16" fill="#a40">orange: a fault lasts</tspan>\
            <tspan dx="16" fill="#c00">red line: longer than %.1f s without a token</tspan>\
            <tspan dx="16" fill="#c00">red dot: failed, stuck or went on after its end</tspan>\
            <tspan dx="16" fill="#0a0">green dot: resumed or sent again</tspan></text>\
            """,
            LEFT,
            longPause.toMillis() / 1e3));
  }

  private void head(String title, long endNanos, Duration longPause) {
    int width = LEFT + WIDTH + 20;
    add(
        String.format(
            Locale.ROOT,
            """
            <svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" \
            viewBox="0 0 %d %d" font-family="sans-serif" font-size="10">
            <rect width="100%%" height="100%%" fill="white"/>
            <text x="%d" y="16" font-size="14">%s</text>\
            """,
            width,
            height,
            width,
            height,
            LEFT,
            escaped(title)));
    legend(longPause);
    long seconds = Duration.ofNanos(endNanos).toSeconds();
    long step = Math.max(1, seconds / 20);
    for (long second = 0; second <= seconds; second += step) {
      double x = x(second * 1_000_000_000L);
      add(
          String.format(
              Locale.ROOT, "<path d=\"M%.1f %dV%d\" stroke=\"#ddd\"/>", x, TOP - 4, height - 24));
      add(
          String.format(
              Locale.ROOT,
              "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%d s</text>",
              x,
              height - 12,
              second));
    }
    for (String row : rows) {
      add(
          String.format(
              Locale.ROOT,
              "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>",
              LEFT - 6,
              y(row) + 3,
              row));
    }
  }

  private void band(ScheduledFault fault) {
    double x = x(fault.at().toNanos());
    double end = Math.min(LEFT + WIDTH, x(fault.end().toNanos()));
    add(
        String.format(
            Locale.ROOT,
            "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"#f80\""
                + " fill-opacity=\"0.3\"><title>%s</title></rect>",
            x,
            TOP - 4,
            Math.max(LEAST_BAND, end - x),
            height - 24 - TOP,
            escaped(FaultText.words(fault.fault()))));
    add(
        String.format(
            Locale.ROOT,
            "<text x=\"%.1f\" y=\"%d\" fill=\"#a40\">%s</text>",
            x,
            TOP - 10,
            escaped(FaultText.kind(fault.fault()))));
  }

  private void tokens(String client, List<Event> events) {
    StringBuilder path = new StringBuilder();
    long before = -1;
    for (Event event : events) {
      // Marks on the same pixel are one.
      long pixel = Math.round(x(event.atNanos()) * 2);
      if (event.kind() == Event.Kind.TOKEN && pixel != before) {
        path.append(String.format(Locale.ROOT, "M%.1f %dv%d", pixel / 2.0, y(client) - 3, ROW - 3));
        before = pixel;
      }
    }
    add(String.format(Locale.ROOT, "<path d=\"%s\" stroke=\"#06c\" stroke-width=\"0.5\"/>", path));
  }

  private void pause(Pauses.Gap gap) {
    add(
        String.format(
            Locale.ROOT,
            "<path d=\"M%.1f %dH%.1f\" stroke=\"#c00\" stroke-width=\"2\"><title>%s: %.2f"
                + " s</title></path>",
            x(gap.fromNanos()),
            y(client(gap.stream())),
            x(gap.toNanos()),
            escaped(gap.stream()),
            gap.nanos() / 1e9));
  }

  private void dot(Event event) {
    String colour =
        switch (event.kind()) {
          case FAILED, STUCK, AFTER_END -> "#c00";
          case RESUMED, RETRIED -> "#0a0";
          default -> "";
        };
    if (!colour.isEmpty()) {
      add(
          String.format(
              Locale.ROOT,
              "<circle cx=\"%.1f\" cy=\"%d\" r=\"3\" fill=\"%s\"><title>%s: %s %s</title></circle>",
              x(event.atNanos()),
              y(client(event.stream())),
              colour,
              escaped(event.stream()),
              event.kind().name().toLowerCase(Locale.ROOT),
              escaped(event.text())));
    }
  }

  private double x(long nanos) {
    return LEFT + nanos / nanosPerPixel;
  }

  private int y(String client) {
    return TOP + ROW * rows.indexOf(client) + ROW / 2;
  }

  private void add(String element) {
    svg.append(element).append('\n');
  }

  private static String escaped(String text) {
    StringBuilder safe = new StringBuilder();
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '<' -> safe.append("&lt;");
                case '>' -> safe.append("&gt;");
                case '&' -> safe.append("&amp;");
                case '"' -> safe.append("&quot;");
                default -> safe.appendCodePoint(Character.isISOControl(c) ? ' ' : c);
              }
            });
    return safe.toString();
  }
}
