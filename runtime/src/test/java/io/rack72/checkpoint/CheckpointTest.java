package io.rack72.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden");

  @ParameterizedTest
  @ValueSource(strings = {"tiny", "small-odd", "wide"})
  void goldenCheckpointOpensAndEveryTensorHasTheShapeOfTheConfiguration(String name) {
    try (Checkpoint checkpoint = Checkpoint.open(GOLDEN.resolve(name))) {
      ModelConfig config = checkpoint.config();
      assertEquals(config.vocabSize(), checkpoint.embedding().rows());
      assertEquals(config.hiddenSize(), checkpoint.outputMatrix().columns());
      assertEquals(config.hiddenSize(), checkpoint.finalNorm().length());
      long expertBytes = 0;
      for (int layer = 0; layer < config.layers(); layer++) {
        assertEquals(config.hiddenSize(), checkpoint.inputNorm(layer).length());
        assertEquals(config.queryWidth(), checkpoint.query(layer).rows());
        assertEquals(config.queryWidth(), checkpoint.queryBias(layer).length());
        assertEquals(config.kvWidth(), checkpoint.key(layer).rows());
        assertEquals(config.kvWidth(), checkpoint.keyBias(layer).length());
        assertEquals(config.kvWidth(), checkpoint.value(layer).rows());
        assertEquals(config.kvWidth(), checkpoint.valueBias(layer).length());
        assertEquals(config.queryWidth(), checkpoint.attentionOutput(layer).columns());
        assertEquals(config.hiddenSize(), checkpoint.attentionOutputBias(layer).length());
        assertEquals(config.queryHeads(), checkpoint.sinks(layer).length());
        assertEquals(config.hiddenSize(), checkpoint.postAttentionNorm(layer).length());
        assertEquals(config.experts(), checkpoint.router(layer).rows());
        assertEquals(config.experts(), checkpoint.routerBias(layer).length());
        for (int expert = 0; expert < config.experts(); expert++) {
          long bytes =
              checkpoint.gateUp(layer, expert).bytes()
                  + checkpoint.gateUpBias(layer, expert).bytes()
                  + checkpoint.down(layer, expert).bytes()
                  + checkpoint.downBias(layer, expert).bytes();
          assertEquals(checkpoint.expertBytes(layer), bytes);
          expertBytes += bytes;
        }
      }
      assertEquals(totalSizeInIndex(name), expertBytes + checkpoint.sharedBytes());
    }
  }

  private static long totalSizeInIndex(String name) {
    Path index = GOLDEN.resolve(name).resolve(CheckpointFiles.INDEX_NAME);
    return JsonObject.parse(index, JsonObject.readBytes(index, 1 << 20))
        .object("metadata")
        .integer("total_size");
  }

  @Test
  void configurationHasTheNumbersOfTheFile() {
    try (Checkpoint checkpoint = Checkpoint.open(GOLDEN.resolve("small-odd"))) {
      ModelConfig expected =
          new ModelConfig(
              1000,
              96,
              List.of(true, false, true),
              6,
              3,
              32,
              12,
              4,
              160,
              16,
              131072,
              1e-5f,
              150_000,
              new RopeScaling(32, 32, 1, 4096, false),
              7);
      assertEquals(expected, checkpoint.config());
      assertEquals(List.of(997, 998, 999), checkpoint.generationConfig().stopTokenIds());
    }
  }

  @Test
  void embeddingRowsAreTheRecordedEmbeddings() throws Exception {
    Path expected = GOLDEN.resolve("tiny/expected");
    var prompts =
        JsonObject.parse(
                expected.resolve("expected.json"),
                JsonObject.readBytes(expected.resolve("expected.json"), 1 << 20))
            .object("prompts")
            .object("len7")
            .array("token_ids");
    ByteBuffer floats =
        ByteBuffer.wrap(Files.readAllBytes(expected.resolve("len7.embedding.f32")))
            .order(ByteOrder.LITTLE_ENDIAN);
    try (Checkpoint checkpoint = Checkpoint.open(GOLDEN.resolve("tiny"))) {
      for (int position = 0; position < 7; position++) {
        for (float actual :
            checkpoint.embedding().row(prompts.get(position).intValue()).toFloats()) {
          assertEquals(floats.getFloat(), actual);
        }
      }
    }
  }

  @Test
  void fingerprintIsStableAndDiffersBetweenCheckpoints() {
    try (Checkpoint tiny = Checkpoint.open(GOLDEN.resolve("tiny"));
        Checkpoint again = Checkpoint.open(GOLDEN.resolve("tiny"));
        Checkpoint wide = Checkpoint.open(GOLDEN.resolve("wide"))) {
      assertEquals(tiny.fingerprint(), again.fingerprint());
      assertNotEquals(tiny.fingerprint(), wide.fingerprint());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"generation_config.json", "tokenizer.json"})
  void fingerprintDependsOnAFileBesideTheWeightsAndOnWhetherThereIsOne(
      String name, @TempDir Path scratch) throws IOException {
    CheckpointCopy copy = CheckpointCopy.ofTiny(scratch);
    try (Checkpoint checkpoint = Checkpoint.open(copy.directory())) {
      Set<String> fingerprints = new HashSet<>();
      Files.deleteIfExists(copy.path(name));
      assertTrue(fingerprints.add(checkpoint.fingerprint()));
      for (String content : List.of("", "{}", "{\"top_k\": 1}", "{\"top_k\": 2}")) {
        copy.write(name, content);
        assertTrue(fingerprints.add(checkpoint.fingerprint()), content);
        assertFalse(fingerprints.add(checkpoint.fingerprint()), content);
      }
      Files.delete(copy.path(name));
      assertFalse(fingerprints.add(checkpoint.fingerprint()));
    }
  }

  @Test
  void fingerprintTellsTheFilesBesideTheWeightsApart(@TempDir Path scratch) throws IOException {
    CheckpointCopy copy = CheckpointCopy.ofTiny(scratch);
    try (Checkpoint checkpoint = Checkpoint.open(copy.directory())) {
      Files.delete(copy.path("generation_config.json"));
      copy.write("tokenizer.json", "{}");
      String before = checkpoint.fingerprint();
      Files.move(copy.path("tokenizer.json"), copy.path("generation_config.json"));
      assertNotEquals(before, checkpoint.fingerprint());
    }
  }

  @Test
  void fingerprintOfWhatCannotBeReadIsAnErrorThatNamesTheFile(@TempDir Path scratch)
      throws IOException {
    CheckpointCopy copy = CheckpointCopy.ofTiny(scratch);
    try (Checkpoint checkpoint = Checkpoint.open(copy.directory())) {
      Path notAFile = Files.createDirectory(copy.path("tokenizer.json"));
      CheckpointException refused =
          assertThrows(CheckpointException.class, checkpoint::fingerprint);
      assertEquals(notAFile + " is a directory, where a file is needed", refused.getMessage());
    }
  }

  @Test
  void tensorsOfAClosedCheckpointCannotBeRead() {
    Checkpoint checkpoint = Checkpoint.open(GOLDEN.resolve("tiny"));
    var norm = checkpoint.finalNorm();
    checkpoint.close();
    assertThrows(IllegalStateException.class, () -> norm.get(0));
  }
}
