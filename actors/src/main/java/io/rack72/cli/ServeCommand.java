package io.rack72.cli;

import io.rack72.config.ConfigLayers;
import io.rack72.config.DeviceKind;
import io.rack72.config.Rack72Config;
import io.rack72.gpu.SequenceRequest;
import io.rack72.routing.RouterActor;
import io.rack72.sampling.SamplingParams;
import io.rack72.schedule.SequenceId;
import io.rack72.schedule.Standing;
import java.io.PrintWriter;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code serve}: a rack and a gateway in this JVM, until the process is told to stop. */
@Command(
    name = "serve",
    description = "Serves a model over HTTP, with the API of OpenAI.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false)
final class ServeCommand implements Callable<Integer> {
  /**
   * A few tokens for nobody, computed as soon as clients can come. The JVM compiles the kernels
   * meanwhile, which takes longer than most first replies.
   */
  private static final SequenceRequest WARM_UP =
      new SequenceRequest(
          new SequenceId("warm-up", 0),
          1,
          new int[] {0},
          new int[0],
          SamplingParams.greedy(16),
          Standing.DEFAULT);

  private final Invocation invocation;

  @Spec private CommandSpec spec;
  @Mixin private RackOptions rackOptions;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "TCP port, 0 for any free one; the default is 8000.")
  private Integer port;

  @Option(names = "--json", description = "Tell that it is ready as one line of JSON.")
  private boolean json;

  ServeCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() throws Exception {
    Rack72Config config = over(ConfigLayers.defaults()).load(invocation.host());
    if (config.device() == DeviceKind.MODELED) {
      config = over(ModeledSizing.defaults()).load(invocation.host());
    }
    PrintWriter out = spec.commandLine().getOut();
    try (StopSignal stop = StopSignal.install();
        RackLauncher.Rack rack = launch(config);
        RackLauncher.Gateway gateway = invocation.launcher().open(rack, config)) {
      out.println(
          json ? readyJson(config, rack, gateway.url()) : ready(config, rack, gateway.url()));
      out.flush();
      rack.router().tell(new RouterActor.Submit(WARM_UP, rack.system().ignoreRef()));
      stop.orEndOf(rack.system().getWhenTerminated());
      rack.router().tell(new RouterActor.Cancel(WARM_UP.id()));
      PrintWriter err = spec.commandLine().getErr();
      err.println(
          "rack72: stopping; running requests have %.1f s to end"
              .formatted(config.http().stopGrace().toMillis() / 1e3));
      err.flush();
    }
    return 0;
  }

  private ConfigLayers over(ConfigLayers defaults) {
    ConfigLayers layers = rackOptions.over(defaults);
    if (port != null) {
      layers.option("--port", "rack72.gateway.port", port);
    }
    return layers;
  }

  private RackLauncher.Rack launch(Rack72Config config) {
    return switch (config.device()) {
      case CPU -> invocation.launcher().launch(config, OpenModel.open(config, invocation));
      case MODELED -> StandInRack.start(config);
    };
  }

  private static String ready(Rack72Config config, RackLauncher.Rack rack, URI url) {
    return ("rack72: serving %s on %s (%d GPUs on %d trays,"
            + " expert-parallel %d, data-parallel %d, context %d tokens, kernels %s)")
        .formatted(
            rack.model().name(),
            url,
            config.rack().gpuCount(),
            config.rack().trays(),
            config.expertParallel(),
            rack.settings().dataParallel(),
            rack.model().contextLimit(),
            rack.kernels());
  }

  private static String readyJson(Rack72Config config, RackLauncher.Rack rack, URI url) {
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("model", rack.model().name());
    report.put("url", url.toString());
    report.put("rack", config.rack().name());
    report.put("gpus", config.rack().gpuCount());
    report.put("trays", config.rack().trays());
    report.put("expert_parallel", config.expertParallel());
    report.put("data_parallel", rack.settings().dataParallel());
    report.put("context_limit", rack.model().contextLimit());
    report.put("kernels", rack.kernels());
    report.put("fingerprint", rack.model().fingerprint());
    report.put("pid", ProcessHandle.current().pid());
    return Json.line(report);
  }
}
