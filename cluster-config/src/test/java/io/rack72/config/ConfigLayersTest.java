package io.rack72.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.kernel.FastKernels;
import io.rack72.kernel.KvFormat;
import io.rack72.model.Numerics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigLayersTest {
  private static final Host HOST = new Host(4, Map.of());

  @TempDir Path directory;

  @Test
  void laterLayersWin() throws IOException {
    Path profile = file("lab.conf", "rack72.rack { name = lab, trays = 2 }, rack72.seed = 1");
    Path settings = file("my.conf", "rack72.seed = 2\nrack72.gateway.port = 1");
    ConfigLayers layers = ConfigLayers.defaults().rack(profile.toString());
    assertEquals(OptionalLong.of(1), layers.load(HOST).seed());
    layers.file(settings);
    assertEquals(OptionalLong.of(2), layers.load(HOST).seed());
    layers.set("rack72.seed=3").set("rack72.gateway.port=2");
    assertEquals(OptionalLong.of(3), layers.load(HOST).seed());
    layers.set("rack72.seed=4").option("--port", "rack72.gateway.port", 3);

    Rack72Config config = layers.load(HOST);
    assertEquals(OptionalLong.of(4), config.seed());
    assertEquals(3, config.http().port());
    assertEquals("lab", config.rack().name());
    assertEquals(8, config.rack().gpuCount());
    assertEquals(8, config.expertParallel(), "all GPUs of the profile, not of the default");
    assertEquals(186_000_000_000L, config.rack().gpu().hbmBytes(), "kept from the default");
  }

  @Test
  void unitsAreUnderstood() {
    Rack72Config config =
        ConfigLayers.defaults()
            .set("rack72.gpu.hbm = 1.5 GiB")
            .set("rack72.gpu.nvlink-bandwidth = 50k")
            .set("rack72.gpu.nvlink-latency = 2.5 us")
            .set("rack72.kv.bytes-per-gpu = 4096")
            .set("rack72.gateway.heartbeat = 2 minutes")
            .load(HOST);
    assertEquals(3L << 29, config.rack().gpu().hbmBytes());
    assertEquals(50 << 10, config.rack().gpu().nvlinkBytesPerSecond());
    assertEquals(2500, config.rack().gpu().nvlinkLatencyNanos());
    assertEquals(OptionalLong.of(4096), config.kv().bytesPerGpu());
    assertEquals(Duration.ofMinutes(2), config.http().heartbeat());
  }

  @Test
  void prefillChunkFollowsASmallerBudget() {
    Rack72Config config =
        ConfigLayers.defaults().set("rack72.scheduler.token-budget = 100").load(HOST);
    assertEquals(100, config.scheduler().prefillChunk());
  }

  @ParameterizedTest
  @CsvSource({
    "auto, Auto[]",
    "none, None[]",
    "harmony, Harmony[]",
    "a/tokenizer.json, File[path=a/tokenizer.json]"
  })
  void tokenizerIsAWordOrAPath(String written, String read) {
    Rack72Config config =
        ConfigLayers.defaults().set("rack72.model.tokenizer=" + written).load(HOST);
    assertEquals(read, config.model().tokenizer().toString());
  }

  @ParameterizedTest
  @CsvSource({
    "rack72.expert-paralel=8, rack72.expert-parallel",
    "rack72.scheduler.token_budget=8, rack72.scheduler.token-budget",
    "rack72.gatewy.port=8, rack72.gateway.port",
    "gatewy={ port = 8 }, rack72.gateway.port",
    "rack72.port=8, rack72.cluster.port or rack72.gateway.port",
    "rack72.clutser.join=8, rack72.cluster.join",
    "expert-parallel=8, rack72.expert-parallel"
  })
  void unknownKeyIsRefusedWithTheOneThatWasMeant(String setting, String meant) {
    String message = messageOf(ConfigLayers.defaults().set(setting));
    assertTrue(message.contains("(--set) is no key of Rack72"), message);
    assertTrue(message.endsWith("; did you mean " + meant + "?"), message);
  }

  @Test
  void unknownKeyThatIsLikeNoneSaysWhereTheKeysAre() {
    String message = messageOf(ConfigLayers.defaults().set("akka.loglevel=DEBUG"));
    assertEquals(
        "akka.loglevel (--set) is no key of Rack72; all keys are under rack72, in"
            + " rack72-reference.conf",
        message);
  }

  @Test
  void messageNamesFileAndLine() throws IOException {
    Path file = file("bad.conf", "rack72 {\n  # too many\n  rack.trays = 2000\n}\n");
    assertEquals(
        "rack72.rack.trays (" + file + ":3) is a whole number from 1 to 1024, not 2000",
        messageOf(ConfigLayers.defaults().file(file)));
    Path unknown = file("unknown.conf", "rack72 {\n  gateway {\n    prt = 1\n  }\n}\n");
    assertEquals(
        "rack72.gateway.prt ("
            + unknown
            + ":3) is no key of Rack72; did you mean"
            + " rack72.gateway.port?",
        messageOf(ConfigLayers.defaults().file(unknown)));
  }

  @Test
  void messageNamesTheOption() {
    assertEquals(
        "rack72.gateway.port (--port) is a whole number from 0 to 65535, not 70000",
        messageOf(ConfigLayers.defaults().option("--port", "rack72.gateway.port", 70_000)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "rack72.expert-parallel=73",
        "rack72.expert-parallel=0",
        "rack72.expert-parallel=2.5",
        "rack72.expert-parallel=some",
        "rack72.data-parallel=-1",
        "rack72.gpu.hbm=-1 GB",
        "rack72.gpu.hbm=lots",
        "rack72.gpu.hbm=[1]",
        "rack72.gpu.hbm=1e30 GB",
        "rack72.gpu.nvlink-latency=5",
        "rack72.gpu.nvlink-latency=2 h",
        "rack72.kv.host-share=0",
        "rack72.kv.host-share=NaN",
        "rack72.kv.block-tokens=1025",
        "rack72.scheduler.prefill-chunk=513",
        "rack72.fabric.credit-bytes=1",
        "rack72.modeled.http-time=2500",
        "rack72.modeled.http-time=2 s",
        "rack72.cpu.threads=0",
        "rack72.seed=1.5",
        "rack72.seed=null",
        "rack72.seed={}",
        "rack72.model.name=\"\"",
        "rack72.gateway=8000",
        "rack72=1",
        "rack72.gateway.port=http",
        "rack72.gateway.body-limit=1",
        "rack72.scheduler.max-running=513",
        "rack72.scheduler.context-limit=1",
        "rack72.gateway.max-sequences=15",
        "rack72.gateway.max-live-sequences=0",
        "rack72.gateway.max-tokens=1099511627777",
        "rack72.gateway.share-threshold=0",
        "rack72.gateway.share-threshold=1.1",
        "rack72.gateway.request-timeout=8 d",
        "rack72.gateway.unread-tokens=0",
        "rack72.gateway.stuck-reader-timeout=60",
        "rack72.gateway.heartbeat=0s",
        "rack72.gateway.heartbeat=99999999999999999999999 days"
      })
  void wrongValueIsRefusedInOneSentenceWithItsKey(String setting) {
    String message = messageOf(ConfigLayers.defaults().set(setting));
    assertTrue(message.contains(setting.substring(0, setting.indexOf('='))), message);
    assertFalse(message.contains("\n"), message);
  }

  @Test
  void theFastModeHasItsChoices() {
    Rack72Config config =
        ConfigLayers.defaults()
            .set("rack72.numeric-mode=fast")
            .set("rack72.fast.dense-weights=bf16")
            .set("rack72.fast.kv-format=int8")
            .set("rack72.cpu.kernels=java")
            .load(HOST);
    assertEquals(NumericMode.FAST, config.numericMode());
    assertEquals(Numerics.DenseWeights.BF16, config.denseWeights());
    assertEquals(KvFormat.INT8, config.kvFormat());
    assertEquals(FastKernels.Choice.JAVA, config.kernels());
    assertEquals(
        "rack72.cpu.kernels (--set) is auto or java or avx2 or avx512 or neon or amx, not \"sve\"",
        messageOf(ConfigLayers.defaults().set("rack72.cpu.kernels=sve")));
  }

  @Test
  void moreExpertParallelThanTheRackHasNamesTheRack() {
    assertEquals(
        "rack72.expert-parallel (--set) is all or 1 to the 8 GPUs of the rack hgx-b200, not 72",
        messageOf(ConfigLayers.defaults().rack("hgx-b200").set("rack72.expert-parallel=72")));
  }

  @Test
  void unreadableFilesAndProfilesAreNamed() throws IOException {
    Path missing = directory.resolve("missing.conf");
    assertEquals(
        "cannot read the configuration file " + missing + ": there is no such file",
        refusal(() -> ConfigLayers.defaults().file(missing)));
    assertEquals(
        "there is no rack profile 'gb200-nvl71', did you mean gb200-nvl72?; built in are"
            + " gb200-nvl72, gb300-nvl72, hgx-b200, hgx-b300, hgx-h100, hgx-h200, rtx-5090,"
            + " rtx-pro-6000, and a file's path is taken too",
        refusal(() -> ConfigLayers.defaults().rack("gb200-nvl71")));
    Path broken = file("broken.conf", "rack72 {\n  seed = \n");
    String message = refusal(() -> ConfigLayers.defaults().file(broken));
    assertTrue(message.startsWith(broken + ":"), message);
    Path large = file("large.conf", "#".repeat(2 << 20));
    assertTrue(refusal(() -> ConfigLayers.defaults().file(large)).contains("more than 1 MiB"));
    Path deep = file("deep.conf", "a={".repeat(300_000));
    assertTrue(refusal(() -> ConfigLayers.defaults().file(deep)).startsWith(deep.toString()));
  }

  @Test
  void setWithoutAValueSaysWhatItTakes() {
    assertEquals(
        "--set takes key=value, such as rack72.expert-parallel=8, not 'rack72.seed'",
        refusal(() -> ConfigLayers.defaults().set("rack72.seed")));
  }

  @Test
  void undefinedSubstitutionIsRefused() {
    String message = messageOf(ConfigLayers.defaults().set("rack72.seed=${NOT_THERE}"));
    assertTrue(message.contains("NOT_THERE"), message);
  }

  @Test
  void apiKeyComesFromTheEnvironmentAndIsNeverShown() {
    Host host = new Host(1, Map.of("RACK72_API_KEY", "s3cret"));
    Rack72Config config = ConfigLayers.defaults().load(host);
    assertEquals(Optional.of(new Secret("s3cret")), config.http().apiKey());
    assertFalse(config.toString().contains("s3cret"));
    assertFalse(host.toString().contains("s3cret"));
    InvalidConfigException misused =
        assertThrows(
            InvalidConfigException.class,
            () -> ConfigLayers.defaults().set("rack72.seed=${RACK72_API_KEY}").load(host));
    assertFalse(misused.getMessage().contains("s3cret"), misused.getMessage());
    assertTrue(
        ConfigLayers.defaults()
            .set("rack72.gateway.api-key=\"\"")
            .load(host)
            .http()
            .apiKey()
            .isEmpty());
  }

  @Test
  void systemPropertiesAndEnvironmentDoNotReachOtherKeys() {
    System.setProperty("rack72.seed", "5");
    try {
      assertTrue(ConfigLayers.defaults().load(HOST).seed().isEmpty());
    } finally {
      System.clearProperty("rack72.seed");
    }
  }

  private Path file(String name, String text) throws IOException {
    return Files.writeString(directory.resolve(name), text);
  }

  private static String messageOf(ConfigLayers layers) {
    return refusal(() -> layers.load(HOST));
  }

  private static String refusal(Executable action) {
    return assertThrows(InvalidConfigException.class, action).getMessage();
  }
}
