package io.rack72.device;

import io.rack72.checkpoint.ModelConfig;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntUnaryOperator;

/**
 * The GPUs over which one copy of the experts is spread. They take their steps together, since each
 * layer's experts wait for the rows of all: a step that becomes ready while the others compute
 * waits for the next. One GPU that holds all experts is a group of its own.
 *
 * <p>Begins and ends are instants in nanoseconds on the clock of the callers. A step joins before
 * it begins, so that when it does all that join it are known, and with them how long it takes.
 * Pure; not thread-safe.
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
  private final GroupExchange links;
  // By the member that computes it, in the order in which they joined.
  private final Map<Integer, StepShape> joining = new LinkedHashMap<>();
  private long hostNanos;
  private long beginNanos;
  private long endNanos;
  private long steps;
  private StepTerms terms = StepTerms.NONE;

  /**
   * @param number of the group, which no other has
   * @param gpus in the group
   * @param slots of the group's GPUs
   * @param elementBytes of the elements of rows that are exchanged
   * @param traffic of the rack, which is told what the steps move
   * @param gpuOf the GPU of the rack that a member is
   */
  public ExpertGroup(
      int number,
      ModelConfig config,
      int gpus,
      ExpertSlots slots,
      RoutingModel routing,
      StepDurations durations,
      int elementBytes,
      LinkTraffic traffic,
      IntUnaryOperator gpuOf) {
    this.config = config;
    this.gpus = gpus;
    this.durations = durations;
    this.elementBytes = elementBytes;
    loads = new ExpertLoads(number, config, gpus, slots, routing);
    links = new GroupExchange(gpus, traffic, gpuOf);
    slidingLayers = (int) config.slidingLayers().stream().filter(sliding -> sliding).count();
  }

  /**
   * Joins the next step that has not begun.
   *
   * @param member that computes this shape, from 0; those that have experts come first
   * @return when it begins
   */
  public long join(int member, StepShape shape, long nowNanos) {
    closeIfBegun(nowNanos);
    if (joining.isEmpty()) {
      hostNanos = Math.max(1, durations.hostNanos(shape));
      beginNanos = Math.max(nowNanos, endNanos) + hostNanos;
    }
    joining.put(member, shape);
    return beginNanos;
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

  private void closeIfBegun(long nowNanos) {
    if (joining.isEmpty() || nowNanos < beginNanos) {
      return;
    }
    long late = joining.values().stream().mapToLong(this::lateNanos).max().orElse(0);
    StepTerms step = termsOf(joining, hostNanos + late);
    terms = terms.plus(step);
    endNanos = beginNanos + late + step.deviceNanos();
    joining.clear();
    steps++;
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
    int mostRows = 0;
    for (StepShape shape : shapes.values()) {
      if (slidingLayers > 0) {
        sliding = Math.max(sliding, durations.attentionNanos(true, shape));
      }
      if (slidingLayers < config.layers()) {
        full = Math.max(full, durations.attentionNanos(false, shape));
      }
      logits = Math.max(logits, durations.logitsNanos(shape.logitRows()));
      rows += shape.rows();
      logitRows += shape.logitRows();
      mostRows = Math.max(mostRows, shape.rows());
    }
    long attention = slidingLayers * sliding + (config.layers() - slidingLayers) * full;
    return gpus == 1
        ? alone(host, attention, logits, rows, logitRows)
        : together(host, attention, logits, rows, mostRows, shapes);
  }

  private StepTerms alone(long host, long attention, long logits, int rows, int logitRows) {
    long reduced = durations.reducesBytes(rows, logitRows);
    links.within((double) reduced);
    long experts =
        durations.expertsNanos(loads.expectedTouched(rows), rows * config.expertsPerToken());
    return new StepTerms(
        host,
        attention,
        config.layers() * experts,
        config.layers() * durations.reducesNanos(rows),
        logits,
        reduced);
  }

  private StepTerms together(
      long host,
      long attention,
      long logits,
      int rows,
      int mostRows,
      Map<Integer, StepShape> shapes) {
    long experts = 0;
    long exchange = 0;
    long rowBytes = (long) config.hiddenSize() * elementBytes;
    int drawn = Math.min(DRAWN_LAYERS, config.layers());
    for (int i = 0; i < drawn; i++) {
      int layer = (int) ((steps * drawn + i) % config.layers());
      loads.draw(layer, steps, rows);
      long slowest = 0;
      long busiestIn = 0;
      long busiestOut = 0;
      for (int gpu = 0; gpu < gpus; gpu++) {
        slowest =
            Math.max(slowest, durations.expertsNanos(loads.touched(gpu), loads.assignments(gpu)));
        long dispatched = (long) (loads.remoteRows(gpu) * rowBytes);
        long combined = (long) (loads.remoteAssignments(gpu) * rowBytes);
        busiestIn = Math.max(busiestIn, dispatched);
        busiestOut = Math.max(busiestOut, combined);
        links.add(gpu, loads.rows(gpu) * rowBytes, (double) loads.assignments(gpu) * rowBytes);
      }
      experts += slowest;
      // The sender with the most rows may be busier than any receiver, and likewise back.
      long sent = (long) (mostRows * loads.gpusPerRow() * rowBytes);
      long answered =
          (long) (mostRows * (double) config.expertsPerToken() * (gpus - 1) / gpus * rowBytes);
      exchange +=
          durations.exchangeNanos(Math.max(busiestIn, sent), gpus)
              + durations.exchangeNanos(Math.max(busiestOut, answered), gpus);
    }
    return new StepTerms(
        host,
        attention,
        experts * config.layers() / drawn,
        exchange * config.layers() / drawn,
        logits,
        Math.round(links.end(shapes, rows, (double) config.layers() / drawn)));
  }
}
