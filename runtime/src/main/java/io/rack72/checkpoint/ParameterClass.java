package io.rack72.checkpoint;

/** What a tensor is for, as parameter counts are told. */
public enum ParameterClass {
  EMBEDDING,
  ATTENTION,
  ROUTER,
  EXPERTS,
  NORM,
  OUTPUT
}
