package io.rack72.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rack72.cli.CommandProvider;
import io.rack72.cli.Invocation;
import io.rack72.config.Host;
import io.rack72.kernel.FastKernels;
import java.io.ByteArrayInputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BenchKernelsCommandTest {
  private static final List<String> ROWS =
      List.of(
          "MXFP4 5760x2880, fast, 1",
          "MXFP4 5760x2880, fast, 4",
          "MXFP4 5760x2880, fast, 32",
          "MXFP4 5760x2880, fast, 128",
          "MXFP4 5760x2880, exact, 1",
          "MXFP4 5760x2880, exact, 4",
          "MXFP4 5760x2880, exact, 32",
          "MXFP4 5760x2880, exact, 128",
          "MXFP4 2880x2880, fast, 1",
          "MXFP4 2880x2880, fast, 4",
          "MXFP4 2880x2880, fast, 32",
          "MXFP4 2880x2880, fast, 128",
          "MXFP4 2880x2880, exact, 1",
          "MXFP4 2880x2880, exact, 4",
          "MXFP4 2880x2880, exact, 32",
          "MXFP4 2880x2880, exact, 128",
          "int8 4096x2880, fast, 1",
          "int8 4096x2880, fast, 4",
          "int8 4096x2880, fast, 32",
          "int8 4096x2880, fast, 128",
          "int8 201088x2880, fast, 1",
          "int8 201088x2880, fast, 32",
          "bf16 4096x2880, exact, 1",
          "bf16 4096x2880, exact, 32",
          "bf16 4096x2880, exact, 128",
          "attention, context 512, float32, both, 1",
          "attention, context 8192, float32, both, 1",
          "attention, prefill, float32, both, 256",
          "attention, context 512, bf16, fast, 1",
          "attention, context 8192, bf16, fast, 1",
          "attention, prefill, bf16, fast, 256",
          "attention, context 512, int8, fast, 1",
          "attention, context 8192, int8, fast, 1",
          "attention, prefill, int8, fast, 256",
          "rmsNorm 2880, both, 128",
          "rotate 64x64, both, 128",
          "swiglu 2880, both, 128");

  @Test
  void reportsEveryKernelAndLimitInOneLineOfJson() throws JsonProcessingException {
    Run run = run("kernels", "--seconds", "0.01", "--threads", "2", "--json");
    assertEquals("", run.err(), "nothing but the report in a pipe");
    assertEquals(0, run.exitCode());
    assertEquals(1, run.out().lines().count());
    JsonNode report =
        JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build()
            .readTree(run.out());
    assertEquals(2, report.get("threads").asInt());
    JsonNode limits = report.get("limits");
    assertPositive(limits, "memory_gb_per_second");
    assertPositive(limits, "float32_gop_per_second");
    boolean inC =
        FastKernels.isAvailable(FastKernels.Choice.AVX2)
            || FastKernels.isAvailable(FastKernels.Choice.AVX512)
            || FastKernels.isAvailable(FastKernels.Choice.NEON)
            || FastKernels.isAvailable(FastKernels.Choice.AMX);
    assertEquals(inC, limits.has("int8_gop_per_second"));
    List<String> rows = new ArrayList<>();
    for (JsonNode row : report.get("rows")) {
      String mode = row.get("mode").asText();
      rows.add("%s, %s, %d".formatted(row.get("kernel").asText(), mode, row.get("rows").asInt()));
      assertPositive(row, "microseconds");
      assertPositive(row, "microseconds_p10");
      assertPositive(row, "microseconds_p90");
      assertPositive(row, "gb_per_second");
      assertPositive(row, "memory_percent");
      assertPositive(row, "gop_per_second");
      assertPositive(row, "arithmetic_percent");
      assertPositive(row, "limit_percent");
      boolean inBytes =
          inC && mode.equals("fast") && !row.get("kernel").asText().startsWith("attention");
      assertEquals(inBytes ? "int8" : "float32", row.get("arithmetic").asText());
    }
    assertEquals(ROWS, rows);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "kernel",
        "kernels --threads 0",
        "kernels --threads many",
        "kernels --seconds 0",
        "kernels --seconds NaN",
        "kernels --seconds 1e9",
        "kernels --kernels avx1024",
        "kernels --kernels AVX2",
        "kernels twice"
      })
  void badUsageIsExitCode2(String arguments) {
    Run run = run(arguments.isEmpty() ? new String[0] : arguments.split(" ", -1));
    assertEquals(2, run.exitCode());
    assertEquals("", run.out());
    assertTrue(!run.err().isEmpty(), "says what is wrong");
  }

  @Test
  void helpIsExitCode0() {
    Run run = run("kernels", "--help");
    assertEquals(0, run.exitCode());
    assertTrue(run.out().contains("--threads=N"), run.out());
  }

  @Test
  void isACommandOfTheProgram() {
    assertTrue(
        ServiceLoader.load(CommandProvider.class).stream()
            .anyMatch(provider -> provider.type() == BenchCommands.class));
  }

  private static void assertPositive(JsonNode object, String field) {
    assertTrue(object.path(field).asDouble() > 0, field + " of " + object);
  }

  private record Run(int exitCode, String out, String err) {}

  private static Run run(String... arguments) {
    Invocation invocation =
        new Invocation(
            new ByteArrayInputStream(new byte[0]),
            false,
            new Host(2, Map.of()),
            1L << 30,
            Optional.empty(),
            null);
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exitCode =
        BenchCommand.commandLine(invocation)
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err))
            .execute(arguments);
    return new Run(exitCode, out.toString(), err.toString());
  }
}
