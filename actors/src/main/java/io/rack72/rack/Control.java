package io.rack72.rack;

/** What nodes tell each other beside tensors and tokens; few and small, so it travels as CBOR. */
public interface Control {}
