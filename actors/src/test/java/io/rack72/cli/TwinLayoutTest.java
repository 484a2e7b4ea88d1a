package io.rack72.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Layouts of gpt-oss-120b on racks, by their reports. */
class TwinLayoutTest {
  private static CommandRun twin(String... more) {
    List<String> words = new ArrayList<>(List.of("twin", "--prompt=64", "--warmup=0.2"));
    words.addAll(List.of(more));
    return CommandRun.of(words.toArray(String[]::new));
  }

  private static JsonNode report(String layout, int concurrency, String... more)
      throws JsonProcessingException {
    List<String> words =
        new ArrayList<>(
            List.of(
                "--layout=" + layout,
                "--json",
                "--duration=0.3",
                "--seed=1",
                // So that no scheduler's limit is what a replica of several GPUs is held up by.
                "--set=rack72.scheduler.max-running=2048",
                "--concurrency=" + concurrency));
    words.addAll(List.of(more));
    if (words.stream().noneMatch(word -> word.startsWith("--reply"))) {
      words.add("--reply=32");
    }
    CommandRun run = twin(words.toArray(String[]::new));
    assertEquals("", run.err());
    return Json.read(run.out());
  }

  private static double throughput(JsonNode report, String field) {
    return report.get("throughput").get(field).asDouble();
  }

  @ParameterizedTest
  @ValueSource(strings = {"dep8", "tp1", "tp8", "tep4", "tep24"})
  void theSameSeedIsTheSameReportOfAllGpus(String layout) throws JsonProcessingException {
    JsonNode report = report(layout, 100);
    assertEquals(report, report(layout, 100));
    assertEquals(layout, report.get("layout").asText().toLowerCase(Locale.ROOT));
    assertEquals(72, report.get("gpus").asInt());
    assertEquals(throughput(report, "tps") / 72, throughput(report, "tps_per_gpu"), 1e-9);
    JsonNode requests = report.get("requests");
    assertTrue(requests.get("finished").asInt() > 100, report::toString);
    assertEquals(0, requests.get("refused").asInt() + requests.get("failed").asInt());
  }

  @Test
  void fewUsersGetMoreOfMoreGpusThatReadTheWeightsTogether() throws JsonProcessingException {
    // All read the same weights for one sequence: an eighth of them each, or all.
    double one = throughput(report("tp1", 1), "tps_per_user");
    double eight = throughput(report("tp8", 1), "tps_per_user");
    assertTrue(eight > one && eight < 8 * one, () -> one + " and " + eight);
    // One row crosses the whole rack twice in each layer to be with its experts.
    double all = throughput(report("dep72", 1), "tps_per_user");
    assertTrue(all < one, () -> all + " and " + one);
  }

  @Test
  void allGpusDataParallelIsWhatARackHasUnlessItIsTold() throws JsonProcessingException {
    assertEquals(report("auto", 100), report("dep72", 100));
  }

  @Test
  void manySequencesAreFasterWhereNothingIsReducedOrReadTwice() throws JsonProcessingException {
    int many = 72 * 128;
    // Replies so long that hardly any prompt comes between: one of them holds up a whole group.
    double one = throughput(report("tp1", many, "--reply=100000"), "tps");
    double eight = throughput(report("tp8", many, "--reply=100000"), "tps");
    double all = throughput(report("dep72", many, "--reply=100000"), "tps");
    // Nine hosts schedule as much as 72, and sums of all rows pass the links in every layer.
    assertTrue(one > eight, () -> one + " and " + eight);
    // 128 rows touch nearly all experts, which each GPU of tp1 reads alone.
    assertTrue(all > one, () -> all + " and " + one);
  }

  @Test
  void moreSlotsAreFasterWhereExpertsArePopularAndLeaveLessRoomForKeysAndValues()
      throws JsonProcessingException {
    JsonNode two = report("dep72", 72 * 32, "--skew=1");
    JsonNode three = report("dep72", 72 * 32, "--skew=1", "--slots=3");
    assertTrue(throughput(three, "tps") > throughput(two, "tps"), () -> three + "\n" + two);
    long kv = two.at("/memory/kv_bytes").asLong() - three.at("/memory/kv_bytes").asLong();
    long weights =
        three.at("/memory/weight_bytes").asLong() - two.at("/memory/weight_bytes").asLong();
    // An expert of each of 36 layers.
    assertEquals(36 * (3L * 2880 * 2880 * 17 / 32 + 2 * 3 * 2880), weights);
    assertEquals(weights, kv);
    assertEquals(two, report("dep72", 72 * 32, "--skew=1", "--slots=2"), "2 is what it needs");
  }

  @Test
  void sumsOfAReplicaPassItsOwnLinksOnly() throws JsonProcessingException {
    JsonNode report = report("tp8", 100);
    double all = 0;
    for (int from = 0; from < 72; from++) {
      for (int to = 0; to < 72; to++) {
        double bytes = report.at("/links/" + from + "/" + to).asDouble();
        assertEquals(from / 8 == to / 8 && from != to, bytes > 0, from + " to " + to);
        all += bytes;
      }
    }
    // Of 0.5 s, and rows of whole replicas.
    assertEquals(report.get("link_use").asDouble(), all / (72 * 900e9 * 0.5), 1e-6);
    assertTrue(report.get("busiest_link_use").asDouble() >= report.get("link_use").asDouble());
    assertEquals(0, report("tp1", 100).get("link_use").asDouble());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--layout=dep72 --slots=1                  | DEP72 spreads 128 experts over 72 GPUs, which"
            + " takes 2 to 128 slots on each, not 1 | 2",
        "--layout=tep8 --slots=129                 | takes 16 to 128 slots on each, not 129        "
            + "      | 2",
        "--layout=tp8 --slots=16                   | TP8 has a part of every expert on each GPU    "
            + "      | 2",
        "--slots=0                                 | (--slots) is auto or a whole number from 1 to"
            + " 4096, not \"0\" | 2",
        "--slots=2 --fidelity=dispatch             | leave out --slots"
            + " (rack72.modeled.expert-slots) | 2",
        "--slots=40 --set=rack72.gpu.hbm=8GB       | DEP72 with 40 expert slots does not fit on    "
            + "      | 1",
        "--layout=tp5                              | (--layout) is auto or dep, tp or tep with a"
            + " number that divides the rack's 72 GPUs: 1, 2, 3, 4, 6, 8, 9, 12, 18, 24, 36, 72,"
            + " not \"tp5\" | 2",
        "--layout=pp8                              | (--layout) is auto or dep, tp or tep          "
            + "      | 2",
        "--layout=tp72                             | TP72 has more GPUs than the model has query"
            + " heads, 64 | 2",
        "--layout=tep8 --fidelity=dispatch         | --fidelity dispatch is for layouts that"
            + " exchange rows, depN, not TEP8 | 2",
        "--layout=tp1 --set=rack72.gpu.hbm=40GB    | TP1 does not fit on rack gb200-nvl72          "
            + "      | 1",
        "--layout=tp1 --set=rack72.gpu.hbm=40GB    | these would: TP2, TP3                         "
            + "      | 1",
        "--layout=dep72 --set=rack72.gpu.hbm=1GB   | no layout fits                                "
            + "      | 1"
      })
  void whatCannotBeIsOneSentence(String words, String part, int exitCode) {
    CommandRun run = twin(words.split(" +"));
    assertTrue(run.err().contains(part), run::err);
    assertEquals(1, run.err().lines().count(), run::err);
    assertEquals("", run.out());
    assertEquals(exitCode, run.exitCode());
  }
}
