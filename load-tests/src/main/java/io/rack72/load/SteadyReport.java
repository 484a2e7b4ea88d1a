package io.rack72.load;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.function.ToLongFunction;
import java.util.stream.LongStream;

/**
 * Requests of one kind, and what became of them.
 *
 * @param load how they were sent, in words
 * @param outcomes at least one
 * @param clientSeconds of processor time that the client itself took
 * @param traffic between the JVMs of the rack meanwhile, where it has several
 */
record SteadyReport(
    String model,
    String load,
    long seed,
    Slo slo,
    List<Outcome> outcomes,
    double clientSeconds,
    Optional<TrunkTraffic> traffic)
    implements LoadReport {
  private static final double NANOS_PER_SECOND = 1e9;

  SteadyReport {
    outcomes = List.copyOf(outcomes);
  }

  @Override
  public boolean passed() {
    return outcomes.stream().allMatch(Outcome::succeeded);
  }

  @Override
  public void print(PrintWriter out) {
    out.printf(Locale.ROOT, "steady: %s; %s; seed %d%n", model, load, seed);
    out.printf(
        Locale.ROOT,
        "%d of %d requests succeeded in %.2f s%n%n",
        succeeded().size(),
        outcomes.size(),
        seconds());
    out.print(Summary.TABLE_HEAD);
    out.print(Summary.row("TTFT", ttft()));
    out.print(Summary.row("ITL", itl()));
    out.print(Summary.row("TPOT", tpot()));
    out.print(Summary.row("end to end", endToEnd()));
    out.printf(
        Locale.ROOT,
        "%nrequests/s: %.2f; output tokens/s: %.1f; prompt tokens/s: %s%n",
        succeeded().size() / seconds(),
        outputTokens() / seconds(),
        promptTokens().isPresent()
            ? String.format(Locale.ROOT, "%.1f", promptTokens().getAsInt() / seconds())
            : "unknown");
    out.printf(
        Locale.ROOT,
        "tokens in an event: %.2f; processor of the client: %.0f%% of one core%n",
        tokensPerEvent(),
        100 * clientSeconds / seconds());
    traffic.ifPresent(
        between ->
            out.printf(
                Locale.ROOT,
                "between JVMs: %.1f bundles and %,.0f bytes for each output token%n",
                perToken(between.bundles()),
                perToken(between.bytes())));
    goodput()
        .ifPresent(
            rate ->
                out.printf(
                    Locale.ROOT, "goodput: %.2f requests/s, %d good%n", rate, goodRequests()));
    Failed.of(outcomes).print(out);
  }

  @Override
  public ObjectNode toJson() {
    ObjectNode json = Json.object();
    json.put("scenario", "steady");
    json.put("model", model);
    json.put("load", load);
    json.put("seed", seed);
    json.put("passed", passed());
    json.put("requests", outcomes.size());
    json.put("succeeded", succeeded().size());
    json.put("seconds", seconds());
    Summary.put(json, "ttft_ms", ttft());
    Summary.put(json, "itl_ms", itl());
    Summary.put(json, "tpot_ms", tpot());
    Summary.put(json, "end_to_end_ms", endToEnd());
    json.put("requests_per_second", succeeded().size() / seconds());
    json.put("output_tokens", outputTokens());
    json.put("output_tokens_per_second", outputTokens() / seconds());
    if (promptTokens().isPresent()) {
      json.put("prompt_tokens", promptTokens().getAsInt());
    } else {
      json.putNull("prompt_tokens");
    }
    json.put("tokens_per_event", tokensPerEvent());
    traffic.ifPresent(
        between ->
            json.put("bundles_per_output_token", perToken(between.bundles()))
                .put("wire_bytes_per_output_token", perToken(between.bytes())));
    goodput().ifPresent(rate -> json.put("goodput_per_second", rate));
    json.put("client_cpu_seconds", clientSeconds);
    Failed.of(outcomes).put(json);
    return json;
  }

  private List<Outcome> succeeded() {
    return outcomes.stream().filter(Outcome::succeeded).toList();
  }

  /** From when the first request was due until the last was over. */
  private double seconds() {
    long start = limit(outcome -> outcome.timing().startNanos()).min().orElseThrow();
    long end = limit(outcome -> outcome.timing().endNanos()).max().orElseThrow();
    return Math.max(end - start, 1) / NANOS_PER_SECOND;
  }

  private LongStream limit(ToLongFunction<Outcome> instant) {
    return outcomes.stream().mapToLong(instant);
  }

  private Optional<Summary> ttft() {
    return Summary.of(
        succeeded().stream()
            .flatMapToLong(outcome -> outcome.timing().timeToFirstToken().stream()));
  }

  private Optional<Summary> itl() {
    return Summary.of(
        succeeded().stream().flatMapToLong(outcome -> outcome.timing().interTokenLatencies()));
  }

  private Optional<Summary> tpot() {
    return Summary.of(
        succeeded().stream()
            .flatMapToDouble(
                outcome ->
                    outcome.timing().timePerOutputToken(outcome.reply().outputTokens()).stream())
            .mapToLong(Math::round));
  }

  private Optional<Summary> endToEnd() {
    return Summary.of(succeeded().stream().mapToLong(outcome -> outcome.timing().endToEnd()));
  }

  private int outputTokens() {
    return succeeded().stream().mapToInt(outcome -> outcome.reply().outputTokens()).sum();
  }

  /** Empty where the server does not tell it of a request. */
  private OptionalInt promptTokens() {
    if (succeeded().stream().anyMatch(outcome -> outcome.reply().promptTokens().isEmpty())) {
      return OptionalInt.empty();
    }
    return OptionalInt.of(
        succeeded().stream().mapToInt(outcome -> outcome.reply().promptTokens().getAsInt()).sum());
  }

  private double perToken(long amount) {
    return (double) amount / Math.max(1, outputTokens());
  }

  private double tokensPerEvent() {
    long events =
        succeeded().stream().mapToLong(outcome -> outcome.timing().eventNanos().length).sum();
    return events == 0 ? 0 : (double) outputTokens() / events;
  }

  private long goodRequests() {
    return outcomes.stream().filter(slo::isMetBy).count();
  }

  private OptionalDouble goodput() {
    return slo.isGiven() ? OptionalDouble.of(goodRequests() / seconds()) : OptionalDouble.empty();
  }
}
