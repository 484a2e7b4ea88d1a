package io.rack72.fault;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Function;

/**
 * Makes the faults of a run from its description and a seed: those that are listed, each at its
 * time, and those of a random stretch, one after the other. The same description and seed give the
 * same schedule. Without state.
 *
 * <pre>
 * faults = [ { at = 3s, fault = kill, node = { one-of = [1, 2] } } ]
 * random {
 *   from = 10s                          # when the first may come
 *   to = 10 minutes                     # when the last is over
 *   pause { from = 20s, to = 40s }      # after each, before the next
 *   faults = [ { fault = freeze, node = { from = 1, to = 3 }, length = 5s } ]
 * }
 * </pre>
 */
public final class ScheduleReader {
  private static final int MAX_FAULTS = 1000;

  private ScheduleReader() {}

  /**
   * Reads {@code faults} and {@code random} of a section; either may be missing.
   *
   * @throws io.rack72.config.InvalidConfigException that says where and what would be right
   */
  public static FaultSchedule read(Fields fields, long seed) {
    return read(fields, seed, _ -> Optional.empty());
  }

  /**
   * The same where not every fault can be.
   *
   * @param refusal why one cannot, as a sentence; empty where it can
   * @throws io.rack72.config.InvalidConfigException that says where and what would be right
   */
  public static FaultSchedule read(
      Fields fields, long seed, Function<ScheduledFault, Optional<String>> refusal) {
    SplittableRandom random = new SplittableRandom(seed);
    List<ScheduledFault> faults = new ArrayList<>();
    if (fields.has("faults")) {
      for (Fields each : fields.sections("faults")) {
        Fields drawn = each.again(random.split());
        ScheduledFault fault = new ScheduledFault(drawn.duration("at"), FaultText.read(drawn));
        drawn.end();
        faults.add(accepted(drawn, fault, refusal));
      }
    }
    if (fields.has("random")) {
      Fields section = fields.section("random");
      faults.addAll(stretch(section, random.split(), refusal));
      section.end();
    }
    if (faults.size() > MAX_FAULTS) {
      throw fields.wrong("a run has at most %d faults".formatted(MAX_FAULTS));
    }
    try {
      return new FaultSchedule(faults);
    } catch (IllegalArgumentException e) {
      throw fields.wrong(e.getMessage());
    }
  }

  private static ScheduledFault accepted(
      Fields fields, ScheduledFault fault, Function<ScheduledFault, Optional<String>> refusal) {
    Optional<String> reason = refusal.apply(fault);
    if (reason.isPresent()) {
      throw fields.wrong(reason.get());
    }
    return fault;
  }

  private static List<ScheduledFault> stretch(
      Fields fields, SplittableRandom random, Function<ScheduledFault, Optional<String>> refusal) {
    Duration time = fields.duration("from");
    Duration end = fields.duration("to");
    List<Fields> kinds = fields.sections("faults");
    if (kinds.isEmpty()) {
      throw fields.wrong("faults names at least one");
    }
    List<ScheduledFault> faults = new ArrayList<>();
    while (faults.size() < MAX_FAULTS) {
      Fields kind = kinds.get(random.nextInt(kinds.size())).again(random.split());
      ScheduledFault next = new ScheduledFault(time, FaultText.read(kind));
      kind.end();
      if (next.end().compareTo(end) > 0) {
        break;
      }
      faults.add(accepted(kind, next, refusal));
      Duration pause = fields.again(random.split()).duration("pause");
      if (pause.isZero() && next.fault().length().isZero()) {
        throw fields.wrong("pause is above 0 after a fault that is over at once");
      }
      time = next.end().plus(pause);
    }
    // Read here too, for an unknown field is one that nobody reads.
    fields.duration("pause");
    return faults;
  }
}
