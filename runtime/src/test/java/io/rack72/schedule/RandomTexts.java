package io.rack72.schedule;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Random texts that often begin like one before: as a conversation that goes on, the same prompt
 * once more, or one that another system prompt begins. They part anywhere, and often just at the
 * end of a block, one token before it or behind it.
 */
final class RandomTexts {
  static final int VOCAB_SIZE = 100;

  private static final int REMEMBERED = 6;

  private final SplittableRandom random;
  private final int blockTokens;
  private final List<int[]> remembered = new ArrayList<>();

  RandomTexts(SplittableRandom random, int blockTokens) {
    this.random = random;
    this.blockTokens = blockTokens;
  }

  /** A text of at least one token. */
  int[] next(int longest) {
    int length = random.nextInt(1, longest + 1);
    int[] text;
    if (remembered.isEmpty() || random.nextInt(5) == 0) {
      text = new int[0];
    } else {
      int[] known = remembered.get(random.nextInt(remembered.size()));
      int common = Math.clamp(common(known.length), 0, Math.min(known.length, longest));
      text = Arrays.copyOf(known, common);
      // Often nothing follows what is known: then the two are the same, or one begins the other.
      length = random.nextInt(3) == 0 ? Math.max(1, common) : Math.max(length, common);
    }
    int from = text.length;
    text = Arrays.copyOf(text, length);
    for (int i = from; i < length; i++) {
      text[i] = random.nextInt(VOCAB_SIZE);
    }
    remember(text);
    return text;
  }

  /** Later texts may begin like this one. */
  void remember(int[] text) {
    if (remembered.size() < REMEMBERED) {
      remembered.add(text);
    } else {
      remembered.set(random.nextInt(REMEMBERED), text);
    }
  }

  private int common(int length) {
    return switch (random.nextInt(3)) {
      case 0 -> length;
      case 1 -> random.nextInt(length + 1);
      default -> random.nextInt(length / blockTokens + 1) * blockTokens + random.nextInt(3) - 1;
    };
  }
}
