/**
 * What operators watch: measures of a gateway's requests, and the rack's state, as Prometheus and
 * OpenMetrics have them. Names end in their unit; counters count since the start of their process.
 */
package io.rack72.metrics;
