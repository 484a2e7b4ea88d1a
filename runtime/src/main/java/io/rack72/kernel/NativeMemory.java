package io.rack72.kernel;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Large memory outside the heap. On Linux it comes straight from the kernel, in huge pages where
 * the system has them: a stream of weights then needs fewer address translations, and nobody writes
 * zeros first. Elsewhere it is an arena's.
 */
final class NativeMemory {
  private static final boolean LINUX = System.getProperty("os.name").equals("Linux");
  private static final int PROT_READ_WRITE = 1 | 2;
  private static final int MAP_PRIVATE_ANONYMOUS = 2 | 32;
  private static final int MADV_HUGEPAGE = 14;
  private static final long MAP_FAILED = -1;

  private static final MethodHandle MMAP =
      function(
          "mmap",
          FunctionDescriptor.of(
              ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
  private static final MethodHandle MUNMAP =
      function("munmap", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG));
  private static final MethodHandle MADVISE =
      function("madvise", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));

  private NativeMemory() {}

  /** Null on other systems than Linux, whose constants stand above. */
  private static MethodHandle function(String name, FunctionDescriptor descriptor) {
    Linker linker = Linker.nativeLinker();
    return LINUX
        ? linker.downcallHandle(linker.defaultLookup().findOrThrow(name), descriptor)
        : null;
  }

  /**
   * Memory that is zero, aligned to at least 64 bytes.
   *
   * @param arena frees it when it is closed
   * @throws OutOfMemoryError if there is not so much
   */
  static MemorySegment allocate(long bytes, Arena arena) {
    if (!LINUX || bytes == 0) {
      return arena.allocate(bytes, 64);
    }
    try {
      MemorySegment memory =
          (MemorySegment)
              MMAP.invokeExact(
                  MemorySegment.NULL, bytes, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0L);
      if (memory.address() == MAP_FAILED) {
        throw new OutOfMemoryError("the system has no %,d bytes of memory".formatted(bytes));
      }
      // A kernel without huge pages answers with an error, which changes nothing.
      int _ = (int) MADVISE.invokeExact(memory, bytes, MADV_HUGEPAGE);
      return memory.reinterpret(bytes, arena, NativeMemory::free);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError("the system's functions throw nothing", e);
    }
  }

  private static void free(MemorySegment memory) {
    try {
      int _ = (int) MUNMAP.invokeExact(memory, memory.byteSize());
    } catch (Throwable e) {
      throw new AssertionError("the system's functions throw nothing", e);
    }
  }
}
