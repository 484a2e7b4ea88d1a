package io.rack72.text;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Byte-pair encoding of one piece of text: starting from single bytes, the adjacent pair whose
 * union has the lowest rank is merged, the leftmost where several have it, until no union of two
 * neighbours is a token (Sennrich et al., 2016, with tiktoken's ranks for merges).
 *
 * <p>Pairs wait in a heap, so a piece of n bytes takes time in n log n; a scan for each merge would
 * take n squared, and a client can send a megabyte without a split. One object encodes one piece.
 */
final class BytePairMerge {
  private static final int NO_PAIR = -1;

  private final BytePairVocabulary vocabulary;
  private final byte[] piece;
  // Parts are named by the index of their first byte.
  private final int[] partEnd;
  private final int[] previousPart;
  // Rank of the union of a part and the one after it; NO_PAIR where that is no token.
  private final int[] pairRank;
  // A binary heap of rank << 32 | part. An entry whose part no longer has that rank is stale.
  private long[] heap;
  private int heapSize;

  private BytePairMerge(BytePairVocabulary vocabulary, byte[] piece) {
    this.vocabulary = vocabulary;
    this.piece = piece;
    this.partEnd = new int[piece.length];
    this.previousPart = new int[piece.length];
    this.pairRank = new int[piece.length];
    this.heap = new long[piece.length + 1];
  }

  /** Appends the ids of a piece that is not empty. */
  static void encode(BytePairVocabulary vocabulary, byte[] piece, IntStream.Builder ids) {
    int whole = vocabulary.find(piece, 0, piece.length);
    if (whole != BytePairVocabulary.ABSENT) {
      ids.add(whole);
      return;
    }
    BytePairMerge merge = new BytePairMerge(vocabulary, piece);
    merge.run();
    for (int part = 0; part < piece.length; part = merge.partEnd[part]) {
      ids.add(vocabulary.find(piece, part, merge.partEnd[part]));
    }
  }

  private void run() {
    for (int part = 0; part < piece.length; part++) {
      partEnd[part] = part + 1;
      previousPart[part] = part - 1;
    }
    for (int part = 0; part < piece.length; part++) {
      rankPair(part);
    }
    while (heapSize > 0) {
      long lowest = pop();
      int part = (int) lowest;
      if (pairRank[part] == (int) (lowest >>> 32)) {
        mergeWithNext(part);
      }
    }
  }

  private void mergeWithNext(int part) {
    int next = partEnd[part];
    pairRank[next] = NO_PAIR;
    partEnd[part] = partEnd[next];
    if (partEnd[part] < piece.length) {
      previousPart[partEnd[part]] = part;
    }
    rankPair(part);
    if (part > 0) {
      rankPair(previousPart[part]);
    }
  }

  private void rankPair(int part) {
    int next = partEnd[part];
    pairRank[part] = next == piece.length ? NO_PAIR : vocabulary.find(piece, part, partEnd[next]);
    if (pairRank[part] != NO_PAIR) {
      push((long) pairRank[part] << 32 | part);
    }
  }

  private void push(long entry) {
    if (heapSize == heap.length) {
      heap = Arrays.copyOf(heap, heapSize * 2);
    }
    int hole = heapSize++;
    while (hole > 0 && heap[(hole - 1) / 2] > entry) {
      heap[hole] = heap[(hole - 1) / 2];
      hole = (hole - 1) / 2;
    }
    heap[hole] = entry;
  }

  private long pop() {
    long lowest = heap[0];
    long moved = heap[--heapSize];
    int hole = 0;
    while (2 * hole + 1 < heapSize) {
      int child = 2 * hole + 1;
      if (child + 1 < heapSize && heap[child + 1] < heap[child]) {
        child++;
      }
      if (moved <= heap[child]) {
        break;
      }
      heap[hole] = heap[child];
      hole = child;
    }
    heap[hole] = moved;
    return lowest;
  }
}
