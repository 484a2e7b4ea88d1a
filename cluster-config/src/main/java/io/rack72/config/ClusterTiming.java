package io.rack72.config;

/** How soon a node that is silent is given up. */
public enum ClusterTiming {
  /** After half a minute or so: for machines that may pause, and networks that may. */
  SAFE,
  /** After some seconds: for one machine, or a network that is never silent for seconds. */
  FAST
}
