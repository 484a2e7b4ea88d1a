package io.rack72.kernel;

import java.io.IOException;
import java.io.InputStream;
import java.util.Set;

/**
 * Gives kernels and samplers of a chosen vector width in one process. The width is a constant of
 * the class {@link Simd}, so a loader defines that class, and all that use it, anew while the
 * system property says another width.
 */
public final class ShapeLoader extends ClassLoader {
  /** What both sides must agree on, and what does not depend on the width. */
  private static final Set<String> SHARED =
      Set.of(
          "kernel.Kernels",
          "kernel.Kernels$AttentionShape",
          "kernel.Kernels$KvPages",
          "kernel.Kernels$SequenceRows",
          "kernel.Int8Quantization",
          "kernel.KvFormat",
          "kernel.Workers",
          "kernel.Workers$Task",
          "sampling.BrokenLogitsException",
          "sampling.SampledToken",
          "sampling.SamplingParams",
          "sampling.TokenCounts",
          "sampling.TokenCounts$Visitor");

  private static final String ROOT = "io.rack72.";
  private static final String PACKAGE = ShapeLoader.class.getPackageName() + ".";
  private static final String SAMPLING_PACKAGE = ROOT + "sampling.";

  private ShapeLoader() {
    super(ShapeLoader.class.getClassLoader());
  }

  /** Kernels of the exact mode that compute with vectors of {@code bits} bits. */
  static Kernels kernels(int bits, Workers workers) {
    return kernels(bits, workers, KvFormat.FLOAT32);
  }

  /** The same for keys and values in another format. */
  static Kernels kernels(int bits, Workers workers, KvFormat kvFormat) {
    return kernelsOf(
        bits,
        loader ->
            (Kernels)
                loader
                    .loadClass(PACKAGE + "VectorKernels")
                    .getConstructor(Workers.class, KvFormat.class)
                    .newInstance(workers, kvFormat));
  }

  /** Kernels of the fast mode, in Java, that compute with vectors of {@code bits} bits. */
  static Kernels fastKernels(int bits, Workers workers) {
    return kernelsOf(
        bits,
        loader -> {
          Class<?> vector = loader.loadClass(PACKAGE + "VectorKernels");
          Class<?> choice = loader.loadClass(PACKAGE + "FastKernels$Choice");
          return (Kernels)
              loader
                  .loadClass(PACKAGE + "FastKernels")
                  .getConstructor(vector, Workers.class, choice)
                  .newInstance(
                      vector.getConstructor(Workers.class).newInstance(workers),
                      workers,
                      choice.getField("JAVA").get(null));
        });
  }

  /**
   * A {@code Sampler} that computes with vectors of {@code bits} bits. Its class is not the one of
   * that name which a test sees, so that its methods must be looked up.
   */
  public static Object sampler(int bits) {
    return withVectorsOf(
        bits,
        loader -> loader.loadClass(SAMPLING_PACKAGE + "Sampler").getConstructor().newInstance());
  }

  private interface Maker<T> {
    T make(ShapeLoader loader) throws ReflectiveOperationException;
  }

  private static Kernels kernelsOf(int bits, Maker<Kernels> maker) {
    Kernels kernels = withVectorsOf(bits, maker);
    if (!kernels.name().endsWith("-" + bits)) {
      throw new IllegalStateException(kernels.name() + " does not have " + bits + " bits");
    }
    return kernels;
  }

  private static <T> T withVectorsOf(int bits, Maker<T> maker) {
    String before = System.setProperty(Simd.BITS_PROPERTY, Integer.toString(bits));
    try {
      ShapeLoader loader = new ShapeLoader();
      // Makes the width final, before the property is put back.
      Class.forName(PACKAGE + "Simd", true, loader);
      return maker.make(loader);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    } finally {
      if (before == null) {
        System.clearProperty(Simd.BITS_PROPERTY);
      } else {
        System.setProperty(Simd.BITS_PROPERTY, before);
      }
    }
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    boolean anew = name.startsWith(PACKAGE) || name.startsWith(SAMPLING_PACKAGE);
    if (!anew || SHARED.contains(name.substring(ROOT.length()))) {
      return super.loadClass(name, resolve);
    }
    synchronized (getClassLoadingLock(name)) {
      Class<?> loaded = findLoadedClass(name);
      return loaded != null ? loaded : define(name);
    }
  }

  private Class<?> define(String name) throws ClassNotFoundException {
    try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
      if (in == null) {
        throw new ClassNotFoundException(name);
      }
      byte[] code = in.readAllBytes();
      return defineClass(name, code, 0, code.length);
    } catch (IOException e) {
      throw new ClassNotFoundException(name, e);
    }
  }
}
