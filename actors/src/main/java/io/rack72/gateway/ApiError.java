package io.rack72.gateway;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Optional;

/**
 * What a client is told when its request is refused or fails: an HTTP status and an object in
 * OpenAI's error shape. Immutable; it carries no stack trace, because it describes the request and
 * not the program.
 */
public final class ApiError extends RuntimeException {
  private static final String INVALID_REQUEST = "invalid_request_error";
  private static final String SERVER_ERROR = "server_error";
  private static final String LAST_EVENT_ID = "Last-Event-ID";
  private static final int QUOTE_LIMIT_CHARS = 80;

  private final int status;
  private final String type;
  private final String param;
  private final String code;

  private ApiError(int status, String type, String param, String code, String message) {
    super(message, null, false, false);
    this.status = status;
    this.type = type;
    this.param = param;
    this.code = code;
  }

  /**
   * 400: a field is wrong.
   *
   * @param field its path, such as {@code messages[2].content}; empty for the body as a whole
   */
  static ApiError invalid(String field, String message) {
    return new ApiError(400, INVALID_REQUEST, field.isEmpty() ? null : field, null, message);
  }

  /** 400: a header that is to tell where a stream goes on does not. */
  static ApiError badEventId(String why) {
    return new ApiError(
        400, INVALID_REQUEST, LAST_EVENT_ID, null, "the header 'Last-Event-ID' " + why);
  }

  /** 400: prompt and reply together do not fit in the model's context. */
  static ApiError contextLengthExceeded(String field, String message) {
    return new ApiError(400, INVALID_REQUEST, field, "context_length_exceeded", message);
  }

  /** 401: no API key, or another one than the server's. */
  static ApiError unauthorized() {
    return new ApiError(
        401,
        INVALID_REQUEST,
        null,
        "invalid_api_key",
        "this server wants an API key of its own in the header 'Authorization: Bearer KEY'");
  }

  /** 404: a model that is not served here. */
  static ApiError modelNotFound(String asked, String served) {
    return new ApiError(
        404,
        INVALID_REQUEST,
        "model",
        "model_not_found",
        "there is no model " + quote(asked) + " here; this server has " + quote(served));
  }

  /** 404: a path that means nothing here. */
  static ApiError pathNotFound(String path) {
    return new ApiError(
        404, INVALID_REQUEST, null, "not_found", "there is nothing at " + quote(path));
  }

  /** 404: a stream that nobody can go on with. */
  static ApiError streamNotFound() {
    return new ApiError(
        404,
        INVALID_REQUEST,
        LAST_EVENT_ID,
        "stream_not_found",
        "there is no stream of this API key to go on with behind that 'Last-Event-ID': it was ended"
            + " or lost too long ago, was not kept, or never was; send the request anew");
  }

  /** 405: a path that takes another method. */
  static ApiError methodNotAllowed(String path, String allowed) {
    return new ApiError(
        405, INVALID_REQUEST, null, "method_not_allowed", path + " takes " + allowed + " only");
  }

  /** 408: the body did not arrive in time. */
  static ApiError bodyTooSlow(long limitSeconds) {
    return new ApiError(
        408,
        INVALID_REQUEST,
        null,
        "request_timeout",
        "the request body did not arrive within " + limitSeconds + " seconds");
  }

  /** 413: the body is larger than the server takes. */
  static ApiError bodyTooLarge(long limitBytes) {
    return new ApiError(
        413,
        INVALID_REQUEST,
        null,
        "request_too_large",
        "the request body is larger than the limit of " + limitBytes + " bytes");
  }

  /** 415: a body that does not claim to be JSON. */
  static ApiError unsupportedMediaType(String got) {
    return new ApiError(
        415,
        INVALID_REQUEST,
        null,
        "unsupported_media_type",
        "the request body must be application/json, not " + quote(got));
  }

  /** The status that the HTTP parser chose: what came is no request that it can read. */
  static ApiError unreadable(int status, String why) {
    return new ApiError(
        status,
        INVALID_REQUEST,
        null,
        "bad_http_request",
        "the HTTP request cannot be read: " + why);
  }

  /** 500: something broke on the server's side. */
  static ApiError failed(String message) {
    return new ApiError(500, SERVER_ERROR, null, "internal_error", message);
  }

  /** 503: the rack cannot serve now, or not through this gateway. */
  static ApiError unavailable(String message) {
    return new ApiError(503, SERVER_ERROR, null, "unavailable", message);
  }

  /** 503: no room now; the same request may succeed later. */
  static ApiError overloaded(String message) {
    return new ApiError(503, SERVER_ERROR, null, "overloaded", message);
  }

  /** 503: the bodies of other requests fill the memory there is for them. */
  static ApiError bodiesTooLarge() {
    return overloaded("the requests being read now fill the memory for them; try again later");
  }

  /** 408: nobody reads the stream that is being made. */
  static ApiError notRead(Duration limit) {
    return new ApiError(
        408,
        INVALID_REQUEST,
        null,
        "request_timeout",
        "the client does not read: for %s seconds it took nothing of the stream that waits for it"
            .formatted(seconds(limit)));
  }

  /**
   * 429: the API key has as much of the server as it can have now.
   *
   * @param what it has too much of, {@code requests} or {@code tokens}
   */
  static ApiError rateLimited(String what, String message) {
    return new ApiError(429, what, null, "rate_limit_exceeded", message);
  }

  /** 400, which nobody is told, since the client is gone. */
  static ApiError clientGone() {
    return new ApiError(
        400, INVALID_REQUEST, null, "client_closed_request", "the client closed its connection");
  }

  /** 504: the rack behind this gateway did not finish in the time that the request has. */
  static ApiError notAnsweredInTime(Duration limit) {
    return new ApiError(
        504,
        SERVER_ERROR,
        null,
        "timeout",
        "the reply was not finished within the request's %s seconds; give it a longer 'timeout', or"
                .formatted(seconds(limit))
            + " ask for fewer tokens");
  }

  private static String seconds(Duration duration) {
    return BigDecimal.valueOf(duration.toMillis(), 3).stripTrailingZeros().toPlainString();
  }

  /** A client's own words, in quotes and short enough to be repeated in a message. */
  static String quote(String text) {
    return text.length() <= QUOTE_LIMIT_CHARS
        ? "'" + text + "'"
        : "'" + text.substring(0, QUOTE_LIMIT_CHARS) + "…'";
  }

  /** The HTTP status, unless the reply has already begun. */
  public int status() {
    return status;
  }

  /** Whether the same request may succeed a moment later. */
  boolean passes() {
    return status == 429 || status == 503;
  }

  /** A word for programs, where OpenAI has one. */
  public Optional<String> code() {
    return Optional.ofNullable(code);
  }

  /** {@code {"error": {"message": …, "type": …, "param": …, "code": …}}}. */
  public ObjectNode toJson() {
    ObjectNode body = Json.object();
    body.putObject("error")
        .put("message", getMessage())
        .put("type", type)
        .put("param", param)
        .put("code", code);
    return body;
  }
}
