package io.rack72.fabric;

import java.util.List;

/**
 * What goes from the ports of one JVM to those of another at once.
 *
 * @param pressed whether a port of the sending JVM waits for credits, so that the other must not
 *     keep any back for its next bundle
 * @param credits for frames that have arrived from there
 * @param frames in the order in which they left their ports
 */
public record Bundle(boolean pressed, List<PortCredit> credits, List<Departure> frames) {
  public Bundle {
    credits = List.copyOf(credits);
    frames = List.copyOf(frames);
  }
}
