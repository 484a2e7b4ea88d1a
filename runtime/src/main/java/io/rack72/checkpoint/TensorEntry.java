package io.rack72.checkpoint;

import java.util.List;

/**
 * One tensor as a safetensors header declares it. The header parser has checked that the extent is
 * the shape's and lies in the file.
 *
 * @param name unique in its file
 * @param dtype element type
 * @param shape dimensions, outermost first; empty for a single element
 * @param begin first byte, counted from the end of the header
 * @param end byte after the last
 */
record TensorEntry(String name, Dtype dtype, List<Long> shape, long begin, long end) {
  TensorEntry {
    shape = List.copyOf(shape);
  }

  long bytes() {
    return end - begin;
  }
}
