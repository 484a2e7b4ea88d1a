package io.rack72.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.errors.UnauthorizedException;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.FunctionDefinition;
import com.openai.models.FunctionParameters;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.chat.completions.ChatCompletionTokenLogprob;
import com.openai.models.completions.Completion;
import com.openai.models.completions.CompletionChoice;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.completions.CompletionUsage;
import com.openai.models.models.Model;
import io.rack72.serving.DemoCheckpoint;
import io.rack72.serving.RackServer;
import io.rack72.text.O200kHarmonyTokenizer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * OpenAI's client for Java against a rack. The client's own validation, which it leaves to the
 * caller, checks every object that it made of an answer.
 */
final class OfficialJavaClientIT {
  private static final String KEY = "a-key-of-this-test";
  private static final String MODEL = "demo";
  private static final String PROMPT = "Seventy-two GPUs in one rack";
  private static final long TOKENS = 24;
  private static final ChatCompletionStreamOptions WITH_USAGE =
      ChatCompletionStreamOptions.builder().includeUsage(true).build();

  private static RackServer server;
  private static OpenAIClient client;

  @BeforeAll
  static void connect() {
    server = RackServer.of(DemoCheckpoint.directory()).dataParallel(4).apiKey(KEY).start();
    client = client(KEY);
  }

  @AfterAll
  static void disconnect() {
    client.close();
    server.close();
  }

  @Test
  void modelsAreListedAndFound() {
    List<Model> models = client.models().list().data();

    assertEquals(List.of(MODEL), models.stream().map(Model::id).toList());
    assertEquals(models.getFirst(), client.models().retrieve(MODEL).validate());
  }

  @Test
  void chatIsAnsweredAndStreamedWithTheSameText() {
    ChatCompletion whole = client.chat().completions().create(chat().build()).validate();
    ChatCompletion streamed = stream(chat().streamOptions(WITH_USAGE).build());

    assertEquals(MODEL, whole.model());
    assertTrue(whole.id().startsWith("chatcmpl-"), whole.id());
    assertNotEquals(whole.id(), streamed.id());
    assertEquals(1, whole.choices().size());
    ChatCompletion.Choice choice = whole.choices().getFirst();
    assertEquals(ChatCompletion.Choice.FinishReason.LENGTH, choice.finishReason());
    assertEquals(text(whole, 0), text(streamed, 0));
    assertEquals(choice.finishReason(), streamed.choices().getFirst().finishReason());
    assertEquals(whole.usage(), streamed.usage());
    CompletionUsage usage = whole.usage().orElseThrow();
    assertEquals(TOKENS, usage.completionTokens());
    assertEquals(usage.promptTokens() + TOKENS, usage.totalTokens());
  }

  @Test
  void chatReadsSystemMessagesAndTools() {
    FunctionDefinition function =
        FunctionDefinition.builder()
            .name("temperature")
            .description("Degrees at a place")
            .parameters(
                FunctionParameters.builder()
                    .putAdditionalProperty("type", JsonValue.from("object"))
                    .putAdditionalProperty(
                        "properties", JsonValue.from(Map.of("place", Map.of("type", "string"))))
                    .build())
            .build();
    CompletionUsage plain = usage(chat());
    CompletionUsage instructed = usage(chat().addSystemMessage("Answer in one word."));
    CompletionUsage equipped = usage(chat().addFunctionTool(function));

    assertTrue(instructed.promptTokens() > plain.promptTokens());
    assertTrue(equipped.promptTokens() > plain.promptTokens());
  }

  @Test
  void eachOfSeveralChoicesIsASequenceOfItsOwn() {
    ChatCompletion one = client.chat().completions().create(chat().build());
    ChatCompletion two = client.chat().completions().create(chat().n(2).build()).validate();
    ChatCompletion streamed = stream(chat().n(2).streamOptions(WITH_USAGE).build());

    assertEquals(
        List.of(0L, 1L), two.choices().stream().map(ChatCompletion.Choice::index).toList());
    assertEquals(text(one, 0), text(two, 0));
    assertNotEquals(text(two, 0), text(two, 1));
    assertEquals(text(two, 0), text(streamed, 0));
    assertEquals(text(two, 1), text(streamed, 1));
    assertEquals(2 * TOKENS, two.usage().orElseThrow().completionTokens());
    assertEquals(two.usage(), streamed.usage());
  }

