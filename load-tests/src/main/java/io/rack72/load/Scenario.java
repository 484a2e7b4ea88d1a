package io.rack72.load;

/** A kind of load. */
interface Scenario {
  /**
   * Puts the load on a server.
   *
   * @throws io.rack72.cli.CommandFailedException if it cannot be put on this one
   */
  LoadReport run(LoadClient client, ProgressLine progress) throws InterruptedException;
}
