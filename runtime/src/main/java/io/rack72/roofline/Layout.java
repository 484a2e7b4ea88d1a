package io.rack72.roofline;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a replica of a model is spread over GPUs. Immutable.
 *
 * @param kind what is spread how
 * @param gpus of the replica
 * @param slotsPerGpu room for experts of a layer on each GPU; with more slots than experts popular
 *     ones have copies
 */
public record Layout(Kind kind, int gpus, int slotsPerGpu) {
  private static final Pattern NAME = Pattern.compile("(TP|DEP|TEP)([1-9][0-9]{0,3})");

  /** Ways to spread. */
  public enum Kind {
    /** Every matrix in parts; on one GPU, the whole model. */
    TP,
    /** Attention of different sequences on different GPUs, whole experts on one each. */
    DEP,
    /** Attention in parts, whole experts on one each. */
    TEP
  }

  public Layout {
    if (gpus < 1 || slotsPerGpu < 1) {
      throw new IllegalArgumentException(
          "a layout has a GPU and a slot at least, not %d and %d".formatted(gpus, slotsPerGpu));
    }
  }

  /**
   * A layout by its name.
   *
   * @param name such as {@code TP1}, {@code DEP8} or {@code TEP4}
   * @param experts of a layer, each of which has a slot at least
   * @throws IllegalArgumentException if that is no layout
   */
  public static Layout of(String name, int experts) {
    Matcher matcher = NAME.matcher(name.toUpperCase(Locale.ROOT));
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "a layout is TP, DEP or TEP and a number of GPUs, such as DEP8, not '" + name + "'");
    }
    Kind kind = Kind.valueOf(matcher.group(1));
    int gpus = Integer.parseInt(matcher.group(2));
    return new Layout(
        kind, gpus, kind == Kind.TP ? experts : (int) Math.ceil((double) experts / gpus));
  }

  /**
   * The same with another number of slots.
   *
   * @param slots on each GPU
   * @param experts of a layer
   * @throws IllegalArgumentException if there are fewer slots than experts, or more on a GPU than
   *     experts, or if each GPU has a part of every expert
   */
  public Layout withSlots(int slots, int experts) {
    if (kind == Kind.TP) {
      throw new IllegalArgumentException(
          "%s has a part of every expert on each GPU, and no slots for whole ones"
              .formatted(name()));
    }
    int least = Math.ceilDiv(experts, gpus);
    if (slots < least || slots > experts) {
      throw new IllegalArgumentException(
          "%s spreads %d experts over %d GPUs, which takes %d to %d slots on each, not %d"
              .formatted(name(), experts, gpus, least, experts, slots));
    }
    return new Layout(kind, gpus, slots);
  }

  /** Whether a layout has this name. */
  public static boolean isName(String name) {
    return NAME.matcher(name.toUpperCase(Locale.ROOT)).matches();
  }

  /** The name. */
  public String name() {
    return kind.name() + gpus;
  }

  /** GPUs over which whole experts are spread; 1 where each has a part of all. */
  public int expertGpus() {
    return kind == Kind.TP ? 1 : gpus;
  }

  /** GPUs that share the attention of one sequence. */
  public int attentionGpus() {
    return kind == Kind.DEP ? 1 : gpus;
  }

  /** Groups of sequences that are attended to apart. */
  public int dataParallel() {
    return kind == Kind.DEP ? gpus : 1;
  }
}
