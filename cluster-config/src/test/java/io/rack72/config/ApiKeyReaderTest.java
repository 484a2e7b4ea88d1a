package io.rack72.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ApiKeyReaderTest {
  private static final Host HOST =
      new Host(1, Map.of("WEB_KEY", "w3b-s3cret", "RACK72_API_KEY", "s3cret"));
  private static final Host BARE = new Host(1, Map.of());

  @Test
  void keysAreReadInOrderOfTheirNamesWithTheirDefaults() {
    assertEquals(
        List.of(
            new ApiKey("default", new Secret("s3cret"), 1, OptionalInt.empty()),
            new ApiKey("batch", new Secret("12345"), 1, OptionalInt.of(7)),
            new ApiKey("web", new Secret("w3b-s3cret"), 3, OptionalInt.empty())),
        load(
                HOST,
                "{ web { key = ${WEB_KEY}, weight = 3 }, batch { key = 12345, max-requests = 7 } }")
            .apiKeys());
  }

  @Test
  void namedKeysAloneAreEnough() {
    HttpSettings http = load(BARE, "{ default { key = a }, other { key = b } }");
    assertEquals(List.of("default", "other"), http.apiKeys().stream().map(ApiKey::name).toList());
    assertEquals(Optional.of(new Secret("a")), http.apiKey());
  }

  @Test
  void secretsAreNotShown() {
    String shown = load(HOST, "{ web { key = ${WEB_KEY} }, other { key = hidd3n } }").toString();
    assertFalse(shown.contains("s3cret") || shown.contains("hidd3n"), shown);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          { web = hidd3n }                           | api-keys.web (--set) is a section with keys
          { web { weight = 2 } }                     | api-keys.web.key is missing
          { web { key = "" } }                       | api-keys.web.key (--set) is text of 1 to 4096
          { web { key = [hidd3n] } }                 | api-keys.web.key (--set) is text of 1 to 4096
          { web { key = hidd3n, weight = 0 } }       | api-keys.web.weight (--set) is a whole number from 1
          { web { key = hidd3n, weight = 1000001 } } | api-keys.web.weight (--set) is a whole number from 1 to 1000000
          { web { key = hidd3n, max-requests = x } } | api-keys.web.max-requests (--set) is a whole number
          { web { key = hidd3n, wieght = 2 } }       | did you mean rack72.gateway.api-keys.web.weight?
          { "a b" { key = hidd3n } }                 | api-keys."a b" (--set) needs 1 to 64 letters
          { a { key = hidd3n }, b { key = hidd3n } } | api-keys."b" (--set) needs a key of its own, since 'a'
          hidd3n                                     | api-keys (--set) is a section with keys
          null                                       | api-keys
          """)
  void wrongKeysAreRefusedWithoutShowingSecrets(String keys, String says) {
    String message =
        assertThrows(InvalidConfigException.class, () -> load(BARE, keys)).getMessage();
    assertTrue(message.contains(says), message);
    assertFalse(message.contains("hidd3n"), message);
  }

  @Test
  void nameOfTheSingleKeyIsTakenWhereThereIsOne() {
    String message =
        assertThrows(InvalidConfigException.class, () -> load(HOST, "{ default { key = x } }"))
            .getMessage();
    assertTrue(message.contains("rack72.gateway.api-key has it"), message);
  }

  @Test
  void missingVariableOfTheEnvironmentIsNamed() {
    String message =
        assertThrows(InvalidConfigException.class, () -> load(BARE, "{ web { key = ${WEB_KEY} } }"))
            .getMessage();
    assertTrue(message.contains("WEB_KEY"), message);
  }

  private static HttpSettings load(Host host, String keys) {
    return ConfigLayers.defaults().set("rack72.gateway.api-keys = " + keys).load(host).http();
  }
}
