package io.rack72.cli;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;

/**
 * A process that tells what a node of a rack tells, and has neither a rack nor a model. The system
 * property {@code stand-in} holds words that make one with certain trays behave badly, such as
 * {@code fails:4} (where 4 is its first tray); {@code knocks:4} gets in by the node of tray 0
 * alone.
 */
public final class StandInNode {
  private static final String FIRST = "127.0.0.1:10000";

  private StandInNode() {}

  public static void main(String[] args) throws InterruptedException {
    List<String> words = Arrays.asList(args);
    String[] range = words.get(words.indexOf("--trays") + 1).split("-", -1);
    int first = Integer.parseInt(range[0]);
    int last = Integer.parseInt(range[range.length - 1]);
    boolean gateway = words.contains("--gateway");
    String join = words.contains("--join") ? words.get(words.indexOf("--join") + 1) : "";
    String port = gateway ? words.get(words.indexOf("--port") + 1) : "";
    System.err.println("WARNING: Using incubator modules: jdk.incubator.vector");
    System.err.println("joins '" + join + "' port '" + port + "'");
    if (behaves("tells-secret", first)) {
      System.err.println("secret " + System.getenv("RACK72_CLUSTER_SECRET"));
      System.err.println("words " + words);
    }
    if (behaves("fails", first)) {
      System.err.println("it cannot be");
      System.exit(3);
    }
    if (behaves("closes", first)) {
      Runtime.getRuntime()
          .addShutdownHook(new Thread(() -> System.out.println("{\"event\":\"closed\"}")));
    }
    if (behaves("stubborn", first)) {
      Runtime.getRuntime().addShutdownHook(new Thread(StandInNode::waitForever));
    }
    CountDownLatch toldToJoin = new CountDownLatch(1);
    if (words.contains("--stop-on-eof") || words.contains("--join-when-told")) {
      ParentWatch.start(
          System.in,
          line -> {
            System.err.println("is told to " + line);
            toldToJoin.countDown();
          },
          Duration.ofSeconds(1));
    }
    System.out.println("garbled { line");
    System.out.printf(
        "{\"event\":\"node\",\"role\":\"%s\",\"trays\":%s,\"pid\":%d,\"http\":%s,\"artery\":\"%s\"}%n",
        gateway ? "tray+gateway" : "tray",
        IntStream.rangeClosed(first, last).boxed().toList(),
        ProcessHandle.current().pid(),
        gateway ? "\"http://127.0.0.1:" + (port.equals("0") ? "4321" : port) + "\"" : "null",
        "127.0.0.1:" + (10_000 + first));
    if (words.contains("--join-when-told")) {
      toldToJoin.await();
    }
    boolean isOut =
        behaves("alone", first)
            || (behaves("knocks", first) && !join.isEmpty() && !join.startsWith(FIRST));
    if (!isOut) {
      System.out.printf("{\"event\":\"rack\",\"trays\":%d,\"of\":18}%n", last + 1);
      System.out.println("{\"event\":\"ready\",\"epoch\":1,\"model\":\"a-model\",\"url\":null}");
    }
    waitForever();
  }

  private static boolean behaves(String how, int firstTray) {
    return List.of(System.getProperty("stand-in", "").split(",")).contains(how + ":" + firstTray);
  }

  private static void waitForever() {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
