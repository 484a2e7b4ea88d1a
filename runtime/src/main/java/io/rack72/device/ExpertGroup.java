package io.rack72.device;

import io.rack72.checkpoint.ModelConfig;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * The GPUs over which one copy of the experts is spread. They take their steps together, since each
 * layer's experts wait for the rows of all: a step that becomes ready while the others compute
 * waits for the next. One GPU that holds all experts is a group of its own.
 *
 * <p>Begins and ends are instants in nanoseconds on the clock of the callers. A step is joined
 * before its end is asked for, so that then all that join it are known, and with them how long it
 * takes. Pure; not thread-safe.
 */
public final class ExpertGroup {
  /**
   * Layers whose routing is drawn for each step, in turn; the others are taken to be like them. All
   * 36 of gpt-oss-120b would be most of the work of simulating a step.
   */
  private static final int DRAWN_LAYERS = 4;

  private final ModelConfig config;
  private final int gpus;
  private final StepDurations durations;
  private final ExpertLoads loads;
  private final int elementBytes;
  private final int slidingLayers;
  private final GroupLinks links;
  private final GroupExchange exchanged;
  // By the member that computes it, in the order in which they joined.
  private final Map<Integer, StepShape> joining = new LinkedHashMap<>();
  private long lateNanos;
  private LongSupplier promptDue = () -> Long.MIN_VALUE;
  // Of the step that has begun last, and how long the last one took without its host that had no
  // prompts; known where callers may be late.
  private Set<Integer> lastMembers = Set.of();
  private long decodingNanos;
  private long hostNanos;
  private long beginNanos;
  private long endNanos;
  private long weightsNanos;
  private long steps;
  private StepTerms terms = StepTerms.NONE;
  private final TimeTally tally = new TimeTally();
  // Of the step that has begun last, and of all before it.
  private long lastBeginNanos;
  private GpuTime last = GpuTime.NONE;
  private GpuTime before = GpuTime.NONE;

  /**
   * @param number of the group, which no other has
   * @param gpus in the group
   * @param slots of the group's GPUs
   * @param elementBytes of the elements of rows that are exchanged
   * @param links of the group's members
   */
  public ExpertGroup(
      int number,
      ModelConfig config,
      int gpus,
      ExpertSlots slots,
      RoutingModel routing,
      StepDurations durations,
      int elementBytes,
      GroupLinks links) {
    this.config = config;
    this.gpus = gpus;
    this.durations = durations;
    this.elementBytes = elementBytes;
    this.links = links;
    loads = new ExpertLoads(number, config, gpus, slots, routing);
    exchanged = new GroupExchange(gpus, links);
    slidingLayers = (int) config.slidingLayers().stream().filter(sliding -> sliding).count();
  }

  /**
   * Forgives its callers for coming late, as they do on a clock that does not wait for them. Who
   * was in the last step is due at its end, and who was not when the last prompt was: one of the
   * others may have been due before, and is not forgiven that. A step that is joined so soon after
   * its first member was due begins as if it had been joined then, and can be joined so long after
   * its begin by those who were due before, as long as nobody has asked for its end. So what a
   * machine is late by does not add up from step to step.
   *
   * @param nanos 0, which it is at first, where callers are never late
   * @param promptDue the latest instant at which a prompt was due that may not have come to its GPU
   *     yet, on the clock of the callers; never one to come
   */
  public void tolerate(long nanos, LongSupplier promptDue) {
    lateNanos = nanos;
    this.promptDue = promptDue;
  }

  /**
   * How long after a step has begun its end should be asked for, so that those are in it who come
   * late: half of what the last step took that had no prompts, so that no end is missed.
   */
  long graceNanos() {
    return Math.min(lateNanos, decodingNanos / 2);
  }

