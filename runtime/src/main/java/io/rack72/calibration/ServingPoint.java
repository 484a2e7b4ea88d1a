package io.rack72.calibration;

import io.rack72.roofline.Architecture;
import io.rack72.roofline.Constants;
import io.rack72.roofline.DecoderShape;
import io.rack72.roofline.ExpertRouting;
import io.rack72.roofline.GpuSpec;
import io.rack72.roofline.HostTime;
import io.rack72.roofline.Kernel.KvPrecision;
import io.rack72.roofline.KernelModel;
import io.rack72.roofline.Layout;
import io.rack72.roofline.StepModel;
import io.rack72.roofline.StepWork;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A measured run of gpt-oss-120b at a constant number of requests under way.
 *
 * @param system the table's name for it
 * @param stack that served
 * @param decodeLayout of the GPUs that generate
 * @param prefillLayout of those that do nothing but read prompts; without them, the others do
 * @param gpus of all of them together
 * @param inputs tokens of a prompt
 * @param outputs tokens of a reply
 * @param concurrency requests under way
 * @param firstTokenMillis measured time to the first token
 * @param tokenMillis measured time for each token after it
 */
record ServingPoint(
    String system,
    String stack,
    Layout decodeLayout,
    Optional<Layout> prefillLayout,
    double gpus,
    double inputs,
    double outputs,
    double concurrency,
    double firstTokenMillis,
    double tokenMillis) {
  private static final double MICROS_PER_MILLI = 1e3;
  private static final double MILLIS_PER_SECOND = 1e3;
  private static final Pattern APART = Pattern.compile("1P\\((\\w+)\\)\\+1D\\((\\w+)\\)");

  /** Tokens of prompts that stacks read in one step. */
  private static final double PROMPT_TOKENS = 8192;

  /** Requests of a run for each one under way; all of these begin at the same time. */
  private static final double REQUESTS_FOR_EACH = 10;

  /** What the model says of a point. */
  record Estimate(double firstTokenMillis, double tokenMillis, double tokensPerSecondPerGpu) {}

  /** All points of a folder's table; none where it has no such table. */
  static List<ServingPoint> read(Path folder) {
    Path file = folder.resolve("e2e_points.csv");
    return Files.exists(file)
        ? CsvTable.read(file).stream().map(ServingPoint::of).toList()
        : List.of();
  }

  private static ServingPoint of(CsvTable.Row row) {
    String parallel = row.text("parallel");
    Matcher apart = APART.matcher(parallel);
    boolean disaggregated = apart.matches();
    int experts = DecoderShape.gptOss120b().experts();
    try {
      return new ServingPoint(
          row.text("system"),
          row.text("backend"),
          Layout.of(disaggregated ? apart.group(2) : parallel, experts),
          disaggregated ? Optional.of(Layout.of(apart.group(1), experts)) : Optional.empty(),
          row.positive("gpus"),
          row.positive("isl"),
          row.positive("osl"),
          row.positive("conc"),
          row.positive("silicon_ttft_ms"),
          row.positive("silicon_tpot_ms"));
    } catch (IllegalArgumentException e) {
      throw row.wrong("parallel", "a layout such as TP2 or 1P(TP1)+1D(TP4)", e);
    }
  }

  /** Tokens per second and GPU at such times. */
  double tokensPerSecondPerGpu(double firstToken, double eachToken) {
    return concurrency
        * outputs
        / (firstToken + (outputs - 1) * eachToken)
        * MILLIS_PER_SECOND
        / gpus;
  }

  /** Of a steady state in which prompts of new requests are read beside the decodes of others. */
  Estimate estimate(KernelModel kernels, Constants constants) {
    HostTime host;
    try {
      host = HostTime.of(stack, kernels.gpu().architecture(), constants);
    } catch (IllegalArgumentException e) {
      throw new TableException("the serving stack '" + stack + "' is not known", e);
    }
    ExpertRouting routing = ExpertRouting.zipf(constants.values().get("routing.skew"));
    StepModel generating = steps(kernels, decodeLayout, host, routing);
    double context = inputs + outputs / 2;
    double decode = generating.step(StepWork.decode(concurrency, context)).micros();
    boolean apart = prefillLayout.isPresent();
    StepModel prompts = apart ? steps(kernels, prefillLayout.get(), host, routing) : generating;
    double reading = reading(prompts, 1, apart ? 0 : concurrency, context);
    // While a reply is generated, every other request ends once and another one's prompt is read.
    double interruptions = apart ? 0 : concurrency * (reading - decode) / outputs;
    double token = (decode + interruptions) / MICROS_PER_MILLI;
    // A request in the middle of a run waits for half a step; those at its begin for one another,
    // in as few steps as there can be, beside half of themselves in the mean.
    double steps = Math.ceil(concurrency / promptsPerStep());
    double full = reading(prompts, promptsPerStep(), apart ? 0 : concurrency / 2, inputs);
    double atOnce = full * (steps + 1) / 2;
    double alone = decode / 2 + reading;
    double first =
        (host.requestMicros() + alone + (atOnce - alone) / REQUESTS_FOR_EACH) / MICROS_PER_MILLI;
    return new Estimate(first, token, tokensPerSecondPerGpu(first, token));
  }

  /** Of a step that reads whole prompts beside decodes of such contexts. */
  private double reading(StepModel model, double sequences, double decodes, double context) {
    List<StepWork.Chunk> chunks = List.of(new StepWork.Chunk(sequences, inputs, 0));
    return model.step(new StepWork(decodes, context, chunks)).micros();
  }

  /** The group of constants that say what its host takes. */
  String hostGroup(Map<String, GpuSpec> systems) {
    return HostTime.group(stack, systems.get(system).architecture());
  }

  private double promptsPerStep() {
    return Math.clamp(PROMPT_TOKENS / inputs, 1, concurrency);
  }

  private static StepModel steps(
      KernelModel kernels, Layout layout, HostTime host, ExpertRouting routing) {
    return new StepModel(
        kernels,
        DecoderShape.gptOss120b(),
        layout,
        // What stacks choose by themselves.
        kernels.gpu().architecture() == Architecture.HOPPER ? KvPrecision.BF16 : KvPrecision.FP8,
        routing,
        host);
  }
}
