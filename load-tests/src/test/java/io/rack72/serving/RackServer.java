package io.rack72.serving;

import static java.util.concurrent.TimeUnit.SECONDS;

import io.rack72.checkpoint.Checkpoint;
import io.rack72.clock.Clock;
import io.rack72.clock.WallClock;
import io.rack72.gateway.ApiKey;
import io.rack72.gateway.Gateway;
import io.rack72.gateway.GatewayLimits;
import io.rack72.gateway.GatewaySettings;
import io.rack72.gateway.LoadLimits;
import io.rack72.gateway.StreamLimits;
import io.rack72.gateway.Tenant;
import io.rack72.hardware.GpuProfile;
import io.rack72.hardware.RackProfile;
import io.rack72.kernel.Workers;
import io.rack72.kv.KvMemory;
import io.rack72.model.Numerics;
import io.rack72.rack.LocalRack;
import io.rack72.rack.RackSettings;
import io.rack72.resume.ResumeLimits;
import io.rack72.schedule.SchedulerLimits;
import io.rack72.text.Tokenizers;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.http.javadsl.ServerBinding;

/**
 * A rack of 72 GPUs in this JVM and a gateway before it, on a loopback port that was free. Its
 * model bears the name of the checkpoint's directory.
 *
 * <pre>{@code
 * try (RackServer server = RackServer.of(checkpoint).expertParallel(8).start()) {
 *   client.connect(server.url());
 * }
 * }</pre>
 */
public final class RackServer implements AutoCloseable {
  /** What {@code GET /version} tells. */
  public static final String VERSION = "test";

  private static final GpuProfile GPU = new GpuProfile(1L << 30, 900_000_000_000L, 1_000);
  private static final Duration DEADLINE = Duration.ofMinutes(2);

  private final Checkpoint checkpoint;
  private final WallClock clock;
  private final Workers workers;
  private final Numerics numerics;
  private final LocalRack rack;
  private final ServerBinding binding;

  private RackServer(Builder builder) {
    checkpoint = Checkpoint.open(builder.checkpoint);
    clock = new WallClock();
    workers = new Workers(2);
    numerics = Numerics.exact(checkpoint, workers);
    rack =
        LocalRack.start(
            builder.settings(),
            checkpoint,
            builder.checkpoint.getFileName().toString(),
            Tokenizers.forCheckpoint(builder.checkpoint, checkpoint.config().vocabSize()),
            numerics,
            clock);
    binding =
        await(
            Gateway.bind(
                rack.system(), builder.gateway(clock), rack.model(), rack.router(), rack.system()));
  }

  /** A server of this checkpoint, as yet with the settings of {@link Builder}. */
  public static Builder of(Path checkpoint) {
    return new Builder(checkpoint);
  }

  /** Where it listens, without a path. */
  public URI url() {
    return URI.create("http://127.0.0.1:" + binding.localAddress().getPort());
  }

  /** The rack, for what HTTP does not show. */
  public LocalRack rack() {
    return rack;
  }

  /** By which clients ask for the model. */
  public String model() {
    return rack.model().name();
  }

  /** Cuts off all clients and stops. */
  @Override
  public void close() {
    await(binding.terminate(Duration.ofSeconds(1)));
    rack.close();
    numerics.close();
    workers.close();
    clock.close();
    checkpoint.close();
  }

  private static <T> T await(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().get(DEADLINE.toSeconds(), SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new AssertionError("the gateway did not do as told within " + DEADLINE, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /**
   * How a server is set up: expert-parallel 72, all GPUs take sequences, prefills in chunks of 128,
   * a context of 4096 tokens, no API key.
   */
  public static final class Builder {
    private static final int KV_BLOCK_TOKENS = 16;
    private static final int TOKEN_BUDGET = 512;
    private static final int MAX_RUNNING = 64;
    private static final int MAX_WAITING = 256;
    private static final int CONTEXT_LIMIT = 4096;
    private static final long PORT_WINDOW_BYTES = 32 << 20;

    /** Host memory is taken only for the blocks that are used. */
    private static final long KV_BYTES_PER_GPU = 64 << 20;

    private final Path checkpoint;
    private int expertParallel = 72;
    private int dataParallel = 72;
    private int prefillChunk = 128;
    private Optional<String> apiKey = Optional.empty();

    private Builder(Path checkpoint) {
      this.checkpoint = checkpoint;
    }

    /** GPUs over which each copy of the experts is spread. */
    public Builder expertParallel(int degree) {
      expertParallel = degree;
      return this;
    }

    /** GPUs that take sequences; few of them make many sequences share steps. */
    public Builder dataParallel(int gpus) {
      dataParallel = gpus;
      return this;
    }

    /** Rows of one prompt in one step. */
    public Builder prefillChunk(int rows) {
      prefillChunk = rows;
      return this;
    }

    /** What clients must send. */
    public Builder apiKey(String key) {
      apiKey = Optional.of(key);
      return this;
    }

    /** A server that is ready. */
    public RackServer start() {
      return new RackServer(this);
    }

    private RackSettings settings() {
      return new RackSettings(
          new RackProfile("test", 18, 4, GPU),
          expertParallel,
          dataParallel,
          new KvMemory(KV_BLOCK_TOKENS, KV_BYTES_PER_GPU),
          new SchedulerLimits(TOKEN_BUDGET, prefillChunk, MAX_RUNNING, MAX_WAITING, CONTEXT_LIMIT),
          PORT_WINDOW_BYTES,
          Runtime.getRuntime().availableProcessors());
    }

    private GatewaySettings gateway(Clock clock) {
      return new GatewaySettings(
          "127.0.0.1",
          0,
          apiKey
              .map(key -> List.of(new ApiKey(new Tenant("test", 1, OptionalInt.empty()), key)))
              .orElse(List.of()),
          false,
          "test",
          VERSION,
          GatewayLimits.DEFAULT,
          LoadLimits.DEFAULT,
          StreamLimits.DEFAULT,
          ResumeLimits.DEFAULT,
          0,
          clock,
          () -> 1_700_000_000L,
          Optional::empty);
    }
  }
}
