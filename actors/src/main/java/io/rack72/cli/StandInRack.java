package io.rack72.cli;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.clock.Clock;
import io.rack72.clock.WallClock;
import io.rack72.config.Rack72Config;
import io.rack72.config.TokenizerSource;
import io.rack72.device.RoutingModel;
import io.rack72.device.StandInTokens;
import io.rack72.rack.LocalRack;
import io.rack72.rack.NodeActor;
import io.rack72.rack.RackSettings;
import io.rack72.rack.ServedModel;
import io.rack72.roofline.Kernel.KvPrecision;
import io.rack72.routing.RouterActor;
import io.rack72.text.HuggingFaceTokenizer;
import io.rack72.text.O200kHarmonyTokenizer;
import io.rack72.text.Tokenizer;
import io.rack72.text.Tokenizers;
import io.rack72.twin.ModeledRack;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.Props;

/**
 * A rack without weights that stands in for a real one: its tokens mean nothing and come when the
 * real ones would.
 */
final class StandInRack implements RackLauncher.Rack {
  /** Later by this is not seen beside a step of some milliseconds. */
  private static final Duration TOLERABLE = Duration.ofMillis(1);

  private static final int KV_BYTES = 2;

  /** What a busy machine is late by again and again; more is not made up for. */
  private static final Duration MADE_UP_FOR = Duration.ofMillis(3);

  private final LocalRack rack;
  private final ActorRef<RouterActor.Command> host;
  private final WallClock clock;

  private StandInRack(LocalRack rack, ActorRef<RouterActor.Command> host, WallClock clock) {
    this.rack = rack;
    this.host = host;
    this.clock = clock;
  }

  /**
   * Starts one.
   *
   * @throws CommandFailedException if there is no such model, or it does not fit
   */
  static StandInRack start(Rack72Config config) {
    return start(config, StandInRack::watchPace);
  }

  /** The same with another watch. */
  static StandInRack start(Rack72Config config, BiConsumer<LocalRack, Clock> watch) {
    String path = config.model().directory().map(Path::toString).orElse("");
    WallClock clock = new WallClock();
    try {
      ModelConfig model = ModeledSizing.model(path);
      String name =
          config
              .model()
              .name()
              .orElseGet(() -> Path.of(path).toAbsolutePath().getFileName().toString());
      ModeledRack modeled = modeled(config, name, path, model);
      modeled.tolerate(MADE_UP_FOR);
      LocalRack rack = LocalRack.start(modeled.parts(), clock);
      return watched(rack, modeled, clock, config.modeled().httpTime(), watch);
    } catch (IllegalArgumentException e) {
      clock.close();
      throw new CommandFailedException(e.getMessage(), e);
    } catch (RuntimeException | Error e) {
      clock.close();
      throw e;
    }
  }

  private static StandInRack watched(
      LocalRack rack,
      ModeledRack modeled,
      WallClock clock,
      Duration httpTime,
      BiConsumer<LocalRack, Clock> watch) {
    try {
      watch.accept(rack, clock);
    } catch (RuntimeException | Error e) {
      rack.close();
      throw e;
    }
    ActorRef<RouterActor.Command> host =
        rack.system()
            .systemActorOf(
                modeled.host(rack.router(), clock, httpTime), "request-host", Props.empty());
    return new StandInRack(rack, host, clock);
  }

  private static ModeledRack modeled(
      Rack72Config config, String name, String path, ModelConfig model) {
    Optional<Tokenizer> tokenizer = tokenizer(config.model().tokenizer(), path, model.vocabSize());
    return ModeledRack.withoutWeights(
        name,
        model,
        config.rack(),
        ModeledSizing.layout(config, model),
        ModeledSizing.settings(config, model),
        new ModeledRack.Formats(KV_BYTES, KV_BYTES),
        ModeledSizing.durations(
            config, model, KvPrecision.BF16, KV_BYTES, config.modeled().expertSkew()),
        new RoutingModel(model, config.modeled().expertSkew(), config.seed().orElse(0)),
        ModeledRack.Fidelity.STEP,
        tokenizer
            .map(text -> replies(text, config.modeled().replyTokens()))
            .orElse(ModeledRack.Replies.OF_IDS));
  }

  private static ModeledRack.Replies replies(Tokenizer tokenizer, int meanReply) {
    Set<Integer> stopIds = new TreeSet<>();
    tokenizer.special("<|return|>").ifPresent(stopIds::add);
    StandInTokens tokens = new StandInTokens(tokenizer, meanReply);
    return new ModeledRack.Replies(Optional.of(tokenizer), stopIds, () -> tokens);
  }

  private static Optional<Tokenizer> tokenizer(TokenizerSource source, String path, int vocabSize) {
    return switch (source) {
      case TokenizerSource.None() -> Optional.empty();
      case TokenizerSource.File(Path file) ->
          Optional.of(HuggingFaceTokenizer.load(file, vocabSize));
      case TokenizerSource.Harmony() -> Optional.of(O200kHarmonyTokenizer.instance());
      case TokenizerSource.Auto() -> {
        Optional<Path> directory = ModeledSizing.directory(path);
        if (directory.isPresent()) {
          yield Tokenizers.forCheckpoint(directory.get(), vocabSize);
        }
        yield vocabSize < O200kHarmonyTokenizer.VOCABULARY_SIZE
            ? Optional.empty()
            : Optional.of(O200kHarmonyTokenizer.instance());
      }
    };
  }

  private static void watchPace(LocalRack rack, Clock clock) {
    ActorSystem<NodeActor.Command> system = rack.system();
    new PaceWatch(
            clock,
            system.dispatchers().lookup(DispatcherSelector.fromConfig("rack72-gpu-dispatcher")),
            TOLERABLE,
            late ->
                system
                    .log()
                    .warn(
                        "this machine does not keep up with the rack that it stands in for: half of"
                            + " all steps are {} ms late or more",
                        "%.1f".formatted(late.toNanos() / 1e6)))
        .begin();
  }

  @Override
  public String kernels() {
    return "modeled";
  }

  @Override
  public ServedModel model() {
    return rack.model();
  }

  @Override
  public RackSettings settings() {
    return rack.settings();
  }

  @Override
  public ActorSystem<NodeActor.Command> system() {
    return rack.system();
  }

  @Override
  public ActorRef<RouterActor.Command> router() {
    return host;
  }

  @Override
  public Clock clock() {
    return clock;
  }

  @Override
  public void close() {
    try {
      rack.close();
    } finally {
      clock.close();
    }
  }
}
