package io.rack72.wire;

/**
 * What went to another JVM and came from it since the start.
 *
 * @param to address of the other
 * @param sentBundles bundles sent, each with the frames of one layer and phase
 * @param sentFrames frames in them
 * @param sentBytes bytes of them on the wire
 * @param receivedBundles bundles that came
 * @param receivedBytes bytes of them on the wire
 * @param resentSegments pieces of bundles that were sent again because no word of them came back
 * @param refusedSegments pieces that came and could not be read, or out of their order
 */
public record TrunkStatus(
    String to,
    long sentBundles,
    long sentFrames,
    long sentBytes,
    long receivedBundles,
    long receivedBytes,
    long resentSegments,
    long refusedSegments) {}
