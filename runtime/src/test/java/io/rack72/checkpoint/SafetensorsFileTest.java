package io.rack72.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsFileTest {
  private static final String TWO_TENSORS =
      """
      {"__metadata__":{"format":"pt"},\
      "b":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},\
      "a":{"dtype":"BF16","shape":[2,1],"data_offsets":[3,7]}}\
      """;
  private static final byte[] SEVEN_BYTES = {1, 2, 3, 4, 5, 6, 7};

  @TempDir Path scratch;

  private Path write(String header, byte[] data) throws IOException {
    return Files.write(scratch.resolve("x.safetensors"), CheckpointCopy.safetensors(header, data));
  }

  @Test
  void tensorsAreFoundAtOddOffsets() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      SafetensorsFile file = SafetensorsFile.open(write(TWO_TENSORS, SEVEN_BYTES), arena);
      TensorEntry a = file.tensor("a").orElseThrow();
      assertEquals(List.of(2L, 1L), a.shape());
      assertEquals(Dtype.BF16, a.dtype());
      assertArrayEquals(new byte[] {4, 5, 6, 7}, file.data(a).toArray(ValueLayout.JAVA_BYTE));
      assertEquals(List.of("b", "a"), file.tensors().stream().map(TensorEntry::name).toList());
      assertEquals(Files.size(file.path()), file.bytes());
    }
  }

  @Test
  void samplesAreOfTheMiddleOfEveryPart() throws IOException {
    byte[] data = new byte[25];
    for (int i = 0; i < data.length; i++) {
      data[i] = (byte) i;
    }
    Path file =
        write(
            """
            {"a": {"dtype": "U8", "shape": [22], "data_offsets": [0, 22]},
             "b": {"dtype": "U8", "shape": [3], "data_offsets": [22, 25]}}\
            """,
            data);
    try (Arena arena = Arena.ofConfined()) {
      SafetensorsFile shard = SafetensorsFile.open(file, arena);
      assertEquals(
          List.of("3456", "13141516", "2021", "222324"),
          shard.readSamples(4, 10).stream()
              .map(
                  sample ->
                      IntStream.range(0, sample.length)
                          .mapToObj(i -> "" + sample[i])
                          .collect(Collectors.joining()))
              .toList());
    }
  }

  @Test
  void fileWithoutTensorsIsAccepted() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      assertEquals(0, SafetensorsFile.open(write("{}   ", new byte[0]), arena).tensors().size());
    }
  }

  @Test
  void emptyAndScalarTensorsAreAccepted() throws IOException {
    String header =
        """
        {"empty":{"dtype":"F32","shape":[0,5],"data_offsets":[0,0]},\
        "scalar":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}\
        """;
    try (Arena arena = Arena.ofConfined()) {
      SafetensorsFile file = SafetensorsFile.open(write(header, new byte[] {9}), arena);
      assertEquals(0, file.data(file.tensor("empty").orElseThrow()).byteSize());
      assertEquals(1, file.data(file.tensor("scalar").orElseThrow()).byteSize());
    }
  }

  /** Each header is refused over seven bytes of data. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          []                                                     | not a JSON object
          7                                                      | not a JSON object
          {                                                      | not the JSON
          {"a"                                                   | not the JSON
          {"a":}                                                 | not the JSON
          {} {}                                                  | something follows
          {} x                                                   | not the JSON
          {"__metadata__":[]}                                    | __metadata__ is not
          {"__metadata__":{"a":1}}                               | __metadata__ maps
          {"__metadata__":{},"__metadata__":{}}                  | __metadata__ is there twice
          {"a":[]}                                               | 'a' is not described
          {"a":{"dtype":"U8","shape":[7]}}                       | 'a' lacks
          {"a":{"dtype":"U8","data_offsets":[0,7]}}              | 'a' lacks
          {"a":{"shape":[7],"data_offsets":[0,7]}}               | 'a' lacks
          {"a":{"dtype":8,"shape":[7],"data_offsets":[0,7]}}     | 'a' has a dtype that is not
          {"a":{"dtype":"u8","shape":[7],"data_offsets":[0,7]}}  | 'a' has unknown dtype 'u8'
          {"a":{"dtype":"U8","dtype":"U8","shape":[7],"data_offsets":[0,7]}} | 'a' has dtype twice
          {"a":{"dtype":"U8","shape":7,"data_offsets":[0,7]}}    | 'a' has a shape that is not
          {"a":{"dtype":"U8","shape":[7.0],"data_offsets":[0,7]}} | 'a' has a shape that holds
          {"a":{"dtype":"U8","shape":["7"],"data_offsets":[0,7]}} | 'a' has a shape that holds
          {"a":{"dtype":"U8","shape":[-7],"data_offsets":[0,7]}} | -7 in its shape
          {"a":{"dtype":"U8","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,7],"data_offsets":[0,7]}} | more than 16
          {"a":{"dtype":"U8","shape":[99999999999999999999],"data_offsets":[0,7]}} | out of range
          {"a":{"dtype":"U64","shape":[1152921504606846976],"data_offsets":[0,7]}} | too large
          {"a":{"dtype":"U8","shape":[6],"data_offsets":[0,7]}}  | span 7 bytes
          {"a":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}}  | takes 12 bits
          {"a":{"dtype":"U8","shape":[7],"data_offsets":[0]}}    | not two numbers
          {"a":{"dtype":"U8","shape":[7],"data_offsets":[0,3,7]}} | more than 2 numbers
          {"a":{"dtype":"U8","shape":[7],"data_offsets":[7,0]}}  | [7, 0]
          {"a":{"dtype":"U8","shape":[7],"data_offsets":[-1,6]}} | -1 in its data_offsets
          {"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}  | the file has 7 bytes of data
          {"a":{"dtype":"U8","shape":[6],"data_offsets":[1,7]}}  | leaves a hole after byte 0
          {"a":{"dtype":"U8","shape":[6],"data_offsets":[0,6]}}  | take 6 bytes of data
          {"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[3,7]}} | 'b' begins at byte 3 of the data and overlaps
          {"a":{"dtype":"U8","shape":[7],"data_offsets":[0,7]},"a":{"dtype":"U8","shape":[7],"data_offsets":[0,7]}} | 'a' is there twice
          {"a":{"x":[[[[[[[[[[]]]]]]]]]]}}                       | not the JSON
          """)
  void headerThatBreaksTheFormatIsRefused(String header, String expected) throws IOException {
    Path path = write(header, SEVEN_BYTES);
    try (Arena arena = Arena.ofConfined()) {
      String message =
          assertThrows(CheckpointException.class, () -> SafetensorsFile.open(path, arena))
              .getMessage();
      assertTrue(message.contains(path.toString()), message);
      assertTrue(message.contains(expected), message);
    }
  }

  @Test
  void headerThatIsNotUtf8IsRefused() throws IOException {
    byte[] file = CheckpointCopy.safetensors(TWO_TENSORS, SEVEN_BYTES);
    file[8 + TWO_TENSORS.indexOf("format")] = (byte) 0xC0;
    Path path = Files.write(scratch.resolve("x.safetensors"), file);
    try (Arena arena = Arena.ofConfined()) {
      CheckpointException e =
          assertThrows(CheckpointException.class, () -> SafetensorsFile.open(path, arena));
      assertEquals("the header of " + path + " is not UTF-8", e.getMessage());
    }
  }

  @Test
  void mutatedHeaderIsReadWithSoundExtentsOrRefused() {
    byte[] original = TWO_TENSORS.getBytes(StandardCharsets.UTF_8);
    Path path = Path.of("x.safetensors");
    SplittableRandom random = new SplittableRandom(72);
    int refused = 0;
    for (int i = 0; i < 10_000; i++) {
      byte[] mutated = ByteMutation.mutate(original, random);
      try {
        long covered = 0;
        for (TensorEntry tensor :
            SafetensorsHeaderParser.parse(path, mutated, SEVEN_BYTES.length).values()) {
          assertEquals(covered, tensor.begin());
          covered = tensor.end();
        }
        assertEquals(SEVEN_BYTES.length, covered);
      } catch (CheckpointException e) {
        assertTrue(e.getMessage().contains("x.safetensors"), e.getMessage());
        refused++;
      } catch (RuntimeException e) {
        throw new AssertionError(new String(mutated, StandardCharsets.ISO_8859_1), e);
      }
    }
    assertTrue(refused > 5000 && refused < 10_000, refused + " mutations were refused");
  }
}
