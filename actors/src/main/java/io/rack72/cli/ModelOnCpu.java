package io.rack72.cli;

import io.rack72.clock.WallClock;
import io.rack72.config.Rack72Config;
import io.rack72.kernel.Workers;
import io.rack72.kv.KvMemory;
import io.rack72.model.Numerics;
import io.rack72.rack.RackSettings;
import org.apache.pekko.actor.typed.ActorSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A model and all that this JVM computes it with: threads, kernels, converted weights, time.
 *
 * @param model closed with this
 */
record ModelOnCpu(OpenModel model, Workers workers, WallClock clock, Numerics numerics)
    implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ModelOnCpu.class);

  /**
   * Makes ready to compute; where that fails the model is closed.
   *
   * @throws CommandFailedException if this machine lacks the kernels that are configured
   */
  static ModelOnCpu prepare(Rack72Config config, OpenModel model) {
    try {
      Workers workers = new Workers(config.cpuThreads(), ModelOnCpu::endProcess);
      try {
        return new ModelOnCpu(model, workers, new WallClock(), numerics(config, model, workers));
      } catch (RuntimeException | Error e) {
        workers.close();
        throw e;
      }
    } catch (RuntimeException | Error e) {
      model.close();
      throw e;
    }
  }

  /** An actor's failure does not come this far; what does leaves nothing that could be trusted. */
  private static void endProcess(Thread thread, Throwable e) {
    try {
      LOG.error("{} has failed", thread.getName(), e);
    } finally {
      Runtime.getRuntime().halt(1);
    }
  }

  /**
   * The numeric mode that is configured.
   *
   * @throws CommandFailedException if this machine lacks the kernels that are configured
   */
  static Numerics numerics(Rack72Config config, OpenModel model, Workers workers) {
    return switch (config.numericMode()) {
      case EXACT -> Numerics.exact(model.checkpoint(), workers);
      case FAST -> {
        try {
          yield Numerics.fast(
              model.checkpoint(),
              workers,
              config.kernels(),
              config.denseWeights(),
              config.kvFormat());
        } catch (IllegalArgumentException e) {
          throw new CommandFailedException("rack72.cpu.kernels: " + e.getMessage(), e);
        }
      }
    };
  }

  /** What a rack of this model is made of on a host with so much memory. */
  RackSettings settings(Rack72Config config, long hostMemoryBytes) {
    RackSizing sizing =
        RackSizing.of(config, model.checkpoint().config(), numerics.weights(), hostMemoryBytes);
    return new RackSettings(
        config.rack(),
        config.expertParallel(),
        sizing.dataParallel(),
        new KvMemory(
            config.kv().blockTokens(),
            sizing.kvBytesPerGpu(),
            config.kv().hostBytesPerGpu(),
            config.kv().prefixCache()),
        config.scheduler(),
        config.fabricCreditBytes(),
        (int) config.cluster().trunkWindowBytes(),
        config.cpuThreads(),
        config.hedge());
  }

  /** Frees it all when a system's actors do not compute any more. */
  void closeAfter(ActorSystem<?> system) {
    // An interrupt ends the wait before the kernels, which would read weights that are gone.
    if (system.getWhenTerminated().toCompletableFuture().isDone()) {
      close();
    } else {
      clock.close();
      workers.close();
    }
  }

  @Override
  public void close() {
    clock.close();
    workers.close();
    numerics.close();
    model.close();
  }
}
