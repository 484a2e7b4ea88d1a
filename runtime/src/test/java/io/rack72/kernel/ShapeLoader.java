package io.rack72.kernel;

import java.io.IOException;
import java.io.InputStream;
import java.util.Set;

/**
 * Gives kernels of a chosen vector width in one process. The width is a constant of the class
 * {@link Simd}, so a loader defines that class, and all that use it, anew while the system property
 * says another width.
 */
final class ShapeLoader extends ClassLoader {
  /** What both sides must agree on, and what does not depend on the width. */
  private static final Set<String> SHARED =
      Set.of("Kernels", "Kernels$AttentionShape", "Kernels$KvPages", "Workers", "Workers$Task");

  private static final String PACKAGE = ShapeLoader.class.getPackageName() + ".";

  private ShapeLoader() {
    super(ShapeLoader.class.getClassLoader());
  }

  /** Kernels of the exact mode that compute with vectors of {@code bits} bits. */
  static Kernels kernels(int bits, Workers workers) {
    return withVectorsOf(
        bits,
        loader ->
            (Kernels)
                loader
                    .loadClass(PACKAGE + "VectorKernels")
                    .getConstructor(Workers.class)
                    .newInstance(workers));
  }

  /** Kernels of the fast mode, in Java, that compute with vectors of {@code bits} bits. */
  static Kernels fastKernels(int bits, Workers workers) {
    return withVectorsOf(
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

  private interface Maker {
    Kernels make(ShapeLoader loader) throws ReflectiveOperationException;
  }

  private static Kernels withVectorsOf(int bits, Maker maker) {
    String before = System.setProperty(Simd.BITS_PROPERTY, Integer.toString(bits));
    try {
      Kernels kernels = maker.make(new ShapeLoader());
      if (!kernels.name().endsWith("-" + bits)) {
        // Asking for the name also makes the width final, before the property is put back.
        throw new IllegalStateException(kernels.name() + " does not have " + bits + " bits");
      }
      return kernels;
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
    if (!name.startsWith(PACKAGE) || SHARED.contains(name.substring(PACKAGE.length()))) {
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
