package io.rack72.rack;

import io.rack72.hardware.TrayId;

/**
 * A tray in the rack.
 *
 * @param incarnation epoch of the placement with which it came in; one that comes back has a
 *     greater number
 */
public record TrayClaim(TrayId tray, long incarnation) {}
