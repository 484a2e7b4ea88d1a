package io.rack72.gateway;

import java.util.concurrent.atomic.AtomicLong;

/** The memory that all request bodies in flight share. Thread-safe. */
final class BodyMemory {
  private final long limitBytes;
  private final AtomicLong takenBytes = new AtomicLong();

  BodyMemory(long limitBytes) {
    this.limitBytes = limitBytes;
  }

  /** Whether there is room for this much now; nothing is taken. */
  boolean fits(long bytes) {
    return bytes <= limitBytes - takenBytes.get();
  }

  /** Takes this much, or nothing where there is not as much left. */
  boolean take(long bytes) {
    long before =
        takenBytes.getAndUpdate(taken -> bytes <= limitBytes - taken ? taken + bytes : taken);
    return bytes <= limitBytes - before;
  }

  /** Gives back what was taken. */
  void release(long bytes) {
    takenBytes.addAndGet(-bytes);
  }

  /** Of all that was taken, what was not given back. */
  long takenBytes() {
    return takenBytes.get();
  }
}
