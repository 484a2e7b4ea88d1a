package io.rack72.rack;

import io.rack72.clock.Clock;
import io.rack72.gpu.SequenceEvent;
import io.rack72.gpu.SequenceRequest;
import io.rack72.kv.KvMemory;
import io.rack72.routing.RouterActor;
import io.rack72.sampling.SamplingParams;
import io.rack72.schedule.HedgeLimits;
import io.rack72.schedule.SequenceId;
import io.rack72.schedule.Standing;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets this JVM compile what a node does before the node joins a rack that runs, where clients
 * would wait for that: a rack in itself, which nobody else sees, answers a few sequences and is
 * taken down. Nothing depends on it, so where such a rack does not start it is done without.
 */
public final class WarmUp {
  private static final Logger LOG = LoggerFactory.getLogger(WarmUp.class);

  /** Enough for batches of several sizes while they begin and end one after the other. */
  private static final int SEQUENCES = 8;

  private static final int PROMPT_TOKENS = 16;
  private static final int FEWEST_NEW_TOKENS = 16;

  /** Makes nearly any token the most likely one. */
  private static final float BIAS = 100;

  private static final long LOOK_MILLIS = 20;
  private static final Duration FOREVER = Duration.ofHours(1);

  private WarmUp() {}

  /**
   * Computes until the sequences have ended, and returns when nothing is computed any more.
   *
   * @param parts of the node; their numerics and threads are shared with it
   * @param clock of the node
   * @param limit of the time in which sequences are computed; a step that has begun is ended
   * @param pointless is asked again and again whether to stop early
   */
  public static void run(NodeParts parts, Clock clock, Duration limit, BooleanSupplier pointless)
      throws InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    LocalRack rack;
    try {
      rack = LocalRack.start(parts.with(quiet(parts.settings())), clock);
    } catch (RuntimeException e) {
      LOG.warn("the node joins without having warmed up", e);
      return;
    }
    try {
      CountDownLatch ends = new CountDownLatch(SEQUENCES);
      for (int i = 0; i < SEQUENCES; i++) {
        rack.system().systemActorOf(owner(rack, i, ends), "warm-up-" + i, Props.empty());
      }
      while (!ends.await(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
        if (System.nanoTime() - deadline >= 0 || pointless.getAsBoolean()) {
          return;
        }
      }
    } finally {
      rack.system().terminate();
      // Weights are read as long as a step lasts, so nobody may go on and free them before.
      rack.system().getWhenTerminated().toCompletableFuture().join();
    }
  }

  /**
   * The same rack, of which one GPU takes all sequences and finds nothing in its cache, and in
   * which nobody is called slow while all are.
   */
  private static RackSettings quiet(RackSettings settings) {
    KvMemory kv = settings.kv();
    HedgeLimits hedge = settings.hedge();
    return new RackSettings(
        settings.profile(),
        settings.expertParallel(),
        1,
        new KvMemory(kv.blockTokens(), kv.hbmBytes(), 0, false),
        settings.scheduler(),
        settings.portWindowBytes(),
        settings.trunkWindowBytes(),
        settings.computeThreads(),
        new HedgeLimits(hedge.multiple(), hedge.least(), FOREVER, 0, hedge.avoidance(), 0));
  }

  private static Behavior<SequenceEvent> owner(LocalRack rack, int number, CountDownLatch ends) {
    return Behaviors.setup(
        context -> {
          submit(rack, number, context.getSelf());
          return Behaviors.receiveMessage(
              event -> {
                boolean over =
                    switch (event) {
                      case SequenceEvent.Token token -> token.finish().isPresent();
                      case SequenceEvent.Ended _ -> true;
                      case SequenceEvent.Placed _, SequenceEvent.Started _, SequenceEvent.Alive _ ->
                          false;
                    };
                if (over) {
                  ends.countDown();
                  return Behaviors.stopped();
                }
                return Behaviors.same();
              });
        });
  }

  /**
   * It is one token again and again, so that it asks few experts: those of other machines in the
   * rack may not even be in this one's memory.
   */
  private static void submit(LocalRack rack, int number, ActorRef<SequenceEvent> owner) {
    int[] prompt = new int[PROMPT_TOKENS];
    Arrays.fill(prompt, number);
    rack.router()
        .tell(
            new RouterActor.Submit(
                new SequenceRequest(
                    new SequenceId("warm-up", number),
                    1,
                    prompt,
                    new int[0],
                    params(number),
                    Standing.DEFAULT),
                owner));
  }

  private static SamplingParams params(int number) {
    int tokens = FEWEST_NEW_TOKENS * (number + 1);
    return new SamplingParams(
        0, 1, 0, 0, 0, 0, 0, 1, Map.of(number, BIAS), -1, tokens, 0, Set.of(), true);
  }
}
