package io.rack72.fabric;

import io.rack72.link.Lane;

/**
 * A frame that leaves a port.
 *
 * @param passage when its first byte does, and when its last has
 */
public record Departure(Frame frame, Lane.Passage passage) {}
