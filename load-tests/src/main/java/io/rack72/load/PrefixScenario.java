package io.rack72.load;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Prompts that begin alike, as those of chats with one system message do: first some whose
 * beginning the server has never seen, then many that share the beginning of the last of those.
 *
 * @param tails what follows the prefix, another one in each prompt
 * @param prefixTokens of the beginning
 * @param coldRequests each with a prefix of its own
 * @param requests that share a prefix
 * @param concurrency of the requests that share a prefix; the cold ones come one after the other
 */
record PrefixScenario(
    Workload tails, int prefixTokens, int coldRequests, int requests, int concurrency, int warmup)
    implements Scenario {
  private static final int MAX_PREFIX_TOKENS = 10_000_000;
  private static final int MAX_COLD_REQUESTS = 1000;

  /** Where the numbers of prefixes begin, beyond those of tails. */
  private static final long FIRST_PREFIX = 1L << 41;

  PrefixScenario {
    Limits.inRange("--prefix-tokens", prefixTokens, 1, MAX_PREFIX_TOKENS);
    Limits.inRange("--cold-requests", coldRequests, 1, MAX_COLD_REQUESTS);
    Limits.requests(requests);
    Limits.concurrency(concurrency);
    Limits.warmup(warmup);
  }

  @Override
  public PrefixReport run(LoadClient client, ProgressLine progress) throws InterruptedException {
    Limits.context(client, prefixTokens + tails.mostTokens());
    // Each has a prefix that no other has.
    Warmup.run(
        client, number -> request(client, FIRST_PREFIX + number, number), warmup, 1, progress);
    List<Outcome> cold = new ArrayList<>();
    for (int i = 0; i < coldRequests; i++) {
      progress.show("cold: %d of %d requests".formatted(i, coldRequests));
      LoadRequest request = request(client, FIRST_PREFIX + i, i);
      cold.add(client.start(request, TokenListener.NONE).await());
    }
    long shared = FIRST_PREFIX + coldRequests - 1;
    List<Outcome> warm =
        RequestPool.closedLoop(
            requests,
            concurrency,
            number -> {
              progress.show("warm: %d of %d requests".formatted(number, requests));
              return client.start(
                  request(client, shared, (long) coldRequests + number), TokenListener.NONE);
            });
    return new PrefixReport(client.model(), prefixTokens, tails, cold, warm);
  }

  private LoadRequest request(LoadClient client, long prefix, long number) {
    SplittableRandom random = tails.random(prefix);
    Workload.Item tail = tails.item(number);
    int[] prompt =
        IntStream.concat(IntStream.of(tails.ids(random, prefixTokens)), IntStream.of(tail.prompt()))
            .toArray();
    return LoadRequest.completion(
        new Workload.Item(prompt, tail.outputTokens(), tail.seed())
            .streamedCompletion(client.model()));
  }
}
