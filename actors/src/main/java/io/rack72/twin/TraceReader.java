package io.rack72.twin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads traces of JSON lines: {@code timestamp} in milliseconds, {@code input_length}, {@code
 * output_length} and {@code hash_ids}, as the public Mooncake traces have them. Other fields are
 * left alone, and so are empty lines. Without state.
 */
public final class TraceReader {
  private static final ObjectReader JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build()
          .reader();

  private static final int MAX_LINE_CHARS = 1 << 20;
  private static final int MAX_REQUESTS = 1_000_000;

  /** Of all requests together: what their ids take in memory. */
  private static final long MAX_BLOCKS = 20_000_000;

  /** As long as a run can be. */
  private static final long MAX_MILLIS = 1_000_000_000;

  private TraceReader() {}

  /**
   * Reads a whole file.
   *
   * @throws TraceException that names the file, and the line where one is at fault
   */
  public static Trace read(Path file) {
    List<Trace.Entry> entries = new ArrayList<>();
    int number = 0;
    long blocks = 0;
    try (BufferedReader lines = Files.newBufferedReader(file)) {
      while (true) {
        number++;
        String line = nextLine(lines);
        if (line == null) {
          break;
        }
        if (line.isBlank()) {
          continue;
        }
        Trace.Entry entry = entry(line);
        blocks += entry.blocks().size();
        check(
            entries.isEmpty() || entry.atMillis() >= entries.getLast().atMillis(),
            "timestamp is not below that of the line before, as " + entry.atMillis() + " is");
        check(entries.size() < MAX_REQUESTS, "a trace has at most 1000000 requests");
        check(blocks <= MAX_BLOCKS, "a trace has at most 20000000 hash_ids");
        entries.add(entry);
      }
      if (entries.isEmpty()) {
        throw new TraceException(file + " is a trace without any request", null);
      }
      return new Trace(entries);
    } catch (CharacterCodingException e) {
      throw new TraceException(file + ", at or after line " + number + ": text is UTF-8", e);
    } catch (NoSuchFileException e) {
      throw new TraceException("cannot read the trace " + file + ": there is no such file", e);
    } catch (IOException e) {
      throw new TraceException("cannot read the trace " + file + ": " + e.getMessage(), e);
    } catch (IllegalArgumentException e) {
      throw new TraceException(file + ", line " + number + ": " + e.getMessage(), e);
    }
  }

  /**
   * Reads one line.
   *
   * @throws IllegalArgumentException that says what would be right
   */
  static Trace.Entry entry(String line) {
    JsonNode fields;
    try {
      fields = JSON.readTree(line);
    } catch (JsonProcessingException e) {
      // The parser's words quote what it was given, which may be long.
      throw new IllegalArgumentException(
          "a line is one JSON object; this one breaks at column "
              + (e.getLocation() == null ? 1 : e.getLocation().getColumnNr()),
          e);
    }
    check(fields.isObject(), "a line is one JSON object");
    long millis = number(fields, "timestamp", 0, MAX_MILLIS);
    int input = (int) number(fields, "input_length", 1, Lengths.LIMIT);
    int output = (int) number(fields, "output_length", 1, Lengths.LIMIT);
    JsonNode ids = fields.path("hash_ids");
    check(ids.isArray(), "hash_ids is a list of whole numbers");
    check(
        ids.size() == Trace.blocksOf(input),
        "hash_ids has one id for each begun %d of input_length: %d, not %d"
            .formatted(Trace.BLOCK_TOKENS, Trace.blocksOf(input), ids.size()));
    List<Long> blocks = new ArrayList<>(ids.size());
    for (JsonNode id : ids) {
      check(
          id.isIntegralNumber() && id.canConvertToLong() && id.longValue() >= 0,
          "hash_ids is a list of whole numbers of 0 or more");
      blocks.add(id.longValue());
    }
    return new Trace.Entry(millis, input, output, blocks);
  }

  private static long number(JsonNode fields, String name, long least, long most) {
    JsonNode value = fields.path(name);
    check(
        value.isIntegralNumber()
            && value.canConvertToLong()
            && value.longValue() >= least
            && value.longValue() <= most,
        "%s is a whole number of %d to %d".formatted(name, least, most));
    return value.longValue();
  }

  private static void check(boolean holds, String sentence) {
    if (!holds) {
      throw new IllegalArgumentException(sentence);
    }
  }

  /** Not {@link BufferedReader#readLine}, which takes a line of any length. */
  private static String nextLine(Reader from) throws IOException {
    StringBuilder line = new StringBuilder();
    int next = from.read();
    if (next < 0) {
      return null;
    }
    for (; next >= 0 && next != '\n'; next = from.read()) {
      check(line.length() < MAX_LINE_CHARS, "a line has at most 1048576 characters");
      line.append((char) next);
    }
    return line.toString();
  }
}
