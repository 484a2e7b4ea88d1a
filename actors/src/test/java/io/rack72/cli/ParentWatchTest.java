package io.rack72.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ParentWatchTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  private final CompletableFuture<String> done = new CompletableFuture<>();

  @Test
  void processStopsAtTheEndOfItsInputAndNotBefore() throws Exception {
    PipedInputStream in = new PipedInputStream();
    try (PipedOutputStream parent = new PipedOutputStream(in)) {
      ParentWatch.start(
          in, _ -> {}, LONG, () -> done.complete("stop"), () -> done.complete("halt"));
      parent.write(new byte[2000]);
      parent.flush();
      assertFalse(done.isDone());
    }
    assertEquals("stop", done.get(LONG.toSeconds(), TimeUnit.SECONDS));
  }

  @Test
  void linesAreHandedOnAsTheyCome() throws Exception {
    BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    PipedInputStream in = new PipedInputStream();
    try (PipedOutputStream parent = new PipedOutputStream(in)) {
      ParentWatch.start(
          in, lines::add, LONG, () -> done.complete("stop"), () -> done.complete("halt"));
      parent.write("one\ntwo\n".getBytes(StandardCharsets.UTF_8));
      parent.flush();
      assertEquals("one", lines.poll(LONG.toSeconds(), TimeUnit.SECONDS));
      assertEquals("two", lines.poll(LONG.toSeconds(), TimeUnit.SECONDS));
      assertFalse(done.isDone());
    }
    assertEquals("stop", done.get(LONG.toSeconds(), TimeUnit.SECONDS));
  }

  @Test
  void inputThatBreaksHasEnded() throws Exception {
    PipedInputStream broken = new PipedInputStream();
    broken.close();
    ParentWatch.start(
        broken, _ -> {}, LONG, () -> done.complete("stop"), () -> done.complete("halt"));
    assertEquals("stop", done.get(LONG.toSeconds(), TimeUnit.SECONDS));
  }

  @Test
  void processThatDoesNotStopInTimeIsHalted() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    ParentWatch.start(
        InputStream.nullInputStream(),
        _ -> {},
        Duration.ofMillis(50),
        () -> {
          try {
            never.await();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        },
        () -> done.complete("halt"));
    assertEquals("halt", done.get(LONG.toSeconds(), TimeUnit.SECONDS));
    never.countDown();
  }
}
