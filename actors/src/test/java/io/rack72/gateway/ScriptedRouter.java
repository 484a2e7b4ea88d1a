package io.rack72.gateway;

import io.rack72.gpu.SequenceEvent;
import io.rack72.gpu.SequenceRequest;
import io.rack72.hardware.GpuId;
import io.rack72.routing.RouterActor;
import io.rack72.sampling.SampledToken;
import io.rack72.schedule.FinishReason;
import io.rack72.schedule.SequenceId;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * A rack that says what a script tells it to, token by token, within the sequence's parameters. All
 * that it is sent is shown to a probe.
 */
final class ScriptedRouter {
  /**
   * What becomes of one sequence.
   *
   * @param tokens said one after the other; when they are over, the sequence stays silent
   * @param refusal instead of a place
   * @param breakdown after the tokens
   * @param cachedTokens of the prompt
   * @param step time between tokens; without any, all of them are said before anybody can object
   */
  record Script(
      int[] tokens,
      Optional<SequenceEvent.Cause> refusal,
      Optional<SequenceEvent.Cause> breakdown,
      int cachedTokens,
      Duration step) {
    static Script of(int... tokens) {
      return new Script(tokens, Optional.empty(), Optional.empty(), 0, Duration.ZERO);
    }

    static Script of(String harmony) {
      return of(ByteTokenizer.ids(harmony));
    }

    static Script refusing(SequenceEvent.Cause cause) {
      return new Script(new int[0], Optional.of(cause), Optional.empty(), 0, Duration.ZERO);
    }

    Script thenBreaking() {
      return new Script(
          tokens, refusal, Optional.of(SequenceEvent.Cause.FAILED), cachedTokens, step);
    }

    Script withCached(int promptTokens) {
      return new Script(tokens, refusal, breakdown, promptTokens, step);
    }

    Script inStepsOf(Duration time) {
      return new Script(tokens, refusal, breakdown, cachedTokens, time);
    }
  }

  private record Continue(
      SequenceRequest request, ActorRef<SequenceEvent> owner, Script script, int index)
      implements Runnable {
    @Override
    public void run() {
      SequenceId id = request.id();
      if (index == script.tokens().length) {
        script
            .breakdown()
            .ifPresent(
                cause ->
                    owner.tell(
                        new SequenceEvent.Ended(id, request.attempt(), cause, "it broke down")));
        return;
      }
      owner.tell(new SequenceEvent.Token(id, request.attempt(), index, token(), finish()));
    }

    private SampledToken token() {
      int token = script.tokens()[index];
      int alternatives = request.params().topLogprobs();
      if (alternatives < 0) {
        return new SampledToken(token, Float.NaN, new int[0], new float[0]);
      }
      int[] topIds = new int[alternatives];
      float[] topLogprobs = new float[alternatives];
      for (int i = 0; i < alternatives; i++) {
        topIds[i] = (token + i) % ByteTokenizer.BYTES;
        topLogprobs[i] = -0.25f - i;
      }
      return new SampledToken(token, -0.25f, topIds, topLogprobs);
    }

    Optional<FinishReason> finish() {
      boolean stop =
          !request.params().ignoreStopIds()
              && request.params().stopIds().contains(script.tokens()[index]);
      if (stop) {
        return Optional.of(FinishReason.STOP);
      }
      return index + 1 == request.params().maxTokens()
          ? Optional.of(FinishReason.LENGTH)
          : Optional.empty();
    }

    boolean goesOn() {
      return index < script.tokens().length && finish().isEmpty();
    }

    Continue next() {
      return new Continue(request, owner, script, index + 1);
    }
  }

  private final ActorContext<Object> context;
  private final Function<SequenceRequest, Script> scripts;
  private final ActorRef<RouterActor.Command> shown;
  private final Set<SequenceId> cancelled = new HashSet<>();
  private final Map<SequenceId, Optional<Continue>> paused = new HashMap<>();

  private ScriptedRouter(
      ActorContext<Object> context,
      Function<SequenceRequest, Script> scripts,
      ActorRef<RouterActor.Command> shown) {
    this.context = context;
    this.scripts = scripts;
    this.shown = shown;
  }

  static Behavior<RouterActor.Command> create(
      Function<SequenceRequest, Script> scripts, ActorRef<RouterActor.Command> shown) {
    return Behaviors.<Object>setup(
            context -> {
              ScriptedRouter router = new ScriptedRouter(context, scripts, shown);
              return Behaviors.receiveMessage(
                  message -> {
                    router.on(message);
                    return Behaviors.same();
                  });
            })
        .narrow();
  }

  private void on(Object message) {
    if (message instanceof RouterActor.Command command) {
      shown.tell(command);
    }
    switch (message) {
      case RouterActor.Submit(SequenceRequest request, ActorRef<SequenceEvent> owner, _, _) ->
          submit(request, owner);
      case RouterActor.Cancel(SequenceId id) -> cancelled.add(id);
      case RouterActor.Probe(SequenceId id, int attempt, ActorRef<SequenceEvent> owner) ->
          owner.tell(new SequenceEvent.Alive(id, attempt, 0));
      case RouterActor.Pause(SequenceId id) -> paused.putIfAbsent(id, Optional.empty());
      case RouterActor.Resume(SequenceId id) -> {
        Optional<Continue> next = paused.remove(id);
        if (next != null) {
          next.ifPresent(context.getSelf()::tell);
        }
      }
      case Continue step when paused.containsKey(step.request().id()) ->
          paused.put(step.request().id(), Optional.of(step));
      case Continue step when !cancelled.contains(step.request().id()) -> {
        step.run();
        if (step.goesOn()) {
          goOn(step.next());
        }
      }
      default -> {}
    }
  }

  private void goOn(Continue next) {
    if (next.script().step().isZero()) {
      context.getSelf().tell(next);
    } else {
      context.scheduleOnce(next.script().step(), context.getSelf(), next);
    }
  }

  private void submit(SequenceRequest request, ActorRef<SequenceEvent> owner) {
    Script script = scripts.apply(request);
    if (script.refusal().isPresent()) {
      owner.tell(
          new SequenceEvent.Ended(
              request.id(), request.attempt(), script.refusal().get(), "it was refused"));
      return;
    }
    owner.tell(new SequenceEvent.Placed(request.id(), request.attempt(), new GpuId(0), 1));
    owner.tell(new SequenceEvent.Started(request.id(), request.attempt(), script.cachedTokens()));
    context.getSelf().tell(new Continue(request, owner, script, request.generatedIds().length));
  }
}
