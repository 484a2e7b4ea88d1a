package io.rack72.config;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What modeled devices do.
 *
 * @param replyTokens of a reply that ends by itself, on average, at least 1
 * @param expertSkew how unlike the experts' popularities are, 0 to 4
 * @param layout of the model, such as {@code tp8}, which divides the rack; empty for data-parallel
 *     attention with the expert-parallel degree
 * @param expertSlots room for experts of a layer on each GPU, at least 1; empty for what the layout
 *     needs
 * @param httpTime that HTTP takes of a host's time for a request
 */
public record ModeledSettings(
    int replyTokens,
    double expertSkew,
    Optional<String> layout,
    OptionalInt expertSlots,
    Duration httpTime) {}
