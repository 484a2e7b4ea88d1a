package io.rack72.gateway;

/** The gateway cannot listen where it was told to; the message is one sentence for the user. */
public final class PortInUseException extends RuntimeException {
  PortInUseException(String host, int port, Throwable cause) {
    super(
        "cannot listen on "
            + host
            + ":"
            + port
            + ": the port is in use or the address is not this machine's; choose another",
        cause);
  }
}
