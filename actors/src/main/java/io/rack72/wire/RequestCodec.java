package io.rack72.wire;

import io.rack72.gpu.SequenceRequest;
import io.rack72.sampling.SamplingParams;
import io.rack72.schedule.SequenceId;
import io.rack72.schedule.Standing;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * A sequence's request as fields of a message.
 *
 * <pre>
 * request   id, attempt int32,
 *           prompt tokens (their number int32, then int32 each), generated tokens (likewise),
 *           params, standing
 * id        request text, choice int32
 * params    temperature, topP float32, topK int32, minP float32, seed int64,
 *           presencePenalty, frequencyPenalty, repetitionPenalty float32,
 *           biases (their number int32, then token int32 and bias float32 each, by token),
 *           topLogprobs, maxTokens, minTokens int32,
 *           stop ids (their number int32, then int32 each, ascending), ignoreStopIds int8
 * standing  tenant text, weight, priority int32, cacheSalt text
 * </pre>
 *
 * <p>What the records themselves refuse is thrown as their {@link IllegalArgumentException}.
 */
final class RequestCodec {
  /** Most tokens of a prompt, or of what was generated before: 16 Mi. */
  static final int MAX_TOKENS = 1 << 24;

  /** Most biases, and most stop ids. */
  static final int MAX_TOKEN_RULES = 1 << 16;

  private RequestCodec() {}

  static void write(SequenceRequest request, WireWriter out) {
    write(request.id(), out);
    out.int32(request.attempt());
    writeTokens("a prompt", request.promptIds(), out);
    writeTokens("what was generated", request.generatedIds(), out);
    write(request.params(), out);
    write(request.standing(), out);
  }

  static SequenceRequest read(WireReader in) {
    return new SequenceRequest(
        readId(in),
        in.int32("the attempt"),
        readTokens("prompt tokens", in),
        readTokens("generated tokens", in),
        readParams(in),
        readStanding(in));
  }

  static void write(SequenceId id, WireWriter out) {
    out.text("a request's id", id.request());
    out.int32(id.choice());
  }

  static SequenceId readId(WireReader in) {
    return new SequenceId(in.text("the request's id"), in.int32("the choice"));
  }

  private static void writeTokens(String name, int[] ids, WireWriter out) {
    requireAtMost(MAX_TOKENS, "tokens of " + name, ids.length);
    out.int32(ids.length);
    out.ints(ids);
  }

  private static int[] readTokens(String name, WireReader in) {
    return in.ints(name, in.count(name, Integer.BYTES, MAX_TOKENS));
  }

  private static void write(SamplingParams params, WireWriter out) {
    out.float32(params.temperature());
    out.float32(params.topP());
    out.int32(params.topK());
    out.float32(params.minP());
    out.int64(params.seed());
    out.float32(params.presencePenalty());
    out.float32(params.frequencyPenalty());
    out.float32(params.repetitionPenalty());
    requireAtMost(MAX_TOKEN_RULES, "biases of tokens", params.logitBias().size());
    out.int32(params.logitBias().size());
    params
        .logitBias()
        .forEach(
            (id, bias) -> {
              out.int32(id);
              out.float32(bias);
            });
    out.int32(params.topLogprobs());
    out.int32(params.maxTokens());
    out.int32(params.minTokens());
    requireAtMost(MAX_TOKEN_RULES, "stop ids", params.stopIds().size());
    out.int32(params.stopIds().size());
    params.stopIds().forEach(out::int32);
    out.flag(params.ignoreStopIds());
  }

  private static SamplingParams readParams(WireReader in) {
    return new SamplingParams(
        in.float32("the temperature"),
        in.float32("top_p"),
        in.int32("top_k"),
        in.float32("min_p"),
        in.int64("the seed"),
        in.float32("the presence penalty"),
        in.float32("the frequency penalty"),
        in.float32("the repetition penalty"),
        readBiases(in),
        in.int32("top_logprobs"),
        in.int32("max_tokens"),
        in.int32("min_tokens"),
        readStopIds(in),
        in.flag("ignoring stop ids"));
  }

  private static Map<Integer, Float> readBiases(WireReader in) {
    int count = in.count("biases", Integer.BYTES + Float.BYTES, MAX_TOKEN_RULES);
    Map<Integer, Float> biases = new LinkedHashMap<>();
    int id = -1;
    for (int i = 0; i < count; i++) {
      id = idAbove(id, "a token with a bias", in);
      biases.put(id, in.float32("a bias"));
    }
    return biases;
  }

  private static Set<Integer> readStopIds(WireReader in) {
    int count = in.count("stop ids", Integer.BYTES, MAX_TOKEN_RULES);
    Set<Integer> ids = new LinkedHashSet<>();
    int id = -1;
    for (int i = 0; i < count; i++) {
      id = idAbove(id, "a stop id", in);
      ids.add(id);
    }
    return ids;
  }

  /** Ids ascend, so that none is there twice and there is one encoding only. */
  private static int idAbove(int previous, String name, WireReader in) {
    int id = in.int32(name);
    if (id <= previous) {
      throw in.wrong("%s is above %d, not %d".formatted(name, previous, id));
    }
    return id;
  }

  private static void write(Standing standing, WireWriter out) {
    out.text("a tenant", standing.tenant());
    out.int32(standing.weight());
    out.int32(standing.priority());
    out.text("a cache salt", standing.cacheSalt());
  }

  private static Standing readStanding(WireReader in) {
    return new Standing(
        in.text("the tenant"),
        in.int32("the weight"),
        in.int32("the priority"),
        in.text("the cache salt"));
  }

  private static void requireAtMost(int most, String name, int count) {
    if (count > most) {
      throw new WireFormatException(
          "a request has at most %d %s, not %d".formatted(most, name, count));
    }
  }
}
