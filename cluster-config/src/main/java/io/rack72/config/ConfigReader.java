package io.rack72.config;

import io.rack72.hardware.GpuProfile;
import io.rack72.hardware.RackProfile;
import io.rack72.kernel.FastKernels;
import io.rack72.kernel.KvFormat;
import io.rack72.model.Numerics;
import io.rack72.roofline.Layout;
import io.rack72.schedule.HedgeLimits;
import io.rack72.schedule.SchedulerLimits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Turns keys into records; the order is that of the reference file. */
final class ConfigReader {
  private static final String AUTO = "auto";

  /** On a CPU every row costs time; what doubles a small step was measured with rack72-mini. */
  private static final int CPU_PREFILL_BESIDE_DECODES = 16;

  private static final Duration SHORTEST = Duration.ofMillis(100);
  private static final Duration HOUR = Duration.ofHours(1);
  private static final long LIVE_SEQUENCES_LIMIT = 1_000_000_000;
  private static final long TOKENS_LIMIT = 1L << 40;
  // As many as a layer's experts may be; how many they are is not known here.
  private static final int MAX_EXPERT_SLOTS = 1 << 12;

  private ConfigReader() {}

  static Rack72Config read(KeyReader keys, Host host) {
    RackProfile rack = rack(keys);
    return new Rack72Config(
        rack,
        GpuReader.spec(keys, rack),
        parallel(keys, "expert-parallel", rack),
        keys.isWord("data-parallel", AUTO)
            ? OptionalInt.empty()
            : OptionalInt.of(parallel(keys, "data-parallel", rack)),
        model(keys),
        kv(keys, rack.gpu()),
        scheduler(keys),
        keys.bytes("fabric.credit-bytes", 64 << 10, Long.MAX_VALUE, "a size of at least 64 KiB"),
        hedging(keys),
        keys.choice("device", DeviceKind.class),
        new ModeledSettings(
            keys.integer("modeled.reply-tokens", 1, 1 << 20),
            keys.number("modeled.expert-skew", 0, 4),
            layout(keys, rack),
            keys.isWord("modeled.expert-slots", AUTO)
                ? OptionalInt.empty()
                : OptionalInt.of(
                    keys.integer(
                        "modeled.expert-slots",
                        1,
                        MAX_EXPERT_SLOTS,
                        "auto or a whole number from 1 to " + MAX_EXPERT_SLOTS)),
            keys.duration(
                "modeled.http-time",
                Duration.ZERO,
                Duration.ofSeconds(1),
                "a duration from 0 to 1 s, such as 4 ms")),
        keys.isWord("cpu.threads", AUTO)
            ? host.processors()
            : keys.integer("cpu.threads", 1, 1024, "auto or a whole number from 1 to 1024"),
        keys.choice("numeric-mode", NumericMode.class),
        keys.choice("fast.dense-weights", Numerics.DenseWeights.class),
        keys.choice("fast.kv-format", KvFormat.class),
        keys.choice("cpu.kernels", FastKernels.Choice.class),
        keys.isWord("seed", "random")
            ? OptionalLong.empty()
            : OptionalLong.of(
                keys.whole("seed", Long.MIN_VALUE, Long.MAX_VALUE, "random or a whole number")),
        http(keys),
        ClusterReader.read(keys, rack.trays()));
  }

  private static Optional<String> layout(KeyReader keys, RackProfile rack) {
    String key = "modeled.layout";
    if (keys.isWord(key, AUTO)) {
      return Optional.empty();
    }
    String name = keys.text(key, 1, 16);
    // How many experts there are does not matter to whether it is a layout.
    if (!Layout.isName(name) || rack.gpuCount() % Layout.of(name, 1).gpus() != 0) {
      throw keys.wrong(
          key,
          "auto or dep, tp or tep with a number that divides the rack's %d GPUs: %s"
              .formatted(rack.gpuCount(), divisors(rack.gpuCount())));
    }
    return Optional.of(name);
  }

  private static String divisors(int number) {
    return IntStream.rangeClosed(1, number)
        .filter(divisor -> number % divisor == 0)
        .mapToObj(Integer::toString)
        .collect(Collectors.joining(", "));
  }

