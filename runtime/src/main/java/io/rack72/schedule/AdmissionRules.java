package io.rack72.schedule;

import io.rack72.kv.KvCache;
import io.rack72.sampling.SamplingParams;
import java.util.Optional;

/** Which sequences a GPU can never compute, whatever else it has to do. Immutable. */
final class AdmissionRules {
  private final SchedulerLimits limits;
  private final KvCache cache;
  private final int vocabSize;

  AdmissionRules(SchedulerLimits limits, KvCache cache) {
    this.limits = limits;
    this.cache = cache;
    vocabSize = cache.layout().config().vocabSize();
  }

  /** Why the sequence is refused; empty if it will fit when it is alone. */
  Optional<Admission.Refused> refusal(int[] promptIds, int[] generatedIds, SamplingParams params) {
    if (promptIds.length == 0) {
      return invalid("a prompt has at least one token, not none");
    }
    Optional<Integer> foreign = foreignToken(promptIds).or(() -> foreignToken(generatedIds));
    if (foreign.isPresent()) {
      return invalid("token ids are 0 to " + (vocabSize - 1) + ", not " + foreign.get());
    }
    try {
      params.requireVocabulary(vocabSize);
    } catch (IllegalArgumentException e) {
      return invalid(e.getMessage());
    }
    if (promptIds.length >= limits.contextLimit()) {
      return tooLarge(
          "the prompt's "
              + promptIds.length
              + " tokens leave no room for a reply in a context of "
              + limits.contextLimit());
    }
    long length = Math.min((long) promptIds.length + params.maxTokens(), limits.contextLimit());
    if ((long) promptIds.length + generatedIds.length >= length) {
      return invalid(
          "the sequence has ended: its " + generatedIds.length + " generated tokens are its limit");
    }
    // The last token is never computed: nothing follows it.
    int needed = cache.layout().fullBlocksFor((int) length - 1);
    int available = cache.full().capacity();
    if (needed > available) {
      return tooLarge(
          "prompt and reply of "
              + length
              + " tokens need "
              + needed
              + " KV blocks, and the GPU has "
              + available);
    }
    return Optional.empty();
  }

  private Optional<Integer> foreignToken(int[] tokens) {
    for (int token : tokens) {
      if (token < 0 || token >= vocabSize) {
        return Optional.of(token);
      }
    }
    return Optional.empty();
  }

  private static Optional<Admission.Refused> invalid(String detail) {
    return Optional.of(new Admission.Refused(Admission.Reason.INVALID, detail));
  }

  private static Optional<Admission.Refused> tooLarge(String detail) {
    return Optional.of(new Admission.Refused(Admission.Reason.TOO_LARGE, detail));
  }
}
