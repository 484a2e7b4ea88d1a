package io.rack72.kernel;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.rack72.tensor.Bf16Matrix;
import io.rack72.tensor.Bf16Vector;
import io.rack72.tensor.Int8Matrix;
import io.rack72.tensor.Mxfp4Matrix;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The products in C, one file for each instruction set (see {@code kernels.h}). Arrays are passed
 * where they lie: a call of a product holds off the garbage collector, so calls are pieces of at
 * most some hundred microseconds. All sizes are checked here, since C checks none.
 */
final class NativeBlockProducts implements BlockProducts {
  /** Sets of instructions, with the numbers of {@code kernels.h}; the best of a processor last. */
  enum Instructions {
    NONE(0),
    AVX2(1),
    AVX512(2),
    NEON(3),
    AMX(4);

    private final int number;

    Instructions(int number) {
      this.number = number;
    }

    String symbol() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private static final Logger LOG = LoggerFactory.getLogger(NativeBlockProducts.class);

  /** On macOS too, which loads a library by any name. */
  private static final String FILE = "librack72.so";

  private static final FunctionDescriptor MXFP4 =
      FunctionDescriptor.ofVoid(
          JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT,
          JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, ADDRESS);
  private static final FunctionDescriptor INT8 =
      FunctionDescriptor.ofVoid(
          JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT,
          JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, ADDRESS);
  private static final FunctionDescriptor QUANTIZE =
      FunctionDescriptor.ofVoid(
          JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS);
  private static final FunctionDescriptor INT8_PEAK =
      FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG);

  private static final Optional<SymbolLookup> LIBRARY = load();

  // Constants, since the compiler calls straight only where it knows the function.
  private static final MethodHandle MULTIPLY_MXFP4 = criticalFunction("rack72_mxfp4", MXFP4);
  private static final MethodHandle MULTIPLY_INT8 = criticalFunction("rack72_int8", INT8);
  private static final MethodHandle QUANTIZE_INT8 = function("rack72_quantize_int8", QUANTIZE);
  private static final MethodHandle PEAK = criticalFunction("rack72_int8_peak", INT8_PEAK);
  private static final Set<Instructions> AVAILABLE = findAvailable();

  /** Rounds of {@link #peak} after which its sums would not fit in 32 bits. */
  private static final long MOST_PEAK_ROUNDS = 1 << 24;

  private final Instructions instructions;

  private NativeBlockProducts(Instructions instructions) {
    this.instructions = instructions;
  }

  /** The products with these instructions, where they were built and this processor has them. */
  static Optional<BlockProducts> with(Instructions wanted) {
    if (wanted == Instructions.NONE || !has(wanted)) {
      return Optional.empty();
    }
    return Optional.of(new NativeBlockProducts(wanted));
  }

  /** Whether kernels for these instructions were built and this processor has them. */
  static boolean has(Instructions instructions) {
    return AVAILABLE.contains(instructions);
  }

  /** The best instructions that were built and that this processor has. */
  static Instructions best() {
    return Collections.max(AVAILABLE);
  }

