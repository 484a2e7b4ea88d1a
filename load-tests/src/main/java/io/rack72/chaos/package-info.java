/**
 * Racks that fail on purpose: real processes, real clients, faults on a schedule, and a check of
 * every token against a run without faults.
 */
package io.rack72.chaos;
