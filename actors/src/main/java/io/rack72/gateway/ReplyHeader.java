package io.rack72.gateway;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * What every object of one reply says.
 *
 * @param id of the request
 * @param createdEpochSeconds when it was taken in
 * @param model its name
 * @param fingerprint of the checkpoint and numeric mode
 * @param seed with which the same request gives the same tokens
 */
record ReplyHeader(
    String id, long createdEpochSeconds, String model, String fingerprint, long seed) {

  /** The fields before {@code choices}. */
  ObjectNode open(String object) {
    return Json.object()
        .put("id", id)
        .put("object", object)
        .put("created", createdEpochSeconds)
        .put("model", model)
        .put("system_fingerprint", fingerprint)
        .put("seed", seed);
  }
}
