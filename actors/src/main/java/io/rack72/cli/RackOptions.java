package io.rack72.cli;

import io.rack72.config.ConfigLayers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** The options of all commands that run a rack. */
public final class RackOptions {
  @Option(
      names = "--model",
      paramLabel = "DIR|NAME",
      description =
          "Directory of a checkpoint; without it rack72-mini, the small model that comes with the"
              + " program, and for a twin gpt-oss-120b. Where GPUs are modeled a name too:"
              + " gpt-oss-20b, gpt-oss-120b or demo.")
  private String model;

  @Option(
      names = "--rack",
      paramLabel = "PROFILE",
      description = "Rack profile such as gb200-nvl72 (the default) or hgx-b200, or a file.")
  private String rack;

  @Option(
      names = "--device",
      paramLabel = "cpu|modeled",
      description = "What computes; cpu is the default, but for a twin, which is always modeled.")
  private String device;

  @Option(names = "--config", paramLabel = "FILE", description = "Settings, in HOCON.")
  private Path config;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "One setting, such as rack72.expert-parallel=8; can be repeated.")
  private List<String> settings = List.of();

  private List<String> beneath = List.of();

  /** Puts settings beneath those that were given. */
  public void putBeneath(List<String> others) {
    beneath = List.copyOf(others);
  }

  /** The layers of settings that these options ask for. */
  public ConfigLayers layers() {
    return over(ConfigLayers.defaults());
  }

  /** These options' layers of settings over others. */
  ConfigLayers over(ConfigLayers layers) {
    if (rack != null) {
      layers.rack(rack);
    }
    if (config != null) {
      layers.file(config);
    }
    beneath.forEach(layers::set);
    settings.forEach(layers::set);
    if (model != null) {
      layers.option("--model", "rack72.model.path", model);
    }
    if (device != null) {
      layers.option("--device", "rack72.device", device);
    }
    return layers;
  }

  /** The words of a command line that give these options to another process on this machine. */
  public List<String> arguments() {
    List<String> arguments = new ArrayList<>();
    beneath.forEach(setting -> add(arguments, "--set", setting));
    arguments.addAll(given());
    return arguments;
  }

  /** The words by which these options were given. */
  public List<String> given() {
    List<String> arguments = new ArrayList<>();
    add(arguments, "--model", model);
    add(arguments, "--rack", rack);
    add(arguments, "--device", device);
    add(arguments, "--config", config);
    settings.forEach(setting -> add(arguments, "--set", setting));
    return arguments;
  }

  private static void add(List<String> arguments, String option, Object value) {
    if (value != null) {
      arguments.add(option);
      arguments.add(value.toString());
    }
  }

  /** What {@code --device} was given, or null. */
  String device() {
    return device;
  }

  /** What {@code --model} was given, or null. */
  String model() {
    return model;
  }
}
