package io.rack72.routing;

import io.rack72.gpu.SequenceEvent;
import io.rack72.gpu.SequenceRequest;
import io.rack72.hardware.GpuId;
import io.rack72.resume.TokenIds;
import io.rack72.sampling.SamplingParams;
import io.rack72.schedule.SequenceId;
import io.rack72.schedule.Standing;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;

/**
 * One sequence as its owner knows it: all that is needed to ask for it again where a GPU has given
 * it up or is gone, or a token was lost on its way. Each time is another <i>attempt</i>, which goes
 * on behind the tokens that there are; what comes of earlier ones is refused. A pure class; not
 * thread-safe.
 */
public final class SequenceAttempts {
  /** Attempts without a token between them after which a sequence is given up. */
  private static final int FRUITLESS = 16;

  /**
   * GPUs that a sequence may lose without a token between them. It may be the sequence that makes
   * them fail, and must not take the whole rack with it. One that had not taken it in yet does not
   * count, nor one that takes it in once more, since it was only thought to be gone; unless it has
   * begun anew meanwhile, and so had failed.
   */
  public static final int LOSSES = 4;

  /** A GPU from when it begins to when it ends. */
  private record Incarnation(GpuId gpu, int number) {}

  private final IntConsumer keep;
  private final IntFunction<int[]> firstTokens;
  private int tokens;
  // Made for the first one, since most sequences lose none.
  private Set<Incarnation> lost = Set.of();
  private int attempt = 1;
  private int fruitless;
  // Where the attempt is, and where the one before may still be.
  private GpuId gpu;
  private int incarnation;
  private GpuId formerGpu;
  private GpuId computedBy;

  /** Of a sequence whose tokens are remembered. */
  public SequenceAttempts() {
    this(new TokenIds());
  }

  private SequenceAttempts(TokenIds kept) {
    this(kept::add, kept::first);
  }

  /**
   * Of a sequence whose tokens somebody else remembers.
   *
   * @param keep takes each of them
   * @param firstTokens gives as many of them as it is asked for
   */
  public SequenceAttempts(IntConsumer keep, IntFunction<int[]> firstTokens) {
    this.keep = keep;
    this.firstTokens = firstTokens;
  }

  /** Takes tokens of a sequence that is gone on with, before it is asked for. */
  public void goOnBehind(int[] before) {
    for (int id : before) {
      remember(id);
    }
    if (before.length > 0) {
      // It had been admitted, and is another attempt at the same.
      attempt++;
    }
  }

  /** A GPU that is not known to be gone has worked on it before it is asked for. */
  public void wasOn(GpuId there) {
    computedBy = there;
  }

  /** The GPU that may still have what it computed in the attempt before. */
  public Optional<GpuId> computedBy() {
    return Optional.ofNullable(computedBy);
  }

  /** Number of the present attempt, from 1. */
  public int attempt() {
    return attempt;
  }

  /** Tokens that there are. */
  public int tokens() {
    return tokens;
  }

  private void remember(int id) {
    keep.accept(id);
    tokens++;
  }

  /** Whether an event is of the present attempt; of others it is of no interest any more. */
  public boolean concerns(SequenceEvent event) {
    return event.attempt() == attempt;
  }

  /**
   * The GPU that may still work on the attempt before, to be told to stop; empty once it was asked
   * for, and where there is none.
   */
  public Optional<GpuId> takeFormerGpu() {
    Optional<GpuId> former = Optional.ofNullable(formerGpu);
    formerGpu = null;
    return former;
  }

  /**
   * Where the attempt is.
   *
   * @param start which of the GPU's starts it is
   */
  public void placed(GpuId there, int start) {
    gpu = there;
    incarnation = start;
    if (!lost.isEmpty()) {
      lost.remove(new Incarnation(there, start));
    }
  }

  /**
   * Remembers a token, without which the sequence could not go on elsewhere.
   *
   * @return whether no token before it was lost
   */
  public boolean generated(SequenceEvent.Token token) {
    if (token.index() == tokens) {
      remember(token.token().id());
      fruitless = 0;
      if (!lost.isEmpty()) {
        lost = Set.of();
      }
    }
    return token.index() < tokens;
  }

  /**
   * Goes on to the next attempt.
   *
   * @param why the one before is over
   * @return why there is none, as the end of a sentence that begins with the sequence; empty where
   *     there is
   */
  public Optional<String> again(String why) {
    if (++fruitless > FRUITLESS) {
      return Optional.of(
          "was given up after %d attempts without a token, the last since %s"
              .formatted(FRUITLESS, why));
    }
    computedBy = null;
    gpu = null;
    formerGpu = null;
    attempt++;
    return Optional.empty();
  }

  /** The same where nothing is wrong with the GPU on which the sequence was. */
  public Optional<String> againThere(String why) {
    GpuId there = gpu;
    Optional<String> givenUp = again(why);
    computedBy = there;
    return givenUp;
  }

  /**
   * The same where the GPU was lost on which the sequence was; it may still work on it.
   *
   * @param why the one before is over
   */
  public Optional<String> againAfterLoss(String why) {
    if (gpu != null) {
      lost = lost.isEmpty() ? new HashSet<>() : lost;
      lost.add(new Incarnation(gpu, incarnation));
    }
    if (lost.size() > LOSSES) {
      return Optional.of(
          "was given up: %d GPUs on which it was, or as many starts of fewer, are gone, the last since %s"
              .formatted(LOSSES + 1, why));
    }
    GpuId former = gpu;
    Optional<String> givenUp = again(why);
    formerGpu = former;
    return givenUp;
  }

  /** What is asked of the router: the present attempt, behind the tokens that there are. */
  public SequenceRequest request(
      SequenceId id, int[] promptIds, SamplingParams params, Standing standing) {
    return new SequenceRequest(id, attempt, promptIds, firstTokens.apply(tokens), params, standing);
  }
}
