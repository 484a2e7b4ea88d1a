/**
 * A GPU that computes nothing and knows how long everything takes. {@link
 * io.rack72.device.ModeledDevice} stands where the CPU device stands; durations come from {@link
 * io.rack72.device.StepDurations}, expert choices from {@link io.rack72.device.RoutingModel} and
 * tokens from {@link io.rack72.device.ModeledTokens}. Pure: time is an argument, chance a seed.
 */
package io.rack72.device;
