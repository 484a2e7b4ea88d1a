package io.rack72.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.util.Utils;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rack72.checkpoint.CheckpointException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HuggingFaceTokenizerTest {
  private static final int VOCAB_SIZE = 288;

  @TempDir Path directory;

  @Test
  void idsFollowTheMergesAndDecodeToTheText() {
    Tokenizer tokenizer = load(TokenizerJson.byteLevel());
    assertArrayEquals(new int[] {259, ' ', 256, 'l', 'p'}, tokenizer.encode("hello help"));
    for (String text : List.of("", "héllo 漢字 👩‍👧", "a\u0000b\r\n\t", "\uFFFD")) {
      assertEquals(text, tokenizer.decode(tokenizer.encode(text)));
    }
    assertArrayEquals(tokenizer.encode("a\uFFFDb"), tokenizer.encode("a\uD83Db"));
  }

  @Test
  void everyByteHasItsToken() {
    Tokenizer tokenizer = load(TokenizerJson.byteLevel());
    for (int value = 0; value < 256; value++) {
      assertArrayEquals(new byte[] {(byte) value}, tokenizer.bytes(value));
      assertFalse(tokenizer.isSpecial(value));
    }
    assertArrayEquals(ascii("hello"), tokenizer.bytes(259));
  }

  @Test
  void specialTokensAreKnownByIdAndTextButNeverReadFromText() {
    ObjectNode json = TokenizerJson.byteLevel();
    Tokenizer tokenizer = load(json);
    assertEquals(OptionalInt.of(264), tokenizer.special("<|start|>"));
    assertEquals("<|start|>", tokenizer.decode(new int[] {264}));
    assertTrue(tokenizer.isSpecial(264));
    assertArrayEquals(bytesAsIds("<|start|>"), tokenizer.encode("<|start|>"));
    // Tokens that are added but not special are text with an id of its own.
    assertArrayEquals(new int[] {'a', 262}, tokenizer.encode("a<tool>"));
    assertEquals(OptionalInt.empty(), tokenizer.special("<tool>"));
  }

  @Test
  void lookUpOfWholeWordsDoesNotFindSpecialTokensEither() {
    ObjectNode json = TokenizerJson.byteLevel();
    ObjectNode model = (ObjectNode) json.path("model");
    model.put("ignore_merges", true);
    ((ObjectNode) model.path("vocab")).put("<|start|>", 264);
    ((ObjectNode) json.path("pre_tokenizer")).put("use_regex", false);
    assertArrayEquals(bytesAsIds("<|start|>"), load(json).encode("<|start|>"));
  }

  @Test
  void idsThatTheFileDoesNotNameAreReservedSpecials() {
    Tokenizer tokenizer = load(TokenizerJson.byteLevel());
    assertEquals(VOCAB_SIZE, tokenizer.vocabularySize());
    for (int id : new int[] {260, 287}) {
      assertTrue(tokenizer.isSpecial(id));
      assertEquals("<|reserved_" + id + "|>", tokenizer.decode(new int[] {id}));
    }
    assertThrows(IllegalArgumentException.class, () -> tokenizer.bytes(VOCAB_SIZE));
    assertThrows(IllegalArgumentException.class, () -> tokenizer.isSpecial(-1));
  }

  @Test
  void textIsNeitherTruncatedNorPadded() {
    ObjectNode json = TokenizerJson.byteLevel();
    json.putObject("truncation")
        .put("direction", "Right")
        .put("max_length", 4)
        .put("strategy", "LongestFirst")
        .put("stride", 0);
    ObjectNode padding = json.putObject("padding");
    padding.putObject("strategy").put("Fixed", 16);
    padding.put("direction", "Right").put("pad_id", 0).put("pad_type_id", 0);
    padding.putNull("pad_to_multiple_of").put("pad_token", "!");
    Tokenizer tokenizer = load(json);
    assertEquals(5, tokenizer.encode("abcde").length);
    assertEquals(100_000, tokenizer.encode("xy".repeat(50_000)).length);
  }

  @Test
  void threadsShareOneTokenizer() {
    Tokenizer tokenizer = load(TokenizerJson.byteLevel());
    Random random = new Random(9);
    List<String> texts =
        IntStream.range(0, 300)
            .mapToObj(i -> "hello " + random.nextInt() + " 漢".repeat(random.nextInt(9)))
            .toList();
    texts.parallelStream()
        .forEach(text -> assertEquals(text, tokenizer.decode(tokenizer.encode(text))));
  }

  @Test
  void loadingStaysOffTheNetwork() {
    load(TokenizerJson.byteLevel());
    assertTrue(Utils.isOfflineMode());
  }

  @Test
  void conversationsCanBeRenderedAndParsed() {
    Tokenizer tokenizer = load(TokenizerJson.byteLevel());
    Conversation conversation = new Conversation(List.of(Message.user("hello")));
    HarmonyRenderer renderer = new HarmonyRenderer(tokenizer);
    int[] ids = renderer.renderForCompletion(conversation);
    assertEquals(
        renderer.renderText(conversation, HarmonyRenderer.Mode.COMPLETION, true),
        tokenizer.decode(ids));
    HarmonyParser parser = HarmonyParser.betweenMessages(tokenizer);
    List<HarmonyEvent> events =
        Arrays.stream(ids, 0, ids.length - 10)
            .boxed()
            .flatMap(id -> parser.push(id).stream())
            .toList();
    assertEquals(conversation.messages(), HarmonyEvent.messages(events));
  }

  @Test
  void sentencePieceSpellingIsRead() {
    ObjectNode json = TokenizerJson.JSON.createObjectNode();
    ObjectNode metaspace =
        TokenizerJson.object("type", "Metaspace")
            .put("replacement", "▁")
            .put("prepend_scheme", "never")
            .put("split", true);
    json.set("pre_tokenizer", metaspace);
    ArrayNode steps = json.putObject("decoder").put("type", "Sequence").putArray("decoders");
    steps.addObject().put("type", "ByteFallback");
    steps.add(metaspace);
    ObjectNode model = json.putObject("model").put("type", "Unigram").put("unk_id", 0);
    model.put("byte_fallback", true);
    ArrayNode vocabulary = model.putArray("vocab");
    vocabulary.addArray().add("<unk>").add(0.0);
    for (int value = 0; value < 256; value++) {
      vocabulary.addArray().add("<0x%02X>".formatted(value)).add(-10.0);
    }
    vocabulary.addArray().add("▁").add(-2.0);
    vocabulary.addArray().add("▁two").add(-1.0);
    vocabulary.addArray().add("one").add(-1.0);
    TokenizerJson.addToken(json.putArray("added_tokens"), 0, "<unk>", true);
    vocabulary.addArray().add("</s>").add(0.0);
    TokenizerJson.addToken((ArrayNode) json.path("added_tokens"), 260, "</s>", true);
    Tokenizer tokenizer = load(json);
    assertEquals("</s>one</s>", tokenizer.decode(tokenizer.encode("</s>one</s>")));
    assertTrue(Arrays.stream(tokenizer.encode("</s>one</s>")).noneMatch(tokenizer::isSpecial));
    assertArrayEquals(new int[] {259, 258}, tokenizer.encode("one two"));
    assertEquals("one two 漢", tokenizer.decode(tokenizer.encode("one two 漢")));
    assertArrayEquals(new byte[] {(byte) 0xE6}, tokenizer.bytes(1 + 0xE6));
  }

  @Test
  void wordsAndWordPiecesAreRead() {
    ObjectNode json = TokenizerJson.JSON.createObjectNode();
    json.set("pre_tokenizer", TokenizerJson.object("type", "WhitespaceSplit"));
    json.putObject("decoder").put("type", "WordPiece").put("prefix", "##").put("cleanup", true);
    ObjectNode model = json.putObject("model").put("type", "WordPiece").put("unk_token", "[UNK]");
    model.put("continuing_subword_prefix", "##").put("max_input_chars_per_word", 100);
    ObjectNode vocabulary = model.putObject("vocab");
    vocabulary.put("[UNK]", 0).put("play", 1).put("##ing", 2).put("[SEP]", 3);
    ArrayNode added = json.putArray("added_tokens");
    TokenizerJson.addToken(added, 0, "[UNK]", true);
    TokenizerJson.addToken(added, 3, "[SEP]", true);
    Tokenizer tokenizer = load(json);
    assertArrayEquals(new int[] {1, 2, 1}, tokenizer.encode("playing play"));
    assertEquals(" playing play", tokenizer.decode(new int[] {1, 2, 1}));
    assertArrayEquals(new int[] {0, 0, 1}, tokenizer.encode("[SEP] play"));
    assertArrayEquals(new int[] {0, 1}, tokenizer.encode("other play"));
  }

  @Test
  void fileThatCannotBeUsedIsRefusedByName() throws IOException {
    ObjectNode beyond = TokenizerJson.byteLevel();
    TokenizerJson.addToken((ArrayNode) beyond.path("added_tokens"), VOCAB_SIZE, "<big>", true);
    assertRefused(beyond, "'<big>' the id 288, but the model has the ids 0 to 287");
    ObjectNode noVocabulary = TokenizerJson.byteLevel();
    ((ObjectNode) noVocabulary.path("model")).remove("vocab");
    assertRefused(noVocabulary, "model.vocab");
    ObjectNode unknownModel = TokenizerJson.byteLevel();
    ((ObjectNode) unknownModel.path("model")).put("type", "Other");
    assertRefused(unknownModel, "not a tokenizer that can be loaded");
    ObjectNode brokenMerge = TokenizerJson.byteLevel();
    ((ArrayNode) brokenMerge.path("model").path("merges")).add("no such");
    assertRefused(brokenMerge, "not a tokenizer that can be loaded");

    Path file = directory.resolve("tokenizer.json");
    for (String content : List.of("", "{", "[]", "null", "{}", "\u0000\u0001", "[".repeat(9_999))) {
      Files.writeString(file, content);
      assertRefused(file, "tokenizer.json");
    }
    Files.delete(file);
    assertRefused(file, "cannot read");
    Files.createDirectory(file);
    assertRefused(file, "cannot read");
  }

  private void assertRefused(ObjectNode json, String reason) {
    assertRefused(TokenizerJson.write(directory, json), reason);
  }

  private static void assertRefused(Path file, String reason) {
    CheckpointException refusal =
        assertThrows(CheckpointException.class, () -> HuggingFaceTokenizer.load(file, VOCAB_SIZE));
    assertTrue(refusal.getMessage().contains(file.toString()), refusal.getMessage());
    assertTrue(refusal.getMessage().contains(reason), refusal.getMessage());
  }

  private Tokenizer load(ObjectNode json) {
    return HuggingFaceTokenizer.load(TokenizerJson.write(directory, json), VOCAB_SIZE);
  }

  private static int[] bytesAsIds(String ascii) {
    return ascii.chars().toArray();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