  /**
   * Joins the next step that has not begun.
   *
   * @param member that computes this shape, from 0; those that have experts come first
   * @return when it begins, which may be past where callers may be late
   */
  public long join(int member, StepShape shape, long nowNanos) {
    closeIfBegun(nowNanos - lateNanos);
    long dueNanos =
        lastMembers.contains(member) ? endNanos : Math.max(endNanos, promptDue.getAsLong());
    if (dueNanos > beginNanos) {
      closeIfBegun(nowNanos);
    }
    if (joining.isEmpty()) {
      hostNanos = Math.max(1, durations.hostNanos(shape));
      long freeNanos = Math.max(endNanos, dueNanos);
      long readyNanos = nowNanos <= freeNanos + lateNanos ? freeNanos : nowNanos;
      beginNanos = Math.max(readyNanos + hostNanos, weightsNanos);
    }
    joining.put(member, shape);
    return beginNanos;
  }

  /** A member is there no more: what it would have computed in a step to come is not computed. */
  public void leave(int member, long nowNanos) {
    closeIfBegun(nowNanos);
    joining.remove(member);
  }

  /** Steps that nobody has joined begin at this instant or later, when experts have come. */
  public void awaitWeights(long loadedNanos) {
    weightsNanos = Math.max(weightsNanos, loadedNanos);
  }

  /** Takes over GPUs of another group: waits for the step that they are in, and for its experts. */
  public void follow(ExpertGroup former, long nowNanos) {
    if (former != this) {
      endNanos = Math.max(endNanos, former.endNanos(nowNanos));
      awaitWeights(former.weightsNanos);
    }
  }

  /**
   * How much longer the host of one GPU takes for its part of the step that it has joined last than
   * the host of the first to join, which is when the step begins.
   */
  long lateNanos(StepShape shape) {
    return Math.max(0, durations.hostNanos(shape) - hostNanos);
  }

  /** When the step ends that has begun last. */
  public long endNanos(long nowNanos) {
    closeIfBegun(nowNanos);
    return endNanos;
  }

  /** Steps that have begun and been followed by another's joining, or whose end was asked for. */
  long steps() {
    return steps;
  }

  /** Where the time of all steps so far went, and what they moved. */
  public StepTerms terms() {
    return terms;
  }

  /**
   * What the group's GPUs did with their time until then, all together; of a step that has not
   * ended the part that has passed. What is missing is time in which there was no step, or in which
   * one was prepared that has not begun.
   */
  public GpuTime time(long nowNanos) {
    closeIfBegun(nowNanos);
    double lasts = (double) Math.max(1, endNanos - lastBeginNanos);
    return before.plus(last.times(Math.clamp((double) (nowNanos - lastBeginNanos) / lasts, 0, 1)));
  }

  private void closeIfBegun(long nowNanos) {
    if (joining.isEmpty() || nowNanos < beginNanos) {
      return;
    }
    long late = 0;
    long hosts = 0;
    for (StepShape shape : joining.values()) {
      long own = durations.hostNanos(shape);
      late = Math.max(late, own - hostNanos);
      hosts += own;
    }
    tally.clear();
    StepTerms step = termsOf(joining, hostNanos + late);
    terms = terms.plus(step);
    before = before.plus(last);
    lastBeginNanos = beginNanos - hostNanos;
    endNanos = beginNanos + late + step.deviceNanos();
    last = tally.of((double) taking() * (endNanos - lastBeginNanos), hosts);
    if (lateNanos > 0) {
      lastMembers = Set.copyOf(joining.keySet());
      if (joining.values().stream().allMatch(shape -> shape.chunks().isEmpty())) {
        decodingNanos = endNanos - beginNanos;
      }
    }
    joining.clear();
    steps++;
  }

  /** GPUs of a step: the group's, and those without experts that have joined it. */
  private int taking() {
    return gpus + (int) joining.keySet().stream().filter(member -> member >= gpus).count();
  }

