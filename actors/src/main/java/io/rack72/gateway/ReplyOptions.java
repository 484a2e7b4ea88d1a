package io.rack72.gateway;

/**
 * The fields of a request that decide what its reply looks like; both endpoints have them.
 *
 * @param choices {@code n}: replies to each prompt
 * @param stream whether tokens are sent as they come
 * @param includeUsage whether the last event of a stream tells the usage
 * @param returnTokenIds whether prompt and reply are given as token ids too
 */
record ReplyOptions(int choices, boolean stream, boolean includeUsage, boolean returnTokenIds) {

  static ReplyOptions read(JsonValue body, int choicesLimit) {
    boolean stream = body.field("stream").map(JsonValue::bool).orElse(false);
    return new ReplyOptions(
        body.field("n").map(value -> value.integer(1, choicesLimit)).orElse(1),
        stream,
        body.field("stream_options").map(value -> includeUsage(value, stream)).orElse(false),
        body.field("return_token_ids").map(JsonValue::bool).orElse(false));
  }

  private static boolean includeUsage(JsonValue options, boolean stream) {
    options.object();
    if (!stream) {
      throw options.error("needs 'stream': true");
    }
    return options.field("include_usage").map(JsonValue::bool).orElse(false);
  }
}
