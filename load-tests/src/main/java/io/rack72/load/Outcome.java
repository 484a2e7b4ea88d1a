package io.rack72.load;

import java.util.Optional;

/**
 * What became of a request.
 *
 * @param status of HTTP; 0 where no answer came
 * @param aborted whether the client itself gave it up, before the reply was whole
 * @param error why there is no good reply; empty where there is, or the client gave it up
 */
record Outcome(
    int status, boolean aborted, Optional<String> error, Timing timing, Transcript reply) {
  private static final int OK = 200;

  /** Whether the reply is whole and good. */
  boolean succeeded() {
    return !aborted && error.isEmpty() && status == OK;
  }

  /** What kind of failure it is: the status, unless that alone would not say that it is one. */
  String failure() {
    if (status == 0) {
      return "no answer";
    }
    return status == OK ? "broken reply" : Integer.toString(status);
  }
}
