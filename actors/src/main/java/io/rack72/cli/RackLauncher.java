package io.rack72.cli;

import io.rack72.clock.Clock;
import io.rack72.config.Rack72Config;
import io.rack72.model.ForwardObserver;
import io.rack72.rack.NodeActor;
import io.rack72.rack.RackSettings;
import io.rack72.rack.ServedModel;
import io.rack72.routing.RouterActor;
import java.net.URI;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;

/** Starts what commands need in this JVM; where the command line meets the actors. */
public interface RackLauncher {
  /**
   * Starts a rack. When it fails nothing of it is left running.
   *
   * @param model the rack's from now on: closed with it, or here if the rack does not start
   * @param observer of all GPUs, which call it at the same time
   */
  Rack launch(Rack72Config config, OpenModel model, ForwardObserver observer);

  /** Starts a rack that nobody looks into while it computes. */
  default Rack launch(Rack72Config config, OpenModel model) {
    return launch(config, model, ForwardObserver.NONE);
  }

  /** Opens a gateway in front of a rack. When it fails no port is open. */
  Gateway open(Rack rack, Rack72Config config);

  /** A rack that is running. */
  interface Rack extends AutoCloseable {
    ServedModel model();

    RackSettings settings();

    /** What computes, in a word, such as {@code fast-avx512}. */
    String kernels();

    /** Its guardian is the rack. */
    ActorSystem<NodeActor.Command> system();

    ActorRef<RouterActor.Command> router();

    /** Its source of time. */
    Clock clock();

    /**
     * Stops it, and closes its model when it has stopped. What its kernels may still read stays
     * open if it does not stop in time, which is told by an exception.
     */
    @Override
    void close();
  }

  /** A gateway that listens. */
  interface Gateway extends AutoCloseable {
    /** Where it listens, without a path. */
    URI url();

    /** Takes no more requests, lets running ones end in the time that is configured, and stops. */
    @Override
    void close();
  }
}
