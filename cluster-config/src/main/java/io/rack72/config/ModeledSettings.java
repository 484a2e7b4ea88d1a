package io.rack72.config;

/**
 * What modeled devices do.
 *
 * @param replyTokens of a reply that ends by itself, on average, at least 1
 * @param expertSkew how unlike the experts' popularities are, 0 to 4
 */
public record ModeledSettings(int replyTokens, double expertSkew) {}