  private static RackProfile rack(KeyReader keys) {
    return new RackProfile(
        keys.text("rack.name", 1, 64),
        keys.integer("rack.trays", 1, 1024),
        keys.integer("rack.gpus-per-tray", 1, 64),
        new GpuProfile(
            keys.bytes("gpu.hbm", 1, Long.MAX_VALUE, "a size such as 186 GB"),
            keys.bytes(
                "gpu.nvlink-bandwidth", 1, Long.MAX_VALUE, "bytes per second such as 900 GB"),
            keys.duration(
                    "gpu.nvlink-latency",
                    Duration.ZERO,
                    Duration.ofMinutes(1),
                    "a duration from 0 s to 1 minute, with its unit, such as 1 us")
                .toNanos(),
            keys.bytes("gpu.host-memory", 0, Long.MAX_VALUE, "a size such as 240 GB"),
            keys.bytes(
                "gpu.host-bandwidth", 1, Long.MAX_VALUE, "bytes per second such as 225 GB")));
  }

  private static int parallel(KeyReader keys, String key, RackProfile rack) {
    int gpus = rack.gpuCount();
    return keys.isWord(key, "all")
        ? gpus
        : keys.integer(
            key, 1, gpus, "all or 1 to the " + gpus + " GPUs of the rack " + rack.name());
  }

  private static ModelSettings model(KeyReader keys) {
    String path = keys.text("model.path", 1, 4096);
    String name = keys.text("model.name", 1, 256);
    return new ModelSettings(
        path.equals(ModelSettings.BUNDLED)
            ? Optional.empty()
            : Optional.of(path(keys, "model.path")),
        name.equals(AUTO) ? Optional.empty() : Optional.of(name),
        switch (keys.text("model.tokenizer", 1, 4096)) {
          case AUTO -> new TokenizerSource.Auto();
          case "none" -> new TokenizerSource.None();
          case "harmony" -> new TokenizerSource.Harmony();
          default -> new TokenizerSource.File(path(keys, "model.tokenizer"));
        });
  }

  private static Path path(KeyReader keys, String key) {
    return ConfigLayers.path(keys.text(key, 1, 4096), KeyReader.ROOT + "." + key);
  }

  private static KvSettings kv(KeyReader keys, GpuProfile gpu) {
    boolean prefixCache = keys.flag("kv.prefix-cache");
    return new KvSettings(
        keys.integer("kv.block-tokens", 1, 1024),
        keys.isWord("kv.bytes-per-gpu", AUTO)
            ? OptionalLong.empty()
            : OptionalLong.of(
                keys.bytes("kv.bytes-per-gpu", 1, Long.MAX_VALUE, "auto or a size such as 2 GiB")),
        keys.fraction("kv.host-share", 0, 0.9),
        keys.integer("kv.least-context", 1, Integer.MAX_VALUE),
        prefixCache,
        hostBytes(keys, prefixCache, gpu));
  }

  private static long hostBytes(KeyReader keys, boolean prefixCache, GpuProfile gpu) {
    String key = "kv.host-bytes-per-gpu";
    long bytes =
        keys.bytes(
            key,
            0,
            gpu.hostBytes(),
            "a size of at most rack72.gpu.host-memory, which is " + gpu.hostBytes() + " bytes");
    if (bytes > 0 && !prefixCache) {
      throw keys.wrong(key, "0 where rack72.kv.prefix-cache is off");
    }
    return bytes;
  }

