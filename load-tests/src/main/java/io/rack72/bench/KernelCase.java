package io.rack72.bench;

/**
 * One kernel with one shape.
 *
 * @param mode numeric mode; {@code both} where it does not matter
 * @param bytes of weights, or keys and values, that a call reads; for kernels that have neither, of
 *     activations that it reads and writes
 * @param operations of a call
 * @param call one call, on other data than the one before
 */
record KernelCase(
    String name,
    String mode,
    int rows,
    long bytes,
    long operations,
    Limits.Arithmetic arithmetic,
    Runnable call) {}
