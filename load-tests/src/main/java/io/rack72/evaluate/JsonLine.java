package io.rack72.evaluate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rack72.cli.CommandFailedException;
import java.io.BufferedReader;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * One line of a file that has a JSON object on each. What is wrong with it is told with the file
 * and the line.
 *
 * @param place such as {@code prompts.jsonl:17}
 */
record JsonLine(String place, ObjectNode object) {
  /**
   * Reads a file.
   *
   * @param file or, where empty, the one of this name that comes with the program
   * @param read makes an item of a line; items have different {@code id}s
   * @throws CommandFailedException if the file cannot be read or a line is not as it must be
   */
  static <T> List<T> readAll(Optional<Path> file, String name, Function<JsonLine, T> read) {
    String shown = file.map(Path::toString).orElse(name);
    List<T> items = new ArrayList<>();
    Set<String> ids = new HashSet<>();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(open(file, name), StandardCharsets.UTF_8.newDecoder()))) {
      int number = 0;
      for (String text = lines.readLine(); text != null; text = lines.readLine()) {
        JsonLine line = parse(shown + ":" + ++number, text);
        items.add(read.apply(line));
        if (!ids.add(line.text("id"))) {
          throw line.bad("'id' is that of an earlier line: " + line.text("id"));
        }
      }
    } catch (NoSuchFileException | FileNotFoundException e) {
      throw new CommandFailedException("there is no " + shown, e);
    } catch (CharacterCodingException e) {
      throw new CommandFailedException(shown + " is not UTF-8", e);
    } catch (IOException e) {
      throw new CommandFailedException("cannot read %s: %s".formatted(shown, e), e);
    }
    return items;
  }

  private static InputStream open(Optional<Path> file, String name) throws IOException {
    if (file.isPresent()) {
      return Files.newInputStream(file.get());
    }
    InputStream resource = JsonLine.class.getResourceAsStream(name);
    if (resource == null) {
      throw new FileNotFoundException(name);
    }
    return resource;
  }

  /** Reads one line. */
  static JsonLine parse(String place, String text) {
    try {
      return new JsonLine(place, Json.object(text));
    } catch (JsonProcessingException e) {
      throw new CommandFailedException(
          place + ": is not a JSON object: " + e.getOriginalMessage().replaceAll("\\R", " "), e);
    }
  }

  /** A text that is not empty. */
  String text(String field) {
    JsonNode value = object.path(field);
    if (!value.isTextual() || value.textValue().isEmpty()) {
      throw bad("'%s' must be a text".formatted(field));
    }
    return value.textValue();
  }

  /** An array, whatever it holds. */
  JsonNode array(String field) {
    JsonNode value = object.path(field);
    if (!value.isArray()) {
      throw bad("'%s' must be an array".formatted(field));
    }
    return value;
  }

  /** Texts, at least one. */
  List<String> texts(String field) {
    List<String> texts = new ArrayList<>();
    for (JsonNode item : array(field)) {
      if (!item.isTextual() || item.textValue().isEmpty()) {
        throw bad("'%s' must hold texts".formatted(field));
      }
      texts.add(item.textValue());
    }
    if (texts.isEmpty()) {
      throw bad("'%s' must not be empty".formatted(field));
    }
    return List.copyOf(texts);
  }

  /** Token ids, at least one. */
  List<Integer> tokens(String field) {
    List<Integer> ids = new ArrayList<>();
    for (JsonNode item : array(field)) {
      if (!item.isInt() || item.intValue() < 0) {
        throw bad("'%s' must hold token ids".formatted(field));
      }
      ids.add(item.intValue());
    }
    if (ids.isEmpty()) {
      throw bad("'%s' must not be empty".formatted(field));
    }
    return List.copyOf(ids);
  }

  /** An object inside this one. */
  JsonLine inner(String field) {
    if (object.path(field) instanceof ObjectNode value) {
      return new JsonLine(place, value);
    }
    throw bad("'%s' must be an object".formatted(field));
  }

  CommandFailedException bad(String what) {
    return new CommandFailedException(place + ": " + what);
  }
}
