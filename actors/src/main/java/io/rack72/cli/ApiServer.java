package io.rack72.cli;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.config.ConfigLayers;
import io.rack72.config.Rack72Config;
import io.rack72.config.Secret;
import io.rack72.model.ForwardObserver;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.Optional;
import java.util.function.Function;

/** A server with OpenAI's API: somebody else's, or one of this command's own, in this JVM. */
public final class ApiServer implements AutoCloseable {
  private final URI url;
  private final Optional<Secret> apiKey;
  private final Optional<String> model;
  private final Runnable stop;

  private ApiServer(URI url, Optional<Secret> apiKey, Optional<String> model, Runnable stop) {
    this.url = url;
    this.apiKey = apiKey;
    this.model = model;
    this.stop = stop;
  }

  /**
   * Somebody else's, which is left alone when this is closed.
   *
   * @param url with or without {@code /v1} at its end
   * @param model to ask it for; empty where it is to be asked which it has
   */
  public static ApiServer at(URI url, Optional<Secret> apiKey, Optional<String> model) {
    return new ApiServer(url, apiKey, model, () -> {});
  }

  /**
   * A server for this process alone, in this JVM, on any free port.
   *
   * @param command for whom it is, as messages about its settings say
   * @param observer of the rack, which has this model
   */
  public static ApiServer own(
      ConfigLayers layers,
      String command,
      Invocation invocation,
      Function<ModelConfig, ForwardObserver> observer) {
    layers.option(command, "rack72.gateway.host", "127.0.0.1");
    layers.option(command, "rack72.gateway.port", 0);
    Rack72Config config = layers.load(invocation.host());
    OpenModel model = OpenModel.open(config, invocation);
    return start(config, model, invocation.launcher(), observer.apply(model.checkpoint().config()));
  }

  /** A gateway before a rack of this command's own, both of which stop when this is closed. */
  static ApiServer start(
      Rack72Config config, OpenModel model, RackLauncher launcher, ForwardObserver observer) {
    RackLauncher.Rack rack = launcher.launch(config, model, observer);
    try {
      RackLauncher.Gateway gateway = launcher.open(rack, config);
      return new ApiServer(
          gateway.url(),
          config.http().apiKey(),
          Optional.of(model.name()),
          () -> {
            try (rack) {
              gateway.close();
            }
          });
    } catch (RuntimeException | Error e) {
      rack.close();
      throw e;
    }
  }

  /** Where it is, as it was given. */
  public URI url() {
    return url;
  }

  /** The model to ask it for, where that is known without asking the server. */
  public Optional<String> model() {
    return model;
  }

  /**
   * A request that the server takes.
   *
   * @param path below {@code /v1}, such as {@code chat/completions}
   */
  public HttpRequest.Builder request(String path) {
    String root = url.toString().replaceAll("/+$", "");
    String versioned = root.endsWith("/v1") ? root : root + "/v1";
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(versioned + "/" + path));
    apiKey.ifPresent(key -> request.header("Authorization", "Bearer " + key.text()));
    return request;
  }

  @Override
  public void close() {
    stop.run();
  }
}
