package io.rack72.load;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rack72.load.InterferenceScenario.Round;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.LongStream;

/** Inter-token latencies of streams, without and with a prefill beside them. */
record InterferenceReport(String model, Workload prompts, int streams, List<Round> rounds)
    implements LoadReport {
  InterferenceReport {
    rounds = List.copyOf(rounds);
  }

  /** A round that cannot be measured ends the run, so what is here is good. */
  @Override
  public boolean passed() {
    return true;
  }

  @Override
  public void print(PrintWriter out) {
    out.printf(
        Locale.ROOT,
        "interference: %s; %d streams, prompts of %s tokens; seed %d%n%n",
        model,
        streams,
        prompts.promptTokens(),
        prompts.seed());
    out.print(
        """
        | round | p50 without, ms | with | ratio | p99 without, ms | with | ratio | most with | TTFT of the prompt |
        |---|---:|---:|---:|---:|---:|---:|---:|---:|
        """);
    for (int i = 0; i < rounds.size(); i++) {
      print(out, Integer.toString(i + 1), rounds.get(i), rounds.get(i).prefillMillis());
    }
    if (rounds.size() > 1) {
      print(out, "all", pooled(), median(Round::prefillMillis));
      out.printf(
          Locale.ROOT,
          "%nmedian ratio of the rounds: p50 %.2f, p99 %.2f%n",
          median(round -> ratio(round, Summary::p50)),
          median(round -> ratio(round, Summary::p99)));
    }
  }

  private static void print(PrintWriter out, String name, Round round, double prefillMillis) {
    Summary without = round.withoutSummary();
    Summary with = round.withSummary();
    out.printf(
        Locale.ROOT,
        "| %s | %.2f | %.2f | %.2f | %.2f | %.2f | %.2f | %.2f | %.2f |%n",
        name,
        without.p50(),
        with.p50(),
        ratio(round, Summary::p50),
        without.p99(),
        with.p99(),
        ratio(round, Summary::p99),
        with.max(),
        prefillMillis);
  }

  @Override
  public ObjectNode toJson() {
    ObjectNode json = Json.object();
    json.put("scenario", "interference");
    json.put("model", model);
    json.put("seed", prompts.seed());
    json.put("streams", streams);
    json.put("prompt_tokens", prompts.promptTokens().toString());
    json.put("passed", passed());
    ArrayNode list = json.putArray("rounds");
    rounds.forEach(
        round -> put(list.addObject(), round).put("prefill_ttft_ms", round.prefillMillis()));
    put(json.putObject("all"), pooled());
    json.put("median_ratio_p50", median(round -> ratio(round, Summary::p50)));
    json.put("median_ratio_p99", median(round -> ratio(round, Summary::p99)));
    return json;
  }

  private static ObjectNode put(ObjectNode json, Round round) {
    Summary.put(json, "itl_without_ms", Summary.of(LongStream.of(round.without())));
    Summary.put(json, "itl_with_ms", Summary.of(LongStream.of(round.with())));
    return json.put("ratio_p50", ratio(round, Summary::p50))
        .put("ratio_p99", ratio(round, Summary::p99));
  }

  private static double ratio(Round round, ToDoubleFunction<Summary> value) {
    return value.applyAsDouble(round.withSummary()) / value.applyAsDouble(round.withoutSummary());
  }

  /** All rounds as one, but for the prefill, which has no meaning there. */
  private Round pooled() {
    return new Round(all(Round::without), all(Round::with), 0);
  }

  private long[] all(Function<Round, long[]> gaps) {
    return rounds.stream().flatMapToLong(round -> Arrays.stream(gaps.apply(round))).toArray();
  }

  private double median(ToDoubleFunction<Round> value) {
    return Summary.percentile(rounds.stream().mapToDouble(value).sorted().toArray(), 50);
  }
}
