"""Short stories with a number to be found in one or two steps.

The analysis names each operation with its numbers and then works it out as `arithmetic` does, so that
what is learned there helps here.
"""

import re
from dataclasses import dataclass

from mini.example import (
    HELD_OUT_PHRASINGS,
    HELD_OUT_VALUES,
    TRAIN,
    Example,
    analysis,
    final,
    is_held_out_number,
    phrase,
    pick_effort,
    vary,
)
from mini.skills.arithmetic import OPERATIONS, SIGNS, conversation, working

NAMES = (
    "Anna", "Ben", "Clara", "David", "Emma", "Felix", "Grace", "Henry", "Ida", "Jack", "Kate", "Leo",
    "Maria", "Nina", "Oscar", "Paul", "Rosa", "Sam", "Tina", "Victor", "Wendy", "Alice", "Bob", "Carol",
    "Daniel", "Eva", "Frank", "Helen", "Ivan", "Julia", "Karl", "Lisa", "Mark", "Nora", "Peter", "Sarah",
    "Tom", "Lucy", "Max", "Olga",
)  # fmt: skip

HELD_OUT_NAMES = ("Adam", "Bella", "Carlos", "Diana", "Erik", "Fiona", "George", "Hannah", "Jonas", "Mia")

THINGS = (
    "apples", "pears", "books", "pencils", "cards", "coins", "stamps", "marbles", "balls", "eggs", "cookies",
    "candles", "flowers", "shells", "stones", "plums", "nuts", "toys", "tickets", "pictures", "pens", "cups",
    "lemons", "oranges", "stickers", "buttons", "keys", "sweets",
)  # fmt: skip


@dataclass(frozen=True)
class Story:
    """A text with {n} and {m} for names, {t} for things, {a}, {b}, {c} for numbers, and how to solve it.

    The solution is a chain without precedence, such as "a + b - c"; a digit in it stands for itself.
    """

    text: str
    solution: str


STORIES = (
    Story("{n} has {a} {t} and buys {b} more. How many {t} does {n} have now?", "a + b"),
    Story("{n} had {a} {t}. Then {m} gave {n} {b} more {t}. How many {t} does {n} have now?", "a + b"),
    Story("{n} has {a} {t} and {m} has {b} {t}. How many {t} do they have together?", "a + b"),
    Story("{n} found {a} {t} in the morning and {b} {t} in the evening. How many {t} did {n} find?", "a + b"),
    Story("There are {a} {t} on the table and {b} {t} in the box. How many {t} are there in total?", "a + b"),
    Story("A train has {a} people in it. {b} people get on. How many people are in the train now?", "a + b"),
    Story("{n} read {a} pages on Monday and {b} pages on Tuesday. How many pages did {n} read in all?", "a + b"),
    Story("{m} has {b} {t} more than {n}. {n} has {a} {t}. How many {t} does {m} have?", "a + b"),
    Story("{n} has {a} {t} and gives {b} of them to {m}. How many {t} does {n} have left?", "a - b"),
    Story("{n} had {a} {t} and lost {b} of them. How many {t} are left?", "a - b"),
    Story("{n} baked {a} cookies and ate {b} of them. How many cookies are left?", "a - b"),
    Story("There are {a} {t} in a box. {n} takes {b} {t} out. How many {t} are still in the box?", "a - b"),
    Story("{n} has {a} dollars and buys a book for {b} dollars. How many dollars does {n} have left?", "a - b"),
    Story("There were {a} people in a bus. {b} people got off. How many people are still in the bus?", "a - b"),
    Story("{n} has {a} {t} and {m} has {b} {t}. How many more {t} does {n} have than {m}?", "a - b"),
    Story("A shop had {a} {t} and sold {b} of them. How many {t} does the shop have now?", "a - b"),
    Story("A book has {a} pages. {n} has read {b} pages. How many pages are left?", "a - b"),
    Story("There are {a} boxes with {b} {t} each. How many {t} are there in total?", "a x b"),
    Story("{n} has {a} boxes. There are {b} {t} in each box. How many {t} does {n} have?", "a x b"),
    Story("{n} buys {a} bags with {b} {t} in each bag. How many {t} does {n} buy?", "a x b"),
    Story("A tray has 4 GPUs. How many GPUs do {a} trays have?", "a x 4"),
    Story("Each tray has 4 GPUs. There are {a} trays. How many GPUs are there in total?", "a x 4"),
    Story("A server makes {a} tokens per second. How many tokens does it make in {b} seconds?", "a x b"),
    Story("A GPU makes {a} tokens each second. It runs for {b} seconds. How many tokens is that?", "a x b"),
    Story("{n} reads {a} pages each day. How many pages does {n} read in {b} days?", "a x b"),
    Story("One ticket costs {a} dollars. How many dollars do {b} tickets cost?", "a x b"),
    Story("{n} runs {a} minutes each day for {b} days. How many minutes does {n} run?", "a x b"),
    Story("{n} shares {a} {t} equally among {b} friends. How many {t} does each friend get?", "a / b"),
    Story("{a} {t} are put into {b} boxes, with as many in each box. How many {t} are in each box?", "a / b"),
    Story("{n} puts {a} {t} into bags. Each bag has {b} {t}. How many bags does {n} need?", "a / b"),
    Story("A server makes {a} tokens in {b} seconds. How many tokens per second is that?", "a / b"),
    Story("A tray has 4 GPUs. How many trays are needed for {a} GPUs?", "a / 4"),
    Story("{n} read a book of {a} pages in {b} days, as many each day. How many pages is that per day?", "a / b"),
    Story("{b} friends pay {a} dollars together, each as much as the others. How much does each pay?", "a / b"),
    Story("{n} has {a} {t}, buys {b} more and gives {c} to {m}. How many {t} does {n} have now?", "a + b - c"),
    Story("{n} had {a} {t}. {n} lost {b} and then found {c}. How many {t} does {n} have now?", "a - b + c"),
    Story("A bus has {a} people in it. {b} get off and {c} get on. How many people are in the bus now?", "a - b + c"),
    Story("{n} has {a} {t}. {n} gives {b} to {m} and {c} to a friend. How many {t} are left?", "a - b - c"),
    Story("{n} has {a} {t}, {m} has {b} and a friend has {c}. How many {t} are there in total?", "a + b + c"),
    Story("{n} has {a} boxes with {b} {t} each and {c} more {t}. How many {t} does {n} have?", "a x b + c"),
    Story("{n} buys {a} bags with {b} {t} each and eats {c} {t}. How many {t} are left?", "a x b - c"),
    Story("A rack has {a} trays with 4 GPUs each. {b} GPUs are busy. How many GPUs are free?", "a x 4 - b"),
    Story("{n} has {a} {t} and {m} has {b}. They share all of them equally among {c} friends. "
          "How many {t} does each friend get?", "a + b / c"),
    Story("{n} has {a} {t}, keeps {b} and shares the others equally among {c} friends. "
          "How many {t} does each friend get?", "a - b / c"),
    Story("{n} had {a} dollars and got {b} dollars from {m}. Then {n} paid {c} dollars for a book. "
          "How many dollars are left?", "a + b - c"),
)  # fmt: skip

