package io.rack72.gateway;

import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.util.ByteString;
import org.apache.pekko.util.ByteStringBuilder;

/**
 * Takes in a request body up to a limit. Of a larger one nothing is kept, and a good part is still
 * read: most clients send a whole body before they look for an answer, and would see a broken
 * connection instead of the refusal.
 */
final class RequestBody {
  /** Of a body that is too large, this many times the limit is read before the client is cut off. */
  private static final int DRAIN_FACTOR = 16;

  private final int limitBytes;
  private final ByteStringBuilder kept = new ByteStringBuilder();
  private long receivedBytes;

  private RequestBody(int limitBytes) {
    this.limitBytes = limitBytes;
  }

  /**
   * The body's bytes; the stage fails with an {@link ApiError} where it is no JSON, too large or too
   * slow.
   */
  static CompletionStage<byte[]> read(
      HttpRequest request, GatewayLimits limits, ActorSystem<?> system) {
    checkType(request.entity().getContentType());
    if (hopeless(request, limits.bodyBytes())) {
      request.entity().getDataBytes().runWith(Sink.cancelled(), system);
      throw ApiError.bodyTooLarge(limits.bodyBytes());
    }
    RequestBody body = new RequestBody(limits.bodyBytes());
    return request
        .entity()
        .withoutSizeLimit()
        .getDataBytes()
        .completionTimeout(limits.bodyTimeout())
        .takeWhile(body::take)
        .runWith(Sink.ignore(), system)
        .handle(
            (done, failure) -> {
              if (failure instanceof TimeoutException) {
                throw ApiError.bodyTooSlow(limits.bodyTimeout().toSeconds());
              }
              if (failure != null) {
                throw new CompletionException(failure);
              }
              return body.bytes();
            });
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

  private static void checkType(ContentType type) {
    // Where the client names no type, Pekko says octet-stream, or "none" for an empty body.
    boolean absent =
        type.mediaType().equals(MediaTypes.APPLICATION_OCTET_STREAM)
            || type.mediaType().mainType().equals("none");
    if (!absent && !type.mediaType().equals(MediaTypes.APPLICATION_JSON)) {
      throw ApiError.unsupportedMediaType(type.mediaType().toString());
    }
  }

  /** Takes a part; false once no more is wanted. */
  private boolean take(ByteString part) {
    receivedBytes += part.size();
    if (receivedBytes <= limitBytes) {
      kept.append(part);
    } else {
      kept.clear();
    }
    return receivedBytes <= (long) limitBytes * DRAIN_FACTOR;
  }

  private byte[] bytes() {
    if (receivedBytes > limitBytes) {
      throw ApiError.bodyTooLarge(limitBytes);
    }
    return kept.result().toArrayUnsafe();
  }
}
