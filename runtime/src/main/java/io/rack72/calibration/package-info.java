/**
 * Judges and fits the constants of {@link io.rack72.roofline} on tables of measurements. Begin with
 * {@link io.rack72.calibration.Calibration}.
 */
package io.rack72.calibration;
