package io.rack72.resume;

import io.rack72.clock.Clock;
import io.rack72.resume.StreamMessage.Claim;
import io.rack72.resume.StreamMessage.Close;
import io.rack72.resume.StreamMessage.Fate;
import io.rack72.resume.StreamMessage.Found;
import io.rack72.resume.StreamMessage.GiveUp;
import io.rack72.resume.StreamMessage.Grow;
import io.rack72.resume.StreamMessage.Keep;
import io.rack72.resume.StreamMessage.Open;
import io.rack72.resume.StreamMessage.Peers;
import io.rack72.resume.StreamMessage.Release;
import io.rack72.resume.StreamMessage.Resume;
import io.rack72.resume.StreamMessage.Unknown;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * Keeps what is needed to go on with streams whose gateway or connection is lost. There is one on
 * each node with a gateway.
 *
 * <p><b>Owns</b> the list of this gateway's streams and copies of those of other gateways, and, for
 * a while, of streams that nobody answers any more. <b>Receives</b> the beginning and end of own
 * streams, readers that want to go on with one, the other gateways, and from those their streams
 * and questions. <b>Sends</b> own streams to the second gateway, which is the first of the others:
 * each whole when it begins or when the second gateway is another one, and then several times a
 * second, in one message, what all of them have gained. <b>On failure</b> of another gateway what
 * is kept of it waits for its readers; of the second one everything goes to the next. Where this
 * actor fails streams go on, and cannot be resumed. Nothing of this is acknowledged: a copy that
 * lags or is missing costs time, or the possibility to resume, but never a token.
 */
public final class StreamsActor extends AbstractBehavior<StreamMessage> {
  /** By which it is known on every node. */
  public static final String NAME = "streams";

  /**
   * How often the second gateway is told. More often, more messages; less often, more tokens that
   * are computed again by who goes on.
   */
  static final Duration INTERVAL = Duration.ofMillis(200);

  /** Within which other gateways answer that are alive and not choked. */
  static final Duration ANSWER_LIMIT = Duration.ofSeconds(2);

  private static final Duration EXPIRY = Duration.ofSeconds(1);

  /** A message has so many tokens, and its last growth, at most. */
  private static final int GROW_TOKENS = 1 << 14;

  /** What it tells itself. */
  sealed interface Tick extends StreamMessage.Own {}

  private record Tell() implements Tick {}

  private record Expire() implements Tick {}

  private record Overdue(long question) implements Tick {}

  private record OwnerGone(ActorRef<StreamMessage> owner) implements Tick {}

  private static final class Question {
    private final CompletableFuture<Optional<StreamCopy>> copy;
    private int unanswered;

    Question(CompletableFuture<Optional<StreamCopy>> copy, int unanswered) {
      this.copy = copy;
      this.unanswered = unanswered;
    }
  }

  private final TimerScheduler<StreamMessage> timers;
  private final Clock clock;
  private final Map<StreamKey, LiveStream> live = new LinkedHashMap<>();
  private final CopyStore<ActorRef<StreamMessage>> copies;
  private final Map<Long, Question> questions = new LinkedHashMap<>();
  private final Set<ActorRef<StreamMessage>> watched = new HashSet<>();
  private List<ActorRef<StreamMessage>> others = List.of();
  private long asked;

