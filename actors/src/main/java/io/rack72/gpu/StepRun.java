package io.rack72.gpu;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.fabric.Frame;
import io.rack72.hardware.GpuId;
import io.rack72.model.Device;
import io.rack72.model.ExpertDispatch;
import io.rack72.model.ForwardStep;
import io.rack72.model.Routing;
import io.rack72.model.StepBatch;
import io.rack72.placement.ExpertRoutes;
import io.rack72.schedule.Urgency;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * One step's way through the layers, on the GPU that owns its sequences: attention and router here,
 * experts wherever they live, and on to the next layer when all of them have answered. What one of
 * them does not answer may be computed by anybody else; the first answer counts. It knows what is
 * to be sent and what is awaited; when and how belongs to the actor. A pure class; not thread-safe.
 */
final class StepRun {
  private final long number;
  private final GpuId gpu;
  private final int hiddenSize;
  private final int expertsPerToken;
  private final Urgency urgency;
  private final ForwardStep forward;
  private final int outputCount;
  // Made for the first answer that has any: a device that computes nothing gives none.
  private float[] outputs;
  private final Map<GpuId, Question> awaited = new TreeMap<>();
  // Of those awaited the ones whose answers are computed here.
  private final Set<GpuId> inHand = new TreeSet<>();
  private ExpertRoutes routes;
  private int layer;
  private long askedAtNanos;
  private boolean answeredByOwners;
  private Routing routing;
  private ForwardStep.Logits logits;

  private record Question(ExpertDispatch dispatch, Frame.Dispatch frame) {}

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
   * @param routes by which it asks for experts, until it is told others
   * @param urgency of it, for those who are asked
   */
  StepRun(
      long number,
      GpuId gpu,
      ExpertRoutes routes,
      ModelConfig config,
      Device device,
      StepBatch batch,
      Urgency urgency) {
    this.number = number;
    this.gpu = gpu;
    this.routes = routes;
    this.urgency = urgency;
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

  /** Asks others from the next layer on; of the same placement. */
  void follow(ExpertRoutes others) {
    routes = others;
  }

  /** Splits the layer's rows by whom to ask for their experts, and awaits the answers. */
  Fanout fanOut(long nowNanos) {
    askedAtNanos = nowNanos;
    answeredByOwners = true;
    inHand.clear();
    List<Frame.Dispatch> remote = new ArrayList<>();
    Optional<Frame.Dispatch> local = Optional.empty();
    List<ExpertDispatch> plan =
        ExpertDispatch.plan(
            layer,
            routing.experts(),
            expertsPerToken,
            (ofLayer, expert) -> routes.owner(ofLayer, expert).index());
    for (ExpertDispatch dispatch : plan) {
      GpuId owner = new GpuId(dispatch.gpu());
      Frame.Dispatch frame =
          new Frame.Dispatch(
              gpu,
              owner,
              routes.epoch(),
              number,
              layer,
              dispatch.gather(routing.hidden(), hiddenSize),
              dispatch.rows(),
              dispatch.experts(),
              urgency,
              Frame.Dispatch.bytes(
                  dispatch.sentRows().length, hiddenSize, dispatch.experts().length));
      awaited.put(owner, new Question(dispatch, frame));
      if (owner.equals(gpu)) {
        local = Optional.of(frame);
      } else {
        remote.add(frame);
      }
    }
    return new Fanout(remote, local);
  }

  /**
   * Takes what a GPU's experts gave. What is not awaited, since another has given it already or it
   * comes from another time, is ignored.
   *
   * @return whether the layer has all answers now, and had not before
   */
  boolean accept(Frame.Combine answer) {
    return awaits(answer) && take(awaited.remove(answer.from()), answer.outputs());
  }

  /** Whether this is an answer to what is still asked. */
  boolean awaits(Frame answer) {
    // A GPU that came anew counts its runs from 1 again, but not in the placement it was lost in.
    return answer.epoch() == routes.epoch()
        && answer.step() == number
        && answer.layer() == layer
        && awaited.containsKey(answer.from());
  }

  /**
   * Takes what was computed in place of a GPU that has not answered; if it has meanwhile, nothing.
   *
   * @param outputs {@code [assignments, hiddenSize]}, or null where the device computes nothing
   * @return whether the layer has all answers now, and had not before
   */
  boolean acceptInPlaceOf(GpuId owner, int ofLayer, float[] outputs) {
    if (ofLayer != layer || !awaited.containsKey(owner)) {
      return false;
    }
    answeredByOwners = false;
    return take(awaited.remove(owner), outputs);
  }

  private boolean take(Question question, float[] values) {
    if (values != null) {
      if (outputs == null) {
        outputs = new float[outputCount];
      }
      question.dispatch().scatter(values, hiddenSize, outputs);
    }
    return awaited.isEmpty();
  }

  /** What a GPU was asked is computed here; {@link #acceptInPlaceOf} follows. */
  void takeInHand(GpuId owner) {
    inHand.add(owner);
  }

  /** What other GPUs were asked and have not answered, nor is computed here, by ascending GPU. */
  List<Frame.Dispatch> unanswered() {
    return awaited.values().stream()
        .map(Question::frame)
        .filter(frame -> !frame.to().equals(gpu) && !inHand.contains(frame.to()))
        .toList();
  }

  /** When the layer's experts were asked for. */
  long askedAtNanos() {
    return askedAtNanos;
  }

  /** Whether all answers to the layer so far have come from those who were asked. */
  boolean answeredByOwners() {
    return answeredByOwners;
  }

  /** Assignments of rows to experts that each layer has. */
  int assignments() {
    return outputCount / hiddenSize;
  }

  /** The layer that is computed. */
  int layer() {
    return layer;
  }

  /**
   * Goes on with all answers: to the next layer's routing, or behind the last layer to the logits.
   *
   * @return when they are ready, in nanoseconds
   */
  long advance(long nowNanos) {
    long combinedNanos = forward.combine(layer, outputs, nowNanos);
    layer++;
    if (layer < routes.layers()) {
      routing = forward.route(layer, combinedNanos);
      return routing.readyAtNanos();
    }
    logits = forward.logits(combinedNanos);
    return logits.readyAtNanos();
  }

  /** Of the placement that the step follows. */
  long epoch() {
    return routes.epoch();
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
