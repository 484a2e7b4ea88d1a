package io.rack72.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A JSON schema as the TypeScript type that gpt-oss models were trained to read. It must agree to
 * the letter with openai/harmony ({@code json_schema_to_typescript} in {@code src/encoding.rs}),
 * oddities included, for the model has seen no other form; schemas beyond its reach become {@code
 * any}.
 */
final class TypeScriptSchema {
  private final StringBuilder out = new StringBuilder();

  private TypeScriptSchema() {}

  /** The type of a value that the schema allows. */
  static String type(JsonNode schema) {
    return type(schema, "");
  }

  private static String type(JsonNode schema, String indent) {
    TypeScriptSchema type = new TypeScriptSchema();
    type.append(schema, indent);
    return type.out.toString();
  }

  private void append(JsonNode schema, String indent) {
    JsonNode type = schema.path("type");
    if (schema.path("oneOf").isArray()) {
      appendAlternatives(schema, indent);
    } else if (type.isArray() && type.valueStream().anyMatch(JsonNode::isTextual)) {
      List<String> names =
          type.valueStream()
              .filter(JsonNode::isTextual)
              .map(name -> name.asText().equals("integer") ? "number" : name.asText())
              .toList();
      out.append(String.join(" | ", names));
    } else {
      switch (type.asText()) {
        case "object" -> appendObject(schema, indent);
        case "array" -> appendArray(schema, indent);
        case "string" -> appendString(schema);
        case "number", "integer" -> out.append("number");
        case "boolean" -> out.append("boolean");
        default -> out.append("any");
      }
    }
  }

  private void appendArray(JsonNode schema, String indent) {
    if (schema.has("items")) {
      append(schema.path("items"), indent);
      out.append("[]");
    } else {
      out.append("Array<any>");
    }
  }

  private void appendString(JsonNode schema) {
    List<String> values =
        schema
            .path("enum")
            .valueStream()
            .filter(JsonNode::isTextual)
            .map(value -> '"' + value.asText() + '"')
            .toList();
    out.append(values.isEmpty() ? "string" : String.join(" | ", values));
  }

  private void appendAlternatives(JsonNode schema, String indent) {
    for (JsonNode variant : schema.path("oneOf")) {
      out.append('\n').append(indent).append(" | ");
      appendNullable(variant, indent + "   ");
      List<String> remarks = new ArrayList<>();
      text(variant, "description").ifPresent(remarks::add);
      if (variant.has("default")) {
        JsonNode value = variant.path("default");
        // Here the strings of an enum keep their quotes, unlike everywhere else.
        remarks.add("default: " + (value.isTextual() ? quoted(value) : literal(value)));
      }
      appendRemarks(remarks);
    }
  }

  private void appendObject(JsonNode schema, String indent) {
    text(schema, "description").ifPresent(description -> appendComment(indent, description));
    out.append("{\n");
    Set<String> required = new HashSet<>();
    schema.path("required").valueStream().map(JsonNode::asText).forEach(required::add);
    for (Map.Entry<String, JsonNode> property : schema.path("properties").properties()) {
      String name = property.getKey() + (required.contains(property.getKey()) ? ":" : "?:");
      appendProperty(name, property.getValue(), indent);
    }
    out.append(indent).append('}');
  }

  private void appendProperty(String name, JsonNode schema, String indent) {
    boolean alternatives = schema.path("oneOf").isArray();
    text(schema, "title")
        .ifPresent(
            title -> {
              appendComment(indent, title);
              out.append(indent).append("//\n");
            });
    if (!schema.has("oneOf")) {
      text(schema, "description").ifPresent(description -> appendComment(indent, description));
    }
    appendExamples(schema.path("examples"), indent);
    if (alternatives) {
      appendAlternativesProperty(name, schema, indent);
      return;
    }
    out.append(indent).append(name).append(' ');
    appendNullable(schema, indent + "    ");
    out.append(',');
    if (!schema.has("oneOf")) {
      defaultRemark(schema).ifPresent(remark -> appendRemarks(List.of(remark)));
    }
    out.append('\n');
  }

  private void appendAlternativesProperty(String name, JsonNode schema, String indent) {
    JsonNode variants = schema.path("oneOf");
    Optional<String> description = text(schema, "description");
    // A description that the first variant repeats is said once, but behind neither of them.
    boolean descriptionAbove =
        description.isPresent() && !description.equals(text(variants.path(0), "description"));
    if (descriptionAbove) {
      appendComment(indent, description.get());
    }
    defaultRemark(schema).ifPresent(remark -> appendComment(indent, remark));
    out.append(indent).append(name).append('\n');
    for (int i = 0; i < variants.size(); i++) {
      JsonNode variant = variants.get(i);
      out.append(indent).append(" | ");
      appendNullable(variant, indent + "   ");
      List<String> remarks = new ArrayList<>();
      if (i > 0 || !descriptionAbove) {
        text(variant, "description")
            .filter(own -> !description.equals(Optional.of(own)))
            .ifPresent(remarks::add);
      }
      defaultRemark(variant).ifPresent(remarks::add);
      appendRemarks(remarks);
      out.append('\n');
    }
    out.append(indent).append(",\n");
  }

  private void appendExamples(JsonNode examples, String indent) {
    if (!examples.isArray() || examples.isEmpty()) {
      return;
    }
    appendComment(indent, "Examples:");
    examples
        .valueStream()
        .filter(JsonNode::isTextual)
        .forEach(example -> appendComment(indent, "- " + quoted(example)));
  }

  private void appendNullable(JsonNode schema, String indent) {
    String type = type(schema, indent);
    out.append(type);
    if (schema.path("nullable").isBoolean()
        && schema.path("nullable").booleanValue()
        && !type.contains("null")) {
      out.append(" | null");
    }
  }

  private void appendComment(String indent, String comment) {
    out.append(indent).append("// ").append(comment).append('\n');
  }

  private void appendRemarks(List<String> remarks) {
    if (!remarks.isEmpty()) {
      out.append(" // ").append(String.join(" ", remarks));
    }
  }

  private static Optional<String> defaultRemark(JsonNode schema) {
    if (!schema.has("default")) {
      return Optional.empty();
    }
    JsonNode value = schema.path("default");
    boolean ofEnum = schema.path("enum").isArray() && !schema.path("enum").isEmpty();
    String text = !value.isTextual() ? literal(value) : ofEnum ? value.asText() : quoted(value);
    return Optional.of("default: " + text);
  }

  /** JSON as Rust prints it, which writes exponents of numbers in another way than Java. */
  private static String literal(JsonNode value) {
    if (!value.isDouble() || value.doubleValue() == 0) {
      return value.toString();
    }
    BigDecimal number = new BigDecimal(value.asText()).stripTrailingZeros();
    int integerDigits = number.precision() - number.scale();
    if (integerDigits > -5 && integerDigits <= 16) {
      return number.scale() <= 0 ? number.toPlainString() + ".0" : number.toPlainString();
    }
    int exponent = integerDigits - 1;
    return number.scaleByPowerOfTen(-exponent).toPlainString() + "e" + exponent;
  }

  private static String quoted(JsonNode text) {
    return '"' + text.asText() + '"';
  }

  private static Optional<String> text(JsonNode schema, String field) {
    JsonNode value = schema.path(field);
    return value.isTextual() ? Optional.of(value.asText()) : Optional.empty();
  }
}
