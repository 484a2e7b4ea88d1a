package io.rack72.twin;

import java.util.Formatter;
import java.util.List;
import java.util.Locale;

/**
 * What passes from each GPU to each as an SVG element that takes its colours from the page: a row
 * for each that sends, a column for each that receives, and lines between trays.
 */
final class HeatMap {
  private static final int LEFT = 72;
  private static final int TOP = 40;
  private static final int SIDE = 520;
  private static final int BOTTOM = 60;
  private static final int LEVELS = 8;
  private static final double FAINTEST = 0.2;
  private static final int MAX_LABELS = 18;
  private static final int LEGEND_WIDTH = 64;

  private final List<List<Long>> bytes;
  private final int gpusPerTray;
  private final long least;
  private final long most;
  private final Formatter svg = new Formatter(Locale.ROOT);

  private HeatMap(List<List<Long>> bytes, int gpusPerTray) {
    this.bytes = bytes;
    this.gpusPerTray = gpusPerTray;
    most = bytes.stream().flatMap(List::stream).mapToLong(each -> each).max().orElse(0);
    least =
        bytes.stream()
            .flatMap(List::stream)
            .mapToLong(each -> each)
            .filter(each -> each > 0)
            .min()
            .orElse(0);
  }

  /**
   * Draws.
   *
   * @param bytes from each GPU to each, a square
   */
  static String toSvg(List<List<Long>> bytes, int gpusPerTray) {
    return new HeatMap(bytes, gpusPerTray).draw();
  }

  private String draw() {
    svg.format(
        "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"bytes from GPU to GPU\">%n",
        LEFT + SIDE + 16, TOP + SIDE + BOTTOM);
    for (int level = 1; level <= LEVELS; level++) {
      cells(level);
    }
    trays();
    svg.format("<text x=\"4\" y=\"14\">from tray (down) to tray (across)</text>%n");
    legend();
    return svg.format("</svg>%n").toString();
  }

  /** All cells of a level are one path, in units of GPUs, of which neighbours are one rectangle. */
  private void cells(int level) {
    StringBuilder path = new StringBuilder();
    for (int from = 0; from < bytes.size(); from++) {
      List<Long> row = bytes.get(from);
      int to = 0;
      while (to < row.size()) {
        int first = to;
        while (to < row.size() && level(row.get(to)) == level) {
          to++;
        }
        if (to > first) {
          int width = to - first;
          path.append('M').append(first).append(' ').append(from);
          path.append('h').append(width).append("v1h-").append(width).append('z');
        } else {
          to++;
        }
      }
    }
    if (!path.isEmpty()) {
      svg.format(
          "<path class=\"c0\" shape-rendering=\"crispEdges\" fill-opacity=\"%.2f\""
              + " transform=\"translate(%d %d) scale(%.4f)\" d=\"%s\"/>%n",
          opacity(level), LEFT, TOP, (double) SIDE / bytes.size(), path);
    }
  }

  private void trays() {
    int trays = Math.ceilDiv(bytes.size(), gpusPerTray);
    int each = Math.ceilDiv(trays, MAX_LABELS);
    for (int tray = 0; tray <= trays; tray += each) {
      double at = (double) SIDE * Math.min(bytes.size(), tray * gpusPerTray) / bytes.size();
      svg.format(
          "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>%n",
          LEFT, LEFT + SIDE, TOP + at, TOP + at);
      svg.format(
          "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>%n",
          LEFT + at, LEFT + at, TOP, TOP + SIDE);
      if (tray < trays) {
        double middle = at + (double) SIDE * gpusPerTray / bytes.size() / 2;
        svg.format(
            "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%d</text>%n",
            LEFT + middle, TOP - 6, tray);
        svg.format(
            "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%d</text>%n",
            LEFT - 6, TOP + middle + 4, tray);
      }
    }
  }

  private void legend() {
    int y = TOP + SIDE + 16;
    if (most == 0) {
      svg.format("<text x=\"%d\" y=\"%d\">nothing passed the links</text>%n", LEFT, y + 10);
      return;
    }
    for (int level = 1; level <= LEVELS; level++) {
      int x = LEFT + (level - 1) * LEGEND_WIDTH;
      svg.format(
          "<rect class=\"c0\" fill-opacity=\"%.2f\" x=\"%d\" y=\"%d\" width=\"%d\""
              + " height=\"12\"/>%n",
          opacity(level), x, y, LEGEND_WIDTH);
    }
    svg.format("<text x=\"%d\" y=\"%d\">%s</text>%n", LEFT, y + 28, size(least));
    svg.format(
        "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s in the whole run</text>%n",
        LEFT + LEVELS * LEGEND_WIDTH, y + 28, size(most));
  }

  /** From 1 for the least to the highest for the most; 0 where nothing passed. */
  private int level(long each) {
    if (each == 0) {
      return 0;
    }
    double part = most == least ? 1 : (double) (each - least) / (most - least);
    return Math.max(1, (int) Math.ceil(part * LEVELS));
  }

  /** The least is still told from nothing. */
  private static double opacity(int level) {
    return FAINTEST + (1 - FAINTEST) * (level - 1) / (LEVELS - 1);
  }

  private static String size(long bytes) {
    return String.format(Locale.ROOT, "%,.3f GB", bytes / TwinTable.BYTES_PER_GB);
  }
}
