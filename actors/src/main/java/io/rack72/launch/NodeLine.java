package io.rack72.launch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A line that a node's process writes to its standard output. */
public sealed interface NodeLine {
  /**
   * It listens.
   *
   * @param role such as {@code tray+gateway}
   * @param trays that live in it, as it tells them
   * @param pid of its process
   * @param http where its gateway listens; empty where it has none
   * @param artery HOST:PORT by which other nodes reach it
   */
  record Node(String role, List<Integer> trays, long pid, Optional<URI> http, String artery)
      implements NodeLine {
    public Node {
      trays = List.copyOf(trays);
    }
  }

  /**
   * The rack as it sees it.
   *
   * @param trays that are in
   */
  record Rack(int trays) implements NodeLine {}

  /**
   * The rack serves.
   *
   * @param model by the name that clients ask for
   */
  record Ready(String model) implements NodeLine {}

  /** Its gateway has closed: no request runs there any more, and none will. */
  record Closed() implements NodeLine {}

  /**
   * It has read a fault that it is to suffer.
   *
   * @param id of the order; empty where that could not be read
   * @param refused why it does not suffer it; empty where it does
   */
  record Fault(Optional<Long> id, Optional<String> refused) implements NodeLine {}

  /** It makes itself warm before it joins. */
  record WarmUp() implements NodeLine {}

  /** Something else, such as what a JVM says when it crashes. */
  record Unknown(String line) implements NodeLine {}

  /** Reads a line; whatever is not as it should be makes it an {@link Unknown}. */
  static NodeLine parse(String line) {
    return Parser.parse(line);
  }

  /** Kept apart, since an interface has no private state. */
  final class Parser {
    private static final int TRAYS_LIMIT = 1024;
    private static final int TEXT_LIMIT = 512;
    private static final ObjectMapper MAPPER =
        JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

    static {
      MAPPER
          .getFactory()
          .setStreamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(4)
                  .maxNumberLength(20)
                  .maxStringLength(TEXT_LIMIT)
                  .build());
    }

    private Parser() {}

    private static NodeLine parse(String line) {
      JsonNode json;
      try {
        json = MAPPER.readTree(line);
      } catch (JsonProcessingException _) {
        return new Unknown(line);
      }
      Optional<? extends NodeLine> parsed =
          switch (json.path("event").asText()) {
            case "node" -> node(json);
            case "rack" -> integer(json.path("trays"), TRAYS_LIMIT).map(Rack::new);
            case "fault" -> Optional.of(fault(json));
            case "closed" -> Optional.of(new Closed());
            case "warm-up" -> Optional.of(new WarmUp());
            case "ready" -> text(json.path("model")).map(Ready::new);
            default -> Optional.empty();
          };
      return parsed.isPresent() ? parsed.get() : new Unknown(line);
    }

    private static Optional<Node> node(JsonNode json) {
      List<Integer> trays = new ArrayList<>();
      for (JsonNode tray : json.path("trays")) {
        Optional<Integer> index = integer(tray, TRAYS_LIMIT - 1);
        if (index.isEmpty() || trays.size() == TRAYS_LIMIT) {
          return Optional.empty();
        }
        trays.add(index.get());
      }
      Optional<String> role = text(json.path("role"));
      Optional<String> artery = text(json.path("artery"));
      JsonNode pid = json.path("pid");
      JsonNode http = json.path("http");
      Optional<URI> url = text(http).flatMap(Parser::url);
      boolean httpIsRight = http.isMissingNode() || http.isNull() || url.isPresent();
      if (role.isEmpty() || artery.isEmpty() || !pid.canConvertToLong() || !httpIsRight) {
        return Optional.empty();
      }
      return Optional.of(new Node(role.get(), trays, pid.longValue(), url, artery.get()));
    }

    private static Fault fault(JsonNode json) {
      JsonNode id = json.path("id");
      return new Fault(
          id.isIntegralNumber() ? Optional.of(id.longValue()) : Optional.empty(),
          text(json.path("refused")));
    }

    private static Optional<Integer> integer(JsonNode json, int most) {
      return json.isInt() && json.intValue() >= 0 && json.intValue() <= most
          ? Optional.of(json.intValue())
          : Optional.empty();
    }

    /** Text of printable characters, since it is shown on a terminal and given to processes. */
    private static Optional<String> text(JsonNode json) {
      String text = json.isTextual() ? json.textValue() : "";
      return text.isEmpty() || text.codePoints().anyMatch(Character::isISOControl)
          ? Optional.empty()
          : Optional.of(text);
    }

    private static Optional<URI> url(String text) {
      try {
        return Optional.of(new URI(text));
      } catch (URISyntaxException _) {
        return Optional.empty();
      }
    }
  }
}
