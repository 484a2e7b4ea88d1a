package io.rack72.gpu;

import io.rack72.sampling.SampledToken;
import io.rack72.sampling.TokenSource;
import io.rack72.schedule.FinishReason;
import io.rack72.schedule.Sequence;
import io.rack72.schedule.StepPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a step has said: the next token of each sequence that it computed to its end, and those that
 * can have none.
 *
 * <p>It is made in a few short loops over all sequences instead of a long one. On a modeled rack
 * the sequences of a step were last looked at thousands of others ago and are far away in memory; a
 * processor waits for several at once where what it does with each is short.
 *
 * @param tokens in the order of the step's shares; each is part of its sequence already
 * @param broken sequences of which no token could be chosen
 */
record NextTokens(List<Next> tokens, List<Broken> broken) {
  /**
   * A sequence's next token.
   *
   * @param index of the token among the generated ones, from 0
   * @param finish present with the sequence's last token
   */
  record Next(Sequence sequence, int index, SampledToken token, Optional<FinishReason> finish) {}

  /** A sequence that can have no next token. */
  record Broken(Sequence sequence, RuntimeException why) {}

  /**
   * Chooses tokens and appends them to their sequences. Sequences that were cancelled while the
   * step ran get none.
   *
   * @param plan of the step, which is complete
   * @param logits a row of {@code vocabSize} for each share that needs some; null where the device
   *     computes nothing
   */
  static NextTokens choose(TokenSource source, StepPlan plan, float[] logits, int vocabSize) {
    List<Sequence> due = new ArrayList<>(plan.shares().size());
    for (StepPlan.Share share : plan.shares()) {
      if (share.needsLogits()) {
        due.add(share.sequence());
      }
    }
    SampledToken[] chosen = new SampledToken[due.size()];
    List<Broken> broken = new ArrayList<>();
    for (int row = 0; row < chosen.length; row++) {
      Sequence sequence = due.get(row);
      if (sequence.isLive()) {
        try {
          chosen[row] =
              source.sample(
                  logits,
                  row * vocabSize,
                  vocabSize,
                  sequence.params(),
                  sequence.history(),
                  sequence.length());
        } catch (RuntimeException e) {
          // One sequence that has no next token must not end all the others.
          broken.add(new Broken(sequence, e));
        }
      }
    }
    List<Next> tokens = new ArrayList<>(chosen.length);
    for (int row = 0; row < chosen.length; row++) {
      if (chosen[row] != null) {
        Sequence sequence = due.get(row);
        int index = sequence.generated();
        tokens.add(new Next(sequence, index, chosen[row], sequence.append(chosen[row])));
      }
    }
    return new NextTokens(tokens, broken);
  }
}
