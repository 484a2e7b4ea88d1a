package io.rack72.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rack72.model.ForwardObserver;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code chat}: a conversation, one line of input for each turn, with a server or with a rack of
 * its own. On a terminal there is a prompt, and reasoning is shown, dimmed; in a pipe only the
 * answers are.
 */
@Command(
    name = "chat",
    description = "Talks to a server, or to a rack of its own where no --url names one.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false)
final class ChatCommand implements Callable<Integer> {
  private final Invocation invocation;

  @Spec private CommandSpec spec;
  @Mixin private ServerOptions serverOptions;
  @Mixin private SamplingOptions samplingOptions;

  @Option(names = "--system", paramLabel = "TEXT", description = "Instructions for the model.")
  private String system;

  @Option(
      names = "--reasoning-effort",
      paramLabel = "low|medium|high",
      description = "How much the model thinks.")
  private String reasoningEffort;

  ChatCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() throws Exception {
    try (ApiServer server =
            serverOptions.open(spec.commandLine(), invocation, _ -> ForwardObserver.NONE);
        ChatClient client = new ChatClient(server)) {
      converse(client, server.model().isPresent() ? server.model().get() : client.firstModel());
    }
    return 0;
  }

  private void converse(ChatClient client, String model) throws IOException, InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    BufferedReader in =
        new BufferedReader(new InputStreamReader(invocation.in(), StandardCharsets.UTF_8));
    Conversation conversation = new Conversation(client, model);
    for (String line = ask(in, out); line != null; line = ask(in, out)) {
      if (line.isBlank()) {
        continue;
      }
      try {
        conversation.say(line, new ReplyPrinter(out, invocation.onTerminal()));
        out.println();
        out.flush();
      } catch (CommandFailedException e) {
        // A person can say something else; a script must not take silence for an answer.
        if (!invocation.onTerminal()) {
          throw e;
        }
        spec.commandLine().getErr().println("rack72: " + e.getMessage());
      }
    }
  }

  private String ask(BufferedReader in, PrintWriter out) throws IOException {
    if (invocation.onTerminal()) {
      out.print("> ");
      out.flush();
    }
    return in.readLine();
  }

  /** All turns so far, since the server keeps none. */
  private final class Conversation {
    private final ChatClient client;
    private final ObjectNode request = ChatClient.newBody();
    private final ArrayNode messages;

    Conversation(ChatClient client, String model) {
      this.client = client;
      request.put("model", model);
      messages = request.putArray("messages");
      samplingOptions.addTo(request);
      if (reasoningEffort != null) {
        request.put("reasoning_effort", reasoningEffort);
      }
      if (system != null) {
        add("system", system);
      }
    }

    /** One turn; what fails is as if it had not been said. */
    void say(String text, ReplyPrinter printer) throws IOException, InterruptedException {
      int before = messages.size();
      add("user", text);
      try {
        add("assistant", client.complete(request, printer));
      } catch (CommandFailedException e) {
        while (messages.size() > before) {
          messages.remove(messages.size() - 1);
        }
        throw e;
      } finally {
        printer.end();
      }
    }

    private void add(String role, String content) {
      messages.addObject().put("role", role).put("content", content);
    }
  }

  /** Shows a reply as it comes. */
  private static final class ReplyPrinter implements ChatClient.Listener {
    private static final String DIM = "\033[2m";
    private static final String PLAIN = "\033[0m";

    private final PrintWriter out;
    private final boolean onTerminal;
    private boolean dimmed;

    ReplyPrinter(PrintWriter out, boolean onTerminal) {
      this.out = out;
      this.onTerminal = onTerminal;
    }

    @Override
    public void reasoning(String text) {
      if (onTerminal) {
        out.print(dimmed ? text : DIM + text);
        dimmed = true;
        out.flush();
      }
    }

    @Override
    public void content(String text) {
      if (dimmed) {
        out.println(PLAIN);
        dimmed = false;
      }
      out.print(text);
      out.flush();
    }

    void end() {
      if (dimmed) {
        out.print(PLAIN);
      }
    }
  }
}
