package io.rack72.rack;

import io.rack72.clock.Clock;
import io.rack72.gpu.SequenceEvent;
import io.rack72.gpu.SequenceRequest;
import io.rack72.kv.KvMemory;
import io.rack72.routing.RouterActor;
import io.rack72.sampling.SamplingParams;
import io.rack72.schedule.SequenceId;
import io.rack72.schedule.Standing;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * Lets this JVM compile what a node does before the node joins a rack that runs, where clients
 * would wait for that: a rack in itself, which nobody else sees, answers a few sequences and is
 * taken down.
 */
public final class WarmUp {
  /** Enough for batches of several sizes while they begin and end one after the other. */
  private static final int SEQUENCES = 8;

  private static final int PROMPT_TOKENS = 16;
  private static final int FEWEST_NEW_TOKENS = 16;

  /** Taken as it is used; all sequences fit in it, of the larger model too. */
  private static final long KV_BYTES = 128 << 20;

  private static final long LOOK_MILLIS = 20;

  private WarmUp() {}

  /**
   * Computes until the sequences have ended.
   *
   * @param parts of the node; their numerics and threads are shared with it
   * @param clock of the node
   * @param limit of the time that this may take; zero does nothing
   * @param pointless is asked again and again whether to stop early
   */
  public static void run(NodeParts parts, Clock clock, Duration limit, BooleanSupplier pointless)
      throws InterruptedException {
    if (limit.isZero() || pointless.getAsBoolean()) {
      return;
    }
    long deadline = System.nanoTime() + limit.toNanos();
    try (LocalRack rack = LocalRack.start(parts.with(small(parts.settings())), clock)) {
      CountDownLatch ends = new CountDownLatch(SEQUENCES);
      for (int i = 0; i < SEQUENCES; i++) {
        rack.system().systemActorOf(owner(rack, i, ends), "warm-up-" + i, Props.empty());
      }
      while (!ends.await(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
        if (System.nanoTime() - deadline >= 0 || pointless.getAsBoolean()) {
          return;
        }
      }
    }
  }

  /** The same rack with little memory, of which one GPU takes all sequences. */
  private static RackSettings small(RackSettings settings) {
    KvMemory kv = settings.kv();
    return new RackSettings(
        settings.profile(),
        settings.expertParallel(),
        1,
        new KvMemory(kv.blockTokens(), Math.min(kv.hbmBytes(), KV_BYTES), 0, false),
        settings.scheduler(),
        settings.portWindowBytes(),
        settings.trunkWindowBytes(),
        settings.computeThreads(),
        settings.hedge());
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
   * Its prompt is one token again and again, so that it asks few experts: those of others in the
   * rack may not even be in this machine's memory.
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
                    SamplingParams.greedy(FEWEST_NEW_TOKENS * (number + 1)),
                    Standing.DEFAULT),
                owner));
  }
}
