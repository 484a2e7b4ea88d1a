package io.rack72.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TwinCommandTest {
  private static final List<String> USUAL =
      List.of("--prompt=16-64", "--reply=4-16", "--warmup=0.1", "--duration=0.4");

  /** Runs a small rack, with the usual options where no others are given. */
  private static CommandRun twin(String... more) {
    List<String> words =
        new ArrayList<>(List.of("twin", "--rack=hgx-b200", "--set=rack72.expert-parallel=8"));
    words.addAll(List.of(more));
    for (String usual : USUAL) {
      String name = usual.substring(0, usual.indexOf('=') + 1);
      if (words.stream().noneMatch(word -> word.startsWith(name))) {
        words.add(usual);
      }
    }
    return CommandRun.of(words.toArray(String[]::new));
  }

  @ParameterizedTest
  @CsvSource({"--concurrency=40", "--rate=500", "--bursts=100/0.1"})
  void aSeedDecidesTheReport(String load) throws JsonProcessingException {
    CommandRun run = twin(load, "--seed=5", "--json");
    assertEquals("", run.err());
    assertEquals(0, run.exitCode());
    assertEquals(run, twin(load, "--seed=5", "--json"));
    assertNotEquals(run, twin(load, "--seed=6", "--json"));

    JsonNode report = Json.read(run.out());
    JsonNode requests = report.get("requests");
    assertTrue(requests.get("finished").asInt() > 50, run::out);
    assertEquals(
        requests.get("submitted").asInt(),
        requests.get("finished").asInt() + requests.get("live").asInt());
    double tps = report.get("throughput").get("tps").asDouble();
    assertEquals(tps / 8, report.get("throughput").get("tps_per_gpu").asDouble(), 1e-6);
    assertEquals("DEP8", report.get("layout").asText());
    JsonNode itl = report.get("latencies").get("itl");
    assertTrue(itl.get("p50").asDouble() > 1, run::out);
    assertTrue(itl.get("p99").asDouble() >= itl.get("p50").asDouble(), run::out);
  }

  @Test
  void requestsComeAtTheRateThatIsAsked() throws JsonProcessingException {
    CommandRun run = twin("--rate=2000", "--duration=2", "--json");
    double submitted = Json.read(run.out()).get("requests").get("submitted").asDouble();
    assertEquals(2.1 * 2000, submitted, 4 * Math.sqrt(2.1 * 2000));
  }

  @ParameterizedTest
  @CsvSource({
    "ttft=1, its host and one step of one token take",
    "tpot=0.01, a step of one token takes",
    "e2e=30, its host and",
  })
  void anSloThatNoRequestCanMeetIsRefusedBeforeAnythingStarts(String slo, String why) {
    for (List<String> more : List.of(List.<String>of(), List.of("--sweep=1,2"))) {
      List<String> words = new ArrayList<>(List.of("--slo=" + slo));
      words.addAll(more);
      CommandRun run = twin(words.toArray(String[]::new));
      assertEquals(1, run.exitCode());
      assertEquals("", run.out());
      assertTrue(run.err().startsWith("rack72: no request can meet an SLO of " + slo), run.err());
      assertTrue(run.err().contains(why), run.err());
      assertEquals(1, run.err().lines().count(), run.err());
    }
  }

  @Test
  void aBrokenTraceIsRefusedWithFileAndLineBeforeAnythingStarts(@TempDir Path directory)
      throws IOException {
    Path trace = Files.writeString(directory.resolve("t.jsonl"), "{\"timestamp\": 1}\n");
    CommandRun run = CommandRun.of("twin", "--trace=" + trace);
    assertEquals(1, run.exitCode());
    assertEquals("", run.out());
    assertEquals(
        "rack72: %s, line 1: input_length is a whole number of 1 to 16777216%n".formatted(trace),
        run.err());
  }

  @Test
  void theTableTellsGoodputEnergyAndCostWhereTheyAreAskedFor() {
    CommandRun run =
        twin("--concurrency=8", "--slo=ttft=1000", "--gpu-watts=1800", "--gpu-hour-price=3");
    for (String part : List.of("goodput", "ttft=1000.0", "energy", "cost", "links", "KV")) {
      assertTrue(run.out().contains(part), run::out);
    }
    assertFalse(twin("--concurrency=8").out().contains("goodput"));
  }

  @Test
  void theTableNamesWhatItCounts() {
    CommandRun run = twin("--concurrency=8");
    for (String part : List.of("hgx-b200", "TTFT", "ITL", "TPOT", "end to end", "a user")) {
      assertTrue(run.out().contains(part), run::out);
    }
    assertEquals(0, run.exitCode());
  }

  @Test
  void theHistoryIsThatOfTheRun(@TempDir Path directory) throws IOException {
    Path first = directory.resolve("first");
    Path second = directory.resolve("second");
    twin("--concurrency=2", "--duration=0.05", "--history=" + first);
    twin("--concurrency=2", "--duration=0.05", "--history=" + second);
    assertTrue(Files.size(first) > 10_000);
    assertEquals(-1, Files.mismatch(first, second));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--model=gpt-5               | gpt-oss-20b, gpt-oss-120b, demo or a directory       | 2",
        "--concurrency=0             | a concurrency is at least 1, not 0                   | 2",
        "--concurrency=1 --rate=1    | either --concurrency or --rate                       | 2",
        "--bursts=7                  | such as 200/5, not '7'                               | 2",
        "--bursts=0/1                | a burst has 1 to 1000000 requests                    | 2",
        "--trace=/none --rate=1      | either --concurrency or --rate or --bursts           | 2",
        "--trace=/none               | --prompt and --reply have no use                     | 2",
        "--slo=tpot=0                | no request meets an SLO whose tpot is 0 ms           | 2",
        "--gpu-watts=-1              | a GPU's watts is 0 to 1e6, not -1.0                  | 2",
        "--rate=0                    | at a rate above 0                                    | 2",
        "--prompt=9-3                | not 9 to 3                                           | 2",
        "--reply=few                 | a number of tokens, or a range such as 512-1024      | 2",
        "--duration=0                | has a duration                                       | 2",
        "--warmup=-1                 | --warmup is 0 to 1000000 seconds, not -1.0           | 2",
        "--skew=-1                   | the skew of the routing is 0 to 4                    | 2",
        "--kv=fp7                    | --kv                                                 | 2",
        "--kv=float32                | expected one of [BF16, FP8]                          | 2",
        "--device=cpu                | --device has no use: a twin's GPUs are modeled       | 2",
        "--set=rack72.gpu.hbm=1GB    | the model does not fit                               | 1",
        "--history=/no/such/file     | cannot write the history to /no/such/file            | 1"
      })
  void badInputIsOneSentence(String words, String part, int exitCode) {
    CommandRun run = twin(words.split(" +"));
    assertTrue(run.err().contains(part), run::err);
    assertEquals(1, run.err().lines().count(), run::err);
    assertEquals("", run.out());
    assertEquals(exitCode, run.exitCode());
  }

  @Test
  void sweepRunsEachLayoutWithEachLoadAndWritesThePage(@TempDir Path directory) throws IOException {
    Path page = directory.resolve("frontier.html");
    CommandRun run =
        CommandRun.of(
            "twin",
            "--rack=hgx-b200",
            "--prompt=32",
            "--reply=8",
            "--warmup=0.05",
            "--duration=0.2",
            "--sweep=8,64",
            "--layouts=tp1,dep8",
            "--json",
            "--html=" + page);
    assertEquals("", run.err());
    JsonNode points = Json.read(run.out()).get("points");
    assertEquals(4, points.size());
    List<String> told = new ArrayList<>();
    points.forEach(
        point -> told.add(point.get("layout").asText() + " " + point.get("concurrency").asInt()));
    assertEquals(List.of("TP1 8", "TP1 64", "DEP8 8", "DEP8 64"), told);
    String text = Files.readString(page);
    assertTrue(text.contains("DEP8") && text.endsWith("</html>\n"), text);
    try (Stream<Path> files = Files.list(directory)) {
      assertEquals(List.of(page), files.toList(), "nothing else is left there");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--layouts=tp1               | --layouts needs --sweep",
        "--sweep=4 --concurrency=4   | --sweep has its own loads",
        "--sweep=4 --history=h       | --history is of one run",
        "--sweep=0                   | a concurrency is at least 1, not 0",
        "--sweep=4 --layouts=dep8 --layout=tp1 | either --layout or --layouts"
      })
  void sweepThatMakesNoSenseIsBadUsage(String words, String part) {
    CommandRun run = twin(words.split(" +"));
    assertEquals(2, run.exitCode());
    assertTrue(run.err().contains(part), run::err);
    assertEquals("", run.out());
  }

  /** Before the run, so that nothing is lost that took minutes. */
  @Test
  void pageThatCannotBeWrittenIsOneSentence(@TempDir Path directory) throws IOException {
    Path history = directory.resolve("history");
    Path none = directory.resolve("none");
    CommandRun run = twin("--html=" + none.resolve("page.html"), "--history=" + history);
    assertEquals(1, run.exitCode());
    assertEquals(
        "rack72: cannot write %s: there is no directory %s%n"
            .formatted(none.resolve("page.html"), none),
        run.err());
    assertFalse(Files.exists(history));

    CommandRun over = twin("--html=" + directory);
    assertEquals(1, over.exitCode());
    assertEquals("rack72: cannot write %s: it is a directory%n".formatted(directory), over.err());
    assertTrue(Files.isDirectory(directory));
  }

  @Test
  void pageIsWrittenThroughALinkAndAnybodyMayReadIt(@TempDir Path directory) throws IOException {
    Path page = Files.writeString(directory.resolve("page.html"), "old");
    Path link = Files.createSymbolicLink(directory.resolve("link.html"), page);
    Path plain = Files.writeString(directory.resolve("plain"), "");
    assertEquals(0, twin("--concurrency=4", "--html=" + link).exitCode());
    assertTrue(Files.isSymbolicLink(link));
    assertTrue(Files.readString(page).endsWith("</html>\n"));
    assertEquals(Files.getPosixFilePermissions(plain), Files.getPosixFilePermissions(page));
    try (Stream<Path> files = Files.list(directory)) {
      assertEquals(3, files.count(), "nothing else is left there");
    }
  }

  /** As to a device: to replace it would take it from everybody. */
  @Test
  void pageGoesThroughAPipeAndThePipeStays(@TempDir Path directory) throws Exception {
    Path pipe = directory.resolve("pipe");
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
    CompletableFuture<String> page =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return Files.readString(pipe);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    assertEquals(0, twin("--concurrency=4", "--html=" + pipe).exitCode());
    assertFalse(Files.isRegularFile(pipe));
    assertTrue(page.get(1, TimeUnit.MINUTES).endsWith("</html>\n"));
  }

  @Test
  void pageIsNotWrittenOverALinkToNothing(@TempDir Path directory) throws IOException {
    Path link = Files.createSymbolicLink(directory.resolve("link"), directory.resolve("none"));
    CommandRun run = twin("--html=" + link);
    assertEquals(
        "rack72: cannot write %s: it is a link to what is not there%n".formatted(link), run.err());
    assertTrue(Files.isSymbolicLink(link));
  }

  @Test
  void whyRequestsFailedIsInTheReport() throws JsonProcessingException {
    String[] words = {"--concurrency=4", "--prompt=200000", "--reply=64"};
    CommandRun run = twin(words);
    assertTrue(run.out().matches("(?s).*failed     the first since [^\n]*131,?072.*"), run::out);
    assertTrue(run.out().contains("TTFT                  -            -"), run::out);
    assertEquals(1, run.exitCode());
    assertTrue(run.err().startsWith("rack72: no request finished and "), run::err);
    CommandRun line = twin("--concurrency=4", "--prompt=200000", "--reply=64", "--json");
    assertTrue(
        Json.read(line.out()).get("requests").get("failure").asText().contains("200000"),
        line::out);
  }

  @Test
  void aRunInWhichNoRequestEndsSaysWhatItDoesNotTell() throws IOException {
    CommandRun run = twin("--concurrency=4", "--reply=2000");
    assertTrue(run.out().contains("caution    no request that is measured ended"), run::out);
    assertTrue(run.out().contains("TPOT                  -            -"), run::out);
    CommandRun line = twin("--concurrency=4", "--reply=2000", "--json");
    JsonNode latencies = Json.read(line.out()).get("latencies");
    assertEquals(0, latencies.get("tpot").get("count").asLong(), line::out);
    assertTrue(latencies.get("itl").get("count").asLong() > 100, line::out);
    assertFalse(twin("--concurrency=4").out().contains("caution"));
  }

  @Test
  void aTraceIsCountedFromItsFirstRequestOn(@TempDir Path directory) throws IOException {
    Path trace =
        Files.writeString(
            directory.resolve("t.jsonl"),
            """
            {"timestamp": 0, "input_length": 100, "output_length": 10, "hash_ids": [1]}
            {"timestamp": 300, "input_length": 600, "output_length": 10, "hash_ids": [1, 2]}
            """);
    CommandRun run = CommandRun.of("twin", "--trace=" + trace, "--duration=1", "--json");
    assertEquals(2, Json.read(run.out()).get("throughput").get("requests_per_second").asInt());
    CommandRun none = CommandRun.of("twin", "--trace=" + directory.resolve("none"));
    assertEquals(
        "rack72: cannot read the trace %s: there is no such file%n"
            .formatted(directory.resolve("none")),
        none.err());
  }

  /** A rack of three trays, of one GPU each. */
  private static CommandRun failing(Path file, String faults, String... more) throws IOException {
    Files.writeString(file, faults);
    List<String> words =
        new ArrayList<>(
            List.of(
                "twin",
                "--rack=hgx-b200",
                "--set=rack72.rack { trays = 3, gpus-per-tray = 1 }",
                "--set=rack72.expert-parallel=3",
                "--prompt=16-64",
                "--reply=4-16",
                "--warmup=0.1",
                "--duration=1.9",
                "--concurrency=40",
                "--faults=" + file));
    words.addAll(List.of(more));
    return CommandRun.of(words.toArray(String[]::new));
  }

  @Test
  void faultsAreInTheTableTheJsonAndThePage(@TempDir Path directory) throws IOException {
    String faults =
        """
        faults = [
          { at = 300ms, fault = port-bandwidth, gpu { from = 0, to = 2 }, factor = 0.1, length = 50ms }
          { at = 500ms, fault = kill, node = 1 }
        ]
        """;
    Path file = directory.resolve("faults.conf");
    Path page = directory.resolve("page.html");
    CommandRun table = failing(file, faults, "--html=" + page);
    assertEquals(0, table.exitCode(), table::err);
    for (String part :
        List.of("port-bandwidth gpu=", "kill node=1; 2 of 3 GPUs are left", "longest pauses")) {
      assertTrue(table.out().contains(part), table::out);
    }
    String text = Files.readString(page);
    assertTrue(text.contains("class=\"mark\"") && text.contains("kill node=1 at 0.5 s"), text);

    JsonNode told = Json.read(failing(file, faults, "--json").out()).get("faults");
    assertEquals(2, told.size());
    assertEquals(2, told.get(1).get("gpus_left").asInt());
    assertEquals(0, told.get(1).get("failed").asInt());
    assertTrue(told.get(1).get("pauses").get("max").asDouble() > 0);
    assertTrue(told.get(1).get("lowest_tps").asDouble() > 0);
    assertEquals(failing(file, faults, "--json"), failing(file, faults, "--json"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "fault = gpu-failure, gpu = 3          | gpu is one of rack hgx-b200, 0 to 2, not 3",
        "fault = kill, node = 3                | node is a tray of rack hgx-b200, 0 to 2, not 3",
        "fault = freeze, node = 1, length = 1s | freeze is for a process that goes on",
        "fault = terminate, node = 1           | terminate is for a process that goes on",
        "fault = checkpoint-gone, file = c, length = 1s | checkpoint-gone needs a checkpoint",
        "fault = partition, nodes = [1], direction = both, length = 1s | is between JVMs",
        "fault = gpu-failur, gpu = 1           | did you mean gpu-failure?",
        "fault = gpu-failure                   | faults.0.gpu is missing",
        "fault = gpu-failure, gpu = 1, x = 1   | there is no faults.0.x",
        "fault = port-bandwidth, gpu = 1, factor = 0, length = 1s | factor is above 0"
      })
  void aBadFaultIsRefusedWithFileAndLineBeforeAnythingStarts(
      String fault, String part, @TempDir Path directory) throws IOException {
    Path file = directory.resolve("f.conf");
    String faults = "# Bad.\nfaults = [\n  { at = 1s, " + fault + " }\n]\n";
    CommandRun run =
        failing(
            file,
            faults,
            "--html=" + directory.resolve("page"),
            "--history=" + directory.resolve("history"));
    assertTrue(run.err().startsWith("rack72: " + file + ":3: "), run::err);
    assertTrue(run.err().contains(part), run::err);
    assertEquals(1, run.err().lines().count(), run::err);
    assertEquals("", run.out());
    assertEquals(1, run.exitCode());
    try (Stream<Path> files = Files.list(directory)) {
      assertEquals(List.of(file), files.toList(), "nothing was written");
    }
  }

  @Test
  void faultFilesThatMakeNoSenseAreOneSentence(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("f.conf");
    for (String[] each :
        new String[][] {
          {"faults = [", file + ":1: "},
          {"", "there is no fault in it"},
          {"faults = []", "there is no fault in it"},
          {"load.streams = 3", "there is no load; there are faults, random"},
          {"faults = [{ at = 2s, fault = kill, node = 0 }]", "kill begins at 2 s, when the run"},
          {"faults = [{ at = 2, fault = kill, node = 0 }]", "faults.0.at is a duration such as"}
        }) {
      CommandRun run = failing(file, each[0]);
      assertTrue(run.err().contains(each[1]), run::err);
      assertEquals(1, run.err().lines().count(), run::err);
      assertEquals("", run.out());
      assertEquals(1, run.exitCode());
    }
    String kill = "faults = [{ at = 1s, fault = kill, node = 0 }]";
    CommandRun none = twin("--faults=" + directory.resolve("none"));
    assertTrue(none.err().contains("cannot read " + directory.resolve("none")), none::err);
    assertEquals(1, none.exitCode());
    Files.writeString(file, kill);
    CommandRun only = twin("--duration=2", "--faults=" + file);
    assertTrue(only.err().contains("nothing would be left"), only::err);
    String slow =
        "faults = [{ at = 1s, fault = port-bandwidth, gpu = 0, factor = 0.5, length = 1s }]";
    Files.writeString(file, slow);
    CommandRun replicas = twin("--layout=tp4", "--duration=2", "--faults=" + file);
    assertTrue(replicas.err().contains("of which TP4 has none"), replicas::err);
    CommandRun sweep = twin("--sweep=4", "--faults=" + file);
    assertEquals(2, sweep.exitCode());
    assertTrue(sweep.err().contains("--faults are of one run"), sweep::err);
  }
}
