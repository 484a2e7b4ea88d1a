package io.rack72.load;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * TTFT of prompts with a beginning that the server had never seen, and of those with one that it
 * had.
 */
record PrefixReport(
    String model, int prefixTokens, Workload tails, List<Outcome> cold, List<Outcome> warm)
    implements LoadReport {
  PrefixReport {
    cold = List.copyOf(cold);
    warm = List.copyOf(warm);
  }

  @Override
  public boolean passed() {
    return all().allMatch(Outcome::succeeded);
  }

  @Override
  public void print(PrintWriter out) {
    out.printf(
        Locale.ROOT,
        "prefix: %s; %d tokens of prefix, %s after it, replies of %s; seed %d%n%n",
        model,
        prefixTokens,
        tails.promptTokens(),
        tails.outputTokens(),
        tails.seed());
    out.print(Summary.TABLE_HEAD);
    out.print(Summary.row("TTFT, cold", ttft(cold)));
    out.print(Summary.row("TTFT, warm", ttft(warm)));
    speedup()
        .ifPresent(
            times ->
                out.printf(Locale.ROOT, "%ncold takes %.2f times as long as warm (p50)%n", times));
    out.printf("prompt tokens from the cache: cold %s, warm %s%n", ofCache(cold), ofCache(warm));
    if (isColdCached()) {
      out.println("the server had seen the prefixes of cold requests: run it with another --seed");
    }
    failed().print(out);
  }

  @Override
  public ObjectNode toJson() {
    ObjectNode json = Json.object();
    json.put("scenario", "prefix");
    json.put("model", model);
    json.put("seed", tails.seed());
    json.put("prefix_tokens", prefixTokens);
    json.put("passed", passed());
    Summary.put(json, "cold_ttft_ms", ttft(cold));
    Summary.put(json, "warm_ttft_ms", ttft(warm));
    json.put("cold_to_warm", speedup().orElse(null));
    putCached(json, "cold", cold);
    putCached(json, "warm", warm);
    failed().put(json);
    return json;
  }

  private Stream<Outcome> all() {
    return Stream.concat(cold.stream(), warm.stream());
  }

  private Failed failed() {
    return Failed.of(all().toList());
  }

  private Optional<Double> speedup() {
    return ttft(cold).flatMap(slow -> ttft(warm).map(fast -> slow.p50() / fast.p50()));
  }

  private static Optional<Summary> ttft(List<Outcome> outcomes) {
    return Summary.of(
        succeeded(outcomes).flatMapToLong(outcome -> outcome.timing().timeToFirstToken().stream()));
  }

  private static Stream<Outcome> succeeded(List<Outcome> outcomes) {
    return outcomes.stream().filter(Outcome::succeeded);
  }

  private static String ofCache(List<Outcome> outcomes) {
    OptionalLong cached = cachedTokens(outcomes);
    return cached.isEmpty()
        ? "unknown"
        : "%d of %d".formatted(cached.getAsLong(), promptTokens(outcomes));
  }

  private static void putCached(ObjectNode json, String name, List<Outcome> outcomes) {
    OptionalLong cached = cachedTokens(outcomes);
    json.put(name + "_prompt_tokens", promptTokens(outcomes));
    if (cached.isPresent()) {
      json.put(name + "_cached_tokens", cached.getAsLong());
    } else {
      json.putNull(name + "_cached_tokens");
    }
  }

  /** Empty where the server does not tell it of a request. */
  private static OptionalLong cachedTokens(List<Outcome> outcomes) {
    if (succeeded(outcomes).anyMatch(outcome -> outcome.reply().cachedTokens().isEmpty())) {
      return OptionalLong.empty();
    }
    return OptionalLong.of(
        succeeded(outcomes).mapToLong(outcome -> outcome.reply().cachedTokens().getAsInt()).sum());
  }

  private static long promptTokens(List<Outcome> outcomes) {
    return succeeded(outcomes).mapToLong(outcome -> outcome.reply().promptTokens().orElse(0)).sum();
  }

  private boolean isColdCached() {
    return cachedTokens(cold).orElse(0) > 0;
  }
}
