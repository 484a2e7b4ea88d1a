package io.rack72.gateway;

import java.util.Locale;
import org.apache.pekko.http.javadsl.model.HttpProtocols;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.BidiShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;

/**
 * Stands between a connection and what answers its requests, and tells when the client is gone.
 *
 * <p>The end of the requests says so, because a client that has closed its connection asks nothing
 * more, except after a request that announced itself as the last: that client asks nothing more and
 * waits for its reply. A failure of the requests and the refusal of a response always say so.
 */
final class ClientWatch
    extends GraphStage<BidiShape<HttpRequest, HttpRequest, HttpResponse, HttpResponse>> {
  private final Inlet<HttpRequest> asked = Inlet.create("asked");
  private final Outlet<HttpRequest> toAnswer = Outlet.create("toAnswer");
  private final Inlet<HttpResponse> answered = Inlet.create("answered");
  private final Outlet<HttpResponse> toClient = Outlet.create("toClient");
  private final BidiShape<HttpRequest, HttpRequest, HttpResponse, HttpResponse> shape =
      BidiShape.of(asked, toAnswer, answered, toClient);
  private final ClientConnection client;

  ClientWatch(ClientConnection client) {
    this.client = client;
  }

  @Override
  public BidiShape<HttpRequest, HttpRequest, HttpResponse, HttpResponse> shape() {
    return shape;
  }

  @Override
  public GraphStageLogic createLogic(Attributes inherited) {
    return new Logic();
  }

  /** Whether the client closes the connection after the reply, or wants it closed. */
  static boolean isLast(HttpRequest request) {
    String connection =
        request
            .getHeader("Connection")
            .map(header -> header.value().toLowerCase(Locale.ROOT))
            .orElse("");
    return request.protocol().equals(HttpProtocols.HTTP_1_0)
        ? !connection.contains("keep-alive")
        : connection.contains("close");
  }

  private final class Logic extends GraphStageLogic {
    private boolean last;

    Logic() {
      super(shape);
      setHandler(
          asked,
          new AbstractInHandler() {
            @Override
            public void onPush() {
              HttpRequest request = grab(asked);
              last = isLast(request);
              push(toAnswer, request);
            }

            @Override
            public void onUpstreamFinish() {
              if (last) {
                // The connection is ended when the reply has been sent: Pekko does not end a
                // streamed one whose requests and responses are over before it.
                client.asksNoMore();
              } else {
                client.close();
                complete(toAnswer);
              }
            }

            @Override
            public void onUpstreamFailure(Throwable failure) {
              client.close();
              fail(toAnswer, failure);
            }
          });
      setHandler(
          toAnswer,
          new AbstractOutHandler() {
            @Override
            public void onPull() {
              if (!isClosed(asked)) {
                pull(asked);
              }
            }

            @Override
            public void onDownstreamFinish(Throwable cause) {
              if (!isClosed(asked)) {
                cancel(asked, cause);
              }
            }
          });
      setHandler(
          answered,
          new AbstractInHandler() {
            @Override
            public void onPush() {
              push(toClient, grab(answered));
            }

            @Override
            public void onUpstreamFinish() {
              complete(toClient);
            }

            @Override
            public void onUpstreamFailure(Throwable failure) {
              client.close();
              fail(toClient, failure);
            }
          });
      setHandler(
          toClient,
          new AbstractOutHandler() {
            @Override
            public void onPull() {
              pull(answered);
            }

            @Override
            public void onDownstreamFinish(Throwable cause) {
              client.close();
              cancel(answered, cause);
            }
          });
    }
  }
}
