package io.rack72.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.cli.CommandFailedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChatPromptTest {
  private static final String GOOD =
      """
      {"id": "a", "skill": "s", "split": "values", "effort": "low", "messages": [{"role": "user", \
      "content": "Hi"}], "tools": [{"type": "function"}], "check": {"number": "57"}}
      """;

  @TempDir Path directory;

  @Test
  void requestHasWhatTheLineSaysAndLeavesTheRestToTheServer() throws IOException {
    ChatPrompt prompt = read(GOOD).getFirst();
    assertEquals("s", prompt.skill());
    assertEquals(ChatPrompt.Split.VALUES, prompt.split());
    assertEquals(
        Json.object(
            """
            {"messages": [{"role": "user", "content": "Hi"}], "tools": [{"type": "function"}],
             "reasoning_effort": "low"}
            """),
        prompt.request());
    String plain = GOOD.replace("low", "medium").replace("{\"type\": \"function\"}", "");
    assertEquals(
        Json.object("{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]}"),
        read(plain).getFirst().request());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "id": "a"         | "id": 1                     | 'id' must be a text
          "skill": "s"      | "skill": ""                 | 'skill' must be a text
          "values"          | "train"                     | 'split' must be values or phrasings
          "low"             | "lowest"                    | 'effort' must be one of low, medium, high
          "messages": [     | "messages": [], "other": [  | 'messages' must not be empty
          "tools": [        | "tool": [                   | 'tools' must be an array
          {"number": "57"}  | 57                          | 'check' must be an object
          {"number": "57"}  | {"number": 57}              | 'number' must be a text
          {"number": "57"}  | {"number": "x"}             | 'number' must be a number
          {"number": "57"}  | {"nummer": "57"}            | unknown field 'nummer'
          {"number": "57"}  | {"any": ["a"], "list": ["a"]} | one field, not any, list
          {"number": "57"}  | {"any": []}                 | 'any' must not be empty
          {"number": "57"}  | {"list": [7]}               | 'list' must hold texts
          {"number": "57"}  | {"call": {"name": "f"}}     | 'arguments' must be an object
          {"id"             | {id                         | is not a JSON object
          "57"}}            | "57"}} {}                   | is not a JSON object
          """)
  void malformedLineIsNamedWithItsFile(String part, String replacement, String reason) {
    assertTrue(GOOD.contains(part), part);
    String bad = GOOD.replace(part, replacement);
    String message =
        assertThrows(
                CommandFailedException.class,
                () -> read(GOOD.replace("\"id\": \"a\"", "\"id\": \"b\"") + bad))
            .getMessage();
    assertTrue(message.startsWith(directory.resolve("prompts") + ":2: "), message);
    assertTrue(message.contains(reason), message);
  }

  @Test
  void sameIdTwiceIsRefused() {
    String message =
        assertThrows(CommandFailedException.class, () -> read(GOOD + GOOD)).getMessage();
    assertTrue(message.endsWith("prompts:2: 'id' is that of an earlier line: a"), message);
  }

  @Test
  void fileThatCannotBeReadIsNamed() throws IOException {
    Path file = directory.resolve("prompts");
    assertRefused(file, "there is no " + file);
    Files.write(file, "{\"\u00e4\"}".getBytes(StandardCharsets.ISO_8859_1));
    assertRefused(file, file + " is not UTF-8");
    assertRefused(directory, "cannot read " + directory);
  }

  private static void assertRefused(Path file, String reason) {
    String message =
        assertThrows(CommandFailedException.class, () -> ChatPrompt.readAll(Optional.of(file)))
            .getMessage();
    assertTrue(message.startsWith(reason), message);
  }

  private List<ChatPrompt> read(String lines) throws IOException {
    Path file = Files.writeString(directory.resolve("prompts"), lines);
    return ChatPrompt.readAll(Optional.of(file));
  }
}
