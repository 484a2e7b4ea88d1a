package io.rack72.cli;

import io.rack72.config.Rack72Config;
import io.rack72.device.RoutingModel;
import io.rack72.model.ForwardObserver;
import io.rack72.rack.PlacedModel;
import io.rack72.rack.RackSettings;
import io.rack72.roofline.Kernel.KvPrecision;
import io.rack72.sampling.SamplingParams;
import io.rack72.text.Channels;
import io.rack72.text.Content;
import io.rack72.text.Conversation;
import io.rack72.text.HarmonyEvent;
import io.rack72.text.HarmonyParser;
import io.rack72.text.HarmonyRenderer;
import io.rack72.text.HarmonyToken;
import io.rack72.text.Message;
import io.rack72.text.SystemContent;
import io.rack72.text.Tokenizer;
import io.rack72.twin.ModeledRack;
import io.rack72.twin.VirtualClient;
import io.rack72.twin.VirtualClient.TimedReply;
import io.rack72.twin.VirtualRack;
import io.rack72.twin.VirtualTime;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code twin chat}: real tokens, rack time. A conversation, one line of input for each turn, with
 * a model that is computed here, on virtual time that its rack would have taken.
 */
@Command(
    name = "chat",
    description =
        "Talks to a model that is computed here, and tells when a rack would have said it.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false)
final class TwinChatCommand implements Callable<Integer> {
  /** Of a row between GPUs, and of a key or value as the rack would have it. */
  private static final int ELEMENT_BYTES = 2;

  private static final double NANOS_PER_MILLI = 1e6;

  private final Invocation invocation;

  @Spec private CommandSpec spec;
  @Mixin private RackOptions rackOptions;
  @Mixin private SamplingOptions samplingOptions;

  @Option(
      names = "--json",
      description = "Each turn as one line of JSON, with every token's milliseconds.")
  private boolean json;

  TwinChatCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() throws IOException {
    if (!samplingOptions.stop().isEmpty()) {
      throw new ParameterException(
          spec.commandLine(), "a turn of twin chat ends where the model ends it; leave out --stop");
    }
    Rack72Config config = rackOptions.layers().load(invocation.host());
    OpenModel model = OpenModel.open(config, invocation);
    try (ModelOnCpu computing = ModelOnCpu.prepare(config, model)) {
      Tokenizer tokenizer = tokenizer(model);
      SamplingParams params = params(config, model);
      ModeledRack modeled = modeled(config, computing);
      try (VirtualRack rack = VirtualRack.start(modeled.parts(), new VirtualTime())) {
        converse(new VirtualClient(modeled, rack), tokenizer, params);
      }
    }
    return 0;
  }

  private static Tokenizer tokenizer(OpenModel model) {
    Tokenizer tokenizer =
        model
            .tokenizer()
            .orElseThrow(
                () -> new CommandFailedException("the model has no tokenizer, which chat needs"));
    HarmonyToken.whyUnsupported(tokenizer)
        .ifPresent(
            reason -> {
              throw new CommandFailedException(reason);
            });
    return tokenizer;
  }

  private SamplingParams params(Rack72Config config, OpenModel model) {
    try {
      // Of one seed all is the same, so none is drawn where none is given.
      return samplingOptions.params(
          model.checkpoint(), OptionalLong.of(config.seed().orElse(0)), -1, 0, false);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }

  private ModeledRack modeled(Rack72Config config, ModelOnCpu computing) {
    PlacedModel placed =
        PlacedModel.onCpu(
            computing.model().checkpoint(),
            computing.model().name(),
            computing.model().tokenizer(),
            computing.numerics(),
            ForwardObserver.NONE);
    if (config.modeled().layout().isPresent() || config.modeled().expertSlots().isPresent()) {
      throw new CommandFailedException(
          "twin chat computes with attention data-parallel and each expert once, over"
              + " rack72.expert-parallel GPUs; leave out rack72.modeled.layout and"
              + " rack72.modeled.expert-slots");
    }
    RackSettings settings = computing.settings(config, invocation.hostMemoryBytes());
    try {
      return ModeledRack.computing(
          placed,
          settings,
          new ModeledRack.Formats(Float.BYTES, ELEMENT_BYTES),
          ModeledSizing.durations(
              config,
              placed.config(),
              KvPrecision.BF16,
              ELEMENT_BYTES,
              config.modeled().expertSkew()),
          new RoutingModel(
              placed.config(), config.modeled().expertSkew(), config.seed().orElse(0)));
    } catch (IllegalArgumentException e) {
      throw new CommandFailedException(e.getMessage(), e);
    }
  }

  private void converse(VirtualClient client, Tokenizer tokenizer, SamplingParams params)
      throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    BufferedReader in =
        new BufferedReader(new InputStreamReader(invocation.in(), StandardCharsets.UTF_8));
    HarmonyRenderer renderer = new HarmonyRenderer(tokenizer);
    List<Message> messages = new ArrayList<>();
    messages.add(Message.system(SystemContent.DEFAULT));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      if (line.isBlank()) {
        continue;
      }
      messages.add(Message.user(line));
      int[] prompt = renderer.renderForCompletion(new Conversation(messages));
      TimedReply reply = ask(client, prompt, params);
      List<Message> said = said(tokenizer, reply);
      messages.addAll(said);
      out.print(
          json
              ? Json.line(report(prompt.length, reply, said)) + "\n"
              : "%s%n[%s]%n".formatted(text(said), times(prompt.length, reply)));
      out.flush();
    }
  }

  private static TimedReply ask(VirtualClient client, int[] prompt, SamplingParams params) {
    try {
      return client.ask(prompt, params);
    } catch (IllegalStateException e) {
      throw new CommandFailedException(e.getMessage(), e);
    }
  }

  private static List<Message> said(Tokenizer tokenizer, TimedReply reply) {
    HarmonyParser parser = HarmonyParser.insideAssistantHeader(tokenizer);
    List<HarmonyEvent> events = new ArrayList<>();
    reply.tokens().stream()
        .map(timed -> timed.token().id())
        // A model may have more rows than its tokenizer has ids.
        .filter(id -> id < tokenizer.vocabularySize())
        .forEach(id -> events.addAll(parser.push(id)));
    events.addAll(parser.finish());
    return HarmonyEvent.messages(events);
  }

  /** What is said to the user, without the reasoning that led there. */
  private static String text(List<Message> said) {
    return said.stream()
        .filter(message -> message.channel().filter(Channels.ANALYSIS::equals).isEmpty())
        .map(Message::content)
        .filter(Content.Text.class::isInstance)
        .map(content -> ((Content.Text) content).text())
        .collect(Collectors.joining("\n"));
  }

  private static String times(int promptTokens, TimedReply reply) {
    int tokens = reply.tokens().size();
    double first = millis(reply, 0);
    double last = millis(reply, tokens - 1);
    return "%d tokens read, the first said after %.3f ms, %d after %.3f ms, %.3f ms each"
        .formatted(
            promptTokens, first, tokens, last, tokens == 1 ? 0 : (last - first) / (tokens - 1));
  }

  private static double millis(TimedReply reply, int token) {
    return reply.tokens().get(token).sinceAskedNanos() / NANOS_PER_MILLI;
  }

  private static Map<String, Object> report(
      int promptTokens, TimedReply reply, List<Message> said) {
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("text", text(said));
    report.put("finish_reason", reply.finish());
    report.put("prompt_tokens", promptTokens);
    report.put("token_ids", reply.tokens().stream().map(timed -> timed.token().id()).toList());
    report.put(
        "milliseconds",
        reply.tokens().stream().map(each -> each.sinceAskedNanos() / NANOS_PER_MILLI).toList());
    return report;
  }
}
