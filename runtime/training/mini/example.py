"""What one training example or evaluation prompt is, whatever the skill.

A skill is a module in `mini/skills` with one function `make(rng, split)` that returns an `Example`.
All that varies comes from `rng`, so the same seed gives the same example.
"""

import hashlib
import json
from dataclasses import dataclass, field

TRAIN = "train"
"""Everything that is not held out."""

HELD_OUT_VALUES = "values"
"""Phrasings as in training, but numbers, names and combinations that training never has."""

HELD_OUT_PHRASINGS = "phrasings"
"""Values as in training or held out, in phrasings that training never has."""

EFFORTS = ("low", "medium", "high")


@dataclass(frozen=True)
class Say:
    """A message of the model: text on a channel, or the call of a function."""

    channel: str
    text: str
    function: str | None = None


def analysis(text):
    return Say("analysis", text)


def final(text):
    return Say("final", text)


def call(function, arguments_json):
    """A function call, arguments as JSON text with a space after each ':' and ','."""
    return Say("commentary", arguments_json, function)


@dataclass(frozen=True)
class Example:
    """One request as a client of the chat API sends it, and the reply to be learned.

    messages: {"role": "system" | "user" | "assistant" | "tool", "content": ...} as in the API, with
        "tool_calls" and "tool_call_id" where functions were called before. The last is by the user
        or a tool.
    tools: as in the API; an empty list for none.
    effort: one of EFFORTS.
    reply: messages of the model, in order; the last is on channel final, or calls a function.
    check: what makes a reply right, judged on its final text or its call, one of
        {"number": "57"}            the last number in the final text is this
        {"contains": ["a", "b"]}    the final text has each of these, as whole words, in any case
        {"any": ["a", "b"]}         the final text has at least one of these, likewise
        {"list": ["red", "7"]}      the final text has exactly this sequence, parted by ", "
        {"call": {"name": .., "arguments": {..}}}   the reply calls this, with equal arguments
        {}                          nothing to be right about: it must only be well formed
    skill: name of the skill, such as "addition"; scores are reported for each.
    """

    skill: str
    messages: list
    reply: list
    effort: str = "medium"
    tools: list = field(default_factory=list)
    check: dict = field(default_factory=dict)


def user(text):
    return {"role": "user", "content": text}


def pick_effort(rng):
    return rng.choice(("low", "medium", "medium", "high"))


def is_held_out_number(n):
    """Numbers that training never uses as an operand: some decades of each hundred."""
    n = abs(n)
    return 60 <= n < 70 or (n >= 100 and (n // 10) % 10 == 6 and (n // 100) % 3 == 1) or 370 <= n < 400 or 720 <= n < 760


def phrase(rng, split, trained, held_out):
    """One of the phrasings that the split may use."""
    return rng.choice(held_out if split == HELD_OUT_PHRASINGS else trained)


_BEFORE = ("Please ", "Hi, ", "Hello. ", "Hey, ", "OK, ", "So, ", "Now, ")
_BEHIND = (" Thanks.", " Thank you!", " Please.", " Quickly, please.")
COURTESY = _BEFORE + _BEHIND
"""What `vary` may put before or behind a question."""


def vary(rng, text):
    """The way people type: now and then without capital or full stop, or with a word of courtesy."""
    if rng.random() < 0.15:
        text = text[0].lower() + text[1:]
    if rng.random() < 0.2 and text[-1] in ".?!":
        text = text[:-1]
    if rng.random() < 0.08:
        text = rng.choice(_BEFORE) + text
    elif rng.random() < 0.06:
        text = text + rng.choice(_BEHIND)
    return text


def fingerprint(example):
    """Of the last question and the functions on offer. What was said before does not make it new, nor
    does a word of courtesy, a capital or a full stop.

    Not Python's hash, which differs from run to run.
    """
    question = [message["content"] for message in example.messages if message["role"] == "user"][-1]
    question = question.lower()
    # The longest first, for one ends as another does.
    for word in sorted(COURTESY, key=len, reverse=True):
        question = question.removeprefix(word.lower()).removesuffix(word.lower())
    question = question.rstrip(" .?!")
    return hashlib.blake2b(json.dumps([question, example.tools]).encode(), digest_size=8).digest()
