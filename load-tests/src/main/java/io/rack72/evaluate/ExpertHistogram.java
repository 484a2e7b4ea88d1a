package io.rack72.evaluate;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * How unevenly tokens fall on experts: the share of each layer's hottest sixteen, of the next
 * sixteen, and so on.
 *
 * @param ranked tokens of the experts of each layer, the hottest first
 */
record ExpertHistogram(long[][] ranked) {
  private static final int GROUP = 16;
  private static final int BAR_WIDTH = 50;

  /** A table with a row for each layer, and bars for all layers together. */
  String toText() {
    StringBuilder text = new StringBuilder("| layer |");
    int groups = (experts() + GROUP - 1) / GROUP;
    for (int group = 0; group < groups; group++) {
      text.append(" %s |".formatted(ranks(group)));
    }
    text.append(" unused |\n|---:|").append("---:|".repeat(groups)).append("---:|\n");
    for (int layer = 0; layer < ranked.length; layer++) {
      text.append("| %d | %s |\n".formatted(layer, row(ranked[layer])));
    }
    text.append("| all | %s |\n\n".formatted(row(allLayers())));
    double[] shares = shares(allLayers());
    for (int group = 0; group < groups; group++) {
      String bar = "#".repeat((int) Math.round(shares[group] * BAR_WIDTH / Math.max(shares[0], 1)));
      text.append("%9s  %s %s\n".formatted(ranks(group), bar, percent(shares[group])));
    }
    return text.toString();
  }

  /** The same for programs. */
  ObjectNode toJson() {
    ObjectNode json = Json.object();
    json.put("hottest_percent", shares(allLayers())[0]);
    ArrayNode layers = json.putArray("layers");
    for (long[] layer : ranked) {
      ObjectNode entry = layers.addObject();
      entry.put("hottest_percent", shares(layer)[0]);
      ArrayNode tokens = entry.putArray("tokens_by_rank");
      Arrays.stream(layer).forEach(tokens::add);
    }
    return json;
  }

  /** Percent of the tokens that each group of experts computes. */
  static double[] shares(long[] ranked) {
    double[] shares = new double[(ranked.length + GROUP - 1) / GROUP];
    long total = Math.max(1, Arrays.stream(ranked).sum());
    for (int rank = 0; rank < ranked.length; rank++) {
      shares[rank / GROUP] += 100.0 * ranked[rank] / total;
    }
    return shares;
  }

  private int experts() {
    return ranked[0].length;
  }

  /** The tokens of the hottest experts of all layers, of the second, and so on. */
  private long[] allLayers() {
    return IntStream.range(0, experts())
        .mapToLong(rank -> Arrays.stream(ranked).mapToLong(layer -> layer[rank]).sum())
        .toArray();
  }

  private static String row(long[] layer) {
    String shares =
        Arrays.stream(shares(layer))
            .mapToObj(ExpertHistogram::percent)
            .collect(Collectors.joining(" | "));
    return shares + " | " + Arrays.stream(layer).filter(tokens -> tokens == 0).count();
  }

  private String ranks(int group) {
    return "%d-%d".formatted(group * GROUP + 1, Math.min((group + 1) * GROUP, experts()));
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f%%", share);
  }
}
