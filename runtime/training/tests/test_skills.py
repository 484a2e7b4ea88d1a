"""What every example must keep, whatever the skill; needs nothing but Python.

    python3 -m unittest discover -s tests -t .
"""

import json
import random
import re
import unittest

from mini import mixture
from mini.example import HELD_OUT_PHRASINGS, HELD_OUT_VALUES, TRAIN, is_held_out_number
from mini.skills import arithmetic, lists, tools, word_problems
from mini.skills.tools.names import is_held_out_text

_SPLITS = (TRAIN, HELD_OUT_VALUES, HELD_OUT_PHRASINGS)
_EXAMPLES = 1500
_EQUATION = re.compile(r"(?<![\w.])(\d+(?: ?[-+x/] ?\d+)*) ?([=<>]) ?(-?\d+)")


def _examples(module, split, count=_EXAMPLES):
    rng = random.Random(f"test {split}")
    return [module.make(rng, split) for _ in range(count)]


def _has(text, words):
    return all(re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE) for word in words)


class SkillsTest(unittest.TestCase):
    def test_the_reply_of_an_example_is_right_by_its_own_check(self):
        for module in mixture.MODULES:
            for split in _SPLITS:
                for example in _examples(module, split):
                    last = example.reply[-1]
                    (kind, wanted), *more = example.check.items()
                    self.assertFalse(more)
                    if kind == "number":
                        self.assertEqual(re.findall(r"-?\d+", last.text)[-1], wanted)
                    elif kind == "list":
                        self.assertEqual(last.text, ", ".join(wanted))
                    elif kind == "contains":
                        self.assertTrue(_has(last.text, wanted), (last.text, wanted))
                    else:
                        self.assertEqual(kind, "call")
                        self.assertEqual(last.function, wanted["name"])
                        self.assertEqual(json.loads(last.text), wanted["arguments"])

    def test_reasoning_comes_first_and_an_answer_or_a_call_last(self):
        for module in mixture.MODULES:
            for example in _examples(module, TRAIN):
                self.assertEqual([say.channel for say in example.reply[:-1]], ["analysis"])
                self.assertIn(example.reply[-1].channel, ("final", "commentary"))

    def test_text_is_ascii(self):
        for module in mixture.MODULES:
            for split in _SPLITS:
                for example in _examples(module, split):
                    whole = json.dumps([example.messages, example.tools], ensure_ascii=False)
                    self.assertTrue((whole + "".join(say.text for say in example.reply)).isascii())

    def test_the_same_seed_gives_the_same_examples(self):
        for module in mixture.MODULES:
            self.assertEqual(_examples(module, TRAIN, 100), _examples(module, TRAIN, 100))

    def test_every_equation_of_the_reasoning_is_true(self):
        count = 0
        for module in (arithmetic, word_problems, lists):
            for split in _SPLITS:
                for example in _examples(module, split):
                    for left, relation, right in _EQUATION.findall(example.reply[0].text):
                        value = _value(left)
                        true = {"=": value == int(right), "<": value < int(right), ">": value > int(right)}
                        self.assertTrue(true[relation], example.reply[0].text)
                        count += 1
        self.assertGreater(count, _EXAMPLES)

    def test_training_never_asks_with_a_held_out_number(self):
        for module in (arithmetic, word_problems, lists):
            for example in _examples(module, TRAIN):
                for message in (message for message in example.messages if message["role"] == "user"):
                    for number in re.findall(r"\d+", message["content"]):
                        self.assertFalse(is_held_out_number(int(number)), message["content"])

    def test_training_never_declares_a_function_with_a_held_out_name(self):
        for split in _SPLITS:
            for example in _examples(tools, split):
                for tool in example.tools:
                    self.assertEqual(is_held_out_text(tool["function"]["name"]), split != TRAIN)

    def test_most_held_out_questions_are_never_asked_in_training(self):
        for module in mixture.MODULES:
            trained = {example.messages[-1]["content"] for example in _examples(module, TRAIN, 20_000)}
            asked = [example.messages[-1]["content"] for example in _examples(module, HELD_OUT_PHRASINGS)]
            asked = [text for text in asked if not text.startswith(("{", "[", '"'))]
            # Results of functions, such as "ok", are few and are the same in all splits.
            new = sum(text not in trained for text in asked) / len(asked)
            self.assertGreater(new, 0.85, module.__name__)


def _value(text):
    """Of a sum without brackets, from left to right."""
    first, *rest = re.findall(r"[-+x/]|\d+", text)
    value = int(first)
    for operator, number in zip(rest[::2], map(int, rest[1::2])):
        if operator == "+":
            value += number
        elif operator == "-":
            value -= number
        elif operator == "x":
            value *= number
        else:
            value, remainder = divmod(value, number)
            assert remainder == 0, text
    return value


if __name__ == "__main__":
    unittest.main()
