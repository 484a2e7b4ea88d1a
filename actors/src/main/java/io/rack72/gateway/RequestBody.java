package io.rack72.gateway;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.util.ByteString;
import org.apache.pekko.util.ByteStringBuilder;

/**
 * Takes in a request body up to a limit. Of a larger one nothing is kept, and a good part is still
 * read: most clients send a whole body before they look for an answer, and would see a broken
 * connection instead of the refusal.
 *
 * <p>A body that is given up is not cancelled, because that would close the connection before the
 * refusal is sent. Answering before the end of a body closes it right afterwards.
 */
final class RequestBody {
  /** Of a body that is too large, this many times the limit is read before it is refused. */
  private static final int DRAIN_FACTOR = 16;

  private final int limitBytes;
  private final BodyMemory memory;
  private final ByteStringBuilder kept = new ByteStringBuilder();
  private final CompletableFuture<byte[]> result = new CompletableFuture<>();
  private long receivedBytes;
  private long takenBytes;
  private boolean crowdedOut;

  private RequestBody(int limitBytes, BodyMemory memory) {
    this.limitBytes = limitBytes;
    this.memory = memory;
  }

  /**
   * The body's bytes; the stage fails with an {@link ApiError} where it is too large or too slow,
   * or where other bodies leave it no room.
   *
   * @param memory of which the body takes its length; who gets the bytes releases it
   * @throws ApiError where it is no JSON by its type, or there is no room for what it announces
   */
  static CompletionStage<byte[]> read(
      HttpRequest request, GatewayLimits limits, BodyMemory memory, ActorSystem<?> system) {
    checkType(request.entity().getContentType());
    if (hopeless(request, limits.bodyBytes())) {
      return CompletableFuture.failedFuture(ApiError.bodyTooLarge(limits.bodyBytes()));
    }
    long announcedBytes = request.entity().getContentLengthOption().orElse(0);
    if (announcedBytes <= limits.bodyBytes() && !memory.fits(announcedBytes)) {
      throw ApiError.bodiesTooLarge();
    }
    RequestBody body = new RequestBody(limits.bodyBytes(), memory);
    Cancellable timeout =
        system
            .scheduler()
            .scheduleOnce(
                limits.bodyTimeout(),
                () ->
                    body.result.completeExceptionally(
                        ApiError.bodyTooSlow(limits.bodyTimeout().toSeconds())),
                system.executionContext());
    request
        .entity()
        .withoutSizeLimit()
        .getDataBytes()
        .runForeach(body::take, system)
        .whenComplete(
            (done, failure) -> {
              timeout.cancel();
              body.end(failure);
            });
    return body.result;
  }

  private static void checkType(ContentType type) {
    // Where the client names no type, Pekko says octet-stream, or "none" for an empty body.
    boolean absent =
        type.mediaType().equals(MediaTypes.APPLICATION_OCTET_STREAM)
            || type.mediaType().mainType().equals("none");
    if (!absent && !type.mediaType().equals(MediaTypes.APPLICATION_JSON)) {
      throw ApiError.unsupportedMediaType(type.mediaType().toString());
    }
  }

  /** Whether a body announces itself as too large, and reading any of it serves nobody. */
  private static boolean hopeless(HttpRequest request, int limitBytes) {
    long announcedBytes = request.entity().getContentLengthOption().orElse(0);
    // A client that sends this header waits for leave to send the body.
    boolean waits =
        request
            .getHeader("Expect")
            .filter(header -> header.value().equalsIgnoreCase("100-continue"))
            .isPresent();
    return announcedBytes > (waits ? limitBytes : (long) limitBytes * DRAIN_FACTOR);
  }

  private void take(ByteString part) {
    receivedBytes += part.size();
    if (crowdedOut || result.isDone()) {
      drop();
    } else if (receivedBytes > limitBytes) {
      drop();
      if (receivedBytes > (long) limitBytes * DRAIN_FACTOR) {
        result.completeExceptionally(ApiError.bodyTooLarge(limitBytes));
      }
    } else if (memory.take(part.size())) {
      takenBytes += part.size();
      kept.append(part);
    } else {
      crowdedOut = true;
      drop();
    }
  }

  private void drop() {
    kept.clear();
    memory.release(takenBytes);
    takenBytes = 0;
  }

  private void end(Throwable failure) {
    if (failure != null) {
      result.completeExceptionally(failure);
    } else if (receivedBytes > limitBytes) {
      result.completeExceptionally(ApiError.bodyTooLarge(limitBytes));
    } else if (crowdedOut) {
      result.completeExceptionally(ApiError.bodiesTooLarge());
    } else if (result.complete(kept.result().toArrayUnsafe())) {
      return;
    }
    drop();
  }
}