  private static Set<Instructions> findAvailable() {
    Set<Instructions> available = EnumSet.of(Instructions.NONE);
    MethodHandle has = criticalFunction("rack72_has", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    if (has == null) {
      return available;
    }
    try {
      for (Instructions instructions : Instructions.values()) {
        if ((int) has.invokeExact(instructions.number) != 0) {
          available.add(instructions);
        }
      }
    } catch (Throwable e) {
      throw new AssertionError("a native function of numbers does not fail", e);
    }
    return available;
  }

  /** A short function, which can take arrays; null where there is no library. */
  private static MethodHandle criticalFunction(String name, FunctionDescriptor descriptor) {
    return function(name, descriptor, Linker.Option.critical(true));
  }

  /** Null where there is no library. */
  private static MethodHandle function(
      String name, FunctionDescriptor descriptor, Linker.Option... options) {
    return LIBRARY
        .map(
            library ->
                Linker.nativeLinker()
                    .downcallHandle(library.findOrThrow(name), descriptor, options))
        .orElse(null);
  }

  private static Optional<SymbolLookup> load() {
    try (InputStream in = NativeBlockProducts.class.getResourceAsStream(FILE)) {
      if (in == null) {
        return Optional.empty();
      }
      Path file = Files.createTempFile("rack72-", ".so");
      try {
        Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
        return Optional.of(SymbolLookup.libraryLookup(file, Arena.global()));
      } catch (IllegalArgumentException e) {
        LOG.warn(
            "the native kernels of this build cannot be used, so Java computes the same bits more"
                + " slowly: they are of another system, or files in {} may not be run"
                + " (-Djava.io.tmpdir says where else to unpack them): {}",
            file.getParent(),
            e.getMessage());
        return Optional.empty();
      } finally {
        // The library stays mapped without its name.
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      LOG.warn(
          "the native kernels of this build cannot be unpacked, so Java computes the same bits more"
              + " slowly (-Djava.io.tmpdir says where to): {}",
          e.toString());
      return Optional.empty();
    }
  }

  @Override
  public String name() {
    return instructions.symbol();
  }

  @Override
  public boolean takesPairs() {
    return false;
  }

  @Override
  public void multiply(
      Mxfp4Matrix w, Bf16Vector bias, Int8Activations x, int from, int to, float[] y, int yOffset) {
    check(w.rows(), w.columns(), bias, x, from, to, y, yOffset);
    try {
      MULTIPLY_MXFP4.invokeExact(
          instructions.number,
          MemorySegment.ofArray(x.codes()),
          MemorySegment.ofArray(x.scales()),
          MemorySegment.ofArray(x.starts()),
          data(bias),
          MemorySegment.ofArray(y).asSlice((long) yOffset * Float.BYTES),
          (long) w.rows(),
          x.rows(),
          x.blocks(),
          from,
          to,
          w.blocks(),
          w.scales(),
          scratch(x.blocks()));
    } catch (RuntimeException | Error e) {
      // Such as memory that is closed already.
      throw e;
    } catch (Throwable e) {
      throw new AssertionError("a native kernel does not fail", e);
    }
  }

  @Override
  public void multiply(
      Int8Matrix w, Bf16Vector bias, Int8Activations x, int from, int to, float[] y, int yOffset) {
    check(w.rows(), w.columns(), bias, x, from, to, y, yOffset);
    MemorySegment scratch =
        instructions == Instructions.AMX ? scratch(x.blocks()) : MemorySegment.NULL;
    try {
      MULTIPLY_INT8.invokeExact(
          instructions.number,
          MemorySegment.ofArray(x.codes()),
          MemorySegment.ofArray(x.scales()),
          MemorySegment.ofArray(x.starts()),
          data(bias),
          MemorySegment.ofArray(y).asSlice((long) yOffset * Float.BYTES),
          (long) w.rows(),
          x.rows(),
          x.blocks(),
          from,
          to,
          w.codes(),
          w.scales(),
          scratch);
    } catch (RuntimeException | Error e) {
      // Such as memory that is closed already.
      throw e;
    } catch (Throwable e) {
      throw new AssertionError("a native kernel does not fail", e);
    }
  }

  /** Its calls do not hold off the garbage collector, since they may wait for a disk. */
  @Override
  public void quantize(Bf16Matrix w, int from, int to, Int8Matrix out) {
    boolean sizes = out.rows() == w.rows() && out.columns() == w.columns();
    if (!sizes || from < 0 || from > to || to > Int8Matrix.tiles(w.rows())) {
      throw new IllegalArgumentException(
          "tiles %d to %d of %d x %d weights cannot be quantized to %d x %d"
              .formatted(from, to, w.rows(), w.columns(), out.rows(), out.columns()));
    }
    try {
      QUANTIZE_INT8.invokeExact(
          instructions.number,
          w.data(),
          w.rows(),
          w.columns(),
          from,
          to,
          out.codes(),
          out.scales());
    } catch (RuntimeException | Error e) {
      // Such as memory that is closed already.
      throw e;
    } catch (Throwable e) {
      throw new AssertionError("a native kernel does not fail", e);
    }
  }

  /**
   * Multiplies bytes in registers and adds up, as fast as the instructions can (see {@code
   * peak.c}).
   *
   * @return how many products were added, counted by adding them
   */
  long peak(long rounds) {
    if (rounds < 0 || rounds > MOST_PEAK_ROUNDS) {
      throw new IllegalArgumentException(
          "rounds are 0 to %d, not %d".formatted(MOST_PEAK_ROUNDS, rounds));
    }
    try {
      return (long) PEAK.invokeExact(instructions.number, rounds);
    } catch (RuntimeException | Error e) {
      // Such as memory that is closed already.
      throw e;
    } catch (Throwable e) {
      throw new AssertionError("a native kernel does not fail", e);
    }
  }

  /** Room for two decoded tiles with their scales. */
  private static MemorySegment scratch(int blocks) {
    long bytes = 2L * blocks * TILE_ROWS * (Int8Activations.BLOCK + Float.BYTES);
    return MemorySegment.ofArray(
        Scratch.ofThread().tile.atLeast(Math.toIntExact(bytes / Float.BYTES)));
  }

  private static MemorySegment data(Bf16Vector bias) {
    return bias == null ? MemorySegment.NULL : bias.data();
  }

  private static void check(
      int outputs,
      int columns,
      Bf16Vector bias,
      Int8Activations x,
      int from,
      int to,
      float[] y,
      int yOffset) {
    boolean range =
        0 <= from
            && from <= to
            && to <= outputs
            && from % TILE_ROWS == 0
            && (to % TILE_ROWS == 0 || to == outputs);
    if (!range) {
      throw new IllegalArgumentException(
          "outputs %d to %d of %d are no whole tiles of %d"
              .formatted(from, to, outputs, TILE_ROWS));
    }
    if (x.blocks() != Math.ceilDiv(columns, Int8Activations.BLOCK)) {
      throw new IllegalArgumentException(
          "weights of %d columns are multiplied with as many activations, not with %d blocks of %d"
              .formatted(columns, x.blocks(), Int8Activations.BLOCK));
    }
    Sizes.checkBias(bias, outputs);
    long end = yOffset + (long) x.rows() * outputs;
    if (yOffset < 0 || end > y.length) {
      throw new IndexOutOfBoundsException(
          "outputs up to %d in an array of %d".formatted(end, y.length));
    }
  }
}
