package io.rack72.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointSummaryTest {
  @TempDir Path scratch;

  @Test
  void countsAreThoseOfTheShape() {
    try (Checkpoint checkpoint = Checkpoint.open(CheckpointCopy.GOLDEN.resolve("tiny"))) {
      CheckpointSummary summary = CheckpointSummary.of(checkpoint);
      assertEquals(512L * 64, summary.parameters().get(ParameterClass.EMBEDDING));
      assertEquals(4L * (8 * 64 + 8), summary.parameters().get(ParameterClass.ROUTER));
      long perExpert = 128 * 64 + 128 + 64 * 64 + 64;
      assertEquals(4 * 8 * perExpert, summary.parameters().get(ParameterClass.EXPERTS));
      assertEquals(4 * 4 * perExpert, summary.totalParameters() - summary.activeParameters());
      assertEquals(755424, summary.tensorBytes().values().stream().mapToLong(n -> n).sum());
      assertEquals(4 * 2 * 128 * 4, summary.kvBytesPerToken());
      assertEquals(2 * 2 * 128 * 4, summary.kvBytesPerTokenBeyondWindow());
      assertEquals(4 * 19 + 3, summary.tensors());
      assertEquals(List.of(), summary.unknownTensors());
      assertEquals(
          List.of(256568L, 260088L, 246936L),
          summary.shards().stream().map(CheckpointSummary.Shard::bytes).toList());
    }
  }

  @Test
  void unknownTensorsAndTokenizerFilesAreTold() throws IOException {
    CheckpointCopy copy = CheckpointCopy.ofTiny(scratch);
    copy.write("tokenizer.json", "{}");
    copy.editHeader(
        CheckpointCopy.SHARD_0,
        header -> {
          long end = 0;
          for (JsonNode tensor : header) {
            end = Math.max(end, tensor.path("data_offsets").path(1).asLong());
          }
          ObjectNode extra = header.putObject("model.extra");
          extra.put("dtype", "F32").putArray("shape").add(1);
          extra.putArray("data_offsets").add(end).add(end + 4);
        });
    Files.write(copy.path(CheckpointCopy.SHARD_0), new byte[4], StandardOpenOption.APPEND);
    try (Checkpoint checkpoint = Checkpoint.open(copy.directory())) {
      CheckpointSummary summary = CheckpointSummary.of(checkpoint);
      assertEquals(List.of("model.extra"), summary.unknownTensors());
      assertEquals(List.of("tokenizer.json"), summary.tokenizerFiles());
    }
  }

  @Test
  void jsonAndTextCarryTheSameFacts() {
    try (Checkpoint checkpoint = Checkpoint.open(CheckpointCopy.GOLDEN.resolve("wide"))) {
      CheckpointSummary summary = CheckpointSummary.of(checkpoint);
      JsonNode json = new ObjectMapper().valueToTree(summary);
      assertEquals(128, json.at("/config/experts").asInt());
      assertEquals(summary.totalParameters(), json.at("/totalParameters").asLong());
      assertEquals(checkpoint.fingerprint(), json.at("/fingerprint").asText());
      String text = summary.toText();
      assertTrue(text.contains(checkpoint.fingerprint()), text);
      assertTrue(text.contains("128 per layer, 4 per token"), text);
      assertTrue(text.contains("model-00002-of-00002.safetensors"), text);
    }
  }
}
