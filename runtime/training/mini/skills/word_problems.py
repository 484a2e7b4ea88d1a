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
    Story("{n} collected {a} {t} and then another {b}. How many {t} is that altogether?", "a + b"),
    Story("{m} brings {b} {t} to {n}, who already had {a}. How many {t} does {n} own now?", "a + b"),
    Story("In one drawer lie {a} {t}, in another drawer lie {b}. What is the number of {t} in both drawers?", "a + b"),
    Story("{a} children are in the red class and {b} in the blue class. How many children is that?", "a + b"),
    Story("The library owned {a} books. This week {b} new books came in. How many books does the library own now?",
          "a + b"),
    Story("{n} walked {a} minutes to the lake and {b} minutes back. For how many minutes did {n} walk?", "a + b"),
    Story("A ship carries {a} people. In the harbor {b} more come on board. How many people does it carry then?",
          "a + b"),
    Story("{n} paid {a} dollars for a lamp and {b} dollars for a chair. What did {n} pay altogether?", "a + b"),
    Story("A tree is {a} years old. How old will it be in {b} years?", "a + b"),
    Story("{b} guests came late to the party, {a} were there before. How many guests are at the party now?", "a + b"),
    Story("A garden has {a} red flowers and {b} yellow ones. How many flowers grow in it?", "a + b"),
    Story("One server runs {a} jobs, the other runs {b}. How many jobs run on both servers?", "a + b"),
    Story("{n} needs {a} {t} for school and {b} for home. How many {t} must {n} buy?", "a + b"),
    Story("{m} scored {b} points more than {n}, who scored {a}. How many points did {m} score?", "a + b"),
    Story("Of {a} {t}, {n} sold {b}. How many {t} remain?", "a - b"),
    Story("{b} of the {a} {t} on the shelf are old, the others are new. How many {t} are new?", "a - b"),
    Story("{n} wants to have {a} {t} and has {b} so far. How many {t} are missing?", "a - b"),
    Story("A class has {a} children. {b} of them are ill today. How many children came to school?", "a - b"),
    Story("{n} ate {b} of the {a} nuts in a bowl. How many nuts remain in the bowl?", "a - b"),
    Story("{m} has {b} {t} fewer than {n}. If {n} has {a}, how many {t} does {m} have?", "a - b"),
    Story("A lamp costs {a} dollars and a cup costs {b}. How much more does the lamp cost?", "a - b"),
    Story("{n} must drive {a} miles and has driven {b}. How many miles remain?", "a - b"),
    Story("After {b} cars drove away, how many of the {a} cars in the garage are still there?", "a - b"),
    Story("The library lends {b} of its {a} books. How many books stay in the library?", "a - b"),
    Story("{n} needs {a} minutes for the way, {m} needs {b}. By how many minutes is {m} faster?", "a - b"),
    Story("Out of {a} GPUs, {b} are in use. How many GPUs are idle?", "a - b"),
    Story("{b} guests left the party early. At first there had been {a}. How many guests stayed?", "a - b"),
    Story("A basket had {a} {t} in it. {n} took some, and now it has {b}. How many {t} did {n} take?", "a - b"),
    Story("Yesterday {n} had {a} {t}, today only {b}. How many {t} are gone?", "a - b"),
    Story("{n} and {m} own {a} {t} together. {b} of these belong to {n}. How many {t} belong to {m}?", "a - b"),
    Story("A hall has {a} chairs, and people sit on {b} of them. How many chairs are empty?", "a - b"),
    Story("A rope is {a} feet long. {n} cuts {b} feet off. How many feet long is the rope now?", "a - b"),
    Story("In a garden stand {a} rows of trees with {b} trees per row. How many trees stand there?", "a x b"),
    Story("A shelf holds {a} books. How many books do {b} such shelves hold?", "a x b"),
    Story("{n} earns {a} dollars per hour. What does {n} get for {b} hours of work?", "a x b"),
    Story("Every child at the party gets {a} sweets. {b} children are there. How many sweets are needed?", "a x b"),
    Story("{a} buses bring {b} people each to the lake. How many people come to the lake?", "a x b"),
    Story("One page shows {a} pictures. How many pictures do {b} pages show?", "a x b"),
    Story("{n} fills {a} baskets and lays {b} {t} into every basket. How many {t} does {n} use?", "a x b"),
    Story("A film lasts {a} minutes. {n} watches it {b} times. How many minutes is that altogether?", "a x b"),
    Story("For {a} days {n} wrote {b} letters per day. How many letters did {n} write?", "a x b"),
    Story("{a} classes have {b} children each. What is the number of children in all the classes?", "a x b"),
    Story("A cake needs {a} eggs. How many eggs do {b} cakes need?", "a x b"),
    Story("A car has 4 wheels. How many wheels have {a} cars?", "a x 4"),
    Story("{n} works for {a} weeks. A week has 5 days of work. How many days does {n} work?", "a x 5"),
    Story("Each of {a} racks is cooled by {b} fans. How many fans are that in all?", "a x b"),
    Story("A stamp costs {a} cents. {n} buys {b} of them. How many cents does {n} pay?", "a x b"),
    Story("{n} lays {a} {t} in a row and makes {b} such rows. How many {t} lie there?", "a x b"),
    Story("{n} has {a} {t}. {m} has {b} times as many. How many {t} does {m} have?", "a x b"),
    Story("A printer prints {a} pages per minute. It runs for {b} minutes. How many pages come out?", "a x b"),
    Story("{b} children divide {a} {t} so that everyone has the same number. How many {t} does one child have?",
          "a / b"),
    Story("{n} plants {a} flowers in {b} rows of the same length. How many flowers are in a row?", "a / b"),
    Story("A teacher forms {b} teams of the same size from {a} children. How many children are in every team?",
          "a / b"),
    Story("{n} has to learn {a} words and learns {b} every evening. After how many evenings is {n} done?", "a / b"),
    Story("{b} tickets cost {a} dollars altogether. How many dollars is one ticket?", "a / b"),
    Story("{a} people ride in cars, {b} in every car. How many cars are on the road?", "a / b"),
    Story("A baker lays {a} cookies on {b} trays, the same number on every tray. How many cookies lie on one tray?",
          "a / b"),
    Story("Among {b} friends, {a} dollars are divided fairly. How many dollars does one friend receive?", "a / b"),
    Story("A rope of {a} feet is cut into pieces of {b} feet. How many pieces are there?", "a / b"),
    Story("{b} workers carry {a} boxes, everyone the same number. How many boxes does a worker carry?", "a / b"),
    Story("{n} saves {b} dollars every week. In how many weeks does {n} save {a} dollars?", "a / b"),
    Story("{n} puts {b} {t} on every plate. How many plates can {n} fill with {a} {t}?", "a / b"),
    Story("{b} GPUs make {a} tokens, each GPU as many as the others. How many tokens does one GPU make?", "a / b"),
    Story("{n} drove {a} miles in {b} hours. How many miles per hour is that?", "a / b"),
    Story("2 shoes make a pair. How many pairs are {a} shoes?", "a / 2"),
    Story("A library has {a} books, buys {b} and gives {c} away. How many books does it have in the end?", "a + b - c"),
    Story("In the morning {a} people were on the ship. {b} came on board, {c} went ashore. "
          "How many people are on the ship now?", "a + b - c"),
    Story("{n} won {a} cards from {m} and {b} from a friend, but lost {c} of them. How many cards does {n} keep?",
          "a + b - c"),
    Story("{a} red and {b} green apples lie in a bowl. {n} eats {c} of them. How many apples remain?", "a + b - c"),
    Story("A shop has {a} {t} on the shelf and {b} in a box. Today it sells {c}. "
          "How many {t} does it have in the evening?", "a + b - c"),
    Story("At a party there were {a} guests. {b} went home, then {c} new guests came. How many guests are there now?",
          "a - b + c"),
    Story("A server has {a} jobs to do. It finishes {b} and receives {c} new ones. How many jobs does it have then?",
          "a - b + c"),
    Story("{n} has {a} dollars, spends {b} and earns {c}. How many dollars does {n} have in the end?", "a - b + c"),
    Story("{b} of the {a} flowers in a garden dried up, then {n} planted {c}. How many flowers grow there now?",
          "a - b + c"),
    Story("A book has {a} pages. {n} read {b} on Friday and {c} on Saturday. How many pages are still to be read?",
          "a - b - c"),
    Story("{n} bakes {a} cookies. {m} eats {b} of them, and {n} eats {c}. How many cookies remain?", "a - b - c"),
    Story("From a rope of {a} feet {n} cuts {b} feet and then {c} feet. How many feet are left?", "a - b - c"),
    Story("Out of {a} GPUs, {b} are broken and {c} are busy. How many GPUs can still be used?", "a - b - c"),
    Story("{n} goes shopping with {a} dollars and pays {b} for bread and {c} for fruit. "
          "How many dollars does {n} bring home?", "a - b - c"),
    Story("On three days {n} ran {a}, {b} and {c} minutes. How many minutes did {n} run altogether?", "a + b + c"),
    Story("A train has three cars with {a}, {b} and {c} people. How many people are in the train?", "a + b + c"),
    Story("A cup costs {a} dollars, a plate {b} and a fork {c}. How many dollars do the three cost together?",
          "a + b + c"),
    Story("{n} plants {a} red, {b} white and {c} yellow flowers. How many flowers does {n} plant?", "a + b + c"),
    Story("{n} fills {a} shelves with {b} books each and lays {c} more books on the table. "
          "How many books are there in all?", "a x b + c"),
    Story("A bus makes {a} trips with {b} people each and one more trip with {c}. How many people does it carry?",
          "a x b + c"),
    Story("{n} saves {a} dollars per week for {b} weeks and gets {c} dollars as a gift. "
          "How many dollars does {n} have?", "a x b + c"),
    Story("{c} children are in the yard, and {a} classes of {b} children are inside. "
          "How many children are at school?", "a x b + c"),
    Story("{a} full trays have 4 GPUs each, and {b} more GPUs wait in a box. How many GPUs is that altogether?",
          "a x 4 + b"),
    Story("A hall has {a} rows of {b} chairs. {c} chairs are taken. How many chairs are free?", "a x b - c"),
    Story("{n} works {a} hours for {b} dollars an hour and spends {c} dollars. How many dollars does {n} keep?",
          "a x b - c"),
    Story("{n} bakes {a} trays of {b} cookies, but {c} cookies burn. How many good cookies does {n} have?",
          "a x b - c"),
    Story("{c} eggs break on the way to the shop. There were {a} cartons of {b} eggs. How many eggs are still whole?",
          "a x b - c"),
    Story("{n} baked {a} cookies, {m} baked {b}. {c} children eat them all, each the same number. "
          "How many cookies does one child eat?", "a + b / c"),
    Story("A class of {a} children and a class of {b} form {c} equal groups. How many children are in a group?",
          "a + b / c"),
    Story("{n} buys {a} white and {b} red flowers and puts them evenly into {c} vases. "
          "How many flowers are in every vase?", "a + b / c"),
    Story("A farmer has {a} eggs. {b} of them break, the rest is packed evenly into {c} boxes. "
          "How many eggs are in a box?", "a - b / c"),
    Story("{n} has {a} dollars, pays {b} for food and gives the rest to {c} children in equal parts. "
          "How many dollars does every child get?", "a - b / c"),
    Story("{b} of {a} jobs are done. {c} servers take the others, each the same number. "
          "How many jobs does a server take?", "a - b / c"),
    Story("{n} has {a} bags with {b} sweets each and divides them all among {c} children. "
          "How many sweets does every child get?", "a x b / c"),
    Story("{b} tickets cost {a} dollars. How many dollars do {c} such tickets cost?", "a / b x c"),
    Story("{b} friends split {a} {t} evenly. {n} is one of them and finds {c} more. How many {t} does {n} have then?",
          "a / b + c"),
    Story("A farmer packs {a} eggs evenly into {b} boxes. {n} takes {c} eggs out of one box. "
          "How many eggs are still in that box?", "a / b - c"),
    Story("Every day {n} eats {a} nuts at noon and {b} in the evening. How many nuts does {n} eat in {c} days?",
          "a + b x c"),
    Story("{n} earns {a} dollars per day and spends {b} of them. How many dollars does {n} save in {c} days?",
          "a - b x c"),
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
