"""Writes conversations as harmony text, as the server does (openai/harmony, `src/encoding.rs`).

A rendered conversation is a list of pieces, each encoded for itself: `Special` pieces are one token,
strings are ordinary text. A test of the project renders examples of this module with the server's
own code and compares.
"""

import json


class Special(str):
    """The text of a special token."""


START, CHANNEL, CONSTRAIN, MESSAGE, END, CALL, RETURN = (
    Special(f"<|{name}|>")
    for name in ("start", "channel", "constrain", "message", "end", "call", "return")
)

SPECIALS = (
    Special("<|startoftext|>"),
    Special("<|endoftext|>"),
    RETURN,
    CONSTRAIN,
    CHANNEL,
    START,
    END,
    MESSAGE,
    CALL,
)
"""In the order of their ids, at the end of the vocabulary."""


def prompt(messages, tools, effort, date=None):
    """The pieces up to where the model goes on.

    Args:
      messages: as in the chat API.
      tools: as in the chat API.
      effort: "low", "medium" or "high".
      date: such as "2025-06-28", or None.
    """
    pieces = [START, "system", MESSAGE, _system(effort, date, bool(tools)), END]
    leading = 0
    while leading < len(messages) and messages[leading]["role"] == "system":
        leading += 1
    instructions = "\n\n".join(message["content"] for message in messages[:leading])
    if leading or tools:
        pieces += [START, "developer", MESSAGE, _developer(instructions, tools), END]
    turns = messages[leading:]
    function_of_call = {}
    # The server leaves out reasoning before the first answer where the last turn of the assistant
    # was an answer.
    answers = [i for i, turn in enumerate(turns) if turn["role"] == "assistant" and not turn.get("tool_calls")]
    calls = [i for i, turn in enumerate(turns) if turn["role"] == "assistant" and turn.get("tool_calls")]
    drop_before = answers[0] if answers and (not calls or answers[-1] > calls[-1]) else -1
    for i, turn in enumerate(turns):
        if turn["role"] == "user":
            pieces += [START, "user", MESSAGE, turn["content"], END]
        elif turn["role"] == "tool":
            name = function_of_call[turn["tool_call_id"]]
            pieces += [START, f"functions.{name}", " to=assistant", CHANNEL, "commentary"]
            pieces += [MESSAGE, turn["content"], END]
        else:
            if turn.get("reasoning") and i >= drop_before:
                pieces += [START, "assistant", CHANNEL, "analysis", MESSAGE, turn["reasoning"], END]
            for call in turn.get("tool_calls", ()):
                function = call["function"]
                function_of_call[call["id"]] = function["name"]
                pieces += _call(function["name"], function["arguments"])
            if not turn.get("tool_calls"):
                pieces += [START, "assistant", CHANNEL, "final", MESSAGE, turn["content"], END]
    return pieces + [START, "assistant"]


def reply(says):
    """The pieces that the model writes after `prompt`."""
    pieces = []
    for say in says:
        if say.function is not None:
            pieces += _call(say.function, say.text)
        else:
            end = RETURN if say.channel == "final" else END
            pieces += [START, "assistant", CHANNEL, say.channel, MESSAGE, say.text, end]
    # The prompt already has the start of the first message.
    return pieces[2:]


def _call(function, arguments):
    header = [START, "assistant", f" to=functions.{function}", CHANNEL, "commentary", " ", CONSTRAIN, "json"]
    return header + [MESSAGE, arguments, CALL]


def _system(effort, date, functions_offered):
    text = "You are ChatGPT, a large language model trained by OpenAI.\nKnowledge cutoff: 2024-06"
    if date is not None:
        text += f"\nCurrent date: {date}"
    text += f"\n\nReasoning: {effort}\n\n# Valid channels: analysis, commentary, final."
    text += " Channel must be included for every message."
    if functions_offered:
        text += "\nCalls to these tools must go to the commentary channel: 'functions'."
    return text


def _developer(instructions, tools):
    sections = []
    if instructions:
        sections.append("# Instructions\n\n" + instructions)
    if tools:
        lines = ["# Tools\n", "## functions\n", "namespace functions {\n"]
        for tool in tools:
            function = tool["function"]
            if function.get("description"):
                lines.append("// " + function["description"])
            schema = function.get("parameters")
            arguments = "" if schema is None else "_: " + _object(schema)
            lines.append(f"type {function['name']} = ({arguments}) => any;\n")
        lines.append("} // namespace functions")
        sections.append("\n".join(lines))
    return "\n\n".join(sections)


def _object(schema):
    text = "{\n"
    for name, property in schema["properties"].items():
        if property.get("description"):
            text += f"// {property['description']}\n"
        mark = ":" if name in schema.get("required", ()) else "?:"
        text += f"{name}{mark} {_type(property)},\n"
    return text + "}"


def _type(schema):
    if schema["type"] == "string":
        return " | ".join(json.dumps(value) for value in schema.get("enum", ())) or "string"
    if schema["type"] == "array":
        return _type(schema["items"]) + "[]"
    return {"integer": "number"}.get(schema["type"], schema["type"])
