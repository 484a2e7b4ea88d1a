package io.rack72.twin;

import com.typesafe.config.Config;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.ActorCell;
import org.apache.pekko.dispatch.Dispatcher;
import org.apache.pekko.dispatch.DispatcherPrerequisites;
import org.apache.pekko.dispatch.Envelope;
import org.apache.pekko.dispatch.MessageDispatcher;
import org.apache.pekko.dispatch.MessageDispatcherConfigurator;
import scala.concurrent.duration.Duration;
import scala.concurrent.duration.FiniteDuration;

/**
 * Runs actors on virtual time. However many dispatchers a system has, all of them have one queue:
 * an actor that is sent something takes its place at the end of it, and handles one message when
 * its turn comes.
 */
final class VirtualDispatcher extends Dispatcher {
  private static final int ONE_MESSAGE = 1;

  private final VirtualTime time;

  private VirtualDispatcher(Configurator configurator, String id, VirtualTime time) {
    super(
        configurator,
        id,
        ONE_MESSAGE,
        Duration.Zero(),
        (_, _) -> () -> new Tasks(time),
        FiniteDuration.create(1, TimeUnit.SECONDS));
    this.time = time;
  }

  @Override
  public void dispatch(ActorCell receiver, Envelope message) {
    if (time.isObserved()) {
      time.observe(receiver.self().path().toStringWithoutAddress(), message.message());
    }
    super.dispatch(receiver, message);
  }

  /** Makes the dispatcher. Pekko makes it, by a dispatcher's {@code type}. */
  static final class Configurator extends MessageDispatcherConfigurator {
    private final MessageDispatcher dispatcher;

    /** What Pekko calls. */
    Configurator(Config config, DispatcherPrerequisites pekko) {
      super(config, pekko);
      if (!(pekko.scheduler() instanceof VirtualScheduler scheduler)) {
        throw new IllegalArgumentException(
            "a dispatcher on virtual time needs pekko.scheduler.implementation = "
                + VirtualScheduler.class.getName());
      }
      dispatcher = new VirtualDispatcher(this, config.getString("id"), scheduler.time());
    }

    @Override
    public MessageDispatcher dispatcher() {
      return dispatcher;
    }
  }

  /** The time's queue as one dispatcher's executor. */
  private static final class Tasks extends AbstractExecutorService {
    private final VirtualTime time;
    private boolean stopped;

    Tasks(VirtualTime time) {
      this.time = time;
    }

    @Override
    public void execute(Runnable task) {
      time.execute(task);
    }

    @Override
    public void shutdown() {
      stopped = true;
    }

    @Override
    public List<Runnable> shutdownNow() {
      stopped = true;
      return List.of();
    }

    @Override
    public boolean isShutdown() {
      return stopped;
    }

    @Override
    public boolean isTerminated() {
      return stopped;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
      return stopped;
    }
  }
}
