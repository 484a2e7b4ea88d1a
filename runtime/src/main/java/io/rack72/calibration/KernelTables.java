package io.rack72.calibration;

import io.rack72.roofline.ExpertRows;
import io.rack72.roofline.Kernel;
import io.rack72.roofline.Kernel.AllToAll;
import io.rack72.roofline.Kernel.Collective;
import io.rack72.roofline.Kernel.DecodeAttention;
import io.rack72.roofline.Kernel.Dense;
import io.rack72.roofline.Kernel.Exchange;
import io.rack72.roofline.Kernel.ExpertPrecision;
import io.rack72.roofline.Kernel.Experts;
import io.rack72.roofline.Kernel.Heads;
import io.rack72.roofline.Kernel.KvPrecision;
import io.rack72.roofline.Kernel.Operation;
import io.rack72.roofline.Kernel.Phase;
import io.rack72.roofline.Kernel.PrefillAttention;
import io.rack72.roofline.Kernel.TileChoice;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Reads tables of measured kernels. */
final class KernelTables {
  private static final String POWER_LAW = "power_law_";

  /** Of the rows of {@code alltoall_one_sided.csv}, which names none. */
  private static final String ONE_SIDED_SYSTEM = "gb200";

  /**
   * Whose experts were measured without a search for tiles. Times of these rows grow where a power
   * of two is passed by the rows that an expert would have if all choices were for the measured
   * GPU, whatever number it really has; on GB200 they grow with what it has.
   */
  private static final String UNSEARCHED_SYSTEM = "b200_sxm";

  /** By file: what a row says. Most say one thing. */
  private static final Map<String, Function<CsvTable.Row, List<Kernel>>> TABLES = tables();

  private KernelTables() {}

  private static Map<String, Function<CsvTable.Row, List<Kernel>>> tables() {
    Map<String, Function<CsvTable.Row, List<Kernel>>> tables = new LinkedHashMap<>();
    tables.put("moe_kernels", row -> List.of(experts(row)));
    tables.put("decode_attention", row -> List.of(decode(row)));
    tables.put("prefill_attention", row -> List.of(prefill(row)));
    tables.put("bf16_gemm", row -> List.of(dense(row)));
    tables.put("nccl_collectives", row -> List.of(collective(row)));
    tables.put("custom_allreduce", row -> List.of(fused(row)));
    tables.put("alltoall", row -> List.of(exchange(row)));
    return tables;
  }

  /** All samples of those tables that a folder has. */
  static List<KernelSample> read(Path folder) {
    List<KernelSample> samples = new ArrayList<>();
    TABLES.forEach(
        (table, kernels) -> {
          Path file = folder.resolve(table + ".csv");
          if (Files.exists(file)) {
            for (CsvTable.Row row : CsvTable.read(file)) {
              for (Kernel kernel : kernels.apply(row)) {
                samples.add(
                    new KernelSample(
                        table, row.text("system"), kernel, row.positive("latency_us")));
              }
            }
          }
        });
    Path oneSided = folder.resolve("alltoall_one_sided.csv");
    if (Files.exists(oneSided)) {
      CsvTable.read(oneSided).forEach(row -> oneSided(row, samples));
    }
    return samples;
  }

  private static Experts experts(CsvTable.Row row) {
    int tokens = row.count("num_tokens");
    int perToken = row.count("topk");
    int experts = row.count("num_experts");
    int ranks = row.count("moe_ep_size");
    if (ranks > experts || perToken > experts) {
      throw row.wrong(
          "%d experts are too few for %d ranks and %d choices".formatted(experts, ranks, perToken));
    }
    ExpertPrecision precision =
        switch (row.text("moe_dtype")) {
          case "w4a16_mxfp4" -> ExpertPrecision.W4A16;
          case "w4a8_mxfp4_mxfp8" -> ExpertPrecision.W4A8;
          default -> throw row.wrong("moe_dtype", "w4a16_mxfp4 or w4a8_mxfp4_mxfp8", null);
        };
    return new Experts(
        tokens,
        rows(row, tokens, perToken, experts, ranks),
        row.count("hidden_size"),
        (double) row.count("inter_size") / row.count("moe_tp_size"),
        perToken,
        ranks,
        precision,
        row.text("system").equals(UNSEARCHED_SYSTEM) ? TileChoice.UNSEARCHED : TileChoice.SEARCHED);
  }

  private static ExpertRows rows(
      CsvTable.Row row, int tokens, int perToken, int experts, int ranks) {
    String distribution = row.text("distribution");
    if (distribution.equals("balanced")) {
      return ExpertRows.balanced(tokens, perToken, experts, ranks);
    }
    if (distribution.startsWith(POWER_LAW)) {
      try {
        double exponent = Double.parseDouble(distribution.substring(POWER_LAW.length()));
        if (exponent >= 0 && exponent <= 100) {
          return ExpertRows.powerLaw(tokens, perToken, experts, ranks, exponent);
        }
      } catch (NumberFormatException e) {
        throw row.wrong("distribution", "balanced or power_law_ and an exponent", e);
      }
    }
    throw row.wrong("distribution", "balanced or power_law_ and an exponent", null);
  }

