package io.rack72.evaluate;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;

/**
 * What became of a prompt.
 *
 * @param fault why the reply is not right; empty where it is, or where there is no right answer
 */
record Verdict(ChatPrompt prompt, Reply reply, Optional<String> fault) {
  /** Judges a reply. One that is not well-formed is not right either, whatever it says. */
  static Verdict of(ChatPrompt prompt, Reply reply) {
    return new Verdict(
        prompt,
        reply,
        prompt.hasAnswer()
            ? reply.flaw().or(() -> Judge.fault(prompt.check(), reply))
            : Optional.empty());
  }

  boolean wellFormed() {
    return reply.flaw().isEmpty();
  }

  boolean right() {
    return fault.isEmpty();
  }

  /** What was asked, what came, and why that is not good; empty where it is. */
  Optional<ObjectNode> failure() {
    return reply
        .flaw()
        .or(() -> fault)
        .map(
            why -> {
              ObjectNode failure = prompt.source().deepCopy();
              failure.put("failure", why);
              failure.set("reply", reply.source());
              return failure;
            });
  }
}
