package io.rack72.fabric;

import io.rack72.hardware.GpuId;
import java.util.List;

/**
 * What a port hands over at once for the ports of another JVM.
 *
 * @param port of this JVM
 * @param waiting whether frames wait in the port for credits, so that none may be kept back
 * @param credits for frames that have arrived at the port
 * @param frames that leave it
 */
public record Carry(GpuId port, boolean waiting, List<PortCredit> credits, List<Departure> frames)
    implements TrunkMessage {}
