package io.rack72.chaos;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.Writer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A client before a gateway that answers as a script says. */
@Timeout(60)
class StreamClientTest {
  /** At the end of an answer: the connection breaks there. */
  private static final String BREAK = "break";

  private final Queue<List<String>> script = new ArrayDeque<>();
  private final List<String> lastIds = new ArrayList<>();
  private final History history = new History(Writer.nullWriter()).begin();
  private final HttpClient http = HttpClient.newHttpClient();
  private HttpServer server;
  private StreamClient client;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/v1/completions", this::answer);
    server.start();
    URI url = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    client = new StreamClient(http, new Gateways(() -> List.of(url)), 0, history);
  }

  @AfterEach
  void stop() {
    http.shutdownNow();
    server.stop(0);
  }

  private synchronized void answer(HttpExchange exchange) throws IOException {
    exchange.getRequestBody().readAllBytes();
    lastIds.add(String.valueOf(exchange.getRequestHeaders().getFirst("Last-Event-ID")));
    List<String> answer = script.remove();
    if (answer.getFirst().startsWith("status ")) {
      byte[] body = String.join("", answer.subList(1, answer.size())).getBytes(UTF_8);
      exchange.sendResponseHeaders(Integer.parseInt(answer.getFirst().substring(7)), body.length);
      exchange.getResponseBody().write(body);
      exchange.close();
      return;
    }
    exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
    boolean breaks = answer.getLast().equals(BREAK);
    byte[] body =
        String.join("", answer.subList(0, answer.size() - (breaks ? 1 : 0))).getBytes(UTF_8);
    // One that breaks promises more than it has.
    exchange.sendResponseHeaders(200, body.length + (breaks ? 1000 : 0));
    OutputStream out = exchange.getResponseBody();
    out.write(body);
    out.flush();
    // Of a body that is not whole this closes the connection too.
    exchange.close();
  }

  private static String token(String id, int token) {
    String event =
        """
        data: {"choices":[{"index":0,"token_ids":[%d],"logprobs":{"token_logprobs":[-0.%d]}}]}

        """
            .formatted(token, token);
    return id.isEmpty() ? event : "id: " + id + "\n" + event;
  }

  private static final String END =
      """
      data: {"choices":[{"index":0,"token_ids":[],"finish_reason":"length"}]}

      data: {"choices":[],"usage":{"completion_tokens":2}}

      data: [DONE]

      """;

  private void answers(String... parts) {
    script.add(Arrays.asList(parts));
  }

  private List<Event> read() throws InterruptedException {
    client.read(
        new StreamRequest("a", "completions", Json.object().put("n", 1).put("stream", true)));
    return history.events();
  }

  private static List<Event.Kind> kinds(List<Event> events) {
    return events.stream().map(Event::kind).toList();
  }

  private void requireWhole(List<Event> events) {
    Map<String, Map<Integer, Expected>> right = Expected.of(Told.whole("a", 1, 2).events());
    assertEquals(List.of(), Checker.check(events, right));
  }

  @Test
  void wholeStreamIsToldAsItCame() throws Exception {
    answers(token("", 1), token("", 2), END);
    requireWhole(read());
    assertEquals(List.of("null"), lastIds);
  }

  @Test
  void brokenStreamIsGoneOnWithAfterTheLastEventThatCame() throws Exception {
    answers(token("k.1", 1), BREAK);
    answers(token("k.2", 2), BREAK);
    answers(END);
    List<Event> events = read();
    requireWhole(events);
    assertEquals(List.of("null", "k.1", "k.2"), lastIds);
    assertEquals(2, kinds(events).stream().filter(Event.Kind.RESUMED::equals).count());
  }

  @Test
  void repeatOfWhatCameBeforeTheBreakIsFound() throws Exception {
    answers(token("k.1", 1), BREAK);
    answers(token("k.1", 1), token("k.2", 2), END);
    assertEquals(
        Finding.Kind.DOUBLED_TOKENS,
        Checker.check(read(), Expected.of(Told.whole("a", 1, 2).events())).getFirst().kind());
  }

  private static String told(String id, String entry) {
    return "id: %s\ndata: {\"choices\":[{\"index\":0,%s}]}\n\n".formatted(id, entry);
  }

  private String all(Event.Kind kind) throws InterruptedException {
    return Received.byStream(read()).get("a").choices().get(0).text(kind);
  }

  @Test
  void textIsPutTogetherFromThePiecesOfAllConnections() throws Exception {
    answers(told("k.1", "\"text\":\"on\""), told("k.2", "\"text\":\"\""), BREAK);
    answers(told("k.3", "\"text\":\"ce m\""), told("k.4", "\"text\":\"ore\""), END);
    assertEquals("once more", all(Event.Kind.CONTENT));
  }

  @Test
  void textOfAnEventThatWasCutOffIsNotTakenTwice() throws Exception {
    String cut = told("k.2", "\"text\":\"ce\"");
    answers(told("k.1", "\"text\":\"on\""), cut.substring(0, cut.length() - 1), BREAK);
    answers(cut, END);
    assertEquals("once", all(Event.Kind.CONTENT));
    assertEquals(List.of("null", "k.1"), lastIds);
  }

  @Test
  void messagesOfChatsAreReadPartByPart() throws Exception {
    answers(
        told("k.1", "\"delta\":{\"role\":\"assistant\",\"reasoning\":\"thi\"}"),
        told("k.2", "\"delta\":{\"reasoning\":\"nk\",\"content\":\"sa\"}"),
        told("k.3", "\"delta\":{\"content\":\"y\"}"),
        told(
            "k.4",
            "\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"call_1\",\"function\":"
                + "{\"name\":\"f\",\"arguments\":\"{\"}}]}"),
        told(
            "k.5", "\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"}\"}}]}"),
        END);
    assertEquals("think", all(Event.Kind.REASONING));
    Received.Choice choice = Received.byStream(history.events()).get("a").choices().get(0);
    assertEquals("say", choice.text(Event.Kind.CONTENT));
    assertEquals("0 \"f\" {}", choice.text(Event.Kind.CALLS));
  }

  @Test
  void streamOfWhichNothingCameIsAskedForAgain() throws Exception {
    answers("", BREAK);
    answers(token("", 1), token("", 2), END);
    List<Event> events = read();
    requireWhole(events);
    assertEquals(1, kinds(events).stream().filter(Event.Kind.RETRIED::equals).count());
  }

  @Test
  void brokenStreamWithoutIdsHasFailed() throws Exception {
    answers(token("", 1), BREAK);
    assertEquals(
        List.of(
            Event.Kind.SENT,
            Event.Kind.ASKED,
            Event.Kind.TOKEN,
            Event.Kind.LOGPROB,
            Event.Kind.BROKEN,
            Event.Kind.FAILED),
        kinds(read()));
  }

  @Test
  void errorsAndOtherStatusesAreFailures() throws Exception {
    answers(token("", 1), "data: {\"error\":{\"message\":\"the rack is gone\"}}\n\n");
    List<Event> events = read();
    assertEquals(Event.Kind.FAILED, events.getLast().kind());
    assertEquals("the rack is gone", events.getLast().text());
    answers("status 503", "{\"error\":{\"code\":\"overloaded\"}}");
    assertEquals(Event.Kind.FAILED, read().getLast().kind());
  }

  @Test
  void gatewayThatHasLeftTheRackIsNotAskedAnyMore() throws Exception {
    String left = "{\"error\":{\"code\":\"unavailable\"}}";
    answers("status 503", left);
    answers(token("k.1", 1), BREAK);
    answers("status 503", left);
    answers(token("k.2", 2), END);
    requireWhole(read());
    assertEquals(List.of("null", "null", "k.1", "k.1"), lastIds);
  }

  @Test
  void streamThatEndsAsIfItWereCompleteHasFailed() throws Exception {
    answers(token("k.1", 1));
    Event last = read().getLast();
    assertEquals(Event.Kind.FAILED, last.kind());
    assertEquals("the stream ended as if it were complete, without [DONE]", last.text());
  }

  @Test
  void whatComesAfterTheEndIsTold() throws Exception {
    answers(token("", 1), token("", 2), END, token("", 3));
    assertEquals(Event.Kind.AFTER_END, read().getLast().kind());
  }

  @Test
  void clientThatHasGivenUpIsStuck() throws Exception {
    client.giveUp();
    assertEquals(List.of(Event.Kind.SENT, Event.Kind.STUCK), kinds(read()));
  }
}
