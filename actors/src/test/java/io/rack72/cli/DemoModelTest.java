package io.rack72.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.checkpoint.Checkpoint;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoModelTest {
  @TempDir Path cache;

  @Test
  void madeOnceHoweverManyWantIt() throws Exception {
    AtomicInteger made = new AtomicInteger();
    StringWriter err = new StringWriter();
    Callable<Path> prepare =
        () ->
            new DemoModel(cache)
                .prepare(
                    new PrintWriter(err), (bytes, total) -> made.addAndGet(bytes == total ? 1 : 0));
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      for (Future<Path> path : threads.invokeAll(List.of(prepare, prepare, prepare, prepare))) {
        assertEquals(new DemoModel(cache).directory(), path.get());
      }
    }
    assertEquals(1, made.get());
    try (Checkpoint checkpoint = Checkpoint.open(new DemoModel(cache).directory())) {
      assertEquals(128, checkpoint.config().experts());
    }
    assertEquals(4, err.toString().lines().count());
    assertTrue(err.toString().contains("random"), err.toString());
  }

  @Test
  void cacheThatCannotBeWrittenIsNamed() throws IOException {
    Path file = Files.writeString(cache.resolve("file"), "");
    DemoModel demo = new DemoModel(file);
    CommandFailedException failure =
        assertThrows(
            CommandFailedException.class,
            () -> demo.prepare(new PrintWriter(new StringWriter()), (bytes, total) -> {}));
    assertTrue(failure.getMessage().contains(file.toString()), failure.getMessage());
    assertTrue(failure.getMessage().contains("XDG_CACHE_HOME"), failure.getMessage());
  }
}
