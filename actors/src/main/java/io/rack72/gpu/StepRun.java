package io.rack72.gpu;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.fabric.Frame;
import io.rack72.hardware.GpuId;
import io.rack72.model.Device;
import io.rack72.model.ExpertDispatch;
import io.rack72.model.ForwardStep;
import io.rack72.model.Routing;
import io.rack72.model.StepBatch;
import io.rack72.placement.ExpertPlacement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * One step's way through the layers, on the GPU that owns its sequences: attention and router here,
 * experts wherever they live, and on to the next layer when all of them have answered. It knows
 * what is to be sent and what is awaited; when and how belongs to the actor. A pure class; not
 * thread-safe.
 */
final class StepRun {
  private final long number;
  private final GpuId gpu;
  private final ExpertPlacement placement;
  private final int hiddenSize;
  private final int expertsPerToken;
  private final boolean decoding;
  private final ForwardStep forward;
  private final int outputCount;
  // Made for the first answer that has any: a device that computes nothing gives none.
  private float[] outputs;
  private final Map<GpuId, ExpertDispatch> awaited = new TreeMap<>();
  private int layer;
  private Routing routing;
  private ForwardStep.Logits logits;

  /**
   * What a layer's routing asks for.
   *
   * @param remote frames for other GPUs, by ascending GPU
   * @param local this GPU's own share
   */
  record Fanout(List<Frame.Dispatch> remote, Optional<Frame.Dispatch> local) {
    /** Whether nobody is asked anything: the device has taken care of the experts itself. */
    boolean isEmpty() {
      return remote.isEmpty() && local.isEmpty();
    }
  }

  /**
   * Begins a step.
   *
   * @param number by which answers find this run of a step again
   * @param decoding whether readers of running replies wait for it
   */
  StepRun(
      long number,
      GpuId gpu,
      ExpertPlacement placement,
      ModelConfig config,
      Device device,
      StepBatch batch,
      boolean decoding) {
    this.number = number;
    this.gpu = gpu;
    this.placement = placement;
    this.decoding = decoding;
    hiddenSize = config.hiddenSize();
    expertsPerToken = config.expertsPerToken();
    forward = device.begin(batch);
    outputCount = batch.rows() * expertsPerToken * hiddenSize;
  }

  /** Runs the first layer's attention and router. Returns when they are ready, in nanoseconds. */
  long begin(long nowNanos) {
    routing = forward.route(0, nowNanos);
    return routing.readyAtNanos();
  }

  /** Splits the layer's rows by who owns their experts, and awaits the answers. */
  Fanout fanOut() {
    List<Frame.Dispatch> remote = new ArrayList<>();
    Optional<Frame.Dispatch> local = Optional.empty();
    List<ExpertDispatch> plan =
        ExpertDispatch.plan(
            layer,
            routing.experts(),
            expertsPerToken,
            (ofLayer, expert) -> placement.owner(gpu, ofLayer, expert).index());
    for (ExpertDispatch dispatch : plan) {
      GpuId owner = new GpuId(dispatch.gpu());
      awaited.put(owner, dispatch);
      Frame.Dispatch frame =
          new Frame.Dispatch(
              gpu,
              owner,
              placement.epoch(),
              number,
              layer,
              dispatch.gather(routing.hidden(), hiddenSize),
              dispatch.rows(),
              dispatch.experts(),
              decoding,
              Frame.Dispatch.bytes(
                  dispatch.sentRows().length, hiddenSize, dispatch.experts().length));
      if (owner.equals(gpu)) {
        local = Optional.of(frame);
      } else {
        remote.add(frame);
      }
    }
    return new Fanout(remote, local);
  }

  /**
   * Takes what a GPU's experts gave. An answer that this layer does not await is refused.
   *
   * @return whether the layer has all answers
   */
  boolean accept(Frame.Combine answer) {
    if (answer.step() != number || answer.layer() != layer) {
      throw new IllegalStateException(
          "%s awaits step %d, layer %d, and was answered step %d, layer %d by %s"
              .formatted(gpu, number, layer, answer.step(), answer.layer(), answer.from()));
    }
    ExpertDispatch dispatch = awaited.remove(answer.from());
    if (dispatch == null) {
      throw new IllegalStateException(
          gpu + " was answered by " + answer.from() + ", which it did not ask, or twice");
    }
    if (answer.outputs() != null) {
      if (outputs == null) {
        outputs = new float[outputCount];
      }
      dispatch.scatter(answer.outputs(), hiddenSize, outputs);
    }
    return awaited.isEmpty();
  }

  /**
   * Goes on with all answers: to the next layer's routing, or behind the last layer to the logits.
   *
   * @return when they are ready, in nanoseconds
   */
  long advance(long nowNanos) {
    long combinedNanos = forward.combine(layer, outputs, nowNanos);
    layer++;
    if (layer < placement.layers()) {
      routing = forward.route(layer, combinedNanos);
      return routing.readyAtNanos();
    }
    logits = forward.logits(combinedNanos);
    return logits.readyAtNanos();
  }

  /** Of the placement that the step follows. */
  long epoch() {
    return placement.epoch();
  }

  /** Whether one of these GPUs has been asked and has not answered, or will yet be asked. */
  boolean awaitsAnyOf(Set<GpuId> lost) {
    return !done() && lost.stream().anyMatch(placement::has);
  }

  /** Whether the logits have been computed. */
  boolean done() {
    return logits != null;
  }

  /** {@code [logitRows, vocabSize]}, once {@link #done}. */
  float[] logits() {
    return logits.values();
  }
}
