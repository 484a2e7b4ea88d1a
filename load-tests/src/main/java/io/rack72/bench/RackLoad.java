package io.rack72.bench;

import io.rack72.checkpoint.Checkpoint;
import io.rack72.clock.WallClock;
import io.rack72.gpu.SequenceEvent;
import io.rack72.gpu.SequenceRequest;
import io.rack72.hardware.GpuProfile;
import io.rack72.hardware.RackProfile;
import io.rack72.kernel.Workers;
import io.rack72.kv.KvMemory;
import io.rack72.model.Numerics;
import io.rack72.rack.LocalRack;
import io.rack72.rack.RackSettings;
import io.rack72.routing.RouterActor;
import io.rack72.sampling.SamplingParams;
import io.rack72.schedule.SchedulerLimits;
import io.rack72.schedule.SequenceId;
import io.rack72.schedule.Standing;
import java.util.Optional;
import java.util.SplittableRandom;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * A rack of this JVM, with no gateway before it, that decodes some greedy sequences without end:
 * one that reaches the context's limit is begun anew with its prompt. The rack is that of a GB200
 * NVL72, so NVLink is never what it waits for.
 */
final class RackLoad implements AutoCloseable {
  private static final RackProfile RACK =
      new RackProfile("bench", 18, 4, new GpuProfile(186_000_000_000L, 900_000_000_000L, 1_000));

  private static final int CONTEXT_LIMIT = 4096;
  private static final int KV_BLOCK_TOKENS = 16;
  private static final long KV_BYTES_PER_GPU = 1L << 32;
  private static final long PORT_WINDOW_BYTES = 32 << 20;

  /** Long enough for a prefill on a busy machine; a rack that takes longer has failed. */
  private static final long TOKEN_DEADLINE_MILLIS = 300_000;

  /**
   * What is computed.
   *
   * @param sequences at a time, each followed by another when it ends
   * @param promptTokens of each
   * @param newTokens of each, or as many as the context holds
   */
  record Shape(int sequences, int promptTokens, int newTokens) {}

  private final Checkpoint checkpoint;
  private final Shape shape;
  private final WallClock clock = new WallClock();
  private final LocalRack rack;
  private final Progress progress;

  /**
   * Starts the rack and its sequences, and returns when each has its first token.
   *
   * @param checkpoint stays open as long as the load runs
   * @param workers of the numerics, whose number is that of the threads that run GPUs
   * @param numerics of the checkpoint; both stay open as long as the load runs
   * @param shape of the load
   * @param expertParallel GPUs over which the experts are spread
   * @param dataParallel GPUs that take the sequences
   */
  RackLoad(
      Checkpoint checkpoint,
      Workers workers,
      Numerics numerics,
      Shape shape,
      int expertParallel,
      int dataParallel)
      throws InterruptedException {
    this.checkpoint = checkpoint;
    this.shape = shape;
    SchedulerLimits limits =
        new SchedulerLimits(
            Math.max(512, shape.sequences()),
            512,
            shape.sequences(),
            shape.sequences(),
            CONTEXT_LIMIT);
    RackSettings settings =
        new RackSettings(
            RACK,
            expertParallel,
            dataParallel,
            new KvMemory(KV_BLOCK_TOKENS, KV_BYTES_PER_GPU, 0, false),
            limits,
            PORT_WINDOW_BYTES,
            workers.size());
    rack = LocalRack.start(settings, checkpoint, "bench", Optional.empty(), numerics, clock);
    progress = new Progress(shape.sequences(), TOKEN_DEADLINE_MILLIS);
    for (int i = 0; i < shape.sequences(); i++) {
      rack.system().systemActorOf(owner(i), "owner-" + i, Props.empty());
    }
    progress.await(1);
  }

  Progress progress() {
    return progress;
  }

  private Behavior<SequenceEvent> owner(int sequence) {
    return Behaviors.setup(
        context -> {
          submit(context, sequence, 0);
          return Behaviors.receiveMessage(
              event -> {
                switch (event) {
                  case SequenceEvent.Placed placed -> {}
                  case SequenceEvent.Started started -> {}
                  case SequenceEvent.Alive alive -> {}
                  case SequenceEvent.Token token -> {
                    progress.add(sequence);
                    if (token.finish().isPresent()) {
                      submit(context, sequence, token.id().choice() + 1);
                    }
                  }
                  case SequenceEvent.Ended ended -> progress.fail(ended.detail());
                }
                return Behaviors.same();
              });
        });
  }

  private void submit(ActorContext<SequenceEvent> context, int sequence, int run) {
    int vocabulary = checkpoint.config().vocabSize();
    // Different tokens everywhere, as in real text, so that all experts get some.
    int[] prompt =
        new SplittableRandom(sequence).ints(shape.promptTokens(), 0, vocabulary).toArray();
    int tokens = Math.min(shape.newTokens(), rack.model().contextLimit() - shape.promptTokens());
    ActorRef<SequenceEvent> owner = context.getSelf();
    rack.router()
        .tell(
            new RouterActor.Submit(
                new SequenceRequest(
                    new SequenceId("decode-" + sequence, run),
                    1,
                    prompt,
                    new int[0],
                    SamplingParams.greedy(tokens),
                    Standing.DEFAULT),
                owner));
  }

  @Override
  public void close() {
    rack.close();
    clock.close();
  }
}
