/**
 * What is kept of a stream so that another gateway can go on with it: what it is ({@link
 * io.rack72.resume.StreamHead}), what was made of it ({@link io.rack72.resume.ChoiceState}), and
 * where its reader is ({@link io.rack72.resume.EventId}). One {@link io.rack72.resume.StreamsActor}
 * on each node with a gateway sends the node's own streams to the next such node and keeps those of
 * others ({@link io.rack72.resume.CopyStore}). Nothing here knows HTTP, models or GPUs.
 */
package io.rack72.resume;
