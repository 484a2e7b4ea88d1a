package io.rack72.cli;

import io.rack72.checkpoint.Checkpoint;
import io.rack72.config.Rack72Config;
import io.rack72.gpu.SequenceRequest;
import io.rack72.rack.ServedModel;
import io.rack72.sampling.SamplingParams;
import io.rack72.schedule.SequenceId;
import io.rack72.schedule.Standing;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code generate}: one prompt in, tokens out, on a rack in this JVM and without HTTP. */
@Command(
    name = "generate",
    description = "Continues one prompt, from an option or standard input, without a server.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false)
final class GenerateCommand implements Callable<Integer> {
  private static final int MAX_LOGPROBS = 20;

  private final Invocation invocation;

  @Spec private CommandSpec spec;
  @Mixin private PromptOptions promptOptions;
  @Mixin private SamplingOptions samplingOptions;
  @Mixin private RackOptions rackOptions;

  @Option(
      names = "--logprobs",
      paramLabel = "N",
      description = "With --json: logprobs of each token and of N alternatives, 0 to 20.")
  private Integer logprobs;

  @Option(names = "--min-tokens", paramLabel = "N", description = "Tokens before it may stop.")
  private int minTokens;

  @Option(names = "--ignore-eos", description = "Go on to --max-tokens whatever is chosen.")
  private boolean ignoreEos;

  @Option(names = "--json", description = "Report as one line of JSON.")
  private boolean json;

  GenerateCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() throws Exception {
    checkUsage();
    Rack72Config config = rackOptions.layers().load(invocation.host());
    OpenModel model = OpenModel.open(config, invocation);
    try (RackLauncher.Rack rack = invocation.launcher().launch(config, model)) {
      ServedModel served = rack.model();
      if (served.tokenizer().isEmpty() && !samplingOptions.stop().isEmpty()) {
        throw new CommandFailedException("--stop is text, and the model has no tokenizer");
      }
      int[] prompt = promptOptions.read(served, invocation.in());
      SamplingParams params = params(config, model.checkpoint());
      Reply reply = new Reply(served, prompt.length, params, samplingOptions.stop());
      PrintWriter out = spec.commandLine().getOut();
      SequenceRequest request =
          new SequenceRequest(
              new SequenceId("generate", 0), 1, prompt, new int[0], params, Standing.DEFAULT);
      try (SequenceStream tokens = SequenceStream.submit(rack, request)) {
        while (!reply.isComplete()) {
          String text = reply.take(tokens.next());
          if (!json) {
            out.print(text);
            out.flush();
          }
        }
      }
      out.println(json ? Json.line(reply.report()) : "");
      out.flush();
    }
    return 0;
  }

  private void checkUsage() {
    if (promptOptions.areAmbiguous()) {
      throw usage("give either --prompt or --prompt-ids");
    }
    if (logprobs != null && (logprobs < 0 || logprobs > MAX_LOGPROBS)) {
      throw usage("--logprobs is 0 to " + MAX_LOGPROBS + ", not " + logprobs);
    }
    if (samplingOptions.stop().contains("")) {
      throw usage("--stop takes a text of at least one character");
    }
  }

  private SamplingParams params(Rack72Config config, Checkpoint checkpoint) {
    try {
      return samplingOptions.params(
          checkpoint, config.seed(), logprobs == null ? -1 : logprobs, minTokens, ignoreEos);
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
  }

  private ParameterException usage(String sentence) {
    return new ParameterException(spec.commandLine(), sentence);
  }
}
