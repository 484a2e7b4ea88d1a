package io.rack72.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rack72.config.ConfigLayers;
import io.rack72.config.Rack72Config;
import io.rack72.hardware.TrayId;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;

/**
 * {@code rehearse}: a small rack of two nodes in this JVM answers one question and is taken down.
 * The launcher runs it once after a build, for the JVM to remember what it loaded, so that later
 * starts are quick.
 */
@Command(name = "rehearse", hidden = true, versionProvider = Version.class)
final class RehearseCommand implements Callable<Integer> {
  private static final int READY_SECONDS = 60;
  private static final int TOKENS = 8;

  private final Invocation invocation;

  RehearseCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() throws Exception {
    Rack72Config first = layers().load(invocation.host());
    List<TrayId> trays = first.rack().allTrays();
    int half = trays.size() / 2;
    try (NodeRack one =
        NodeRack.start(first, invocation, trays.subList(0, half), true, false, _ -> {})) {
      Rack72Config second =
          layers()
              .option("rehearse", "rack72.cluster.join", List.of(one.node().address()))
              .load(invocation.host());
      try (NodeRack other =
              NodeRack.start(
                  second, invocation, trays.subList(half, trays.size()), false, false, _ -> {});
          RackLauncher.Gateway gateway = LocalLauncher.gateway(one, first)) {
        for (NodeRack node : List.of(one, other)) {
          node.node().join();
          node.node().enter("");
        }
        one.node().node().milestones().ready().get(READY_SECONDS, TimeUnit.SECONDS);
        chat(gateway.url(), one.model().name());
        other.node().leave();
      }
    }
    return 0;
  }

  private static ConfigLayers layers() {
    return ConfigLayers.defaults()
        .set("rack72.data-parallel=1")
        .set("rack72.kv.bytes-per-gpu=64MiB")
        .set("rack72.cluster { port = 0, timing = fast }")
        .set("rack72.gateway.port=0");
  }

  private static void chat(URI url, String model) throws Exception {
    try (ChatClient client =
        new ChatClient(ApiServer.at(url, Optional.empty(), Optional.of(model)))) {
      ObjectNode request = ChatClient.newBody().put("model", model).put("max_tokens", TOKENS);
      request.putArray("messages").addObject().put("role", "user").put("content", "Hello");
      client.complete(
          request,
          new ChatClient.Listener() {
            @Override
            public void reasoning(String text) {}

            @Override
            public void content(String text) {}
          });
    }
  }
}
