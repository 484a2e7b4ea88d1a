package io.rack72.cli;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.config.ConfigLayers;
import io.rack72.config.Rack72Config;
import io.rack72.model.ForwardObserver;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options of all commands that talk to a server, be it one of their own. */
public final class ServerOptions {
  @Mixin private RackOptions rackOptions;

  @Option(
      names = "--url",
      paramLabel = "URL",
      description =
          "Server to talk to, such as http://localhost:8000; --model is then the name"
              + " that the model has there.")
  private URI url;

  /**
   * The server, started where {@code --url} names none.
   *
   * @param command that has these options
   * @param observer of a rack of the command's own, which has this model
   */
  public ApiServer open(
      CommandLine command, Invocation invocation, Function<ModelConfig, ForwardObserver> observer) {
    ConfigLayers layers = rackOptions.layers();
    if (url != null) {
      if (url.getHost() == null || !List.of("http", "https").contains(url.getScheme())) {
        throw new ParameterException(
            command, "--url is such as http://localhost:8000, not '" + url + "'");
      }
      Rack72Config config = layers.load(invocation.host());
      return ApiServer.at(url, config.http().apiKey(), Optional.ofNullable(rackOptions.model()));
    }
    return ApiServer.own(layers, command.getCommandName(), invocation, observer);
  }
}
