package io.rack72.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TypeScriptSchemaTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '=',
      value = {
        "{} = any",
        "{'type':'null'} = any",
        "{'anyOf':[{'type':'string'}]} = any",
        "{'type':'integer'} = number",
        "{'type':['integer','null']} = number | null",
        "{'type':'array'} = Array<any>",
        "{'type':'array','items':{'type':'boolean'}} = boolean[]",
        "{'type':'string','enum':['a','b']} = \"a\" | \"b\"",
        "{'type':'string','enum':[]} = string",
      })
  void simpleTypesAreWords(String schema, String type) throws JsonProcessingException {
    assertEquals(type, TypeScriptSchema.type(json(schema)));
  }

  @Test
  void innerObjectsAreIndentedByFour() throws JsonProcessingException {
    assertEquals(
        """
        {
        // An inner one
        inner:     // An inner one
        {
            deep?: number[],
            }[],
        last?: string | null,
        }\
        """,
        TypeScriptSchema.type(
            json(
                """
                {'type':'object','required':['inner'],'properties':{
                 'inner':{'type':'array','description':'An inner one','items':{
                   'type':'object','description':'An inner one','properties':{
                     'deep':{'type':'array','items':{'type':'integer'}}}}},
                 'last':{'type':'string','nullable':true}}}
                """)));
  }

  @Test
  void alternativesStandOnLinesOfTheirOwn() throws JsonProcessingException {
    assertEquals(
        "\n | string // a word default: \"x\"\n | \"y\" // default: \"y\"\n | number | null",
        TypeScriptSchema.type(
            json(
                """
                {'oneOf':[{'type':'string','description':'a word','default':'x'},
                          {'type':'string','enum':['y'],'default':'y'},
                          {'type':'number','nullable':true}]}
                """)));
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1",
    "1.0, 1.0",
    "-0.5, -0.5",
    "0.0, 0.0",
    "1e-4, 0.0001",
    "1e-7, 1e-7",
    "1e7, 10000000.0",
    "1.5e16, 1.5e16",
    "-2e22, -2e22",
    "true, true",
    "null, null",
    "'[1,\"a\"]', '[1,\"a\"]'"
  })
  void defaultsAreWrittenAsRustWritesThem(String value, String written)
      throws JsonProcessingException {
    String schema = "{'type':'object','properties':{'p':{'default':" + value + "}}}";
    assertEquals("{\np?: any, // default: " + written + "\n}", TypeScriptSchema.type(json(schema)));
  }

  @Test
  void schemaNestedBeyondTheLimitIsRefused() throws JsonProcessingException {
    int limit = FunctionTool.MAX_SCHEMA_DEPTH;
    JsonNode deepest = json("[".repeat(limit) + "]".repeat(limit));
    assertEquals("f", new FunctionTool("f", "", Optional.of(deepest)).name());
    JsonNode deeper = json("[".repeat(limit + 2) + "]".repeat(limit + 2));
    IllegalArgumentException refusal =
        assertThrows(
            IllegalArgumentException.class, () -> new FunctionTool("f", "", Optional.of(deeper)));
    assertTrue(refusal.getMessage().contains("more than 100 levels"), refusal.getMessage());
  }

  private static JsonNode json(String withSingleQuotes) throws JsonProcessingException {
    return new ObjectMapper().readTree(withSingleQuotes.replace('\'', '"'));
  }
}