  private static SchedulerLimits scheduler(KeyReader keys) {
    int budget = keys.integer("scheduler.token-budget", 1, 65_536);
    String withinBudget = "1 to rack72.scheduler.token-budget, which is " + budget;
    return new SchedulerLimits(
        budget,
        keys.isWord("scheduler.prefill-chunk", AUTO)
            ? Math.min(256, budget)
            : keys.integer("scheduler.prefill-chunk", 1, budget, "auto or " + withinBudget),
        keys.isWord("scheduler.prefill-beside-decodes", AUTO)
            ? Math.min(CPU_PREFILL_BESIDE_DECODES, budget)
            : keys.integer(
                "scheduler.prefill-beside-decodes", 1, budget, "auto or " + withinBudget),
        // Each running sequence has a row in each step.
        keys.integer("scheduler.max-running", 1, budget, withinBudget),
        keys.integer("scheduler.max-waiting", 1, 1_000_000),
        keys.whole(
            "scheduler.max-waiting-tokens", 1, Long.MAX_VALUE, "a whole number of at least 1"),
        keys.integer("scheduler.priority-aging", 1, 1_000_000),
        keys.isWord("scheduler.context-limit", AUTO)
            ? Integer.MAX_VALUE
            : keys.integer(
                "scheduler.context-limit",
                2,
                Integer.MAX_VALUE,
                "auto or a whole number of at least 2"));
  }

  private static HedgeLimits hedging(KeyReader keys) {
    Duration least = patience(keys, "hedging.least", HOUR, "1 h");
    return new HedgeLimits(
        keys.integer("hedging.multiple", 2, 1000),
        least,
        keys.duration(
            "hedging.deadline",
            least,
            HOUR,
            "a duration from rack72.hedging.least, which is %d ms, to 1 h, with its unit"
                .formatted(least.toMillis())),
        keys.fraction("hedging.share", 0, 1),
        patience(keys, "hedging.avoidance", HOUR, "1 h"),
        keys.fraction("hedging.slow-port", 0, 0.9));
  }

  private static HttpSettings http(KeyReader keys) {
    int choices = keys.integer("gateway.max-choices", 1, 1024);
    int bodyBytes =
        (int) keys.bytes("gateway.body-limit", 1 << 10, 1 << 28, "a size from 1 KiB to 256 MiB");
    return new HttpSettings(
        keys.text("gateway.host", 1, 253),
        keys.integer("gateway.port", 0, 65_535),
        ApiKeyReader.read(keys),
        keys.flag("gateway.share-prefixes-between-keys"),
        load(keys),
        bodyBytes,
        keys.bytes(
            "gateway.bodies-limit",
            bodyBytes,
            1L << 40,
            "a size from rack72.gateway.body-limit, which is " + bodyBytes + " bytes, to 1 TiB"),
        patience(keys, "gateway.body-timeout", HOUR, "1 h"),
        keys.integer("gateway.max-connections", 1, 1_000_000),
        choices,
        keys.integer(
            "gateway.max-sequences",
            choices,
            4096,
            "a whole number from rack72.gateway.max-choices, which is " + choices + ", to 4096"),
        patience(keys, "gateway.request-timeout", Duration.ofDays(7), "7 d"),
        keys.integer("gateway.unread-tokens", 1, Integer.MAX_VALUE),
        patience(keys, "gateway.stuck-reader-timeout", HOUR, "1 h"),
        patience(keys, "gateway.heartbeat", HOUR, "1 h"),
        patience(keys, "gateway.resume-window", HOUR, "1 h"),
        keys.integer("gateway.resume-streams", 1, 1_000_000),
        keys.bytes("gateway.resume-bytes", 1 << 20, 1L << 40, "a size from 1 MiB to 1 TiB"),
        keys.duration(
            "gateway.stop-grace",
            Duration.ZERO,
            HOUR,
            "a duration from 0 s to 1 h, with its unit"));
  }

  private static LoadSettings load(KeyReader keys) {
    return new LoadSettings(
        keys.isWord("gateway.max-live-sequences", AUTO)
            ? OptionalLong.empty()
            : OptionalLong.of(
                keys.whole(
                    "gateway.max-live-sequences",
                    1,
                    LIVE_SEQUENCES_LIMIT,
                    "auto or a whole number from 1 to " + LIVE_SEQUENCES_LIMIT)),
        keys.whole(
            "gateway.max-tokens", 1, TOKENS_LIMIT, "a whole number from 1 to " + TOKENS_LIMIT),
        keys.fraction("gateway.share-threshold", 0, 1));
  }

  private static Duration patience(KeyReader keys, String key, Duration longest, String words) {
    return keys.duration(
        key, SHORTEST, longest, "a duration from 100 ms to " + words + ", with its unit");
  }
}
