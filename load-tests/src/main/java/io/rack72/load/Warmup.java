package io.rack72.load;

import io.rack72.cli.CommandFailedException;
import java.util.List;
import java.util.function.LongFunction;

/**
 * Requests before those that are measured, like them but with other prompts: the first ones after a
 * start meet code, here and in a server on a JVM, that is not compiled yet.
 */
final class Warmup {
  /** Beyond the numbers of requests that are measured. */
  private static final long FIRST_NUMBER = 1L << 40;

  private Warmup() {}

  /**
   * Sends them in a closed loop.
   *
   * @param request makes the one of a number
   * @throws CommandFailedException if none succeeds, since then nothing is worth measuring
   */
  static void run(
      LoadClient client,
      LongFunction<LoadRequest> request,
      int requests,
      int concurrency,
      ProgressLine progress)
      throws InterruptedException {
    if (requests == 0) {
      return;
    }
    progress.show("warming up");
    List<Outcome> outcomes =
        RequestPool.closedLoop(
            requests,
            concurrency,
            number -> client.start(request.apply(FIRST_NUMBER + number), TokenListener.NONE));
    if (outcomes.stream().noneMatch(Outcome::succeeded)) {
      Outcome first = outcomes.getFirst();
      throw new CommandFailedException(
          "no request succeeds (%s): %s"
              .formatted(first.failure(), first.error().orElse("it was given up")));
    }
  }
}
