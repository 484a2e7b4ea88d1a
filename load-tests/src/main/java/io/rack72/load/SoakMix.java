package io.rack72.load;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rack72.load.SoakRequest.Kind;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Draws the requests of a soak. What the request of a number is depends on the seed alone.
 *
 * @param contextTokens that prompt and reply can have
 */
record SoakMix(String model, Workload workload, int contextTokens) {
  /** Kinds by how often they come: each place is as likely as any other. */
  private static final List<Kind> PLACES =
      List.of(
          Kind.COMPLETION,
          Kind.COMPLETION,
          Kind.STREAMED_COMPLETION,
          Kind.STREAMED_COMPLETION,
          Kind.STREAMED_COMPLETION,
          Kind.CHAT,
          Kind.CHAT,
          Kind.STREAMED_CHAT,
          Kind.STREAMED_CHAT,
          Kind.CHOICES,
          Kind.CHOICES,
          Kind.SLOW_READER,
          Kind.REPEATED,
          Kind.INVALID,
          Kind.INVALID,
          Kind.GONE_AT_ONCE,
          Kind.GONE_BEFORE_FIRST_BYTE,
          Kind.GONE_BEFORE_FIRST_BYTE,
          Kind.GONE_IN_MID_STREAM,
          Kind.GONE_IN_MID_STREAM);

  /** Not among those of drawn requests. */
  private static final long REPEATED_NUMBER = 1L << 40;

  private static final int MOST_CHOICES = 4;

  /** A slow reader's reply is so many times as long, and has so many alternatives to each token. */
  private static final int SLOW_FACTOR = 8;

  private static final int SLOW_LOGPROBS = 20;
  private static final IntRange SLOW_PAUSE_MILLIS = new IntRange(50, 300);
  private static final IntRange GONE_MILLIS = new IntRange(1, 200);

  /** The request of a number. */
  SoakRequest draw(long number) {
    SplittableRandom random = workload.random(number).split();
    Kind kind = PLACES.get(random.nextInt(PLACES.size()));
    Workload.Item item = workload.item(number);
    return switch (kind) {
      case COMPLETION -> of(kind, item, LoadRequest.completion(completion(item).toString()));
      case STREAMED_COMPLETION ->
          of(kind, item, LoadRequest.completion(item.streamedCompletion(model)));
      case CHAT -> of(kind, item, LoadRequest.chat(chat(item).toString()));
      case STREAMED_CHAT ->
          of(kind, item, LoadRequest.chat(LoadRequest.streamed(chat(item)).toString()));
      case CHOICES -> choices(item, random);
      case SLOW_READER -> slowReader(item, random);
      case REPEATED -> repeated();
      case INVALID -> invalid(random);
      case GONE_AT_ONCE -> of(kind, item, LoadRequest.completion(item.streamedCompletion(model)));
      case GONE_BEFORE_FIRST_BYTE -> goneBeforeFirstByte(item, random);
      case GONE_IN_MID_STREAM -> goneInMidStream(item, random);
    };
  }

  /** The same request each time, so that it must have the same reply each time. */
  SoakRequest repeated() {
    Workload.Item item = workload.item(REPEATED_NUMBER);
    return of(
        Kind.REPEATED,
        item,
        LoadRequest.completion(completion(item).put("temperature", 1).toString()));
  }

  private SoakRequest of(Kind kind, Workload.Item item, LoadRequest request) {
    return new SoakRequest(kind, request, item.outputTokens(), 1, 0, Optional.empty());
  }

  private ObjectNode completion(Workload.Item item) {
    return LoadRequest.completionBody(model, item.prompt(), item.outputTokens(), item.seed());
  }

  /** A chat that ends when the model wants it to, as those of most clients do. */
  private ObjectNode chat(Workload.Item item) {
    return LoadRequest.chatBody(model, item.words(), item.outputTokens(), item.seed())
        .put("ignore_eos", false);
  }

  private SoakRequest choices(Workload.Item item, SplittableRandom random) {
    int choices = random.nextInt(2, MOST_CHOICES + 1);
    ObjectNode body = completion(item).put("n", choices);
    if (random.nextBoolean()) {
      LoadRequest.streamed(body);
    }
    return new SoakRequest(
        Kind.CHOICES,
        LoadRequest.completion(body.toString()),
        item.outputTokens(),
        choices,
        0,
        Optional.empty());
  }

  /** Asks for many bytes, since what the sockets' buffers hold, a slow reader does not hold up. */
  private SoakRequest slowReader(Workload.Item item, SplittableRandom random) {
    Workload.Item longer = longer(item);
    ObjectNode body = LoadRequest.streamed(completion(longer)).put("logprobs", SLOW_LOGPROBS);
    return of(
        Kind.SLOW_READER,
        longer,
        LoadRequest.completion(body.toString())
            .withReadPause(Duration.ofMillis(SLOW_PAUSE_MILLIS.draw(random))));
  }

  /** Not a stream, of which nothing comes before everything is there. */
  private SoakRequest goneBeforeFirstByte(Workload.Item item, SplittableRandom random) {
    Workload.Item longer = longer(item);
    return new SoakRequest(
        Kind.GONE_BEFORE_FIRST_BYTE,
        LoadRequest.completion(completion(longer).toString()),
        longer.outputTokens(),
        1,
        GONE_MILLIS.draw(random),
        Optional.empty());
  }

  private SoakRequest goneInMidStream(Workload.Item item, SplittableRandom random) {
    Workload.Item longer = longer(item);
    return new SoakRequest(
        Kind.GONE_IN_MID_STREAM,
        LoadRequest.completion(longer.streamedCompletion(model)),
        longer.outputTokens(),
        1,
        random.nextInt(1, longer.outputTokens() + 1),
        Optional.empty());
  }

  private Workload.Item longer(Workload.Item item) {
    int room = contextTokens - item.prompt().length;
    return new Workload.Item(
        item.prompt(), Math.min(item.outputTokens() * SLOW_FACTOR, room), item.seed());
  }

  private SoakRequest invalid(SplittableRandom random) {
    List<LoadRequest> requests =
        List.of(
            LoadRequest.completion("{\"prompt\": [1, 2"),
            LoadRequest.completion("[]"),
            LoadRequest.completion("{}"),
            LoadRequest.completion("{\"prompt\": []}"),
            LoadRequest.completion("{\"prompt\": [2147483647]}"),
            LoadRequest.completion("{\"prompt\": [-1]}"),
            LoadRequest.completion("{\"prompt\": [1], \"max_tokens\": -1}"),
            LoadRequest.completion("{\"prompt\": [1], \"max_tokens\": 1000000000}"),
            LoadRequest.completion("{\"prompt\": [1], \"temperature\": -1}"),
            LoadRequest.completion("{\"prompt\": [1], \"n\": 0}"),
            LoadRequest.completion("{\"prompt\": [1], \"stream\": \"yes please\"}"),
            LoadRequest.completion("{\"prompt\": [1], \"model\": \"no such model\"}"),
            LoadRequest.chat("{\"messages\": \"hello\"}"),
            LoadRequest.chat("{\"messages\": [{\"role\": \"nobody\", \"content\": \"hello\"}]}"));
    LoadRequest request = requests.get(random.nextInt(requests.size()));
    return new SoakRequest(Kind.INVALID, request, 0, 1, 0, Optional.empty());
  }
}
