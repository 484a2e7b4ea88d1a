package io.rack72.rack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.rack72.checkpoint.Checkpoint;
import io.rack72.clock.WallClock;
import io.rack72.fault.Fault;
import io.rack72.gpu.SequenceEvent;
import io.rack72.gpu.SequenceRequest;
import io.rack72.hardware.GpuProfile;
import io.rack72.hardware.RackProfile;
import io.rack72.kernel.Workers;
import io.rack72.kv.KvLayout;
import io.rack72.kv.KvMemory;
import io.rack72.model.Numerics;
import io.rack72.routing.RouterActor;
import io.rack72.sampling.SampledToken;
import io.rack72.sampling.SamplingParams;
import io.rack72.schedule.SchedulerLimits;
import io.rack72.schedule.SequenceId;
import io.rack72.schedule.Standing;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiFunction;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.AskPattern;

/** A rack over a golden checkpoint, asked for sequences without HTTP. */
final class RackHarness implements AutoCloseable {
  static final GpuProfile FAST_GPU =
      new GpuProfile(1L << 30, 900_000_000_000L, 1_000, 1L << 30, 225_000_000_000L);
  private static final Duration DEADLINE = Duration.ofMinutes(2);

  private final Checkpoint checkpoint;
  private final WallClock clock = new WallClock();
  private final Workers workers = new Workers(2);
  private final Numerics numerics;
  private final LocalRack rack;
  private int requests;

  /** In the exact mode. */
  RackHarness(String golden, RackSettings settings) {
    this(golden, settings, Numerics::exact);
  }

  /**
   * @param mode makes the numeric mode
   */
  RackHarness(
      String golden, RackSettings settings, BiFunction<Checkpoint, Workers, Numerics> mode) {
    checkpoint = Checkpoint.open(golden(golden));
    numerics = mode.apply(checkpoint, workers);
    rack = LocalRack.start(settings, checkpoint, golden, Optional.empty(), numerics, clock);
  }

  static Path golden(String name) {
    return Path.of("../runtime/src/test/resources/golden", name);
  }

  static RackSettings settings(int expertParallel, int dataParallel, int prefillChunk) {
    return settings(FAST_GPU, expertParallel, dataParallel, prefillChunk, 4 << 20);
  }

  static RackSettings settings(
      GpuProfile gpu, int expertParallel, int dataParallel, int prefillChunk, long kvBytes) {
    return new RackSettings(
        new RackProfile("test", 18, 4, gpu),
        expertParallel,
        dataParallel,
        new KvMemory(16, kvBytes),
        new SchedulerLimits(512, prefillChunk, 64, 256, 4096),
        64 << 20,
        2);
  }

  /** Steps in small chunks, so that much happens in them. */
  static RackSettings settings(int expertParallel, int dataParallel, KvMemory kv, int running) {
    return new RackSettings(
        new RackProfile("test", 18, 4, FAST_GPU),
        expertParallel,
        dataParallel,
        kv,
        new SchedulerLimits(64, 32, running, 512, 4096),
        64 << 20,
        2);
  }

  /** Bytes of keys and values of one token, over all layers. */
  static long kvBytesPerToken(String golden) {
    try (Checkpoint checkpoint = Checkpoint.open(golden(golden))) {
      KvLayout layout = new KvLayout(checkpoint.config(), 1);
      return layout.fullBlockBytes() + layout.slidingBlockBytes();
    }
  }

  LocalRack rack() {
    return rack;
  }

  Checkpoint checkpoint() {
    return checkpoint;
  }

  /** Submits a sequence; the future has its tokens when it has ended. */
  CompletableFuture<List<SampledToken>> submit(int[] prompt, SamplingParams params) {
    return submit(new SequenceId("test-" + requests++, 0), prompt, params);
  }

  CompletableFuture<List<SampledToken>> submit(SequenceId id, int[] prompt, SamplingParams params) {
    return submit(id, prompt, params, Standing.DEFAULT);
  }

  CompletableFuture<List<SampledToken>> submit(
      SequenceId id, int[] prompt, SamplingParams params, Standing standing) {
    CompletableFuture<List<SampledToken>> tokens = new CompletableFuture<>();
    ActorRef<SequenceEvent> owner =
        rack.system()
            .systemActorOf(
                SequenceCollector.create(tokens),
                "owner-" + id.request() + "-" + id.choice(),
                Props.empty());
    rack.router()
        .tell(
            new RouterActor.Submit(
                new SequenceRequest(id, 1, prompt, new int[0], params, standing), owner));
    return tokens;
  }

  /** The tokens of one sequence. */
  List<SampledToken> generate(int[] prompt, SamplingParams params) {
    return await(submit(prompt, params));
  }

  RackStatus status() {
    return await(
        AskPattern.<NodeActor.Command, RackStatus>ask(
                rack.system(), NodeActor.Report::new, DEADLINE, rack.system().scheduler())
            .toCompletableFuture());
  }

  /** Brings a fault about. */
  void suffer(Fault.OfParts fault) {
    Optional<String> refused =
        await(
            AskPattern.<NodeActor.Command, Optional<String>>ask(
                    rack.system(),
                    replyTo -> new NodeActor.Suffer(fault, 1, replyTo),
                    DEADLINE,
                    rack.system().scheduler())
                .toCompletableFuture());
    assertEquals(Optional.empty(), refused);
  }

  /** The status once no GPU has a sequence. */
  RackStatus awaitIdle() {
    RackStatus status = status();
    for (int looks = 0; looks < 10_000 && isBusy(status); looks++) {
      status = status();
    }
    assertFalse(isBusy(status), "the rack is never idle: " + status);
    return status;
  }

  private static boolean isBusy(RackStatus status) {
    return status.gpus().stream()
        .anyMatch(
            gpu ->
                gpu.sequencesRunning() + gpu.sequencesWaiting() + gpu.sequencesPaused() > 0
                    || gpu.kvFull().used() + gpu.kvSliding().used() > 0);
  }

  static <T> T await(CompletableFuture<T> future) {
    try {
      return future.get(DEADLINE.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new AssertionError(e.getCause());
    } catch (TimeoutException e) {
      throw new AssertionError("no end within " + DEADLINE, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    rack.close();
    numerics.close();
    workers.close();
    clock.close();
    checkpoint.close();
  }
}