  private static DecodeAttention decode(CsvTable.Row row) {
    return new DecodeAttention(
        row.count("batch_size"),
        row.count("isl") + row.number("step"),
        row.whole("window_size"),
        heads(row),
        kv(row));
  }

  private static PrefillAttention prefill(CsvTable.Row row) {
    return new PrefillAttention(
        row.count("batch_size"),
        row.count("isl"),
        row.number("step"),
        row.whole("window_size"),
        heads(row),
        kv(row),
        row.text("attn_dtype").equals("fp8"));
  }

  private static Heads heads(CsvTable.Row row) {
    return new Heads(
        row.count("num_heads"), row.count("num_key_value_heads"), row.count("head_dim"));
  }

  private static KvPrecision kv(CsvTable.Row row) {
    return switch (row.text("kv_cache_dtype")) {
      case "bfloat16", "float16" -> KvPrecision.BF16;
      case "fp8" -> KvPrecision.FP8;
      default -> throw row.wrong("kv_cache_dtype", "bfloat16 or fp8", null);
    };
  }

  private static Dense dense(CsvTable.Row row) {
    return new Dense(row.count("m"), row.count("n"), row.count("k"));
  }

  private static Collective collective(CsvTable.Row row) {
    Operation operation =
        switch (row.text("op_name")) {
          case "all_gather" -> Operation.ALL_GATHER;
          case "reduce_scatter" -> Operation.REDUCE_SCATTER;
          case "all_reduce" -> Operation.ALL_REDUCE;
          case "alltoall" -> Operation.ALL_TO_ALL;
          default ->
              throw row.wrong(
                  "op_name", "all_gather, reduce_scatter, all_reduce or alltoall", null);
        };
    int elementBytes =
        switch (row.text("nccl_dtype")) {
          case "half" -> 2;
          case "int8" -> 1;
          default -> throw row.wrong("nccl_dtype", "half or int8", null);
        };
    return group(row, operation, row.positive("message_size") * elementBytes);
  }

  private static Collective fused(CsvTable.Row row) {
    return group(row, Operation.FUSED_ALL_REDUCE, row.positive("message_size") * 2);
  }

  private static Collective group(CsvTable.Row row, Operation operation, double bytes) {
    int gpus = row.count("num_gpus");
    if (gpus < 2) {
      throw row.wrong("num_gpus", "2 at least", null);
    }
    return new Collective(operation, gpus, bytes);
  }

  private static AllToAll exchange(CsvTable.Row row) {
    Phase phase =
        switch (row.text("op_name")) {
          case "alltoall_prepare" -> Phase.PREPARE;
          case "alltoall_dispatch" -> Phase.DISPATCH;
          case "alltoall_combine" -> Phase.COMBINE;
          case "alltoall_combine_low_precision" -> Phase.COMBINE_LOW_PRECISION;
          default -> throw row.wrong("op_name", "a phase such as alltoall_dispatch", null);
        };
    Exchange exchange =
        switch (row.text("kernel_source")) {
          case "NVLinkOneSided" -> Exchange.ONE_SIDED;
          case "NVLinkTwoSided" -> Exchange.TWO_SIDED;
          default -> throw row.wrong("kernel_source", "NVLinkOneSided or NVLinkTwoSided", null);
        };
    return exchange(
        row,
        exchange,
        phase,
        row.count("num_tokens"),
        row.count("hidden_size") * elementBytes(row, phase),
        row.count("moe_ep_size"));
  }

  /**
   * What is combined is bf16 whatever was dispatched; 4-bit elements have an 8-bit scale for 16.
   */
  private static double elementBytes(CsvTable.Row row, Phase phase) {
    if (phase == Phase.COMBINE) {
      return 2;
    }
    return switch (row.text("moe_dtype")) {
      case "bfloat16" -> 2;
      case "fp8" -> 1;
      case "nvfp4" -> 0.5 + 1 / 16.0;
      default -> throw row.wrong("moe_dtype", "bfloat16, fp8 or nvfp4", null);
    };
  }

  private static void oneSided(CsvTable.Row row, List<KernelSample> samples) {
    for (Phase phase : List.of(Phase.DISPATCH, Phase.COMBINE)) {
      String column = phase == Phase.DISPATCH ? "dispatch_us" : "combine_us";
      samples.add(
          new KernelSample(
              "alltoall_one_sided",
              ONE_SIDED_SYSTEM,
              exchange(
                  row,
                  Exchange.ONE_SIDED,
                  phase,
                  row.count("tokens_per_rank"),
                  row.positive("bytes_per_token"),
                  row.count("ep_size")),
              row.positive(column)));
    }
  }

  /** Balanced choices are of experts on as many GPUs as there are. */
  private static AllToAll exchange(
      CsvTable.Row row, Exchange exchange, Phase phase, int tokens, double bytes, int gpus) {
    if (gpus < 2) {
      throw row.wrong("an exchange has two GPUs at least, not " + gpus);
    }
    return new AllToAll(exchange, phase, tokens, bytes, Math.min(row.count("topk"), gpus), gpus);
  }
}
