package io.rack72.sampling;

import java.util.SplittableRandom;

/** Rows of logits of every kind that a sampler may meet. */
enum TestLogits {
  /** Any number in a range, none much more likely than another. */
  UNIFORM {
    @Override
    float logit(SplittableRandom random, int token) {
      return (float) random.nextDouble(-6, 6);
    }
  },
  /** Nearly the same for all tokens. */
  FLAT {
    @Override
    float logit(SplittableRandom random, int token) {
      return (float) random.nextGaussian(0, 0.01);
    }
  },
  /** Normally distributed, and a few far above. */
  PEAKED {
    @Override
    float logit(SplittableRandom random, int token) {
      return random.nextInt(500) == 0
          ? random.nextFloat(10, 25)
          : (float) random.nextGaussian(0, 2.5);
    }
  },
  /** A few values, so that most cuts go through equals; two of the values are the two zeros. */
  TIED {
    @Override
    float logit(SplittableRandom random, int token) {
      int value = random.nextInt(-4, 3);
      return value == 0 && random.nextBoolean() ? -0.0f : value / 2f;
    }
  },
  /** The same for all tokens. */
  EQUAL {
    @Override
    float logit(SplittableRandom random, int token) {
      return -7.25f;
    }
  },
  /** Most tokens cannot be chosen at all. */
  MASKED {
    @Override
    float logit(SplittableRandom random, int token) {
      return token < 2 || token % 10 == 0
          ? (float) random.nextGaussian(0, 3)
          : Float.NEGATIVE_INFINITY;
    }
  },
  /** Neighbours are alike, so that all likely tokens stand together. */
  FALLING {
    @Override
    float logit(SplittableRandom random, int token) {
      return token * -0.01f;
    }
  },
  /** Likewise, at the end. */
  RISING {
    @Override
    float logit(SplittableRandom random, int token) {
      return token * 0.01f;
    }
  },
  /** Numbers as far apart as floats can be. */
  EXTREME {
    @Override
    float logit(SplittableRandom random, int token) {
      float magnitude = (float) Math.pow(10, random.nextDouble(-44, 38));
      return random.nextBoolean() ? magnitude : -magnitude;
    }
  };

  abstract float logit(SplittableRandom random, int token);

  /** A row; its largest logit is finite. */
  float[] row(SplittableRandom random, int size) {
    float[] row = new float[size];
    for (int i = 0; i < size; i++) {
      row[i] = logit(random, i);
    }
    return row;
  }
}
