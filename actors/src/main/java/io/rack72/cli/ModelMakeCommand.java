package io.rack72.cli;

import io.rack72.checkpoint.Checkpoint;
import io.rack72.checkpoint.CheckpointSummary;
import io.rack72.checkpoint.ModelConfig;
import io.rack72.checkpoint.ModelShape;
import io.rack72.checkpoint.RandomCheckpoint;
import io.rack72.config.ByteSize;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code model make}. */
@Command(
    name = "make",
    description = "Makes a checkpoint of a gpt-oss shape with random weights, for benchmarks.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false)
final class ModelMakeCommand implements Callable<Integer> {
  private static final String SHAPES = "gpt-oss-20b, gpt-oss-120b or demo";

  private final Invocation invocation;

  @Spec private CommandSpec spec;

  @Option(names = "--shape", required = true, paramLabel = "SHAPE", description = SHAPES + ".")
  private String shape;

  @Option(
      names = "--seed",
      required = true,
      paramLabel = "N",
      description = "Decides the weights: the same seed gives the same checkpoint.")
  private long seed;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Where to make it: an empty directory or one that does not exist yet.")
  private Path out;

  @Option(
      names = "--shard-size",
      paramLabel = "SIZE",
      defaultValue = "5GB",
      converter = SizeConverter.class,
      description = "Size that no shard exceeds unless one tensor does; default ${DEFAULT-VALUE}.")
  private ByteSize shardSize;

  @Option(names = "--json", description = "Report as one line of JSON.")
  private boolean json;

  private ModelMakeCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  /** The command, with an option for each size of a shape. */
  static CommandLine commandLine(Invocation invocation) {
    CommandLine commandLine = new CommandLine(new ModelMakeCommand(invocation));
    for (ModelShape.Dimension dimension : ModelShape.Dimension.values()) {
      commandLine
          .getCommandSpec()
          .addOption(
              OptionSpec.builder("--" + dimension.key())
                  .paramLabel("N")
                  .type(Integer.class)
                  .description("Replaces this size of the shape.")
                  .build());
    }
    return commandLine;
  }

  @Override
  public Integer call() {
    ModelConfig config = config();
    CommandLine line = spec.commandLine();
    RandomCheckpoint.write(
        config,
        seed,
        shardSize.bytes(),
        out,
        ProgressBar.on(line.getErr(), invocation.onTerminal()));
    try (Checkpoint checkpoint = Checkpoint.open(out)) {
      CheckpointSummary summary = CheckpointSummary.of(checkpoint);
      line.getOut().println(json ? Json.line(summary) : sentence(summary.shards()));
      line.getOut().flush();
    }
    return 0;
  }

  private ModelConfig config() {
    try {
      ModelShape made = ModelShape.named(shape);
      for (ModelShape.Dimension dimension : ModelShape.Dimension.values()) {
        Integer size = spec.findOption("--" + dimension.key()).getValue();
        if (size != null) {
          made = made.with(dimension, size);
        }
      }
      return made.config();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }

  private String sentence(List<CheckpointSummary.Shard> shards) {
    long bytes = shards.stream().mapToLong(CheckpointSummary.Shard::bytes).sum();
    return "rack72: made %s, %d bytes in %d shards".formatted(out, bytes, shards.size());
  }

  /** Sizes with units. */
  static final class SizeConverter implements ITypeConverter<ByteSize> {
    @Override
    public ByteSize convert(String text) {
      try {
        ByteSize size = ByteSize.parse(text);
        if (size.bytes() > 0) {
          return size;
        }
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
      throw new TypeConversionException("a shard has at least one byte");
    }
  }
}
