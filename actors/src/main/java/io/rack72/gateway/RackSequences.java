package io.rack72.gateway;

import io.rack72.gateway.Generation.Sequence;
import io.rack72.gpu.SequenceEvent;
import io.rack72.gpu.SequenceRequest;
import io.rack72.routing.RouterActor;
import io.rack72.schedule.SequenceId;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * One request's sequences as the rack knows them: what is asked of the router for each choice. Not
 * thread-safe.
 */
final class RackSequences {
  /** Of each sequence there is one attempt; what another one sends is not for this request. */
  static final int ATTEMPT = 1;

  private final Generation generation;
  private final Reply reply;
  private final ActorRef<RouterActor.Command> router;

  /**
   * @param reply knows which choices have ended
   */
  RackSequences(Generation generation, Reply reply, ActorRef<RouterActor.Command> router) {
    this.generation = generation;
    this.reply = reply;
    this.router = router;
  }

  /**
   * Asks for all of them, or, where one cannot be asked for, for none; what becomes of them is told
   * to {@code events}.
   */
  void submit(ActorRef<SequenceEvent> events) {
    // All are made before any is sent.
    IntStream.range(0, generation.sequences().size())
        .mapToObj(i -> new RouterActor.Submit(request(i), events))
        .toList()
        .forEach(router::tell);
  }

  private SequenceRequest request(int choice) {
    Sequence sequence = generation.sequences().get(choice);
    return new SequenceRequest(
        id(choice),
        ATTEMPT,
        sequence.promptIds(),
        new int[0],
        sequence.params(),
        generation.service().standing());
  }

  /** Those that have not ended are not computed until they are resumed. */
  void pause() {
    tellLive(RouterActor.Pause::new);
  }

  /** Those that were paused go on. */
  void resume() {
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
