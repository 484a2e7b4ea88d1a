package io.rack72.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WorkersTest {
  @Test
  void everyItemIsDoneOnce() {
    try (Workers workers = new Workers(4)) {
      for (int items = 0; items < 300; items++) {
        AtomicIntegerArray done = new AtomicIntegerArray(items);
        workers.share(items, 1 + items % 7, (from, to) -> count(done, from, to));
        assertAllOnce(done);
      }
    }
  }

  @Test
  void callersWhoFindTheCrewBusyDoTheWorkThemselves() throws InterruptedException {
    try (Workers workers = new Workers(2)) {
      CountDownLatch crewIsBusy = new CountDownLatch(2);
      CountDownLatch otherCallIsDone = new CountDownLatch(1);
      Thread first =
          Thread.ofPlatform()
              .start(
                  () ->
                      workers.share(
                          2,
                          1,
                          (from, to) -> {
                            crewIsBusy.countDown();
                            awaitQuietly(otherCallIsDone);
                          }));
      crewIsBusy.await();
      AtomicIntegerArray done = new AtomicIntegerArray(100);
      workers.share(100, 1, (from, to) -> count(done, from, to));
      assertAllOnce(done);
      otherCallIsDone.countDown();
      first.join();
    }
  }

  @Test
  void crewStandsBackWhileCallersFillTheCores() throws InterruptedException {
    try (Workers workers = new Workers(2)) {
      CountDownLatch busy = new CountDownLatch(1);
      CountDownLatch done = new CountDownLatch(1);
      Thread other = callThatWaits(workers, busy, done);
      Thread caller = Thread.currentThread();
      Set<Thread> seen = ConcurrentHashMap.newKeySet();
      float[] numbers = new float[20_000];
      workers.share(
          2000,
          1,
          (from, to) -> {
            // Long enough that a crew which does not stand back is awake before all is done.
            Exp.apply(Thread.currentThread() == caller ? numbers : numbers.clone(), 0, 20_000);
            seen.add(Thread.currentThread());
          });
      assertEquals(Set.of(caller), seen);
      done.countDown();
      other.join();
    }
  }

  @Test
  void crewComesBackWhenACallerLeaves() throws InterruptedException {
    try (Workers workers = new Workers(2)) {
      CountDownLatch busy = new CountDownLatch(1);
      CountDownLatch done = new CountDownLatch(1);
      Thread other = callThatWaits(workers, busy, done);
      Thread caller = Thread.currentThread();
      CountDownLatch helped = new CountDownLatch(1);
      workers.share(
          1000,
          1,
          (from, to) -> {
            if (Thread.currentThread() != caller) {
              helped.countDown();
            } else if (from == 0) {
              done.countDown();
              awaitQuietly(helped);
            }
          });
      other.join();
    }
  }

  /** A call that has one core until {@code done}; returns when it has it. */
  private static Thread callThatWaits(Workers workers, CountDownLatch busy, CountDownLatch done)
      throws InterruptedException {
    Thread other =
        Thread.ofPlatform()
            .start(
                () ->
                    workers.share(
                        1,
                        1,
                        (from, to) -> {
                          busy.countDown();
                          awaitQuietly(done);
                        }));
    busy.await();
    return other;
  }

  @Test
  void callFromWithinATaskIsDoneByItsCaller() {
    try (Workers workers = new Workers(3)) {
      AtomicInteger inner = new AtomicInteger();
      workers.share(
          10,
          1,
          (from, to) -> workers.share(5, 1, (a, b) -> inner.addAndGet((to - from) * (b - a))));
      assertEquals(50, inner.get());
    }
  }

  @Test
  void manyCallersAtOnceAllGetTheirWorkDone() throws InterruptedException, ExecutionException {
    try (Workers workers = new Workers(3);
        ExecutorService callers = Executors.newFixedThreadPool(6)) {
      List<Future<long[]>> results = new ArrayList<>();
      for (int caller = 0; caller < 6; caller++) {
        results.add(callers.submit(() -> squares(workers)));
      }
      for (Future<long[]> result : results) {
        assertArrayEquals(squares(new Workers(1)), result.get());
      }
    }
  }

  private static long[] squares(Workers workers) {
    long[] out = new long[1000];
    for (int round = 0; round < 300; round++) {
      Arrays.fill(out, 0);
      workers.share(
          out.length,
          13,
          (from, to) -> {
            for (int i = from; i < to; i++) {
              out[i] += (long) i * i;
            }
          });
    }
    return out;
  }

  @Test
  void failureOfAPieceIsThrownAfterAllPiecesRan() {
    try (Workers workers = new Workers(3)) {
      AtomicInteger ran = new AtomicInteger();
      IllegalStateException thrown =
          assertThrows(
              IllegalStateException.class,
              () ->
                  workers.share(
                      20,
                      1,
                      (from, to) -> {
                        ran.incrementAndGet();
                        if (from == 11) {
                          throw new IllegalStateException("piece 11");
                        }
                      }));
      assertEquals("piece 11", thrown.getMessage());
      assertEquals(20, ran.get());
    }
  }

  @Test
  void closedCrewLeavesTheWorkToTheCaller() {
    Workers workers = new Workers(2);
    workers.close();
    AtomicIntegerArray done = new AtomicIntegerArray(10);
    workers.share(10, 1, (from, to) -> count(done, from, to));
    assertAllOnce(done);
  }

  @Test
  void tasksRunInTheOrderInWhichTheyCame() throws InterruptedException {
    try (Workers workers = new Workers(1)) {
      List<Integer> ran = new ArrayList<>();
      CountDownLatch done = new CountDownLatch(1000);
      for (int i = 0; i < 1000; i++) {
        int number = i;
        workers.execute(
            () -> {
              ran.add(number);
              done.countDown();
            });
      }
      done.await();
      assertEquals(IntStream.range(0, 1000).boxed().toList(), ran);
    }
  }

  @Test
  void asManyTasksRunAtATimeAsThereAreMembers() throws InterruptedException {
    try (Workers workers = new Workers(3)) {
      for (int round = 0; round < 200; round++) {
        // Each waits for the others: if one were left in the queue none would end.
        CyclicBarrier together = new CyclicBarrier(3);
        CountDownLatch done = new CountDownLatch(3);
        for (int i = 0; i < 3; i++) {
          workers.execute(
              () -> {
                awaitQuietly(together);
                done.countDown();
              });
        }
        done.await();
      }
    }
  }

  @Test
  void noTaskIsForgottenByMembersWhoFallAsleep() throws InterruptedException {
    SplittableRandom random = new SplittableRandom(1);
    try (Workers workers = new Workers(2)) {
      for (int round = 0; round < 2000; round++) {
        CountDownLatch done = new CountDownLatch(2);
        workers.execute(done::countDown);
        // Members fall asleep some tens of microseconds after their last task, or are just about
        // to.
        LockSupport.parkNanos(random.nextInt(100_000));
        workers.execute(done::countDown);
        done.await();
      }
    }
  }

  @Test
  void memberWithoutTaskHelpsOneThatIsAtWork() throws InterruptedException {
    try (Workers workers = new Workers(2)) {
      CountDownLatch done = new CountDownLatch(1);
      workers.execute(
          () -> {
            CyclicBarrier both = new CyclicBarrier(2);
            workers.share(2, 1, (from, to) -> awaitQuietly(both));
            done.countDown();
          });
      done.await();
    }
  }

  @Test
  void callsOfTwoTasksAreHelpedByAThirdMember() throws InterruptedException {
    try (Workers workers = new Workers(3)) {
      CyclicBarrier callers = new CyclicBarrier(2);
      CountDownLatch done = new CountDownLatch(2);
      for (int i = 0; i < 2; i++) {
        workers.execute(
            () -> {
              Thread caller = Thread.currentThread();
              awaitQuietly(callers);
              CountDownLatch helper = new CountDownLatch(1);
              workers.share(
                  1000,
                  1,
                  (from, to) -> {
                    if (Thread.currentThread() != caller) {
                      helper.countDown();
                    } else if (from == 0) {
                      awaitQuietly(helper);
                    }
                  });
              done.countDown();
            });
      }
      done.await();
    }
  }

  @Test
  void taskThatFailsIsToldAndOthersRun() throws InterruptedException {
    List<Throwable> failures = new CopyOnWriteArrayList<>();
    IllegalStateException failure = new IllegalStateException("task");
    try (Workers workers = new Workers(1, (_, e) -> failures.add(e))) {
      CountDownLatch done = new CountDownLatch(1);
      workers.execute(
          () -> {
            throw failure;
          });
      workers.execute(done::countDown);
      done.await();
      assertEquals(List.of(failure), failures);
    }
  }

  @Test
  void interruptOfATaskEndsWithIt() throws InterruptedException {
    try (Workers workers = new Workers(1)) {
      List<Boolean> interrupted = new CopyOnWriteArrayList<>();
      CountDownLatch done = new CountDownLatch(1);
      workers.execute(() -> Thread.currentThread().interrupt());
      workers.execute(
          () -> {
            interrupted.add(Thread.currentThread().isInterrupted());
            done.countDown();
          });
      done.await();
      assertEquals(List.of(false), interrupted);
    }
  }

  @Test
  void closedCrewRunsWhatWaitsAndWhatComesLater() throws InterruptedException {
    Workers workers = new Workers(1);
    CountDownLatch closed = new CountDownLatch(1);
    CountDownLatch done = new CountDownLatch(100);
    workers.execute(() -> awaitQuietly(closed));
    for (int i = 0; i < 100; i++) {
      workers.execute(done::countDown);
    }
    workers.close();
    closed.countDown();
    done.await();
    CountDownLatch late = new CountDownLatch(100);
    for (int i = 0; i < 100; i++) {
      workers.execute(late::countDown);
    }
    late.await();
  }

  @Test
  void noTaskIsForgottenByACrewThatIsClosedMeanwhile() throws InterruptedException {
    for (int round = 0; round < 300; round++) {
      Workers workers = new Workers(2);
      CountDownLatch done = new CountDownLatch(20);
      Thread bringer =
          Thread.ofPlatform()
              .start(
                  () -> {
                    for (int i = 0; i < 20; i++) {
                      workers.execute(done::countDown);
                    }
                  });
      workers.close();
      bringer.join();
      done.await();
    }
  }

  @Test
  void actorsInterruptIsNoFailure() throws InterruptedException {
    List<Throwable> failures = new CopyOnWriteArrayList<>();
    try (Workers workers = new Workers(1, (_, e) -> failures.add(e))) {
      CountDownLatch done = new CountDownLatch(1);
      workers.execute(() -> throwUnchecked(new InterruptedException()));
      workers.execute(done::countDown);
      done.await();
      assertEquals(List.of(), failures);
    }
  }

  /** As code in Scala does, which has no checked exceptions. */
  @SuppressWarnings("unchecked")
  private static <E extends Throwable> void throwUnchecked(Throwable e) throws E {
    throw (E) e;
  }

  @Test
  void crewWithoutMembersIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> new Workers(0));
  }

  private static void count(AtomicIntegerArray done, int from, int to) {
    for (int i = from; i < to; i++) {
      done.incrementAndGet(i);
    }
  }

  private static void assertAllOnce(AtomicIntegerArray done) {
    for (int i = 0; i < done.length(); i++) {
      assertEquals(1, done.get(i), "item " + i + " of " + done.length());
    }
  }

  private static void awaitQuietly(CyclicBarrier barrier) {
    try {
      barrier.await();
    } catch (InterruptedException | BrokenBarrierException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
