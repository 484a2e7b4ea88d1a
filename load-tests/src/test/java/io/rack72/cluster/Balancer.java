package io.rack72.cluster;

import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.rack72.serving.HttpApi;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What stands before several gateways: it asks them in turn, and sends nothing more to one that is
 * about to stop. Thread-safe.
 */
final class Balancer implements AutoCloseable {
  private static final Duration DEADLINE = Duration.ofMinutes(2);

  private final List<Target> all = new ArrayList<>();
  private final List<Target> open = new ArrayList<>();
  private int turn;

  /** A gateway takes requests. */
  synchronized void add(URI url) {
    Target target = new Target(url, new HttpApi(url));
    all.add(target);
    open.add(target);
    notifyAll();
  }

  /**
   * Sends nothing more to a gateway. Returns when it has taken all that was sent to it, which may
   * still be running.
   */
  void withdraw(URI url) throws InterruptedException {
    Target target;
    synchronized (this) {
      target = open.stream().filter(one -> one.url.equals(url)).findFirst().orElseThrow();
      open.remove(target);
      long deadline = System.nanoTime() + DEADLINE.toNanos();
      while (target.unsent > 0) {
        awaitChange(deadline, target.unsent + " requests to " + url + " are not sent");
      }
    }
    // Connections are accepted one after the other, so that the others were when this is answered.
    assertEquals(200, target.api.get("/rack").status());
  }

  /** Asks a gateway that takes requests, and waits for one if there is none. */
  void ask(Question question) throws InterruptedException {
    Target target = next();
    Sent sent = new Sent(target);
    try {
      question.ask(target.api, sent);
    } finally {
      sent.run();
    }
  }

  private synchronized Target next() throws InterruptedException {
    long deadline = System.nanoTime() + DEADLINE.toNanos();
    while (open.isEmpty()) {
      awaitChange(deadline, "no gateway takes requests");
    }
    turn++;
    Target target = open.get(Math.floorMod(turn, open.size()));
    target.unsent++;
    return target;
  }

  private void awaitChange(long deadline, String otherwise) throws InterruptedException {
    long left = deadline - System.nanoTime();
    if (left <= 0) {
      throw new AssertionError(otherwise + " after " + DEADLINE);
    }
    NANOSECONDS.timedWait(this, left);
  }

  @Override
  public synchronized void close() {
    all.forEach(target -> target.api.close());
  }

  private static final class Target {
    final URI url;
    final HttpApi api;
    int unsent;

    Target(URI url, HttpApi api) {
      this.url = url;
      this.api = api;
    }
  }

  /** Notes once that a request is on its way, or never will be. */
  private final class Sent implements Runnable {
    private final Target target;
    private boolean told;

    Sent(Target target) {
      this.target = target;
    }

    @Override
    public void run() {
      synchronized (Balancer.this) {
        if (!told) {
          told = true;
          target.unsent--;
          Balancer.this.notifyAll();
        }
      }
    }
  }
}
