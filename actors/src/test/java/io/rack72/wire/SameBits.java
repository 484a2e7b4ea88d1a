package io.rack72.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.reflect.RecordComponent;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;

/** Compares records field by field, and floats by their raw bits. */
final class SameBits {
  private SameBits() {}

  static void assertSameBits(Object expected, Object actual) {
    compare("", expected, actual);
  }

  private static void compare(String path, Object expected, Object actual) {
    switch (expected) {
      case null -> assertEquals(null, actual, path);
      case Record record -> compareRecords(path, record, (Record) actual);
      case Float f ->
          assertEquals(Float.floatToRawIntBits(f), Float.floatToRawIntBits((Float) actual), path);
      case float[] floats -> assertArrayEquals(bits(floats), bits((float[]) actual), path);
      case int[] ints -> assertArrayEquals(ints, (int[]) actual, path);
      case byte[] bytes -> assertArrayEquals(bytes, (byte[]) actual, path);
      case Optional<?> optional ->
          compare(path, optional.orElse(null), ((Optional<?>) actual).orElse(null));
      case Map<?, ?> map -> compare(path, map.entrySet(), ((Map<?, ?>) actual).entrySet());
      case Map.Entry<?, ?> entry -> {
        compare(path + ".key", entry.getKey(), ((Map.Entry<?, ?>) actual).getKey());
        compare(path + ".value", entry.getValue(), ((Map.Entry<?, ?>) actual).getValue());
      }
      case Iterable<?> elements -> {
        Iterator<?> others = ((Iterable<?>) actual).iterator();
        int i = 0;
        for (Object element : elements) {
          compare(path + "[" + i++ + "]", element, others.next());
        }
        assertEquals(false, others.hasNext(), path);
      }
      default -> assertEquals(expected, actual, path);
    }
  }

  private static void compareRecords(String path, Record expected, Record actual) {
    assertEquals(expected.getClass(), actual.getClass(), path);
    for (RecordComponent component : expected.getClass().getRecordComponents()) {
      try {
        component.getAccessor().setAccessible(true);
        compare(
            path + "." + component.getName(),
            component.getAccessor().invoke(expected),
            component.getAccessor().invoke(actual));
      } catch (ReflectiveOperationException e) {
        throw new LinkageError(path + "." + component.getName() + " cannot be read", e);
      }
    }
  }

  private static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToRawIntBits(values[i]);
    }
    return bits;
  }
}
