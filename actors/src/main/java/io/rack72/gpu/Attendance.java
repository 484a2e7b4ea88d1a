package io.rack72.gpu;

import io.rack72.kv.KvCache;
import io.rack72.schedule.Scheduler;

/**
 * What a GPU needs to take sequences, and has only while it does.
 *
 * @param kv its KV pools
 * @param scheduler of the sequences, over the same pools
 */
public record Attendance(KvCache kv, Scheduler scheduler) implements AutoCloseable {
  /** Gives the KV memory back. */
  @Override
  public void close() {
    kv.close();
  }
}
