package io.rack72.checkpoint;

import static io.rack72.checkpoint.CheckpointException.quoted;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * Parses the JSON header of a safetensors file: an object that maps each tensor's name to its
 * {@code dtype}, {@code shape} and {@code data_offsets}, and {@code __metadata__} to strings. The
 * format asks that the tensors cover the data after the header exactly, without hole or overlap,
 * and that is checked, so that an accepted header can be used without another look at its numbers.
 *
 * @see <a href="https://github.com/huggingface/safetensors#format">the format</a>
 */
final class SafetensorsHeaderParser {
  private static final String METADATA = "__metadata__";
  private static final int MAX_RANK = 16;

  /** The header itself needs three levels; a little more is left for fields not known here. */
  private static final int MAX_NESTING = 8;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_NESTING)
                  .maxNumberLength(32)
                  .maxNameLength(4096)
                  .maxStringLength(1 << 20)
                  .build())
          // Names of untrusted files do not belong in a table that outlives the parser.
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .build();

  private final Path file;
  private final long dataBytes;
  private final JsonParser json;
  private final SequencedMap<String, TensorEntry> tensors = new LinkedHashMap<>();

  private SafetensorsHeaderParser(Path file, long dataBytes, JsonParser json) {
    this.file = file;
    this.dataBytes = dataBytes;
    this.json = json;
  }

  /**
   * Parses a header.
   *
   * @param file named in errors; not read
   * @param header the JSON text in UTF-8
   * @param dataBytes number of bytes that follow the header in the file
   * @return the tensors in the order of their data
   * @throws CheckpointException if the header is not what the format demands
   */
  static SequencedMap<String, TensorEntry> parse(Path file, byte[] header, long dataBytes) {
    // A decoder made by newDecoder() reports malformed bytes where the usual one replaces them.
    try (Reader reader =
            new InputStreamReader(
                new ByteArrayInputStream(header), StandardCharsets.UTF_8.newDecoder());
        JsonParser json = JSON.createParser(reader)) {
      return new SafetensorsHeaderParser(file, dataBytes, json).parseHeader();
    } catch (CharacterCodingException e) {
      throw new CheckpointException("the header of " + file + " is not UTF-8", e);
    } catch (JsonProcessingException e) {
      throw new CheckpointException(
          "the header of %s is not the JSON of a safetensors file: %s"
              .formatted(file, quoted(e.getOriginalMessage())),
          e);
    } catch (IOException e) {
      throw CheckpointException.unreadable(file, e);
    }
  }

  private SequencedMap<String, TensorEntry> parseHeader() throws IOException {
    if (json.nextToken() != JsonToken.START_OBJECT) {
      throw bad("the header is not a JSON object");
    }
    boolean metadataSeen = false;
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String name = json.currentName();
      if (!name.equals(METADATA)) {
        parseTensor(name);
      } else if (metadataSeen) {
        throw bad(METADATA + " is there twice");
      } else {
        parseMetadata();
        metadataSeen = true;
      }
    }
    if (json.nextToken() != null) {
      throw bad("something follows the JSON object of the header");
    }
    return inOrderOfData();
  }

  private void parseMetadata() throws IOException {
    if (json.nextToken() != JsonToken.START_OBJECT) {
      throw bad(METADATA + " is not a JSON object");
    }
    while (json.nextToken() != JsonToken.END_OBJECT) {
      if (json.nextToken() != JsonToken.VALUE_STRING) {
        throw bad(METADATA + " maps names to something else than strings");
      }
    }
  }

  private void parseTensor(String name) throws IOException {
    if (json.nextToken() != JsonToken.START_OBJECT) {
      throw bad(name, "is not described by a JSON object");
    }
    Dtype dtype = null;
    List<Long> shape = null;
    List<Long> offsets = null;
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String field = json.currentName();
      json.nextToken();
      switch (field) {
        case "dtype" -> {
          refuseSecond(name, field, dtype);
          dtype = parseDtype(name);
        }
        case "shape" -> {
          refuseSecond(name, field, shape);
          shape = parseNumbers(name, field, MAX_RANK);
        }
        case "data_offsets" -> {
          refuseSecond(name, field, offsets);
          offsets = parseNumbers(name, field, 2);
        }
        default -> json.skipChildren();
      }
    }
    if (dtype == null || shape == null || offsets == null) {
      throw bad(name, "lacks one of dtype, shape and data_offsets");
    }
    if (offsets.size() != 2) {
      throw bad(name, "has data_offsets that are not two numbers");
    }
    TensorEntry tensor = new TensorEntry(name, dtype, shape, offsets.get(0), offsets.get(1));
    checkExtent(tensor);
    if (tensors.putIfAbsent(name, tensor) != null) {
      throw bad(name, "is there twice");
    }
  }

  private void refuseSecond(String name, String field, Object earlier) {
    if (earlier != null) {
      throw bad(name, "has " + field + " twice");
    }
  }

  private Dtype parseDtype(String name) throws IOException {
    if (json.currentToken() != JsonToken.VALUE_STRING) {
      throw bad(name, "has a dtype that is not a string");
    }
    String dtype = json.getText();
    return Dtype.named(dtype).orElseThrow(() -> bad(name, "has unknown dtype " + quoted(dtype)));
  }

  private List<Long> parseNumbers(String name, String field, int maxLength) throws IOException {
    if (json.currentToken() != JsonToken.START_ARRAY) {
      throw bad(name, "has a " + field + " that is not an array");
    }
    List<Long> numbers = new ArrayList<>();
    while (json.nextToken() != JsonToken.END_ARRAY) {
      if (numbers.size() == maxLength) {
        throw bad(name, "has a " + field + " of more than " + maxLength + " numbers");
      }
      if (json.currentToken() != JsonToken.VALUE_NUMBER_INT) {
        throw bad(name, "has a " + field + " that holds something else than whole numbers");
      }
      if (json.getNumberType() == JsonParser.NumberType.BIG_INTEGER || json.getLongValue() < 0) {
        throw bad(name, "has %s in its %s, which is out of range".formatted(json.getText(), field));
      }
      numbers.add(json.getLongValue());
    }
    return numbers;
  }

  private void checkExtent(TensorEntry tensor) {
    if (tensor.begin() > tensor.end() || tensor.end() > dataBytes) {
      throw bad(
          tensor.name(),
          "has data_offsets [%d, %d], but the file has %d bytes of data"
              .formatted(tensor.begin(), tensor.end(), dataBytes));
    }
    long bits = tensor.dtype().bits();
    try {
      for (long dimension : tensor.shape()) {
        bits = Math.multiplyExact(bits, dimension);
      }
    } catch (ArithmeticException _) {
      throw bad(tensor.name(), "has a shape " + tensor.shape() + " too large for any file");
    }
    if (bits % Byte.SIZE != 0 || bits / Byte.SIZE != tensor.bytes()) {
      throw bad(
          tensor.name(),
          "of %s %s takes %d bits, but its data_offsets [%d, %d] span %d bytes"
              .formatted(
                  tensor.dtype(),
                  tensor.shape(),
                  bits,
                  tensor.begin(),
                  tensor.end(),
                  tensor.bytes()));
    }
  }

  private SequencedMap<String, TensorEntry> inOrderOfData() {
    List<TensorEntry> ordered = new ArrayList<>(tensors.values());
    ordered.sort(Comparator.comparingLong(TensorEntry::begin).thenComparingLong(TensorEntry::end));
    SequencedMap<String, TensorEntry> result = new LinkedHashMap<>();
    long covered = 0;
    for (TensorEntry tensor : ordered) {
      if (tensor.begin() < covered) {
        throw bad(
            tensor.name(),
            "begins at byte %d of the data and overlaps the tensor before it, which ends at %d"
                .formatted(tensor.begin(), covered));
      }
      if (tensor.begin() > covered) {
        throw bad(
            tensor.name(),
            "begins at byte %d of the data and leaves a hole after byte %d"
                .formatted(tensor.begin(), covered));
      }
      covered = tensor.end();
      result.put(tensor.name(), tensor);
    }
    if (covered != dataBytes) {
      throw bad(
          "the tensors take %d bytes of data, but the file has %d".formatted(covered, dataBytes));
    }
    return result;
  }

  private CheckpointException bad(String what) {
    return new CheckpointException(file + ": " + what);
  }

  private CheckpointException bad(String tensor, String what) {
    return bad("tensor " + quoted(tensor) + " " + what);
  }
}
