package io.rack72.load;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Requests of one kind, streamed: in a closed loop, or, where a rate is given, in an open one.
 *
 * @param isChat whether they are chats of words, or completions of token ids
 * @param concurrency of the closed loop
 * @param rate requests per second of the open loop
 * @param warmup requests before those that are measured
 */
record SteadyScenario(
    Workload workload,
    boolean isChat,
    int requests,
    int concurrency,
    OptionalDouble rate,
    int warmup,
    Slo slo)
    implements Scenario {
  private static final double NANOS_PER_SECOND = 1e9;
  private static final double MAX_RATE = 100_000;

  SteadyScenario {
    Limits.requests(requests);
    Limits.concurrency(concurrency);
    Limits.warmup(warmup);
    // Written so that NaN is refused.
    if (rate.isPresent() && !(rate.getAsDouble() > 0 && rate.getAsDouble() <= MAX_RATE)) {
      throw new IllegalArgumentException(
          "--rate is above 0 and at most %.0f a second, not %s"
              .formatted(MAX_RATE, rate.getAsDouble()));
    }
  }

  @Override
  public SteadyReport run(LoadClient client, ProgressLine progress) throws InterruptedException {
    Limits.context(client, workload.mostTokens());
    Warmup.run(client, number -> request(client, number), warmup, concurrency, progress);
    OperatingSystemMXBean process =
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    AtomicInteger done = new AtomicInteger();
    Optional<TrunkTraffic> trafficBefore = TrunkTraffic.of(client);
    long cpuBefore = process.getProcessCpuTime();
    List<Outcome> outcomes =
        rate.isPresent()
            ? RequestPool.openLoop(
                Arrivals.poisson(rate.getAsDouble(), requests, workload.seed()),
                (number, due) ->
                    counted(
                        client.start(request(client, number), TokenListener.NONE, due),
                        done,
                        progress))
            : RequestPool.closedLoop(
                requests,
                concurrency,
                number ->
                    counted(
                        client.start(request(client, number), TokenListener.NONE), done, progress));
    double clientSeconds = (process.getProcessCpuTime() - cpuBefore) / NANOS_PER_SECOND;
    return new SteadyReport(
        client.model(),
        inWords(),
        workload.seed(),
        slo,
        outcomes,
        clientSeconds,
        TrunkTraffic.of(client).map(now -> now.since(trafficBefore)));
  }

  private LoadRequest request(LoadClient client, long number) {
    Workload.Item item = workload.item(number);
    return isChat
        ? LoadRequest.chat(
            LoadRequest.streamed(
                    LoadRequest.chatBody(
                        client.model(), item.words(), item.outputTokens(), item.seed()))
                .toString())
        : LoadRequest.completion(item.streamedCompletion(client.model()));
  }

  private Call counted(Call call, AtomicInteger done, ProgressLine progress) {
    return new Call(
        call.exchange(),
        call.outcome()
            .whenComplete(
                (outcome, failure) ->
                    progress.show(
                        "%d of %d requests".formatted(done.incrementAndGet(), requests))));
  }

  private String inWords() {
    String loop =
        rate.isPresent()
            ? String.format(Locale.ROOT, "%.2f requests/s, open loop", rate.getAsDouble())
            : concurrency + " at a time, closed loop";
    return "%s; prompts of %s %s, replies of %s"
        .formatted(
            loop, workload.promptTokens(), isChat ? "words" : "tokens", workload.outputTokens());
  }
}
