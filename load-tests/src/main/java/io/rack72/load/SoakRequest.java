package io.rack72.load;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A request of a soak, how its client behaves, and which answer it should get.
 *
 * @param most tokens of each choice
 * @param choices of the reply
 * @param patience of a client that goes away: milliseconds, or tokens where it goes in mid-stream
 * @param expected the tokens of the reply, where they are known
 */
record SoakRequest(
    Kind kind,
    LoadRequest request,
    int most,
    int choices,
    int patience,
    Optional<List<List<Integer>>> expected) {

  /** What a client wants, and how it behaves. */
  enum Kind {
    COMPLETION("completions"),
    STREAMED_COMPLETION("streamed completions"),
    CHAT("chats"),
    STREAMED_CHAT("streamed chats"),
    CHOICES("several choices"),
    SLOW_READER("slow readers"),
    REPEATED("repeated requests"),
    INVALID("invalid requests"),
    GONE_AT_ONCE("gone at once"),
    GONE_BEFORE_FIRST_BYTE("gone before the first byte"),
    GONE_IN_MID_STREAM("gone in mid-stream");

    private final String title;

    Kind(String title) {
      this.title = title;
    }

    String title() {
      return title;
    }
  }

  /** The request as its client sends it, who may go away later. */
  Call send(LoadClient client) {
    return switch (kind) {
      case GONE_AT_ONCE -> {
        Call call = client.start(request, TokenListener.NONE);
        call.abort();
        yield call;
      }
      case GONE_BEFORE_FIRST_BYTE -> {
        Call call = client.start(request, TokenListener.NONE);
        CompletableFuture.delayedExecutor(patience, TimeUnit.MILLISECONDS).execute(call::abort);
        yield call;
      }
      case GONE_IN_MID_STREAM -> {
        CompletableFuture<Call> self = new CompletableFuture<>();
        AtomicInteger seen = new AtomicInteger();
        TokenListener leaving =
            (tokens, nanos) -> {
              if (seen.addAndGet(tokens) >= patience) {
                var _ = self.thenAccept(Call::abort);
              }
            };
        self.complete(client.start(request, leaving));
        yield self.join();
      }
      default -> client.start(request, TokenListener.NONE);
    };
  }

  /** The same with the tokens that its reply must have. */
  SoakRequest expecting(List<List<Integer>> tokens) {
    return new SoakRequest(kind, request, most, choices, patience, Optional.of(tokens));
  }

  /** What is wrong with what became of it, if anything. */
  Optional<String> complaint(Outcome outcome) {
    return switch (kind) {
      case INVALID -> complaintOfInvalid(outcome);
      case GONE_AT_ONCE, GONE_BEFORE_FIRST_BYTE, GONE_IN_MID_STREAM ->
          outcome.aborted() ? Optional.empty() : complaintOfValid(outcome);
      default -> complaintOfValid(outcome);
    };
  }

  private Optional<String> complaintOfInvalid(Outcome outcome) {
    boolean refused = outcome.status() == 400 || outcome.status() == 404;
    return refused
        ? Optional.empty()
        : Optional.of(
            "should be refused with status 400 or 404, but got %s: %s"
                .formatted(got(outcome), request.body()));
  }

  private Optional<String> complaintOfValid(Outcome outcome) {
    if (!outcome.succeeded()) {
      return Optional.of(got(outcome));
    }
    List<String> reasons = outcome.reply().finishReasons();
    if (reasons.size() != choices || reasons.contains("")) {
      return Optional.of("has ends %s, of %d choices".formatted(reasons, choices));
    }
    List<List<Integer>> tokens = outcome.reply().tokenIds();
    if (expected.isPresent() && !expected.get().equals(tokens)) {
      return Optional.of("has tokens %s and not %s".formatted(tokens, expected.get()));
    }
    for (int i = 0; i < choices; i++) {
      int count = tokens.get(i).size();
      // Without ids, or with an end of its own, a reply can have any length.
      if (count > most || (count > 0 && count < most && reasons.get(i).equals("length"))) {
        return Optional.of(
            "choice %d has %d tokens, of %d, and ends by '%s'"
                .formatted(i, count, most, reasons.get(i)));
      }
    }
    return Optional.empty();
  }

  private static String got(Outcome outcome) {
    return outcome.succeeded()
        ? "a reply"
        : outcome.failure() + ", " + outcome.error().orElse("given up by the client");
  }
}
