package io.rack72.serving;

import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.ByteBuffer;
import java.util.concurrent.Flow.Subscriber;
import java.util.concurrent.Flow.Subscription;

/**
 * The body of a request, of which is told when it has been handed to its connection.
 *
 * @param whenSent run, on any thread, once the last byte has been
 */
record ObservedBody(BodyPublisher body, Runnable whenSent) implements BodyPublisher {
  ObservedBody(String text, Runnable whenSent) {
    this(BodyPublishers.ofString(text), whenSent);
  }

  @Override
  public long contentLength() {
    return body.contentLength();
  }

  @Override
  public void subscribe(Subscriber<? super ByteBuffer> connection) {
    body.subscribe(
        new Subscriber<>() {
          @Override
          public void onSubscribe(Subscription subscription) {
            connection.onSubscribe(subscription);
          }

          @Override
          public void onNext(ByteBuffer bytes) {
            connection.onNext(bytes);
          }

          @Override
          public void onError(Throwable failure) {
            connection.onError(failure);
          }

          @Override
          public void onComplete() {
            connection.onComplete();
            whenSent.run();
          }
        });
  }
}
