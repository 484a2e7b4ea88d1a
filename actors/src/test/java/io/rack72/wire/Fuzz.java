package io.rack72.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.junit.jupiter.api.function.Executable;

/**
 * What must hold of every reader of bytes from elsewhere: it makes of them a message that is
 * written as the same bytes, or it throws {@link WireFormatException}; and it allocates about as
 * much as it is given.
 */
final class Fuzz {
  // What a sample becomes, besides what it holds: objects, an exception with its stack, its text.
  private static final long ALLOCATION_SLACK = 256 << 10;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final Function<byte[], byte[]> readAndWrite;

  /**
   * @param readAndWrite reads a message and writes it again
   */
  Fuzz(Function<byte[], byte[]> readAndWrite) {
    this.readAndWrite = readAndWrite;
  }

  /** All that can be done to one good sample. */
  void maltreat(byte[] good) {
    assertArrayEquals(good, readAndWrite.apply(good));
    everyTruncationIsRefused(good);
    whatFollowsIsRefused(good);
    everyFlippedByteIsRefusedOrKept(good);
    everyHostileCountIsRefusedOrKept(good);
  }

  /** Bytes without any sense. */
  void randomBytesAreRefusedOrKept(SplittableRandom random, int samples) {
    for (int i = 0; i < samples; i++) {
      byte[] bytes = new byte[random.nextInt(200)];
      random.nextBytes(bytes);
      refusedOrKept(bytes);
    }
  }

  private void everyTruncationIsRefused(byte[] good) {
    for (int length = 0; length < good.length; length++) {
      byte[] cut = Arrays.copyOf(good, length);
      assertThrows(WireFormatException.class, () -> readAndWrite.apply(cut), "of length " + length);
    }
  }

  private void whatFollowsIsRefused(byte[] good) {
    assertThrows(
        WireFormatException.class, () -> readAndWrite.apply(Arrays.copyOf(good, good.length + 1)));
  }

  private void everyFlippedByteIsRefusedOrKept(byte[] good) {
    for (int i = 0; i < good.length; i++) {
      for (int mask : new int[] {0x01, 0x80, 0xFF, 0x10, 0x7F}) {
        byte[] bad = good.clone();
        bad[i] ^= (byte) mask;
        refusedOrKept(bad);
      }
    }
  }

  /** Whichever four bytes are a count, they now claim billions of elements. */
  private void everyHostileCountIsRefusedOrKept(byte[] good) {
    for (int i = 0; i + 4 <= good.length; i++) {
      for (byte highest : new byte[] {0x7F, (byte) 0xFF, 0x10, 0x00}) {
        byte[] bad = good.clone();
        Arrays.fill(bad, i, i + 3, (byte) 0xFF);
        bad[i + 3] = highest;
        refusedOrKept(bad);
      }
    }
  }

  private void refusedOrKept(byte[] bytes) {
    long allocated =
        allocatedBytes(
            () -> {
              try {
                assertArrayEquals(bytes, readAndWrite.apply(bytes));
              } catch (WireFormatException e) {
                assertFalse(e.getMessage().isBlank());
              }
            });
    assertTrue(
        allocated <= 50L * bytes.length + ALLOCATION_SLACK,
        () -> bytes.length + " bytes took " + allocated + " bytes of memory");
  }

  /** Bytes that the calling thread allocates while it runs this. */
  static long allocatedBytes(Executable run) {
    long thread = Thread.currentThread().threadId();
    long before = THREADS.getThreadAllocatedBytes(thread);
    try {
      run.execute();
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
    return THREADS.getThreadAllocatedBytes(thread) - before;
  }
}