  /**
   * How long a step takes, of which each GPU of the group computes one of these shapes, or none.
   */
  private StepTerms termsOf(Map<Integer, StepShape> shapes, long host) {
    long sliding = 0;
    long full = 0;
    long logits = 0;
    int rows = 0;
    int logitRows = 0;
    // As many as would take as long through a port that is not slow.
    double mostRows = 0;
    for (Map.Entry<Integer, StepShape> member : shapes.entrySet()) {
      StepShape shape = member.getValue();
      if (slidingLayers > 0) {
        KernelTime time = durations.attentionTime(true, shape);
        sliding = Math.max(sliding, time.nanos());
        tally.add(time, slidingLayers);
      }
      if (slidingLayers < config.layers()) {
        KernelTime time = durations.attentionTime(false, shape);
        full = Math.max(full, time.nanos());
        tally.add(time, config.layers() - slidingLayers);
      }
      KernelTime logitsTime = durations.logitsTime(shape.logitRows());
      logits = Math.max(logits, logitsTime.nanos());
      tally.add(logitsTime, 1);
      rows += shape.rows();
      logitRows += shape.logitRows();
      mostRows = Math.max(mostRows, shape.rows() / links.portFactor(member.getKey()));
    }
    long attention = slidingLayers * sliding + (config.layers() - slidingLayers) * full;
    return gpus == 1
        ? alone(host, attention, logits, rows, logitRows)
        : together(host, attention, logits, rows, mostRows, shapes);
  }

  private StepTerms alone(long host, long attention, long logits, int rows, int logitRows) {
    long reduced = durations.reducesBytes(rows, logitRows);
    links.within((double) reduced);
    KernelTime experts =
        durations.expertsTime(loads.expectedTouched(rows), rows * config.expertsPerToken());
    KernelTime reduces = durations.reducesTime(rows);
    tally.add(experts, config.layers());
    tally.add(reduces, config.layers());
    return new StepTerms(
        host,
        attention,
        config.layers() * experts.nanos(),
        config.layers() * reduces.nanos(),
        logits,
        reduced);
  }

  private StepTerms together(
      long host,
      long attention,
      long logits,
      int rows,
      double mostRows,
      Map<Integer, StepShape> shapes) {
    long experts = 0;
    long exchange = 0;
    long rowBytes = (long) config.hiddenSize() * elementBytes;
    int drawn = Math.min(DRAWN_LAYERS, config.layers());
    double layersOfOne = (double) config.layers() / drawn;
    for (int i = 0; i < drawn; i++) {
      int layer = (int) ((steps * drawn + i) % config.layers());
      loads.draw(layer, steps, rows);
      long slowest = 0;
      long busiestIn = 0;
      long busiestOut = 0;
      for (int gpu = 0; gpu < gpus; gpu++) {
        KernelTime own = durations.expertsTime(loads.touched(gpu), loads.assignments(gpu));
        slowest = Math.max(slowest, own.nanos());
        tally.add(own, layersOfOne);
        long dispatched = (long) (loads.remoteRows(gpu) * rowBytes);
        long combined = (long) (loads.remoteAssignments(gpu) * rowBytes);
        double factor = links.portFactor(gpu);
        busiestIn = Math.max(busiestIn, (long) (dispatched / factor));
        busiestOut = Math.max(busiestOut, (long) (combined / factor));
        exchanged.add(gpu, loads.rows(gpu) * rowBytes, (double) loads.assignments(gpu) * rowBytes);
      }
      experts += slowest;
      // The sender with the most rows may be busier than any receiver, and likewise back.
      long sent = (long) (mostRows * loads.gpusPerRow() * rowBytes);
      long answered = (long) (mostRows * config.expertsPerToken() * (gpus - 1) / gpus * rowBytes);
      KernelTime there = durations.exchangeTime(Math.max(busiestIn, sent), gpus);
      KernelTime back = durations.exchangeTime(Math.max(busiestOut, answered), gpus);
      exchange += there.nanos() + back.nanos();
      // It lasts for all until the busiest port is through.
      tally.add(there, layersOfOne * taking());
      tally.add(back, layersOfOne * taking());
    }
    return new StepTerms(
        host,
        attention,
        experts * config.layers() / drawn,
        exchange * config.layers() / drawn,
        logits,
        Math.round(exchanged.end(shapes, rows, (double) config.layers() / drawn)));
  }
}
