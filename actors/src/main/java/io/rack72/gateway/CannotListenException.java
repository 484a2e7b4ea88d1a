package io.rack72.gateway;

import java.net.SocketException;
import java.nio.channels.UnresolvedAddressException;

/** The gateway cannot listen where it was told to; the message is one sentence for the user. */
public final class CannotListenException extends RuntimeException {
  CannotListenException(String host, int port, Throwable cause) {
    super("cannot listen on " + host + ":" + port + ": " + reason(cause, port), cause);
  }

  /** What the system says, in words that tell what to do; its own where they are unknown. */
  private static String reason(Throwable failure, int port) {
    Throwable cause = failure;
    while (cause != null
        && !(cause instanceof SocketException)
        && !(cause instanceof UnresolvedAddressException)) {
      cause = cause.getCause();
    }
    if (cause instanceof UnresolvedAddressException) {
      return "this host's name is not known; give another";
    }
    String said = cause == null ? String.valueOf(failure.getMessage()) : "" + cause.getMessage();
    if (said.contains("in use")) {
      return "the port is in use; choose another";
    }
    if (said.contains("assign requested address")) {
      return "the address is not this machine's; choose another";
    }
    if (said.contains("ermission denied")) {
      return "port " + port + " may not be used by this user; choose one from 1024 on";
    }
    return said;
  }
}
