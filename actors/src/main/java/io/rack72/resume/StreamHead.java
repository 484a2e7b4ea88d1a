package io.rack72.resume;

import java.time.Duration;

/**
 * What of a stream does not change while one gateway answers it.
 *
 * @param key by which its reader asks for the rest
 * @param requestId that every event of the reply tells
 * @param rackId that its sequences have on GPUs while this gateway answers it
 * @param tenant whose request it is
 * @param path at which it was asked for
 * @param createdEpochSeconds that every event tells
 * @param seed of the request, given or drawn
 * @param timeout within which it must have been answered
 * @param body of the request, never changed
 */
public record StreamHead(
    StreamKey key,
    String requestId,
    String rackId,
    String tenant,
    String path,
    long createdEpochSeconds,
    long seed,
    Duration timeout,
    byte[] body) {}
