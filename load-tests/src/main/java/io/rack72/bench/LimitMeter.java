package io.rack72.bench;

import io.rack72.kernel.FastKernels;
import io.rack72.kernel.Workers;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Measures the limits, with loops that do nothing else than what is limited. Each counts by its
 * fastest run, and checks what it has computed, so that the compiler leaves nothing out.
 */
final class LimitMeter {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  /** Bytes of a vector. */
  private static final int STEP = INTS.vectorByteSize();

  /**
   * Sums that are under way at a time: what two units with a latency of five keep busy, and more.
   */
  private static final int SUMS = 12;

  /** Bytes that are read in a round: eight vectors. */
  private static final int ROUND_BYTES = 8 * STEP;

  /** Bytes that a thread reads one behind the other. */
  private static final int PIECE_BYTES = 1 << 20;

  /** Rounds of arithmetic in a piece of work: some tens of microseconds. */
  private static final int ROUNDS = 20_000;

  /**
   * The same where a call into C holds off the garbage collector, with instructions of any length.
   */
  private static final int INT8_ROUNDS = 2_000;

  /** Pieces for each thread, so that one that started late does not hold up the others. */
  private static final int PIECES_PER_THREAD = 64;

  private final FastKernels fast;
  private final Workers workers;
  private final Stopwatch stopwatch;
  private final List<MemorySegment> pieces = new ArrayList<>();
  private final long streamedBytes;

  /**
   * @param streamed memory to be read: much more than the caches hold
   */
  LimitMeter(FastKernels fast, Workers workers, List<MemorySegment> streamed, Stopwatch stopwatch) {
    this.fast = fast;
    this.workers = workers;
    this.stopwatch = stopwatch;
    for (MemorySegment memory : streamed) {
      for (long at = 0; at < memory.byteSize(); at += PIECE_BYTES) {
        long bytes = Math.min(PIECE_BYTES, memory.byteSize() - at);
        pieces.add(memory.asSlice(at, bytes / ROUND_BYTES * ROUND_BYTES));
      }
    }
    streamedBytes = pieces.stream().mapToLong(MemorySegment::byteSize).sum();
  }

  /** Measures all, for as long each as the stopwatch says. */
  Limits measure() {
    return new Limits(readBytes(), float32Operations(), int8Operations());
  }

  private double readBytes() {
    AtomicInteger expected = new AtomicInteger();
    pieces.forEach(piece -> expected.addAndGet(read(piece)));
    Runnable pass =
        () -> {
          AtomicInteger all = new AtomicInteger();
          workers.share(
              pieces.size(),
              1,
              (from, to) -> {
                int part = 0;
                for (int i = from; i < to; i++) {
                  part += read(pieces.get(i));
                }
                all.addAndGet(part);
              });
          check(all.get() == expected.get());
        };
    return streamedBytes / seconds(pass);
  }

  /** The sum of the numbers of a piece, which wraps around. */
  private static int read(MemorySegment piece) {
    IntVector a = IntVector.zero(INTS);
    IntVector b = a;
    IntVector c = a;
    IntVector d = a;
    IntVector e = a;
    IntVector f = a;
    IntVector g = a;
    IntVector h = a;
    int bytes = (int) piece.byteSize();
    for (int i = 0; i < bytes; i += ROUND_BYTES) {
      a = a.add(IntVector.fromMemorySegment(INTS, piece, i, ORDER));
      b = b.add(IntVector.fromMemorySegment(INTS, piece, i + STEP, ORDER));
      c = c.add(IntVector.fromMemorySegment(INTS, piece, i + 2 * STEP, ORDER));
      d = d.add(IntVector.fromMemorySegment(INTS, piece, i + 3 * STEP, ORDER));
      e = e.add(IntVector.fromMemorySegment(INTS, piece, i + 4 * STEP, ORDER));
      f = f.add(IntVector.fromMemorySegment(INTS, piece, i + 5 * STEP, ORDER));
      g = g.add(IntVector.fromMemorySegment(INTS, piece, i + 6 * STEP, ORDER));
      h = h.add(IntVector.fromMemorySegment(INTS, piece, i + 7 * STEP, ORDER));
    }
    IntVector left = a.add(b).add(c);
    IntVector right = d.add(e).add(f);
    return left.add(right).add(g).add(h).reduceLanes(VectorOperators.ADD);
  }

  private double float32Operations() {
    float expected = 2f * SUMS * FLOATS.length();
    int count = workers.size() * PIECES_PER_THREAD;
    Runnable batch =
        () ->
            workers.share(
                count,
                1,
                (from, to) -> {
                  for (int i = from; i < to; i++) {
                    check(multiplyAdd(ROUNDS, 0.5f, 1) == expected);
                  }
                });
    return 2.0 * count * ROUNDS * SUMS * FLOATS.length() / seconds(batch);
  }

  /** Numbers that are halved and become one more, again and again: 2 in the end. Their sum. */
  private static float multiplyAdd(int rounds, float half, float one) {
    FloatVector factor = FloatVector.broadcast(FLOATS, half);
    FloatVector more = FloatVector.broadcast(FLOATS, one);
    FloatVector a = FloatVector.zero(FLOATS);
    FloatVector b = a.add(1);
    FloatVector c = a.add(2);
    FloatVector d = a.add(3);
    FloatVector e = a.add(4);
    FloatVector f = a.add(5);
    FloatVector g = a.add(6);
    FloatVector h = a.add(7);
    FloatVector i = a.add(8);
    FloatVector j = a.add(9);
    FloatVector k = a.add(10);
    FloatVector l = a.add(11);
    for (int r = 0; r < rounds; r++) {
      a = a.fma(factor, more);
      b = b.fma(factor, more);
      c = c.fma(factor, more);
      d = d.fma(factor, more);
      e = e.fma(factor, more);
      f = f.fma(factor, more);
      g = g.fma(factor, more);
      h = h.fma(factor, more);
      i = i.fma(factor, more);
      j = j.fma(factor, more);
      k = k.fma(factor, more);
      l = l.fma(factor, more);
    }
    FloatVector first = a.add(b).add(c).add(d).add(e).add(f);
    FloatVector second = g.add(h).add(i).add(j).add(k).add(l);
    return first.add(second).reduceLanes(VectorOperators.ADD);
  }

  private OptionalDouble int8Operations() {
    if (fast.int8Peak(0).isEmpty()) {
      return OptionalDouble.empty();
    }
    int count = workers.size() * PIECES_PER_THREAD;
    long products = fast.int8Peak(INT8_ROUNDS).getAsLong();
    Runnable batch =
        () -> {
          AtomicLong all = new AtomicLong();
          workers.share(
              count,
              1,
              (from, to) -> {
                for (int i = from; i < to; i++) {
                  all.addAndGet(fast.int8Peak(INT8_ROUNDS).getAsLong());
                }
              });
          check(all.get() == count * products);
        };
    return OptionalDouble.of(2.0 * count * products / seconds(batch));
  }

  private double seconds(Runnable run) {
    return stopwatch.time(run).least() / 1e9;
  }

  private static void check(boolean right) {
    if (!right) {
      throw new IllegalStateException("this machine computes wrongly");
    }
  }
}