  /** One that knows no other gateway yet. */
  public static Behavior<StreamMessage> create(ResumeLimits limits, Clock clock) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(timers -> new StreamsActor(context, timers, limits, clock)));
  }

  private StreamsActor(
      ActorContext<StreamMessage> context,
      TimerScheduler<StreamMessage> timers,
      ResumeLimits limits,
      Clock clock) {
    super(context);
    this.timers = timers;
    this.clock = clock;
    copies = new CopyStore<>(limits);
  }

  @Override
  public Receive<StreamMessage> createReceive() {
    return newReceiveBuilder().onAnyMessage(this::on).build();
  }

  private Behavior<StreamMessage> on(StreamMessage message) {
    switch (message) {
      case Peers(List<ActorRef<StreamMessage>> now) -> follow(now);
      case Open(LiveStream stream) -> open(stream);
      case Close(LiveStream stream, Fate fate) -> close(stream, fate);
      case Resume resume -> resume(resume);
      case Keep(ActorRef<StreamMessage> owner, StreamCopy copy) -> keep(owner, copy);
      case Grow(ActorRef<StreamMessage> owner, List<Growth> growths) ->
          growths.forEach(growth -> copies.grow(owner, growth));
      case Release(ActorRef<StreamMessage> owner, StreamKey stream, Fate fate) ->
          copies.release(owner, stream, fate, clock.nowNanos());
      case Claim(
              StreamKey stream,
              String tenant,
              long question,
              ActorRef<StreamMessage> claimant) ->
          claimant.tell(
              take(stream, tenant)
                  .<StreamMessage>map(copy -> new Found(question, copy.inOneMessage()))
                  .orElse(new Unknown(question)));
      case GiveUp(StreamKey stream, String tenant) -> giveUp(stream, tenant);
      case Found(long question, StreamCopy copy) -> answer(question, Optional.of(copy));
      case Unknown(long question) -> {
        Question open = questions.get(question);
        if (open != null && --open.unanswered == 0) {
          answer(question, Optional.empty());
        }
      }
      case Overdue(long question) -> answer(question, Optional.empty());
      case Tell() -> tell();
      case Expire() -> expire();
      case OwnerGone(ActorRef<StreamMessage> owner) -> {
        watched.remove(owner);
        copies.ownerGone(owner, clock.nowNanos());
      }
    }
    return this;
  }

  private void follow(List<ActorRef<StreamMessage>> now) {
    Optional<ActorRef<StreamMessage>> before = second();
    others = now;
    if (second().equals(before)) {
      return;
    }
    for (LiveStream stream : live.values()) {
      before.ifPresent(
          former -> former.tell(new Release(self(), stream.head().key(), Fate.DROPPED)));
      tellWhole(stream);
    }
    tellSoon();
  }

  private Optional<ActorRef<StreamMessage>> second() {
    return others.stream().findFirst();
  }

  private ActorRef<StreamMessage> self() {
    return getContext().getSelf();
  }

  private void open(LiveStream stream) {
    LiveStream before = live.put(stream.head().key(), stream);
    if (before != null) {
      before.giveUp();
    }
    tellWhole(stream);
    tellSoon();
  }

  private void tellWhole(LiveStream stream) {
    second()
        .ifPresent(
            to -> to.tell(new Keep(self(), stream.handOver(clock.nowNanos()).inOneMessage())));
  }

  private void tellSoon() {
    if (second().isPresent() && !live.isEmpty() && !timers.isTimerActive(Tell.class)) {
      timers.startSingleTimer(Tell.class, new Tell(), INTERVAL);
    }
  }

  private void tell() {
    second().ifPresent(this::tellGrowth);
    tellSoon();
  }

  private void tellGrowth(ActorRef<StreamMessage> to) {
    List<Growth> growths = new ArrayList<>();
    int tokens = 0;
    for (LiveStream stream : live.values()) {
      for (Growth growth : stream.growth()) {
        growths.add(growth);
        tokens += growth.gained().tokens().length + 1;
        if (tokens >= GROW_TOKENS) {
          to.tell(new Grow(self(), growths));
          growths.clear();
          tokens = 0;
        }
      }
    }
    if (!growths.isEmpty()) {
      to.tell(new Grow(self(), growths));
    }
  }

  private void close(LiveStream stream, Fate fate) {
    StreamKey key = stream.head().key();
    if (!live.remove(key, stream)) {
      // Another gateway goes on with it, or this one does by another request.
      return;
    }
    second()
        .ifPresent(
            to -> {
              List<Growth> last = stream.growth();
              if (fate != Fate.DROPPED && !last.isEmpty()) {
                to.tell(new Grow(self(), last));
              }
              to.tell(new Release(self(), key, fate));
            });
    if (fate != Fate.DROPPED) {
      long now = clock.nowNanos();
      if (copies.keep(self(), stream.copy(now).inOneMessage(), now)) {
        copies.release(self(), key, fate, now);
        expireSoon();
      }
    }
  }

  private void keep(ActorRef<StreamMessage> owner, StreamCopy copy) {
    if (live.containsKey(copy.head().key())) {
      // This gateway has gone on with it.
      return;
    }
    if (!copies.keep(owner, copy, clock.nowNanos())) {
      getContext()
          .getLog()
          .debug("no room for a copy of {}: it cannot be resumed", copy.head().requestId());
      return;
    }
    expireSoon();
    if (watched.add(owner)) {
      getContext().watchWith(owner, new OwnerGone(owner));
    }
  }

  private void expireSoon() {
    if (copies.size() > 0 && !timers.isTimerActive(Expire.class)) {
      timers.startSingleTimer(Expire.class, new Expire(), EXPIRY);
    }
  }

  private void expire() {
    copies.expire(clock.nowNanos());
    expireSoon();
  }

  private void resume(Resume resume) {
    Optional<StreamCopy> here = take(resume.stream(), resume.tenant());
    if (here.isPresent() || others.isEmpty()) {
      // The reader may have come here from one that still believes to have it.
      others.forEach(other -> other.tell(new GiveUp(resume.stream(), resume.tenant())));
      resume.copy().complete(here);
      return;
    }
    long question = ++asked;
    questions.put(question, new Question(resume.copy(), others.size()));
    timers.startSingleTimer(question, new Overdue(question), ANSWER_LIMIT);
    others.forEach(
        other -> other.tell(new Claim(resume.stream(), resume.tenant(), question, self())));
  }

  private void answer(long question, Optional<StreamCopy> copy) {
    Question open = questions.remove(question);
    if (open != null) {
      timers.cancel(question);
      open.copy.complete(copy);
    }
  }

  /** What there is of a stream here, where nobody answers it any more. */
  private Optional<StreamCopy> take(StreamKey key, String tenant) {
    return giveUp(key, tenant).or(() -> copies.find(key, tenant, clock.nowNanos()));
  }

  private Optional<StreamCopy> giveUp(StreamKey key, String tenant) {
    LiveStream stream = live.get(key);
    if (stream == null || !stream.head().tenant().equals(tenant)) {
      return Optional.empty();
    }
    StreamCopy copy = stream.copy(clock.nowNanos());
    // Kept as well: should the reader fail again, this is what there is.
    close(stream, Fate.BROKEN);
    stream.giveUp();
    return Optional.of(copy);
  }
}
