package io.rack72.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizersTest {
  @TempDir Path directory;

  @Test
  void gptOssVocabularyNeedsNoFile() {
    assertSame(
        O200kHarmonyTokenizer.instance(),
        Tokenizers.forCheckpoint(directory, 201_088).orElseThrow());
  }

  @Test
  void anotherVocabularyIsReadFromTheCheckpoint() {
    TokenizerJson.write(directory, TokenizerJson.byteLevel());
    Tokenizer tokenizer = Tokenizers.forCheckpoint(directory, 512).orElseThrow();
    assertInstanceOf(HuggingFaceTokenizer.class, tokenizer);
    assertEquals(512, tokenizer.vocabularySize());
  }

  @Test
  void checkpointWithoutTokenizerHasNone() {
    assertEquals(Optional.empty(), Tokenizers.forCheckpoint(directory, 512));
  }
}
