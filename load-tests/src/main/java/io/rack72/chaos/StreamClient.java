package io.rack72.chaos;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.rack72.load.SseParser;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * Reads one stream after the other, and goes on at another gateway where one is gone or says that
 * it has left the rack: with {@code Last-Event-ID} if anything has come, or else from the
 * beginning. Whatever comes is told to the history as it came. For one thread, but for {@link
 * #giveUp}.
 */
final class StreamClient {
  private static final Duration ANSWER_LIMIT = Duration.ofMinutes(5);
  private static final long PAUSE_NANOS = Duration.ofMillis(50).toNanos();
  private static final int OK = 200;
  private static final int UNAVAILABLE = 503;
  private static final String DONE = "[DONE]";

  private final HttpClient http;
  private final Gateways gateways;
  private final History history;
  private int gateway;
  private volatile boolean givenUp;
  private volatile InputStream reading;

  // Of the stream that is being read.
  private StreamRequest request;
  private String lastId = "";
  private boolean anythingCame;
  private boolean over;
  private int[] indexes = new int[0];
  private long readNanos;

  /**
   * @param gateway with which it begins
   */
  StreamClient(HttpClient http, Gateways gateways, int gateway, History history) {
    this.http = http;
    this.gateways = gateways;
    this.gateway = gateway;
    this.history = history;
  }

  /** Reads the reply to a request until it is over, however that comes. */
  void read(StreamRequest newRequest) throws InterruptedException {
    request = newRequest;
    lastId = "";
    anythingCame = false;
    over = false;
    indexes = new int[request.body().path("n").asInt(1)];
    tell(Event.Kind.SENT, "");
    while (!over) {
      URI target = gateways.pick(gateway);
      if (givenUp) {
        end(Event.Kind.STUCK, "the reply was not over in time");
      } else if (target == null) {
        LockSupport.parkNanos(PAUSE_NANOS);
      } else {
        attempt(target);
      }
    }
  }

  /** Ends the stream that is being read, and any that comes. */
  void giveUp() {
    givenUp = true;
    InputStream body = reading;
    if (body != null) {
      try {
        body.close();
      } catch (IOException _) {
        // It is over all the same.
        return;
      }
    }
  }

  private void attempt(URI target) throws InterruptedException {
    tell(Event.Kind.ASKED, target.toString());
    try {
      HttpRequest.Builder builder =
          HttpRequest.newBuilder(target.resolve("/v1/" + request.path()))
              .timeout(ANSWER_LIMIT)
              .header("Content-Type", "application/json")
              .POST(BodyPublishers.ofString(request.body().toString()));
      if (!lastId.isEmpty()) {
        builder.header("Last-Event-ID", lastId);
      }
      HttpResponse<InputStream> response = http.send(builder.build(), BodyHandlers.ofInputStream());
      try (InputStream body = response.body()) {
        if (response.statusCode() == OK) {
          read(body);
          // A body that breaks off is an exception.
          if (!over && !givenUp) {
            end(Event.Kind.FAILED, "the stream ended as if it were complete, without " + DONE);
          }
        } else {
          refused(response.statusCode(), new String(body.readNBytes(1000), StandardCharsets.UTF_8));
        }
      }
    } catch (IOException e) {
      broken(e.toString());
    }
  }

  /** A gateway that has left the rack says so, and another one is asked. */
  private void refused(int status, String why) {
    String sentence = "status %d: %s".formatted(status, why);
    if (status == UNAVAILABLE && why.contains("\"unavailable\"")) {
      broken(sentence);
    } else {
      end(Event.Kind.FAILED, sentence);
    }
  }

  private void read(InputStream body) throws IOException {
    reading = body;
    SseParser parser = SseParser.withIds(this::event);
    byte[] bytes = new byte[8192];
    for (int read = body.read(bytes); read >= 0 && !givenUp; read = body.read(bytes)) {
      readNanos = history.nowNanos();
      parser.feed(ByteBuffer.wrap(bytes, 0, read));
    }
    reading = null;
  }

  private void broken(String why) {
    if (over || givenUp) {
      return;
    }
    tell(Event.Kind.BROKEN, why);
    gateway++;
    if (!lastId.isEmpty()) {
      tell(Event.Kind.RESUMED, "after event " + lastId);
    } else if (anythingCame) {
      end(Event.Kind.FAILED, "the stream broke off and cannot be resumed: " + why);
    } else {
      tell(Event.Kind.RETRIED, "");
    }
    LockSupport.parkNanos(PAUSE_NANOS);
  }

  private void event(String id, String data) {
    anythingCame = true;
    if (over) {
      tell(Event.Kind.AFTER_END, data);
    } else if (data.equals(DONE)) {
      end(Event.Kind.DONE, "");
    } else {
      try {
        take(Json.read(data));
      } catch (JsonProcessingException e) {
        end(Event.Kind.FAILED, "an event is no JSON: " + e.getOriginalMessage());
      }
    }
    if (!id.isEmpty()) {
      lastId = id;
    }
  }

  private void take(JsonNode json) {
    if (json.hasNonNull("error")) {
      end(Event.Kind.FAILED, json.get("error").path("message").asText());
      return;
    }
    for (JsonNode entry : json.path("choices")) {
      int choice = entry.path("index").asInt();
      if (choice < 0 || choice >= indexes.length) {
        end(Event.Kind.FAILED, "there is no choice " + choice);
        return;
      }
      tokens(choice, entry);
      texts(choice, entry);
      if (entry.hasNonNull("finish_reason")) {
        String reason = entry.get("finish_reason").asText();
        add(Event.Kind.FINISHED, choice, -1, -1, reason);
      }
    }
    if (json.hasNonNull("usage")) {
      add(Event.Kind.USAGE, 0, -1, -1, json.at("/usage/completion_tokens").asText());
    }
  }

  /** Logprobs are told beside the tokens, since chats have those of their content only. */
  private void tokens(int choice, JsonNode entry) {
    for (JsonNode id : entry.path("token_ids")) {
      add(Event.Kind.TOKEN, choice, indexes[choice]++, id.intValue(), "");
    }
    for (JsonNode logprob : entry.at("/logprobs/token_logprobs")) {
      add(Event.Kind.LOGPROB, choice, -1, -1, logprob.asText());
    }
    for (JsonNode token : entry.at("/logprobs/content")) {
      add(Event.Kind.LOGPROB, choice, -1, -1, token.path("logprob").asText());
    }
  }

  /**
   * What a reader sees, however it is cut: completions have it in the choice itself and chats in a
   * message that grows. Only events that came whole get here, and the last of them has the id after
   * which the rest is asked for, so nothing is told twice but by the server.
   */
  private void texts(int choice, JsonNode entry) {
    JsonNode delta = entry.path("delta");
    text(Event.Kind.CONTENT, choice, entry.path("text"));
    text(Event.Kind.CONTENT, choice, delta.path("content"));
    text(Event.Kind.REASONING, choice, delta.path("reasoning"));
    for (JsonNode call : delta.path("tool_calls")) {
      JsonNode name = call.at("/function/name");
      if (name.isTextual()) {
        // Where a call begins; what follows are its arguments alone.
        add(Event.Kind.CALLS, choice, -1, -1, "%s %s ".formatted(call.path("index"), name));
      }
      text(Event.Kind.CALLS, choice, call.at("/function/arguments"));
    }
  }

  private void text(Event.Kind kind, int choice, JsonNode text) {
    if (text.isTextual() && !text.textValue().isEmpty()) {
      add(kind, choice, -1, -1, text.textValue());
    }
  }

  private void end(Event.Kind kind, String text) {
    over = true;
    tell(kind, text);
  }

  private void tell(Event.Kind kind, String text) {
    history.add(request.id(), kind, text);
  }

  private void add(Event.Kind kind, int choice, int index, int token, String text) {
    history.add(new Event(readNanos, request.id(), kind, choice, index, token, text));
  }
}
