package io.rack72.gateway;

import io.rack72.gateway.Generation.Sequence;
import io.rack72.gpu.SequenceEvent;
import io.rack72.gpu.SequenceRequest;
import io.rack72.routing.RouterActor;
import io.rack72.schedule.SequenceId;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * One request's sequences as the rack knows them: what is asked of the router for each choice, and
 * all that is needed to ask again where a GPU has given one up. Not thread-safe.
 */
final class RackSequences {
  private final Generation generation;
  private final Reply reply;
  private final ActorRef<RouterActor.Command> router;
  private final List<Progress> progress;
  private ActorRef<SequenceEvent> events;
  private boolean paused;

  /** How far a choice's sequence is. */
  private static final class Progress {
    private int attempt = 1;
    private final TokenIds generated = new TokenIds();
  }

  /**
   * @param reply knows which choices have ended
   */
  RackSequences(Generation generation, Reply reply, ActorRef<RouterActor.Command> router) {
    this.generation = generation;
    this.reply = reply;
    this.router = router;
    progress = generation.sequences().stream().map(_ -> new Progress()).toList();
  }

  /**
   * Asks for all of them, or, where one cannot be asked for, for none; what becomes of them is told
   * to {@code events}.
   */
  void submit(ActorRef<SequenceEvent> newEvents) {
    events = newEvents;
    // All are made before any is sent.
    IntStream.range(0, generation.sequences().size())
        .mapToObj(i -> new RouterActor.Submit(request(i), events))
        .toList()
        .forEach(router::tell);
  }

  /** Whether an event is of the choice's present attempt; others are of no interest any more. */
  boolean concerns(SequenceEvent event) {
    return event.attempt() == progress.get(event.id().choice()).attempt;
  }

  /** Remembers a choice's token, without which its sequence could not go on elsewhere. */
  void generated(int choice, SequenceEvent.Token token) {
    TokenIds generated = progress.get(choice).generated;
    if (token.index() == generated.size()) {
      generated.add(token.token().id());
    }
  }

  /** Asks for a choice's sequence anew, to go on behind the tokens that it has. */
  void submitAgain(int choice) {
    progress.get(choice).attempt++;
    router.tell(new RouterActor.Submit(request(choice), events));
    if (paused) {
      router.tell(new RouterActor.Pause(id(choice)));
    }
  }

  private SequenceRequest request(int choice) {
    Sequence sequence = generation.sequences().get(choice);
    return new SequenceRequest(
        id(choice),
        progress.get(choice).attempt,
        sequence.promptIds(),
        progress.get(choice).generated.toArray(),
        sequence.params(),
        generation.service().standing());
  }

  /** Those that have not ended are not computed until they are resumed. */
  void pause() {
    paused = true;
    tellLive(RouterActor.Pause::new);
  }

  /** Those that were paused go on. */
  void resume() {
    paused = false;
    tellLive(RouterActor.Resume::new);
  }

  /** No more is wanted of any. */
  void cancel() {
    IntStream.range(0, generation.sequences().size())
        .filter(i -> !reply.ended(i))
        .forEach(this::cancel);
  }

  /** No more is wanted of the choice's sequence. */
  void cancel(int choice) {
    reply.end(choice);
    router.tell(new RouterActor.Cancel(id(choice)));
  }

  private void tellLive(Function<SequenceId, RouterActor.Command> command) {
    IntStream.range(0, generation.sequences().size())
        .filter(i -> !reply.ended(i))
        .forEach(i -> router.tell(command.apply(id(i))));
  }

  private SequenceId id(int choice) {
    return new SequenceId(generation.id(), choice);
  }
}
