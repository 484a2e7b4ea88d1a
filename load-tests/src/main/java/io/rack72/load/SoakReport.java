package io.rack72.load;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/**
 * What a soak has shown.
 *
 * @param samples of the rack; the first before the load, the last after it, or as long as the
 *     server answered
 */
record SoakReport(
    String model,
    long seed,
    int concurrency,
    SoakTally tally,
    List<RackSample> samples,
    boolean answered)
    implements LoadReport {
  private static final double BYTES_PER_MIB = 1 << 20;

  SoakReport {
    samples = List.copyOf(samples);
  }

  @Override
  public boolean passed() {
    return tally.complaints() == 0 && isLevel();
  }

  private boolean isLevel() {
    return answered && last().isLevel();
  }

  @Override
  public void print(PrintWriter out) {
    out.printf(
        Locale.ROOT,
        "soak: %s; %d clients, %.0f s; seed %d%n%n",
        model,
        concurrency,
        last().seconds(),
        seed);
    out.print(
        """
        | requests | replies | refused | gone | wrong |
        |---|---:|---:|---:|---:|
        """);
    tally
        .kinds()
        .forEach(
            (kind, counts) ->
                out.printf(
                    "| %s | %d | %d | %d | %d |%n",
                    kind.title(),
                    counts.replies(),
                    counts.refused(),
                    counts.gone(),
                    counts.wrong()));
    out.printf(
        Locale.ROOT,
        "%n%d requests, %.1f/s; output tokens/s of whole replies: %.1f%n",
        tally.requests(),
        tally.requests() / last().seconds(),
        tally.outputTokens() / last().seconds());
    out.printf(
        "KV blocks in use: at most %d in %d samples; in the last %d%n",
        samples.stream().mapToInt(RackSample::blocksUsed).max().orElseThrow(),
        samples.size(),
        last().blocksUsed());
    out.printf(
        "sequences: at most %d running, %d waiting and %d paused; in the last sample %d, %d and"
            + " %d%n",
        samples.stream().mapToInt(RackSample::running).max().orElseThrow(),
        samples.stream().mapToInt(RackSample::waiting).max().orElseThrow(),
        samples.stream().mapToInt(RackSample::paused).max().orElseThrow(),
        last().running(),
        last().waiting(),
        last().paused());
    out.println("level at the end: " + (isLevel() ? "yes" : answered ? "NO" : "unknown"));
    printMemory(out);
    if (tally.complaints() > 0) {
      out.printf("%d complaints, the first ones:%n", tally.complaints());
      tally.examples().forEach(out::println);
    }
  }

  private void printMemory(PrintWriter out) {
    for (RackSample sample : List.of(samples.getFirst(), last())) {
      sample
          .residentBytes()
          .ifPresent(
              bytes ->
                  out.printf(
                      Locale.ROOT,
                      "resident memory after %.0f s: %.1f MiB%n",
                      sample.seconds(),
                      bytes / BYTES_PER_MIB));
    }
  }

  @Override
  public ObjectNode toJson() {
    ObjectNode json = Json.object();
    json.put("scenario", "soak");
    json.put("model", model);
    json.put("seed", seed);
    json.put("concurrency", concurrency);
    json.put("passed", passed());
    json.put("level", isLevel());
    json.put("seconds", last().seconds());
    json.put("requests", tally.requests());
    json.put("complaints", tally.complaints());
    ArrayNode examples = json.putArray("complaint_examples");
    tally.examples().forEach(examples::add);
    ObjectNode kinds = json.putObject("kinds");
    tally
        .kinds()
        .forEach(
            (kind, counts) ->
                kinds
                    .putObject(kind.name().toLowerCase(Locale.ROOT))
                    .put("replies", counts.replies())
                    .put("refused", counts.refused())
                    .put("gone", counts.gone())
                    .put("wrong", counts.wrong()));
    ArrayNode list = json.putArray("samples");
    samples.forEach(sample -> list.add(sample.toJson()));
    return json;
  }

  private RackSample last() {
    return samples.getLast();
  }
}