  @Test
  void chatLogprobsNameEachTokenOfTheContent() {
    ChatCompletionCreateParams params = chat().logprobs(true).topLogprobs(2).build();
    ChatCompletion whole = client.chat().completions().create(params).validate();
    ChatCompletion streamed = stream(params);

    List<ChatCompletionTokenLogprob> logprobs =
        whole.choices().getFirst().logprobs().orElseThrow().content().orElseThrow();
    assertEquals(TOKENS, logprobs.size());
    assertEquals(
        text(whole, 0),
        logprobs.stream().map(ChatCompletionTokenLogprob::token).collect(Collectors.joining()));
    for (ChatCompletionTokenLogprob token : logprobs) {
      assertTrue(token.logprob() <= 0, token::toString);
      assertEquals(2, token.topLogprobs().size());
      double likeliest = token.topLogprobs().getFirst().logprob();
      assertTrue(likeliest >= token.topLogprobs().get(1).logprob(), token::toString);
      assertTrue(likeliest >= token.logprob(), token::toString);
    }
    assertEquals(
        logprobs, streamed.choices().getFirst().logprobs().orElseThrow().content().orElseThrow());
  }

  @Test
  void completionIsAnsweredAndStreamedWithTheSameText() {
    Completion whole = client.completions().create(completion().build()).validate();
    List<Completion> events = events(completion().streamOptions(WITH_USAGE).build());

    assertTrue(whole.id().startsWith("cmpl-"), whole.id());
    CompletionChoice choice = whole.choices().getFirst();
    assertEquals(CompletionChoice.FinishReason.LENGTH, choice.finishReason());
    assertEquals(choice.text(), text(events));
    CompletionUsage usage = whole.usage().orElseThrow();
    int promptTokens = O200kHarmonyTokenizer.instance().encode(PROMPT).length;
    assertEquals(promptTokens, usage.promptTokens());
    assertEquals(TOKENS, usage.completionTokens());
    assertEquals(promptTokens + TOKENS, usage.totalTokens());
    assertEquals(usage, events.getLast().usage().orElseThrow());
    assertEquals(List.of(), events.getLast().choices());
  }

  @Test
  void completionReadsSeveralPromptsAndTokenIds() {
    long[] ids = {9, 99, 999};
    List<Long> tokens = List.of(ids[0], ids[1], ids[2]);
    Completion alone =
        client.completions().create(completion().promptOfArrayOfTokens(tokens).build());
    Completion twice =
        client
            .completions()
            .create(completion().promptOfArrayOfTokenArrays(List.of(tokens, tokens)).build())
            .validate();

    assertEquals(2, twice.choices().size());
    assertEquals(alone.choices().getFirst().text(), twice.choices().get(0).text());
    assertEquals(alone.choices().getFirst().text(), twice.choices().get(1).text());
    assertEquals(3, alone.usage().orElseThrow().promptTokens());
    assertEquals(6, twice.usage().orElseThrow().promptTokens());
  }

  @Test
  void completionLogprobsAreAlignedWithTheText() {
    Completion whole = client.completions().create(completion().logprobs(3).build()).validate();

    CompletionChoice choice = whole.choices().getFirst();
    CompletionChoice.Logprobs logprobs = choice.logprobs().orElseThrow();
    List<String> tokens = logprobs.tokens().orElseThrow();
    assertEquals(TOKENS, tokens.size());
    assertEquals(choice.text(), String.join("", tokens));
    assertEquals(TOKENS, logprobs.tokenLogprobs().orElseThrow().size());
    assertEquals(TOKENS, logprobs.topLogprobs().orElseThrow().size());
    List<Long> offsets = new ArrayList<>();
    long offset = 0;
    for (String token : tokens) {
      offsets.add(offset);
      offset += token.codePointCount(0, token.length());
    }
    assertEquals(offsets, logprobs.textOffset().orElseThrow());
  }

