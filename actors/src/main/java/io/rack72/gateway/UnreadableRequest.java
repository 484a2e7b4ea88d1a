package io.rack72.gateway;

import org.apache.pekko.event.LoggingAdapter;
import org.apache.pekko.http.ParsingErrorHandler;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.scaladsl.model.ErrorInfo;
import org.apache.pekko.http.scaladsl.model.StatusCode;
import org.apache.pekko.http.scaladsl.settings.ServerSettings;

/**
 * Answers what is no HTTP request that Pekko can read, in OpenAI's error shape. Pekko makes its
 * instance by the class's name.
 */
public final class UnreadableRequest extends ParsingErrorHandler {
  @Override
  public HttpResponse handle(
      StatusCode status, ErrorInfo error, LoggingAdapter log, ServerSettings settings) {
    return HttpResponse.create()
        .withStatus(status.intValue())
        .withEntity(
            ContentTypes.APPLICATION_JSON,
            Json.bytes(ApiError.unreadable(status.intValue(), error.summary()).toJson()));
  }
}
