package io.rack72.chaos;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * A request whose reply is a stream, and whose tokens are known from a run without faults.
 *
 * @param id of the stream in the history
 * @param path below {@code /v1}
 */
record StreamRequest(String id, String path, ObjectNode body) {}
