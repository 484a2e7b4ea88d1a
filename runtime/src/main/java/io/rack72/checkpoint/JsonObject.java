package io.rack72.checkpoint;

import static io.rack72.checkpoint.CheckpointException.quoted;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * An object in one of a checkpoint's JSON files. Every accessor checks presence and type and, where
 * they are wrong, says so with the file and the field.
 */
final class JsonObject {
  private static final ObjectMapper MAPPER =
      new ObjectMapper(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(64)
                          .maxNumberLength(64)
                          .maxStringLength(1 << 20)
                          .build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private final Path file;
  private final String prefix;
  private final ObjectNode node;

  private JsonObject(Path file, String prefix, ObjectNode node) {
    this.file = file;
    this.prefix = prefix;
    this.node = node;
  }

  /** The bytes of a file that is refused where it has more than {@code maxBytes}. */
  static byte[] readBytes(Path file, int maxBytes) {
    if (Files.isDirectory(file)) {
      throw new CheckpointException(file + " is a directory, where a file is needed");
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(maxBytes + 1);
      if (bytes.length > maxBytes) {
        throw new CheckpointException(
            "%s is larger than the %d bytes that it may have".formatted(file, maxBytes));
      }
      return bytes;
    } catch (IOException e) {
      throw CheckpointException.unreadable(file, e);
    }
  }

  /** Parses the whole content of a file, which is one JSON object in UTF-8. */
  static JsonObject parse(Path file, byte[] bytes) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      if (MAPPER.readTree(text) instanceof ObjectNode object) {
        return new JsonObject(file, "", object);
      }
      throw new CheckpointException(file + " is not a JSON object");
    } catch (CharacterCodingException e) {
      throw new CheckpointException(file + " is not UTF-8", e);
    } catch (JsonProcessingException e) {
      throw new CheckpointException(
          "%s is not JSON: %s".formatted(file, quoted(e.getOriginalMessage())), e);
    }
  }

  Path file() {
    return file;
  }

  /** Whether the field is there and is not null. */
  boolean has(String field) {
    return node.hasNonNull(field);
  }

  String string(String field) {
    JsonNode value = required(field);
    if (!value.isTextual()) {
      throw wrongType(field, "a string", value);
    }
    return value.textValue();
  }

  boolean bool(String field) {
    JsonNode value = required(field);
    if (!value.isBoolean()) {
      throw wrongType(field, "true or false", value);
    }
    return value.booleanValue();
  }

  int integer(String field) {
    return integer(field, required(field));
  }

  /** An element of an array or a field's own value, as an {@code int}. */
  int integer(String field, JsonNode value) {
    if (!value.isIntegralNumber() || !value.canConvertToInt()) {
      throw wrongType(field, "a whole number of 32 bits", value);
    }
    return value.intValue();
  }

  double number(String field) {
    JsonNode value = required(field);
    if (!value.isNumber() || !Double.isFinite(value.doubleValue())) {
      throw wrongType(field, "a finite number", value);
    }
    return value.doubleValue();
  }

  JsonObject object(String field) {
    JsonNode value = required(field);
    if (value instanceof ObjectNode object) {
      return new JsonObject(file, prefix + field + ".", object);
    }
    throw wrongType(field, "an object", value);
  }

  JsonNode array(String field) {
    JsonNode value = required(field);
    if (!value.isArray()) {
      throw wrongType(field, "an array", value);
    }
    return value;
  }

  /** The field's value whatever its type, or nothing where it is absent or null. */
  Optional<JsonNode> optional(String field) {
    return has(field) ? Optional.of(node.get(field)) : Optional.empty();
  }

  /** The object itself, to walk over fields whose names are not known beforehand. */
  ObjectNode node() {
    return node;
  }

  /** An error about one field. */
  CheckpointException bad(String field, String what) {
    return new CheckpointException("%s: %s%s %s".formatted(file, prefix, field, what));
  }

  private JsonNode required(String field) {
    if (!has(field)) {
      throw bad(field, "is missing");
    }
    return node.get(field);
  }

  private CheckpointException wrongType(String field, String expected, JsonNode value) {
    return bad(field, "must be " + expected + ", not " + quoted(value.toString()));
  }
}
