package io.rack72.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.rack72.text.HarmonyEvent.ContentDelta;
import io.rack72.text.HarmonyEvent.Ending;
import io.rack72.text.HarmonyEvent.MessageEnd;
import io.rack72.text.HarmonyEvent.MessageStart;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class HarmonyParserTest {
  private static final Tokenizer TOKENIZER = O200kHarmonyTokenizer.instance();
  private static final int[] STRUCTURE = {
    200_002, 200_003, 200_005, 200_006, 200_007, 200_008, 200_012
  };

  static Stream<JsonNode> cases() {
    JsonNode cases = Golden.json("harmony/parse_cases.json");
    assertEquals(10, cases.size());
    return cases.valueStream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void messagesEqualTheReference(JsonNode json) {
    HarmonyParser parser =
        json.path("starting_role").isNull()
            ? HarmonyParser.betweenMessages(TOKENIZER)
            : HarmonyParser.insideAssistantHeader(TOKENIZER);
    List<Message> messages =
        HarmonyEvent.messages(parseAll(parser, Golden.ids(json.path("token_ids"))));
    if (json.path("expected_messages").isNull()) {
      assertEquals(json.path("expected_message_count").intValue(), messages.size());
    } else {
      assertEquals(
          json.path("expected_messages").valueStream().map(HarmonyParserTest::message).toList(),
          messages);
    }
    assertEquals(
        json.path("name").asText().equals("missing_message_token_lenient"),
        parser.malformed().isPresent());
  }

  @Test
  void contentComesOutWithTheTokenThatCompletesIt() {
    HarmonyParser parser = HarmonyParser.insideAssistantHeader(TOKENIZER);
    assertEquals(List.of(), parser.push(200_005));
    assertEquals(List.of(), pushText(parser, "final"));
    assertEquals(
        List.of(start(Role.ASSISTANT, null, "final", null, "<|channel|>final")),
        parser.push(200_008));
    assertEquals(List.of(new ContentDelta("hello")), pushText(parser, "hello"));
    assertEquals(List.of(new ContentDelta(" world")), pushText(parser, " world"));
    assertEquals(List.of(new MessageEnd(Ending.RETURN)), parser.push(200_002));
    assertEquals(List.of(), parser.finish());
    assertEquals(Optional.empty(), parser.malformed());
  }

  @Test
  void headerPartsAreTakenInAnyOrderTheModelWrites() {
    MessageStart expected =
        start(Role.ASSISTANT, "functions.f", "commentary", "<|constrain|>json", "");
    for (String header :
        List.of(
            " to=functions.f<|channel|>commentary <|constrain|>json",
            " to=functions.f<|channel|>commentary<|constrain|>json",
            "<|channel|>commentary to=functions.f <|constrain|>json",
            "<|channel|>commentary to=functions.f<|constrain|>json",
            "<|channel|>commentary  to=functions.f  <|constrain|> json ",
            "<|channel|>commentary <|constrain|>json to=functions.f",
            "<|constrain|>json<|channel|>commentary to=functions.f")) {
      Parsed parsed = parse(header + "<|message|>{}<|call|>");
      MessageStart found = (MessageStart) parsed.events.getFirst();
      assertEquals(header, found.header());
      assertEquals(expected, withoutHeader(found));
      assertEquals(Optional.of("f"), found.calledFunction());
      assertEquals("{}", parsed.content());
      assertEquals(new MessageEnd(Ending.CALL), parsed.events.getLast());
      assertEquals(Optional.empty(), parsed.malformed, header);
    }
  }

  @Test
  void outputWithoutAHeaderIsTextAtOnce() {
    HarmonyParser parser = HarmonyParser.insideAssistantHeader(TOKENIZER);
    List<HarmonyEvent> events = pushText(parser, "Hello");
    assertEquals(
        List.of(start(Role.ASSISTANT, null, null, null, ""), new ContentDelta("Hello")), events);
    assertTrue(parser.malformed().isPresent());
  }

  @Test
  void headerThatProvesToBeTextKeepsItsGoodParts() {
    assertRecovers("<|channel|>final Hello there, you<|end|>", "final", " Hello there, you");
    assertRecovers("<|channel|>final Hello<|return|>", "final", " Hello");
    assertRecovers("<|channel|>final", "final", "");
    assertRecovers("<|channel|><|message|>Hi<|end|>", null, "Hi");
    assertRecovers(
        "<|channel|>final<|channel|>final<|message|>Hi", "final", "<|channel|>final<|message|>Hi");
    assertRecovers("<|message|>a<|channel|>b<|end|>", null, "a<|channel|>b");
    assertRecovers(" to be or not to be<|end|>", null, " to be or not to be");
    assertRecovers("<|start|><|channel|>final<|message|>Hi<|end|>", "final", "Hi");
    assertRecovers("<|end|><|channel|>final<|message|>Hi<|end|>", "final", "Hi");
    assertRecovers("<|start|>Hello there<|end|>", null, "Hello there");
    assertRecovers("<|channel|>final<|message|>Hi<|endoftext|>", "final", "Hi");
    assertRecovers("<|channel|>final<|message|>Hi<|end|><|end|>", "final", "Hi");
  }

  @Test
  void messageThatIsNotEndedIsClosedByTheNextOne() {
    Parsed parsed = parse("<|channel|>analysis<|message|>a<|start|>assistant<|message|>b<|end|>");
    assertEquals(
        List.of(
            start(Role.ASSISTANT, null, "analysis", null, "<|channel|>analysis"),
            new ContentDelta("a"),
            new MessageEnd(Ending.NONE),
            start(Role.ASSISTANT, null, null, null, "assistant"),
            new ContentDelta("b"),
            new MessageEnd(Ending.END)),
        parsed.events);
    assertTrue(parsed.malformed.isPresent());
  }

  @Test
  void textAfterTheLastMessageIsAMessageOfItsOwn() {
    Parsed parsed = parse("<|channel|>final<|message|>a<|return|> more");
    assertEquals(
        List.of("a", " more"),
        HarmonyEvent.messages(parsed.events).stream()
            .map(message -> ((Content.Text) message.content()).text())
            .toList());
    assertTrue(parsed.malformed.isPresent());
  }

  @Test
  void headerThatNeverEndsIsGivenUpAtItsLimit() {
    HarmonyParser parser = HarmonyParser.insideAssistantHeader(TOKENIZER);
    parser.push(200_005);
    for (int i = 0; i < HarmonyParser.MAX_HEADER_TOKENS; i++) {
      assertEquals(List.of(), pushText(parser, "x"));
    }
    List<HarmonyEvent> events = pushText(parser, "x");
    assertEquals(
        new ContentDelta("x".repeat(HarmonyParser.MAX_HEADER_TOKENS + 1)), events.getLast());
    assertEquals(List.of(new ContentDelta("x")), pushText(parser, "x"));
  }

  @Test
  void noOutputIsNoMessage() {
    assertEquals(List.of(), parse("").events);
    assertEquals(List.of(), parse("<|return|>").events);
    assertEquals(Optional.empty(), parse("").malformed);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anyTokensAtAllGiveWellFormedEventsAndAllTextOnce(boolean insideHeader) {
    Random random = new Random(72);
    // Words without '<', so that what is ordinary and what is structure can be told apart.
    int[] words =
        IntStream.range(0, 5_000).filter(id -> isPlainWord(TOKENIZER.decode(of(id)))).toArray();
    int[] headerWords =
        Stream.of("assistant", " to=functions.f", "final", " ", "user", " to", "=", "tool", ":x")
            .flatMapToInt(text -> IntStream.of(TOKENIZER.encode(text)))
            .toArray();
    for (int round = 0; round < 2_000; round++) {
      double structured = random.nextDouble();
      int[] ids =
          IntStream.range(0, random.nextInt(30))
              .mapToObj(
                  i ->
                      random.nextDouble() < structured
                          ? STRUCTURE
                          : random.nextInt(4) > 0 ? headerWords : words)
              .mapToInt(from -> from[random.nextInt(from.length)])
              .toArray();
      HarmonyParser parser =
          insideHeader
              ? HarmonyParser.insideAssistantHeader(TOKENIZER)
              : HarmonyParser.betweenMessages(TOKENIZER);
      List<HarmonyEvent> events = parseAll(parser, ids);
      assertWellFormed(events);
      String given =
          events.stream()
              .map(
                  event ->
                      switch (event) {
                        case MessageStart start -> start.header();
                        case ContentDelta delta -> delta.text();
                        case MessageEnd _ -> "";
                      })
              .collect(Collectors.joining());
      String ordinary =
          TOKENIZER.decode(Arrays.stream(ids).filter(id -> !TOKENIZER.isSpecial(id)).toArray());
      assertEquals(ordinary, given.replaceAll("<\\|[a-z]+\\|>", ""), () -> TOKENIZER.decode(ids));
    }
  }

  @Test
  void randomIdsOfTheWholeVocabularyAreNeverRefused() {
    Random random = new Random(5);
    for (int round = 0; round < 1_000; round++) {
      int[] ids =
          random
              .ints(random.nextInt(60), 0, TOKENIZER.vocabularySize() + 50_000)
              .map(id -> id < TOKENIZER.vocabularySize() ? id : STRUCTURE[id % STRUCTURE.length])
              .toArray();
      HarmonyParser parser = HarmonyParser.insideAssistantHeader(TOKENIZER);
      assertWellFormed(parseAll(parser, ids));
    }
  }

  @Test
  void renderedConversationParsesToItself() {
    List<Message> messages =
        List.of(
            Message.user("Weather in <|end|> 北京?"),
            Message.assistant(Channels.ANALYSIS, "Hm… 👩‍👧"),
            Message.functionCall("get_weather", "{\"city\":\"北京\"}"),
            Message.functionResult("get_weather", ""),
            Message.assistant(Channels.FINAL, "Sunny."));
    int[] ids =
        new HarmonyRenderer(TOKENIZER)
            .render(new Conversation(messages), HarmonyRenderer.Mode.PLAIN, false);
    HarmonyParser parser = HarmonyParser.betweenMessages(TOKENIZER);
    assertEquals(messages, HarmonyEvent.messages(parseAll(parser, ids)));
    assertEquals(Optional.empty(), parser.malformed());
  }

  private static void assertWellFormed(List<HarmonyEvent> events) {
    boolean open = false;
    for (HarmonyEvent event : events) {
      assertEquals(open, !(event instanceof MessageStart), events::toString);
      assertFalse(event instanceof ContentDelta delta && delta.text().isEmpty());
      open = !(event instanceof MessageEnd);
    }
    assertFalse(open);
    assertEquals(
        events.stream().filter(MessageEnd.class::isInstance).count(),
        HarmonyEvent.messages(events).size());
  }

  private static void assertRecovers(String output, String channel, String content) {
    Parsed parsed = parse(output);
    List<Message> messages = HarmonyEvent.messages(parsed.events);
    assertEquals(1, messages.size(), output);
    assertEquals(Role.ASSISTANT, messages.getFirst().role(), output);
    assertEquals(Optional.ofNullable(channel), messages.getFirst().channel(), output);
    assertEquals(content, parsed.content(), output);
    assertTrue(parsed.malformed.isPresent(), output);
  }

  private record Parsed(List<HarmonyEvent> events, Optional<String> malformed) {
    String content() {
      return events.stream()
          .map(event -> event instanceof ContentDelta delta ? delta.text() : "")
          .collect(Collectors.joining());
    }
  }

  /** Parses output written as text, in which special tokens are recognised. */
  private static Parsed parse(String output) {
    List<Integer> ids = new ArrayList<>();
    for (String part : output.split("(?=<\\|)|(?<=\\|>)", -1)) {
      TOKENIZER
          .special(part)
          .ifPresentOrElse(ids::add, () -> Arrays.stream(TOKENIZER.encode(part)).forEach(ids::add));
    }
    HarmonyParser parser = HarmonyParser.insideAssistantHeader(TOKENIZER);
    List<HarmonyEvent> events =
        parseAll(parser, ids.stream().mapToInt(Integer::intValue).toArray());
    return new Parsed(events, parser.malformed());
  }

  private static List<HarmonyEvent> parseAll(HarmonyParser parser, int[] ids) {
    List<HarmonyEvent> events = new ArrayList<>();
    for (int id : ids) {
      events.addAll(parser.push(id));
    }
    events.addAll(parser.finish());
    return events;
  }

  private static List<HarmonyEvent> pushText(HarmonyParser parser, String token) {
    int[] ids = TOKENIZER.encode(token);
    assertEquals(1, ids.length);
    return parser.push(ids[0]);
  }

  private static MessageStart start(
      Role role, String recipient, String channel, String contentType, String header) {
    return new MessageStart(
        role,
        Optional.empty(),
        Optional.ofNullable(recipient),
        Optional.ofNullable(channel),
        Optional.ofNullable(contentType),
        header);
  }

  private static MessageStart withoutHeader(MessageStart start) {
    return new MessageStart(
        start.role(), start.name(), start.recipient(), start.channel(), start.contentType(), "");
  }

  private static boolean isPlainWord(String text) {
    return !text.contains("<") && !text.contains("|") && !text.contains("\uFFFD");
  }

  private static int[] of(int id) {
    return new int[] {id};
  }

  private static Message message(JsonNode json) {
    return new Message(
        Role.of(json.path("role").asText()).orElseThrow(),
        json.optional("name").map(JsonNode::asText),
        json.optional("recipient").map(JsonNode::asText),
        json.optional("channel").map(JsonNode::asText),
        json.optional("content_type").map(JsonNode::asText),
        new Content.Text(json.path("content").asText()));
  }
}