  @Test
  void stopStringEndsTheTextBeforeIt() {
    String text = client.completions().create(completion().build()).choices().getFirst().text();
    // From the middle of one token to the middle of another, most likely.
    int begin = text.offsetByCodePoints(0, text.codePointCount(0, text.length()) / 2);
    String stop = text.substring(begin, text.offsetByCodePoints(begin, 5));
    CompletionCreateParams params = completion().stop(stop).build();

    CompletionChoice choice = client.completions().create(params).choices().getFirst();

    assertEquals(CompletionChoice.FinishReason.STOP, choice.finishReason());
    assertEquals(text.substring(0, text.indexOf(stop)), choice.text());
    assertEquals(choice.text(), text(events(params)));
  }

  @Test
  void errorsBecomeTheClientsOwnExceptions() {
    NotFoundException unknown =
        assertThrows(
            NotFoundException.class,
            () -> client.chat().completions().create(chat().model("gpt-5").build()));
    assertEquals("model_not_found", unknown.code().orElseThrow());
    assertEquals("model", unknown.param().orElseThrow());

    BadRequestException bad =
        assertThrows(
            BadRequestException.class,
            () -> client.chat().completions().create(chat().temperature(3).build()));
    assertEquals("temperature", bad.param().orElseThrow());
    assertEquals("invalid_request_error", bad.type().orElseThrow());

    assertThrows(
        BadRequestException.class,
        () -> events(completion().maxTokens(0).build()),
        "before the first event");
    assertThrows(NotFoundException.class, () -> client.models().retrieve("gpt-5"));

    OpenAIClient stranger = client("another-key");
    assertThrows(
        UnauthorizedException.class, () -> stranger.completions().create(completion().build()));
    stranger.close();
  }

  private static OpenAIClient client(String key) {
    return OpenAIOkHttpClient.builder()
        .baseUrl(server.url() + "/v1")
        .apiKey(key)
        .maxRetries(0)
        .timeout(Duration.ofMinutes(2))
        .build();
  }

  /** The client's authors advise against seeds, because OpenAI promises nothing for them. */
  @SuppressWarnings("deprecation")
  private static ChatCompletionCreateParams.Builder chat() {
    return ChatCompletionCreateParams.builder()
        .model(MODEL)
        .addUserMessage(PROMPT)
        .seed(5)
        .maxCompletionTokens(TOKENS)
        .putAdditionalBodyProperty("ignore_eos", JsonValue.from(true));
  }

  private static CompletionCreateParams.Builder completion() {
    return CompletionCreateParams.builder()
        .model(MODEL)
        .prompt(PROMPT)
        .seed(5)
        .maxTokens(TOKENS)
        .putAdditionalBodyProperty("ignore_eos", JsonValue.from(true));
  }

  private static CompletionUsage usage(ChatCompletionCreateParams.Builder params) {
    ChatCompletion reply = client.chat().completions().create(params.build()).validate();
    assertEquals(TOKENS, reply.usage().orElseThrow().completionTokens());
    return reply.usage().orElseThrow();
  }

  private static String text(ChatCompletion completion, int choice) {
    String text = completion.choices().get(choice).message().content().orElseThrow();
    assertTrue(!text.isEmpty());
    return text;
  }

  private static ChatCompletion stream(ChatCompletionCreateParams params) {
    ChatCompletionAccumulator accumulator = ChatCompletionAccumulator.create();
    try (StreamResponse<ChatCompletionChunk> chunks =
        client.chat().completions().createStreaming(params)) {
      chunks.stream().forEach(chunk -> accumulator.accumulate(chunk.validate()));
    }
    return accumulator.chatCompletion().validate();
  }

  private static List<Completion> events(CompletionCreateParams params) {
    try (StreamResponse<Completion> events = client.completions().createStreaming(params)) {
      return events.stream().toList();
    }
  }

  private static String text(List<Completion> events) {
    return events.stream()
        .flatMap(event -> event.choices().stream())
        .map(CompletionChoice::text)
        .collect(Collectors.joining());
  }
}
