package io.rack72.gateway;

import java.nio.channels.UnresolvedAddressException;

/** The gateway cannot listen where it was told to; the message is one sentence for the user. */
public final class CannotListenException extends RuntimeException {
  CannotListenException(String host, int port, Throwable cause) {
    super("cannot listen on " + host + ":" + port + ": " + reason(cause, port), cause);
  }

  /** What the system says, in words that tell what to do; its own where they are unknown. */
  private static String reason(Throwable failure, int port) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    String said = String.valueOf(cause.getMessage());
    if (cause instanceof UnresolvedAddressException || said.contains("Unresolved address")) {
      return "this host's name is not known; give another";
    }
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