HELD_OUT_STORIES = (
    Story("{n} buys {a} {t}. Then {n} found {b} more {t}. How many {t} are there in all?", "a + b"),
    Story("There are {a} {t} in the bag and {b} {t} in the box. How many {t} are there together?", "a + b"),
    Story("A shop had {a} {t}. {n} buys {b} of them. How many {t} are left in the shop?", "a - b"),
    Story("{n} had {a} dollars and lost {b} dollars. How many dollars does {n} have now?", "a - b"),
    Story("A rack has {a} trays. Each tray has {b} GPUs. How many GPUs does the rack have?", "a x b"),
    Story("{n} baked {a} cookies each day. How many cookies is that in {b} days?", "a x b"),
    Story("{b} people share {a} {t} equally. How many {t} does each of them get?", "a / b"),
    Story("There are {a} pages in a book. {n} reads {b} pages per day. How many days does {n} need?", "a / b"),
    Story("A train had {a} people in it. {b} got on and {c} got off. How many people are still in it?", "a + b - c"),
    Story("There are {a} boxes with {b} {t} in each box. {n} takes {c} {t}. How many {t} are left?", "a x b - c"),
)  # fmt: skip

WORDS_OF_STEPS = {
    "addition": "Start with {a}, add {b}",
    "subtraction": "Start with {a}, take away {b}",
    "multiplication": "Take {a} times {b}",
    "division": "Share {a} among {b}",
}

_OPERATION_OF_SIGN = {SIGNS[operation]: operation for operation in OPERATIONS}


def make(rng, split):
    story = phrase(rng, split, STORIES, HELD_OUT_STORIES)
    numbers, steps = _solved(rng, split, story)
    names = rng.sample(NAMES if split == TRAIN else HELD_OUT_NAMES, 2)
    text = story.text.format(n=names[0], m=names[1], t=rng.choice(THINGS), **numbers)
    effort = pick_effort(rng)
    result = steps[-1][3]
    return Example(
        skill="word problem",
        messages=conversation(rng, vary(rng, text)),
        reply=[analysis(_thought(steps, effort)), final(f"The answer is {result}.")],
        effort=effort,
        check={"number": str(result)},
    )


def _thought(steps, effort):
    sentences = []
    for operation, a, b, _ in steps:
        if effort != "low":
            words = WORDS_OF_STEPS[operation].format(a=a, b=b)
            sentences.append(f"Then {words.lower()}:" if sentences else f"{words}:")
        sentences.append(working(operation, a, b, effort))
    if effort == "high":
        sentences.append(" ".join(f"{a} {SIGNS[operation]} {b} = {result}." for operation, a, b, result in steps))
    return " ".join(sentences)


def _solved(rng, split, story):
    """Numbers for the story, by name, and the steps (operation, a, b, result) that solve it."""
    names = re.findall("[abc]", story.solution)
    while True:
        numbers = {name: rng.randint(2, 12) if rng.random() < 0.4 else rng.randint(2, 100) for name in names}
        held_out = any(is_held_out_number(number) for number in numbers.values())
        if split != HELD_OUT_PHRASINGS and held_out != (split == HELD_OUT_VALUES):
            continue
        steps = _steps(story.solution, numbers)
        if steps is not None:
            return numbers, steps


def _steps(solution, numbers):
    """None where the numbers do not suit: a result that is negative or no whole number, or a large product."""
    first, *others = solution.split(" ")
    value = numbers[first]
    steps = []
    for sign, term in zip(others[::2], others[1::2]):
        operation = _OPERATION_OF_SIGN[sign]
        operand = int(term) if term.isdigit() else numbers[term]
        result = _apply(operation, value, operand)
        if result is None:
            return None
        steps.append((operation, value, operand, result))
        value = result
    return steps


def _apply(operation, a, b):
    if operation == "addition":
        return a + b
    if operation == "subtraction":
        return a - b if a > b else None
    if operation == "multiplication":
        return a * b if min(a, b) < 10 and a * b <= 400 else None
    return a // b if b < 10 and a % b == 0 else None
