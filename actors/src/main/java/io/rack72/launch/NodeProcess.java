package io.rack72.launch;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The process of one node. Its standard input is a pipe from this process: its end tells the node
 * that this process is gone, however it ended. Into it goes when a node may join that was started
 * to wait for it, and what faults one is to suffer that was started to take some. Thread-safe.
 */
public final class NodeProcess {
  /**
   * A terminal sends its signals to this process and the nodes alike, and it is for this process to
   * say in which order they stop. A JVM leaves signals alone that were ignored when it was started.
   * The shell's process becomes the node's.
   */
  private static final List<String> DEAF =
      List.of("/bin/sh", "-c", "trap '' INT HUP; exec \"$0\" \"$@\"");

  /** The line that lets a node join which was started to wait for it, with others that begin. */
  public static final String JOIN = "join";

  /** The same where the rack runs already, so that the node had better be warm. */
  public static final String JOIN_RUNNING = "join running";

  private static final String SHARED_ARENAS = "MALLOC_ARENA_MAX";

  /** The JVM says this of itself at every start with the Vector API; the launcher's has said it. */
  private static final String OF_THE_JVM = "WARNING: Using incubator modules";

  /** Pipes that a process of the node's own has inherited would otherwise be waited for. */
  private static final Duration LAST_WORDS = Duration.ofSeconds(2);

  private final Process process;
  private volatile String lastError = "";

  private NodeProcess(Process process) {
    this.process = process;
  }

  /** Is told of a process, by a thread for each of its streams. */
  public interface Listener {
    /** A line of its standard output. */
    void told(NodeProcess process, NodeLine line);

    /** A line of its standard error. */
    void complained(NodeProcess process, String line);

    /** It has ended, and all that it wrote has been handed on. */
    void ended(NodeProcess process, int exitCode);
  }

  /**
   * Starts one.
   *
   * @param command the words of its command line, which others can read
   * @param environment besides that of this process; for what is secret
   */
  public static NodeProcess start(
      List<String> command, Map<String, String> environment, Listener listener) throws IOException {
    List<String> words = new ArrayList<>(DEAF);
    words.addAll(command);
    ProcessBuilder builder = new ProcessBuilder(words).redirectInput(Redirect.PIPE);
    // Each thread would have a part of the C library's memory for itself.
    builder.environment().putIfAbsent(SHARED_ARENAS, "2");
    builder.environment().putAll(environment);
    NodeProcess node = new NodeProcess(builder.start());
    Thread output =
        Thread.ofVirtual()
            .start(
                () ->
                    Lines.read(
                        node.process.getInputStream(),
                        line -> listener.told(node, NodeLine.parse(line))));
    Thread errors =
        Thread.ofVirtual()
            .start(
                () ->
                    Lines.read(
                        node.process.getErrorStream(),
                        line -> {
                          if (!line.startsWith(OF_THE_JVM)) {
                            node.lastError = line;
                            listener.complained(node, line);
                          }
                        }));
    Thread.ofVirtual().start(() -> node.awaitEnd(output, errors, listener));
    return node;
  }

  private void awaitEnd(Thread output, Thread errors, Listener listener) {
    try {
      int exitCode = process.waitFor();
      output.join(LAST_WORDS);
      errors.join(LAST_WORDS);
      listener.ended(this, exitCode);
    } catch (InterruptedException e) {
      throw new IllegalStateException("nobody interrupts this thread", e);
    }
  }

  public long pid() {
    return process.pid();
  }

  /** The last line of its standard error so far; empty if there is none. */
  public String lastError() {
    return lastError;
  }

  /**
   * Writes a line to its standard input.
   *
   * @throws IOException if the process is gone
   */
  public synchronized void send(String line) throws IOException {
    OutputStream input = process.getOutputStream();
    input.write((line + "\n").getBytes(StandardCharsets.UTF_8));
    input.flush();
  }

  /** Tells it to stop. It may take its time. */
  public void terminate() {
    // That of the process itself would close the pipes, and with them lose its last words.
    process.toHandle().destroy();
  }

  /** Ends it at once. */
  public void kill() {
    process.toHandle().destroyForcibly();
  }
}
