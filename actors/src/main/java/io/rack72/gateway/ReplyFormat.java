package io.rack72.gateway;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** The JSON of a reply: what an endpoint's clients expect. Immutable. */
interface ReplyFormat {
  /** What every object of the reply says. */
  ReplyHeader header();

  /** One event of a stream. */
  ObjectNode chunk(int choice, ChoiceDelta delta);

  /** The event after the last choice has ended, where the client asked for the usage. */
  ObjectNode usageChunk(Usage usage);

  /**
   * A reply that is no stream.
   *
   * @param choices all that each of them gained, in order
   */
  ObjectNode whole(List<ChoiceDelta> choices, Usage usage);
}
