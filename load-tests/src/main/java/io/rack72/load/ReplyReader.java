package io.rack72.load;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.ByteArrayOutputStream;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.ResponseInfo;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow.Subscription;

/**
 * Reads the body of one reply while it comes, and notes when. The time is taken once for each read,
 * before anything is made of its bytes.
 */
final class ReplyReader implements BodySubscriber<Transcript> {
  private static final String EVENT_STREAM = "text/event-stream";
  private static final String DONE = "[DONE]";

  private final TokenListener listener;
  private final Duration readPause;
  private final boolean isStream;
  private final Transcript transcript = new Transcript();
  private final CompletableFuture<Transcript> result = new CompletableFuture<>();
  private final SseParser parser = new SseParser(this::event);
  private final ByteArrayOutputStream whole = new ByteArrayOutputStream();
  private Subscription subscription;
  private long[] eventNanos = new long[64];
  private int events;
  private long readNanos;
  private boolean done;

  ReplyReader(ResponseInfo response, Duration readPause, TokenListener listener) {
    this.listener = listener;
    this.readPause = readPause;
    isStream =
        response
            .headers()
            .firstValue("Content-Type")
            .filter(type -> type.startsWith(EVENT_STREAM))
            .isPresent();
  }

  @Override
  public CompletionStage<Transcript> getBody() {
    return result;
  }

  /** When each event came that carried tokens; of use once the reply is over. */
  long[] eventNanos() {
    return Arrays.copyOf(eventNanos, events);
  }

  @Override
  public void onSubscribe(Subscription newSubscription) {
    subscription = newSubscription;
    subscription.request(1);
  }

  @Override
  public void onNext(List<ByteBuffer> buffers) {
    readNanos = System.nanoTime();
    for (ByteBuffer buffer : buffers) {
      if (isStream) {
        parser.feed(buffer);
      } else {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        whole.writeBytes(bytes);
      }
    }
    if (readPause.isZero()) {
      subscription.request(1);
    } else {
      Executor later = CompletableFuture.delayedExecutor(readPause.toNanos(), NANOSECONDS);
      later.execute(() -> subscription.request(1));
    }
  }

  @Override
  public void onError(Throwable failure) {
    result.completeExceptionally(failure);
  }

  @Override
  public void onComplete() {
    if (!isStream) {
      add(whole.toString(StandardCharsets.UTF_8));
    } else if (!done) {
      transcript.fail("the stream ended without " + DONE);
    }
    result.complete(transcript);
  }

  private void event(String data) {
    if (done) {
      transcript.fail("an event came after " + DONE);
    } else if (data.equals(DONE)) {
      done = true;
    } else {
      int tokens = add(data);
      if (tokens > 0) {
        if (events == eventNanos.length) {
          eventNanos = Arrays.copyOf(eventNanos, 2 * events);
        }
        eventNanos[events++] = readNanos;
        listener.came(tokens, readNanos);
      }
    }
  }

  private int add(String json) {
    try {
      return transcript.add(Json.read(json));
    } catch (JsonProcessingException e) {
      transcript.fail("it is not JSON: " + e.getOriginalMessage());
      return 0;
    }
  }
}
