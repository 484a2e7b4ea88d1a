"""What a function returns, and the sentence which tells that by copying."""

import json
from dataclasses import dataclass

from mini.skills.tools.invented import any_key
from mini.skills.tools.names import made_up_word

_ERRORS = ("not found", "no such tray", "no such name", "timed out", "access denied", "busy", "out of range",
           "no connection",
           "bad argument", "not allowed", "try again later", "disk full", "unknown place", "too many requests",
           "no answer",
           "out of memory", "already closed", "not ready", "out of stock", "wrong code")
_DONE = ('{"ok": true}', '{"status": "ok"}', '{"success": true}', "ok", "OK", "done",
         '{"done": true}', '{"result": "ok"}', "true")


@dataclass(frozen=True)
class Result:
    """content: as the tool's message has it. outcome: what the reasoning says of it. contains: for the check."""

    content: str
    sentence: str
    outcome: str
    contains: tuple


def draw_result(rng, split, domain):
    if rng.random() < 0.12:
        return _error(rng)
    if not domain.gives:
        return Result(rng.choice(_DONE), "Done.", "The call worked. I say so.", ("done",))
    values = _values(rng, split, domain)
    deed = rng.random() < 0.1
    if not deed and rng.random() < 0.2:
        value = next(iter(values.values()))
        content = value if isinstance(value, str) and rng.random() < 0.7 else _json(rng, value)
        return _known(content, f"The result {_is(value)} {_text(value)}.", [value])
    facts = [f"{key.replace('_', ' ')} {_is(value)} {_text(value)}" for key, value in values.items()]
    told = "The " + _join(facts, "the ") + "."
    if deed:
        return _known(_json(rng, {"ok": True, **values}), "Done. " + told, values.values())
    return _known(_json(rng, values), told, values.values())


def _known(content, sentence, values):
    texts = [_text(item) for value in values for item in (value if isinstance(value, list) else [value])]
    # A check looks for whole words, which do not begin with a sign.
    return Result(content, sentence, "The result is here. I answer with it.", tuple(t.lstrip("-#") for t in texts))


def _error(rng):
    reason = f"unknown {made_up_word(rng)}" if rng.random() < 0.3 else rng.choice(_ERRORS)
    content = rng.choice((
        json.dumps({"error": reason}), json.dumps({"ok": False, "error": reason}), json.dumps({"status": "error",
        "error": reason}),
        json.dumps({"error": reason, "code": rng.randint(1, 599)}), f"error: {reason}", f"Error: {reason}"))
    return Result(content, f"That did not work: {reason}.", "The call failed. I say so.", (reason,))


def _values(rng, split, domain):
    """One to three keys with values; some keys are none that the domain knows."""
    gives = rng.sample(domain.gives, rng.randint(1, len(domain.gives)))[:3]
    values = {}
    for key, kind in gives:
        if rng.random() < 0.2:
            key = any_key(rng)
        values[key] = kind.draw(rng, split, kind.schema(rng, split))
    return values


def _json(rng, value):
    """Compact now and then, as some servers write it."""
    if rng.random() < 0.2:
        return json.dumps(value, separators=(",", ":"))
    return json.dumps(value)


def _text(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _is(value):
    return "are" if isinstance(value, list) else "is"


def _join(parts, article):
    """a / a and the b / a, the b and the c"""
    parts = parts[:1] + [article + part for part in parts[1:]]
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]
