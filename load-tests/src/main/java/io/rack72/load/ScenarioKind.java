package io.rack72.load;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The scenarios by name, each with the options that mean something to it. */
enum ScenarioKind {
  STEADY,
  PREFIX,
  INTERFERENCE,
  SOAK;

  private Set<String> options() {
    return switch (this) {
      case STEADY ->
          Set.of(
              "--chat",
              "--requests",
              "--concurrency",
              "--rate",
              "--warmup",
              "--slo-ttft",
              "--slo-itl");
      case PREFIX ->
          Set.of("--requests", "--concurrency", "--prefix-tokens", "--cold-requests", "--warmup");
      case INTERFERENCE -> Set.of("--streams", "--window-events", "--rounds", "--warmup");
      case SOAK -> Set.of("--concurrency", "--minutes", "--sample-seconds", "--pid");
    };
  }

  private String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Why an option cannot stand beside this scenario, where it cannot: another one has it. */
  Optional<String> complaint(String option) {
    Set<String> owners =
        Stream.of(values())
            .filter(kind -> kind.options().contains(option))
            .map(ScenarioKind::key)
            .collect(Collectors.toCollection(TreeSet::new));
    return owners.isEmpty() || owners.contains(key())
        ? Optional.empty()
        : Optional.of(
            "%s means nothing to the scenario %s, only to %s"
                .formatted(option, key(), String.join(", ", owners)));
  }

  /** Of the option. */
  static final class Converter implements ITypeConverter<ScenarioKind> {
    @Override
    public ScenarioKind convert(String name) {
      List<ScenarioKind> found =
          Stream.of(values()).filter(kind -> kind.key().equals(name)).toList();
      if (found.isEmpty()) {
        throw new TypeConversionException(
            "'%s' is not steady, prefix, interference or soak".formatted(name));
      }
      return found.getFirst();
    }
  }
}
