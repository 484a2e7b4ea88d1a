package io.rack72.schedule;

import io.rack72.kv.BlockHash;
import io.rack72.kv.BlockNames;
import io.rack72.kv.KvCache;
import io.rack72.kv.KvLayout;
import io.rack72.kv.SequenceKv;
import io.rack72.sampling.SampledToken;
import io.rack72.sampling.SamplingParams;
import io.rack72.sampling.TokenCounts;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * One sequence on one GPU: its tokens, and how many of them have keys and values. Can be rebuilt
 * from its tokens at any time, here or on another GPU. Made by {@link Scheduler#add}; not
 * thread-safe.
 */
public final class Sequence {
  /** Where a sequence stands in its scheduler. */
  enum State {
    WAITING,
    RUNNING,
    PAUSED,
    ENDED
  }

  private static final int LATEST = 16;

  private final SequenceId id;
  private final SamplingParams params;
  private final Standing standing;
  private final long arrival;
  private final long rank;
  private final int promptLength;
  private final int lengthAtFirst;
  // Tokens in all with which it has ended at the latest.
  private final int lengthLimit;
  private final boolean ignoresStopIds;
  // Empty where no penalty asks which tokens there are.
  private final Optional<TokenCounts> counts;
  private final SequenceKv kv;
  private final BlockNames names;
  // The array of whoever asked, and of others too; never written.
  private final int[] promptIds;
  private int[] generatedIds;
  // Tokens that are in those two; the latest are beside them, so that a decode has to do with a few
  // words that are together and not with the end of a long array.
  private int settled;
  private final int[] latest = new int[LATEST];
  private int length;
  private int computed;
  private int named;
  // What a decode need not look at its blocks for: it has some for so many positions, and until as
  // many have been computed no block becomes whole or leaves the window.
  private int roomFor;
  private int nextChange;
  // The furthest that it has ever been computed.
  private int everComputed;
  private int cachedTokens = -1;
  private int queuedTokens;
  private Optional<FinishReason> finish = Optional.empty();
  private State state = State.WAITING;
  private boolean inStep;
  private boolean toBePaused;
  private Optional<BlockHash> awaited = Optional.empty();
  private Object attachment;

  /**
   * @param promptIds kept as they are
   * @param arrival how many sequences came before it
   * @param agingArrivals as in {@link SchedulerLimits}
   */
  Sequence(
      SequenceId id,
      int[] promptIds,
      int[] generatedIds,
      SamplingParams params,
      Standing standing,
      long arrival,
      int agingArrivals,
      int contextLimit,
      KvCache cache) {
    this.id = id;
    this.params = params;
    this.standing = standing;
    this.arrival = arrival;
    // Ranks never change, for all that wait age alike; so the queue is sorted once and for all. Who
    // reads a reply that had begun elsewhere has waited before, which counts as a level.
    long level = standing.priority() - (generatedIds.length > 0 ? 1L : 0);
    rank = arrival + level * agingArrivals;
    promptLength = promptIds.length;
    lengthLimit = (int) Math.min(contextLimit, (long) promptLength + params.maxTokens());
    ignoresStopIds = params.ignoreStopIds();
    length = promptIds.length + generatedIds.length;
    lengthAtFirst = length;
    settled = length;
    this.promptIds = promptIds;
    this.generatedIds = generatedIds.clone();
    counts =
        params.hasPenalties()
            ? Optional.of(TokenCounts.of(promptIds, generatedIds))
            : Optional.empty();
    kv = new SequenceKv(cache);
    names = cache.names().of(promptIds, standing.cacheSalt());
  }

  /**
   * Takes in the token that was sampled after all others had been computed.
   *
   * @return why the sequence has ended with this token; empty if it goes on
   */
  public Optional<FinishReason> append(SampledToken token) {
    if (finish.isPresent()) {
      throw new IllegalStateException(id + " has ended and takes no further token");
    }
    boolean mayStop = !ignoresStopIds && generated() >= params.minTokens();
    if (length - settled == LATEST) {
      settle();
    }
    latest[length++ - settled] = token.id();
    if (counts.isPresent()) {
      counts.get().addGenerated(token.id());
    }
    if (mayStop && params.stopIds().contains(token.id())) {
      finish = Optional.of(FinishReason.STOP);
    } else if (length >= lengthLimit) {
      finish = Optional.of(FinishReason.LENGTH);
    }
    return finish;
  }

  public SequenceId id() {
    return id;
  }

  public SamplingParams params() {
    return params;
  }

  /** How it stands among others. */
  public Standing standing() {
    return standing;
  }

  /** Counts of its tokens as they are now, for the sampler. */
  public TokenCounts history() {
    return counts.orElseGet(() -> TokenCounts.withoutIds(generated()));
  }

  /** Its KV blocks. */
  public SequenceKv kv() {
    return kv;
  }

  /** Tokens in the prompt. */
  public int promptLength() {
    return promptLength;
  }

  /** Tokens generated so far, here or before. */
  public int generated() {
    return length - promptLength;
  }

  /** Tokens in all; the position of the next one. */
  public int length() {
    return length;
  }

  /** Tokens from the first on that have keys and values. */
  public int computed() {
    return computed;
  }

  /** Tokens whose keys and values are still to be computed. */
  public int remaining() {
    return length - computed;
  }

  /** Whether it goes on in the middle of its reply and first needs what it lost computed again. */
  boolean isComputedAgain() {
    return generated() > 0 && remaining() > 1;
  }

  /** Whether its reply began elsewhere, and stands still until it has its first token here. */
  public boolean standsStill() {
    return length == lengthAtFirst && generated() > 0;
  }

  /** The token at a position. */
  public int token(int position) {
    if (position >= length) {
      throw new IndexOutOfBoundsException(id + " has " + length + " tokens, none at " + position);
    }
    if (position >= settled) {
      return latest[position - settled];
    }
    return position < promptLength ? promptIds[position] : generatedIds[position - promptLength];
  }

  /** Why it ended; empty while it goes on. */
  public Optional<FinishReason> finish() {
    return finish;
  }

  /**
   * Whether its scheduler still has it. One that was aborted while a step computed it is not live:
   * its next token is not wanted.
   */
  public boolean isLive() {
    return state != State.ENDED;
  }

  /**
   * Keeps something beside the sequence for whoever runs the scheduler, so that it is at hand for
   * each token without a look-up. The scheduler does not look at it.
   */
  public void attach(Object it) {
    attachment = it;
  }

  /** What was attached last; null where nothing was. */
  public Object attachment() {
    return attachment;
  }

  /** Puts the latest tokens to the others. */
  private void settle() {
    if (generated() > generatedIds.length) {
      // As large an array as the sequence may need, unless that is much more than what there is.
      int most = (int) Math.min(lengthLimit - promptLength, 4L * generated());
      generatedIds = Arrays.copyOf(generatedIds, Math.max(generated(), most));
    }
    System.arraycopy(latest, 0, generatedIds, settled - promptLength, length - settled);
    settled = length;
  }

  void copyTokens(int position, int[] target, int offset, int count) {
    int ofPrompt = Math.clamp(promptLength - position, 0, count);
    int before = Math.clamp(settled - position, ofPrompt, count);
    if (ofPrompt > 0) {
      System.arraycopy(promptIds, position, target, offset, ofPrompt);
    }
    if (ofPrompt < before) {
      int from = position + ofPrompt - promptLength;
      System.arraycopy(generatedIds, from, target, offset + ofPrompt, before - ofPrompt);
    }
    for (int i = before; i < count; i++) {
      target[offset + i] = token(position + i);
    }
  }

  /**
   * Reads what choosing and appending a token has to do with and what lies far from the sequence in
   * memory: its parameters and its latest tokens, both from their beginning to their end. A loop
   * that does nothing else for all sequences of a step makes a processor wait for them together,
   * where the one that chooses their tokens would wait for each. It is group prefetching (Chen,
   * Ailamaki, Gibbons and Mowry, Improving Hash Join Performance through Prefetching, 2004) by
   * plain reads, since Java has no others.
   *
   * @return something of all that was read; reads of which nothing is kept would be left out
   */
  int readAhead() {
    int ofParams = (int) params.seed() + (params.ignoreStopIds() ? 1 : 0);
    return ofParams + latest[0] + latest[LATEST - 1];
  }

  State state() {
    return state;
  }

  void enter(State next) {
    state = next;
  }

  /** How many sequences came before it. */
  long arrival() {
    return arrival;
  }

  /** Lower ranks run earlier and keep their blocks longer. */
  long rank() {
    return rank;
  }

  /** Notes how many tokens it has while it waits, and returns them. */
  int noteQueuedTokens() {
    queuedTokens = length;
    return queuedTokens;
  }

  /** Tokens that it had when it began to wait. */
  int queuedTokens() {
    return queuedTokens;
  }

  /** Whether the step in flight computes some of it. */
  boolean inStep() {
    return inStep;
  }

  void setInStep(boolean in) {
    inStep = in;
  }

  /** Whether it is to be paused when the step in flight is complete. */
  boolean toBePaused() {
    return toBePaused;
  }

  void setToBePaused(boolean pause) {
    toBePaused = pause;
  }

  /**
   * Names of the whole blocks that others may find once they are computed; beginning with those
   * that are.
   */
  List<BlockHash> names() {
    return names.of(this::token, length);
  }

  /** Those of them that it could take over itself: its last token is always left to be computed. */
  List<BlockHash> namesToShare() {
    return names.of(this::token, length - 1);
  }

  /** The block that another was computing when this sequence was last looked at. */
  Optional<BlockHash> awaited() {
    return awaited;
  }

  void await(Optional<BlockHash> block) {
    awaited = block;
  }

  /** Whole blocks that have been computed, from the first on. */
  int namedBlocks() {
    return named;
  }

  /** Looks for what others have computed of its beginning. */
  SequenceKv.Prefix findPrefix() {
    return kv.find(namesToShare());
  }

  /** Takes over what was found. */
  void attachPrefix(SequenceKv.Prefix prefix) {
    kv.attach(namesToShare(), prefix);
    named = prefix.blocks();
    computed = named * kv.layout().blockTokens();
    roomFor = computed;
    nextChange = 0;
  }

  /** Lets all that it computes again count as computed for the first time. */
  void forgetComputed() {
    everComputed = 0;
  }

  /**
   * Notes that it begins to run, or begins again.
   *
   * @return whether it had never run before
   */
  boolean begin() {
    state = State.RUNNING;
    // Only now: what was found by one that did not begin may be gone when it does.
    everComputed = Math.max(everComputed, computed);
    boolean first = cachedTokens < 0;
    if (first) {
      cachedTokens = Math.min(computed, promptLength);
    }
    return first;
  }

  /** Tokens of its prompt that it found computed when it first began to run. */
  public int cachedTokens() {
    return Math.max(cachedTokens, 0);
  }

  /** Whether there is room for so many rows more. */
  boolean canGrow(int rows) {
    return computed + rows <= roomFor || kv.canGrowTo(computed + rows);
  }

  /**
   * Notes that further tokens are being computed.
   *
   * @return how many of them for the first time
   */
  int grow(int rows) {
    int end = computed + rows;
    if (end > roomFor) {
      kv.growTo(end);
      roomFor = kv.layout().blocksFor(end) * kv.layout().blockTokens();
    }
    int before = everComputed;
    everComputed = Math.max(everComputed, end);
    return everComputed - before;
  }

  /** Positions that are computed of it once it has a block's tokens more, if it may have them. */
  int lengthSoon(KvLayout layout) {
    // Its last token is not computed.
    return Math.min(lengthLimit - 1, length + layout.blockTokens());
  }

  /** Blocks of the full layers that it will take until it has that length. */
  int blocksToCome(KvLayout layout) {
    int soon = lengthSoon(layout);
    return soon <= roomFor ? 0 : layout.fullBlocksFor(soon) - layout.fullBlocksFor(roomFor);
  }

  /**
   * Notes that further tokens have been computed, lets others find the blocks that are whole now,
   * and lets go what no later token can see.
   */
  void advance(int rows) {
    computed += rows;
    if (computed < nextChange) {
      return;
    }
    List<BlockHash> whole = names.of(this::token, computed);
    kv.name(whole, Math.min(named, whole.size()), whole.size());
    named = whole.size();
    kv.releaseBehindWindow(promptLength, computed);
    kv.forgetFarBehindWindow(whole, promptLength, computed);
    nextChange = kv.nextChange(computed);
  }

  /** Gives all blocks back; what was computed may be found again, or is computed again. */
  void releaseKv() {
    kv.releaseAll();
    computed = 0;
    named = 0;
    roomFor = 0;
    nextChange = 0;
  }

  @Override
  public String toString() {
    return id + " (" + computed + " of " + length + " tokens computed, " + state + ")";
  }
}
