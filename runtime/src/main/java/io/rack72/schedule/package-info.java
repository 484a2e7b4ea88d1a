/**
 * What a GPU computes next. {@link io.rack72.schedule.Scheduler} holds a GPU's sequences and plans
 * its steps; it is arithmetic on its arguments, without clock, threads or chance.
 */
package io.rack72.schedule;
