/**
 * GPUs that know how long everything takes. {@link io.rack72.device.ModeledDevice} stands where the
 * CPU device stands and computes nothing; {@link io.rack72.device.TimedDevice} gives another one's
 * results at the times of the rack. Durations come from {@link io.rack72.device.StepDurations},
 * expert choices from {@link io.rack72.device.RoutingModel} and tokens from {@link
 * io.rack72.device.ModeledTokens}. Pure: time is an argument, chance a seed.
 */
package io.rack72.device;
