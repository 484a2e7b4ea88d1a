"""Sorting, reversing, counting, picking and copying of items, and spelling.

Where places matter the analysis numbers the items first, so that each later step looks up a number and
copies what stands beside it.
"""

from mini.example import (
    HELD_OUT_PHRASINGS,
    HELD_OUT_VALUES,
    Example,
    analysis,
    final,
    is_held_out_number,
    phrase,
    pick_effort,
    vary,
)
from mini.skills.arithmetic import conversation

COLOURS = (
    "red", "blue", "green", "yellow", "black", "white", "brown", "pink", "purple", "gray", "gold", "silver",
)  # fmt: skip

ANIMALS = (
    "cat", "dog", "fox", "horse", "cow", "pig", "sheep", "goat", "bear", "wolf", "lion", "tiger", "mouse",
    "rat", "rabbit", "bird", "duck", "goose", "eagle", "owl", "fish", "shark", "whale", "frog", "snake",
    "bee", "ant", "spider", "monkey", "elephant", "zebra", "camel", "deer", "turtle",
)  # fmt: skip

FOODS = (
    "apple", "pear", "plum", "peach", "lemon", "orange", "banana", "cherry", "grape", "melon", "mango", "nut",
    "bread", "butter", "cheese", "milk", "rice", "soup", "cake", "sugar", "salt", "honey", "egg", "onion",
    "carrot", "potato", "tomato", "bean", "corn", "water", "juice", "tea",
)  # fmt: skip

OBJECTS = (
    "table", "chair", "lamp", "door", "window", "bed", "clock", "cup", "spoon", "fork", "knife", "plate",
    "bottle", "box", "bag", "book", "pen", "paper", "key", "coin", "ball", "shoe", "shirt", "hat", "ring",
    "phone", "radio", "car", "bus", "train", "ship", "boat", "plane", "wheel", "hammer", "rope",
)  # fmt: skip

NATURE = (
    "tree", "flower", "grass", "leaf", "river", "lake", "sea", "island", "mountain", "hill", "stone", "sand",
    "sun", "moon", "star", "cloud", "rain", "snow", "wind", "storm", "fire", "ice", "forest", "garden",
    "house", "tower", "bridge", "road", "city", "village", "king", "queen", "doctor", "teacher", "friend",
    "child",
)  # fmt: skip

WORDS = COLOURS + ANIMALS + FOODS + OBJECTS + NATURE

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh")

SORTS_UP = (
    "Sort these numbers: {l}",
    "Sort: {l}",
    "Sort {l}.",
    "Sort {l} from smallest to largest.",
    "Sort the numbers {l} in ascending order.",
    "Sort this list of numbers: {l}",
    "Sort the list {l} in increasing order.",
    "Put these numbers in order: {l}",
    "Put {l} in order, smallest first.",
    "Put the numbers {l} in ascending order.",
    "Order these numbers from small to large: {l}",
    "Order the list {l}.",
    "Arrange {l} in ascending order.",
    "Arrange these numbers from the smallest to the largest: {l}",
    "List these numbers in ascending order: {l}",
    "Can you sort {l} for me?",
    "Can you put {l} in increasing order?",
    "What is {l} in ascending order?",
    "What are these numbers in order: {l}",
    "Here is a list: {l}\nSort it.",
    "I have the numbers {l}. Sort them, smallest first.",
    "Bring {l} into ascending order.",
    "Write these numbers from low to high: {l}",
    "Rank {l} from lowest to highest.",
    "Numbers: {l}\nNow sort them.",
    "{l}: sort these, the smallest first.",
    "Give me {l} sorted from the smallest up.",
    "Starting with the smallest, name the numbers {l}.",
    "My numbers are {l}. What is their order from small to big?",
    "How do you sort {l}?",
    "Could you bring these numbers into increasing order: {l}",
    "Show the numbers {l} in rising order.",
    "Line up {l} by size, the lowest number first.",
    "Order by size: {l}",
)

HELD_OUT_SORTS_UP = (
    "Arrange the list {l} from small to large.",
    "Here are the numbers {l}. Put them in ascending order.",
    "Can you order these numbers, smallest first: {l}",
    "I have this list: {l}\nSort it in increasing order.",
    "List the numbers {l} from smallest to largest.",
)

SORTS_DOWN = (
    "Sort these numbers in descending order: {l}",
    "Sort {l} from largest to smallest.",
    "Sort the numbers {l} in descending order.",
    "Sort {l}, largest first.",
    "Sort the list {l} in decreasing order.",
    "Put {l} in order, largest first.",
    "Put the numbers {l} in descending order.",
    "Order these numbers from large to small: {l}",
    "Arrange {l} in descending order.",
    "Arrange these numbers from the largest to the smallest: {l}",
    "List these numbers in descending order: {l}",
    "Can you put {l} in decreasing order?",
    "What is {l} in descending order?",
    "Here is a list: {l}\nSort it, largest first.",
    "I have the numbers {l}. Sort them in descending order.",
    "Bring {l} into descending order.",
    "Write these numbers from high to low: {l}",
    "Rank {l} from highest to lowest.",
    "Numbers: {l}\nNow sort them, the largest first.",
    "{l}: sort these, the biggest first.",
    "Give me {l} sorted from the largest down.",
    "Starting with the largest, name the numbers {l}.",
    "My numbers are {l}. What is their order from big to small?",
    "Could you bring these numbers into decreasing order: {l}",
    "Show the numbers {l} in falling order.",
    "Line up {l} by size, the highest number first.",
)

HELD_OUT_SORTS_DOWN = (
    "Arrange the list {l} from large to small.",
    "Here are the numbers {l}. Put them in descending order.",
    "Can you order these numbers, largest first: {l}",
    "I have this list: {l}\nSort it in decreasing order.",
    "List the numbers {l} from largest to smallest.",
)

SORTS_OF_WORDS = (
    "Sort these words: {l}",
    "Sort {l}.",
    "Sort {l} alphabetically.",
    "Sort the words {l} in alphabetical order.",
    "Sort this list of words alphabetically: {l}",
    "Sort the list {l} from a to z.",
    "Put these words in order: {l}",
    "Put {l} in alphabetical order.",
    "Put the words {l} in order, from a to z.",
    "Order these words alphabetically: {l}",
    "Arrange {l} in alphabetical order.",
    "Arrange these words alphabetically: {l}",
    "List these words in alphabetical order: {l}",
    "Can you sort {l} for me?",
    "What is {l} in alphabetical order?",
    "Here is a list: {l}\nSort it alphabetically.",
    "I have the words {l}. Sort them in alphabetical order.",
    "Bring {l} into alphabetical order.",
    "Write these words as a dictionary has them: {l}",
    "In which order does a dictionary list {l}?",
    "Words: {l}\nNow sort them by the alphabet.",
    "{l}: sort these by their letters.",
    "Give me {l} sorted by the alphabet.",
    "My words are {l}. What is their alphabetical order?",
    "Could you bring these words into order from a to z: {l}",
    "Show {l} in the order of the alphabet.",
    "Line up {l} by first letter.",
    "Alphabetize {l}.",
    "Alphabetize: {l}",
)

HELD_OUT_SORTS_OF_WORDS = (
    "Arrange the list {l} from a to z.",
    "Here are the words {l}. Put them in alphabetical order.",
    "Can you order these words alphabetically: {l}",
    "I have this list: {l}\nSort it in alphabetical order.",
)

REVERSALS = (
    "Reverse {l}.",
    "Reverse: {l}",
    "Reverse this list: {l}",
    "Reverse the list {l}.",
    "Reverse the order of {l}.",
    "Reverse the order of these items: {l}",
    "Write {l} backwards.",
    "Write this list backwards: {l}",
    "Say {l} in reverse order.",
    "List these items in reverse order: {l}",
    "Give me {l} in reverse order.",
    "Give me this list from the last to the first: {l}",
    "Put {l} in reverse order.",
    "Turn this list around: {l}",
    "Turn the list {l} around.",
    "Can you reverse {l}?",
    "What is {l} in reverse?",
    "What is {l} backwards?",
    "Here is a list: {l}\nReverse it.",
    "I have the list {l}. Give it to me in reverse order.",
    "Flip {l}.",
    "Flip the order of the list {l}.",
    "Read {l} from the end to the start.",
    "Begin with the last item and end with the first: {l}",
    "Start at the end of this list: {l}",
    "List: {l}\nNow backwards.",
    "How does {l} look in reverse?",
    "Show {l} the other way around.",
    "Could you turn around this list: {l}",
    "{l}: reverse that.",
    "My list is {l}. Reverse its order.",
    "From last to first, what is {l}?",
)

HELD_OUT_REVERSALS = (
    "Write the items {l} in reverse order.",
    "Can you say {l} backwards?",
    "Give me the items of this list in reverse: {l}",
    "Here is a list: {l}\nWrite it backwards.",
    "Put this list in order from the last to the first: {l}",
)

COUNTS = (
    "How many items are in {l}?",
    "How many items are there in {l}?",
    "How many items are in this list: {l}",
    "How many items does the list {l} have?",
    "How many things are in the list {l}?",
    "How many are there: {l}",
    "How long is the list {l}?",
    "Count {l}.",
    "Count: {l}",
    "Count the items: {l}",
    "Count the items in {l}.",
    "Count the items in this list: {l}",
    "Count these: {l}",
    "What is the number of items in {l}?",
    "What is the length of the list {l}?",
    "Tell me how many items are in {l}.",
    "Tell me the length of this list: {l}",
    "Here is a list: {l}\nHow many items does it have?",
    "I have {l}. How many items are that?",
    "How many entries does {l} have?",
    "How many elements are in {l}?",
    "Find out how many items these are: {l}",
    "Give me the number of entries in {l}.",
    "List: {l}\nHow many entries?",
    "{l}: how many are these?",
    "My list is {l}. What is its length?",
    "Could you count the entries of {l}?",
    "Say how many items I wrote: {l}",
    "Number of items in {l}?",
    "What is the size of the list {l}?",
    "Of how many items is {l} made?",
)

HELD_OUT_COUNTS = (
    "What is the number of things in this list: {l}",
    "Tell me how long the list {l} is.",
    "Here is a list: {l}\nCount the items in it.",
    "I have the list {l}. How many things are there in it?",
    "How many items can you count in {l}?",
)

OCCURRENCES = (
    "How many times does {i} occur in {l}?",
    "How many times does {i} appear in {l}?",
    "How many times is {i} in {l}?",
    "How many times is {i} in this list: {l}",
    "How many times do you see {i} in {l}?",
    "How often does {i} occur in {l}?",
    "How often does {i} appear in this list: {l}",
    "How often is {i} in the list {l}?",
    "How often do you find {i} in {l}?",
    "Count how often {i} occurs in {l}.",
    "Count how many times {i} appears in this list: {l}",
    "Count {i} in {l}.",
    "Tell me how often {i} appears in {l}.",
    "Tell me how many times {i} occurs in {l}.",
    "Here is a list: {l}\nHow often does {i} occur in it?",
    "Here is a list: {l}\nHow many times is {i} in it?",
    "In {l}, how often is there {i}?",
    "In the list {l}, how many times does {i} come?",
    "How often does the list {l} have {i}?",
    "What is the number of times {i} is in {l}?",
    "How many of the items in {l} are {i}?",
    "How many of these are {i}: {l}",
    "Count all {i} in this list: {l}",
    "List: {l}\nHow often is {i} there?",
    "My list is {l}. How many times is {i} in it?",
    "Look for {i} in {l}. How often is it there?",
    "Say how often {i} comes in {l}.",
    "Go through {l} and count {i}.",
)

HELD_OUT_OCCURRENCES = (
    "Tell me how often you see {i} in {l}.",
    "Count how many times you find {i} in the list {l}.",
    "Here is a list: {l}\nCount how often {i} appears in it.",
    "How many times can you find {i} in {l}?",
)

PICKS = (
    "What is the {o} item of {l}?",
    "What is the {o} item in {l}?",
    "What is the {o} item in this list: {l}",
    "What is the {o} in {l}?",
    "What is {o} in {l}?",
    "What comes {o} in {l}?",
    "Which item is {o} in {l}?",
    "Which item comes {o} in this list: {l}",
    "Which is the {o} item of the list {l}?",
    "Which one is the {o} of {l}?",
    "Give me the {o} item of {l}.",
    "Give me the {o} of these: {l}",
    "Tell me the {o} item of {l}.",
    "Tell me which item is {o} in {l}.",
    "Find the {o} item of this list: {l}",
    "Name the {o} item of {l}.",
    "Here is a list: {l}\nWhat is the {o} item?",
    "Here is a list: {l}\nGive me the {o} one.",
    "I have {l}. What is the {o} item?",
    "What stands {o} in {l}?",
    "Which entry of {l} is the {o}?",
    "Take the {o} item of {l}.",
    "Pick the {o} item from {l}.",
    "Show me the {o} entry of {l}.",
    "List: {l}\nI want the {o} item.",
    "My list is {l}. Say the {o} entry.",
    "From {l} I need the {o} item.",
    "Say the {o} of these: {l}",
    "Could you name the {o} entry in {l}?",
    "Of {l}, which is the {o}?",
    "Read me the {o} entry of this list: {l}",
)

HELD_OUT_PICKS = (
    "Tell me what comes {o} in {l}.",
    "Find which item is {o} in the list {l}.",
    "Name the one that comes {o} in this list: {l}",
    "Here is a list: {l}\nWhich item is the {o}?",
    "Give me the item that is {o} in {l}.",
)

EXTREMES = (
    "What is the {w} number in {l}?",
    "What is the {w} of {l}?",
    "What is the {w} number of these: {l}",
    "What is the {w} number in this list: {l}",
    "Which number is the {w} in {l}?",
    "Which number is the {w} in this list: {l}",
    "Which is the {w} of the numbers {l}?",
    "Find the {w} number in {l}.",
    "Find the {w} of {l}.",
    "Find the {w} number: {l}",
    "Tell me the {w} number in {l}.",
    "Tell me which number is the {w} in {l}.",
    "Give me the {w} of these numbers: {l}",
    "Give me the {w} number of the list {l}.",
    "Pick the {w} number from {l}.",
    "Here is a list: {l}\nWhat is the {w} number?",
    "I have the numbers {l}. Which is the {w}?",
    "Of the numbers {l}, which one is the {w}?",
    "Among {l}, what is the {w} number?",
    "Show me the {w} of {l}.",
    "Look at {l}. Which number is the {w}?",
    "Numbers: {l}\nWhich is the {w}?",
    "My numbers are {l}. What is the {w} of them?",
    "Could you find the {w} number here: {l}",
    "Name the {w} number in {l}.",
    "Say which of these is the {w}: {l}",
    "I need the {w} number out of {l}.",
    "{l}: which is the {w}?",
    "Search {l} for the {w} number.",
)

HELD_OUT_EXTREMES = (
    "Tell me which is the {w} number of the list {l}.",
    "Here is a list: {l}\nFind the {w} number in it.",
    "Pick the {w} of these numbers: {l}",
    "I have the list {l}. Give me the {w} number.",
)

EXTREME_WORDS = {
    "largest": "largest",
    "biggest": "largest",
    "greatest": "largest",
    "highest": "largest",
    "smallest": "smallest",
    "lowest": "smallest",
}
"""The word of the question and that of the reply."""

COPIES = (
    "Repeat exactly: {x}",
    "Repeat this: {x}",
    "Repeat after me: {x}",
    "Repeat the following: {x}",
    "Repeat the following text exactly: {x}",
    "Copy this: {x}",
    "Copy the following: {x}",
    "Copy the following text: {x}",
    "Copy exactly: {x}",
    "Echo this: {x}",
    "Echo the following text: {x}",
    "Say this: {x}",
    "Say exactly this: {x}",
    "Say the following: {x}",
    "Write this: {x}",
    "Write exactly this: {x}",
    "Please repeat: {x}",
    "Please copy this text: {x}",
    "Can you repeat this? {x}",
    "Answer only with this text: {x}",
    "Give this back to me: {x}",
    "Type this: {x}",
    "Print these words: {x}",
    "Return the same words: {x}",
    "Reply with the same text: {x}",
    "Your answer is this: {x}",
    "Speak after me: {x}",
    "Reproduce this without a change: {x}",
    "Here is a text, repeat it: {x}",
    "Could you echo these words? {x}",
)

COPIES_OF_QUOTES = (
    'Repeat "{x}".',
    'Repeat the text "{x}" exactly.',
    'Say "{x}".',
    'Say "{x}" and nothing else.',
    'Write "{x}".',
    'Copy the text "{x}".',
    'Echo "{x}".',
    'Can you say "{x}"?',
    'Can you repeat the words "{x}"?',
    'Answer only with "{x}".',
    'I want you to say "{x}".',
    'I want you to repeat "{x}" exactly.',
    'Type "{x}".',
    'Print "{x}" for me.',
    'Give me back the words "{x}".',
    'Your answer shall be "{x}".',
    'Reply with "{x}" only.',
    'Return "{x}" as it is.',
    'Let me hear "{x}".',
    'Could you reproduce "{x}"?',
    'The text is "{x}". Repeat it.',
    'Say after me: "{x}".',
)
"""With quotes the text has an end, and may be followed by other words."""

HELD_OUT_COPIES = (
    "Please say exactly: {x}",
    "Copy this text exactly: {x}",
    "Write the following text: {x}",
    "Can you say this after me? {x}",
    "I want you to copy this: {x}",
)

HELD_OUT_COPIES_OF_QUOTES = (
    'Can you write "{x}"?',
    'I want you to write the words "{x}" and nothing else.',
    'Please echo the text "{x}".',
)

SPELLINGS = (
    'Spell "{x}".',
    "Spell {x}.",
    "Spell: {x}",
    "Spell the word {x}.",
    'Spell the word "{x}" for me.',
    "How do you spell {x}?",
    "How do you spell the word {x}?",
    'How is "{x}" spelled?',
    "How is the word {x} spelled?",
    "Can you spell {x}?",
    "What are the letters of {x}?",
    'What are the letters of the word "{x}"?',
    "List the letters of {x}.",
    "Give me the letters of the word {x}.",
    "Tell me how to spell {x}.",
    "Which letters does the word {x} have?",
    "Write {x} letter by letter.",
    "Name each letter of {x}.",
    "Say the letters of {x} one after the other.",
    "Take {x} apart into letters.",
    "What letters make up {x}?",
    "How do I write {x}, letter for letter?",
    "Break the word {x} into its letters.",
    "I want to see the letters in {x}.",
    "Could you spell out {x}?",
    "Spell out the word {x}.",
    'The word is "{x}". Spell it.',
    "Show me how {x} is written, one letter at a time.",
)

HELD_OUT_SPELLINGS = (
    "Can you tell me how {x} is spelled?",
    "List the letters that the word {x} has.",
    "Spell {x} letter by letter.",
    'Give me the letters of "{x}".',
    "Which letters are in the word {x}?",
)

SYLLABLES = ("ba", "de", "fi", "go", "ku", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "zo", "lom", "tak", "ren")

VERBS = ("likes", "sees", "finds", "has", "wants", "needs", "draws", "carries", "knows", "follows")


def make(rng, split):
    make_task = rng.choice(
        (_sort_numbers, _sort_numbers, _sort_words, _sort_words, _reverse, _reverse)
        + (_count, _count_occurrences, _pick, _extreme, _copy, _copy, _spell, _spell)
    )
    return make_task(rng, split, pick_effort(rng))


def _example(rng, skill, text, effort, thought, answer, check):
    return Example(
        skill=skill,
        messages=conversation(rng, text),
        reply=[analysis(thought), final(answer)],
        effort=effort,
        check=check,
    )


def _ask(rng, split, trained, held_out, items, **others):
    """The question about a list, its items written in one of many ways."""
    template = phrase(rng, split, trained, held_out)
    if template.endswith("{l}") and rng.random() < 0.3:
        template += "."
    text = template.format(l=_written(rng, items), **others)
    # Without a mark at the end, words of courtesy would look like items.
    return vary(rng, text) if text[-1] in ".?" else text


def _written(rng, items):
    style = rng.random()
    if style < 0.4:
        return ", ".join(items)
    if style < 0.55:
        return " ".join(items)
    if style < 0.7:
        return f"[{', '.join(items)}]"
    if style < 0.9:
        comma = "," if rng.random() < 0.3 else ""
        return f"{', '.join(items[:-1])}{comma} and {items[-1]}"
    return rng.choice((",", "; ")).join(items)


def _size(rng, largest):
    """Short lists are more frequent."""
    return min(rng.randint(3, largest), rng.randint(3, largest))


def _numbers(rng, split, count):
    """Different numbers of one to three digits."""
    while True:
        numbers = []
        while len(numbers) < count:
            digits = rng.choices((1, 2, 3), (3, 5, 3))[0]
            number = rng.randint(0 if digits == 1 else 10 ** (digits - 1), 10**digits - 1)
            if number not in numbers:
                numbers.append(number)
        held_out = any(is_held_out_number(number) for number in numbers)
        if split == HELD_OUT_PHRASINGS or held_out == (split == HELD_OUT_VALUES):
            return numbers


def _words(rng, count):
    """Different words, often of one kind."""
    kinds = (COLOURS, ANIMALS, FOODS, OBJECTS, NATURE)
    return rng.sample(rng.choice(kinds) if rng.random() < 0.5 else WORDS, count)


def _items(rng, split, largest=7):
    """Words or numbers, as text."""
    count = _size(rng, largest)
    if rng.random() < 0.6:
        return _words(rng, count)
    return [str(number) for number in _numbers(rng, split, count)]


def _numbered(items):
    return ", ".join(f"{i}: {item}" for i, item in enumerate(items, 1))


def _sort_numbers(rng, split, effort):
    numbers = _numbers(rng, split, _size(rng, 7))
    descending = rng.random() < 0.35
    templates = (SORTS_DOWN, HELD_OUT_SORTS_DOWN) if descending else (SORTS_UP, HELD_OUT_SORTS_UP)
    text = _ask(rng, split, *templates, [str(number) for number in numbers])
    answer = ", ".join(str(number) for number in sorted(numbers, reverse=descending))
    groups = []
    for digits in (3, 2, 1) if descending else (1, 2, 3):
        group = [number for number in numbers if len(str(number)) == digits]
        if group:
            named = "1 digit" if digits == 1 else f"{digits} digits"
            sentence = f"{named}: {_joined(group)}"
            if effort != "low" and len(group) > 1:
                sentence += f", in order {_joined(sorted(group, reverse=descending))}"
            groups.append(f"{sentence}.")
    thought = " ".join(groups)
    if effort == "high":
        thought += f" All {len(numbers)}: {answer}."
    return _example(rng, "sort", text, effort, thought, answer, {"list": answer.split(", ")})


def _joined(numbers):
    return ", ".join(str(number) for number in numbers)


def _sort_words(rng, split, effort):
    words = _words(rng, _size(rng, 6))
    text = _ask(rng, split, SORTS_OF_WORDS, HELD_OUT_SORTS_OF_WORDS, words)
    ordered = sorted(words)
    answer = ", ".join(ordered)
    by_letter = ", ".join(f"{word[0]} {word}" for word in ordered)
    thought = f"In order: {by_letter}."
    if effort != "low":
        thought = f"Letters: {', '.join(f'{word[0]} {word}' for word in words)}. {thought}"
    if effort == "high":
        thought += f" All {len(words)}: {answer}."
    return _example(rng, "sort", text, effort, thought, answer, {"list": ordered})


def _reverse(rng, split, effort):
    items = _items(rng, split)
    text = _ask(rng, split, REVERSALS, HELD_OUT_REVERSALS, items)
    backwards = items[::-1]
    answer = ", ".join(backwards)
    thought = f"{_numbered(items)}."
    if effort != "low":
        numbered = [f"{i}: {item}" for i, item in enumerate(items, 1)]
        thought += f" Backwards: {', '.join(numbered[::-1])}."
    if effort == "high":
        thought += f" All {len(items)}: {answer}."
    return _example(rng, "reverse", text, effort, thought, answer, {"list": backwards})


def _count(rng, split, effort):
    items = _items(rng, split)
    text = _ask(rng, split, COUNTS, HELD_OUT_COUNTS, items)
    count = len(items)
    thought = f"{_numbered(items)}."
    if effort == "high":
        thought += f" The last is {count}: {items[-1]}."
    return _example(rng, "count", text, effort, thought, f"There are {count} items.", {"number": str(count)})


def _count_occurrences(rng, split, effort):
    different = _items(rng, split, 4)
    item = different[0]
    count = rng.choice((0, 1, 2, 2, 3, 3, 4))
    items = [item] * count + different[1:] + rng.choices(different[1:], k=rng.randint(0, 2))
    rng.shuffle(items)
    text = _ask(rng, split, OCCURRENCES, HELD_OUT_OCCURRENCES, items, i=item)
    walk, seen = [], 0
    for other in items:
        seen += other == item
        if effort == "low":
            if other == item:
                walk.append(f"{seen}: {item}")
        else:
            walk.append(f"{other} {'yes' if other == item else 'no'} {seen}")
    thought = f"{', '.join(walk) or 'none'}."
    if effort != "low":
        thought = f"Looking for {item}: {thought}"
    times = "1 time" if count == 1 else f"{count} times"
    if effort == "high":
        thought += f" Found {times}."
    return _example(rng, "count", text, effort, thought, f"It occurs {times}.", {"number": str(count)})


def _pick(rng, split, effort):
    items = _items(rng, split)
    place = rng.randrange(len(items))
    ordinal = "last" if place == len(items) - 1 and rng.random() < 0.7 else ORDINALS[place]
    text = _ask(rng, split, PICKS, HELD_OUT_PICKS, items, o=ordinal)
    item = items[place]
    thought = f"{_numbered(items)}."
    if effort != "low":
        thought += f" The {ordinal} is {place + 1}: {item}."
    if effort == "high":
        thought += f" So it is {item}."
    return _example(rng, "pick", text, effort, thought, f"The {ordinal} item is {item}.", {"contains": [item]})


def _extreme(rng, split, effort):
    numbers = _numbers(rng, split, _size(rng, 6))
    asked = rng.choice(tuple(EXTREME_WORDS))
    said = EXTREME_WORDS[asked]
    text = _ask(rng, split, EXTREMES, HELD_OUT_EXTREMES, [str(number) for number in numbers], w=asked)
    better = max if said == "largest" else min
    best = numbers[0]
    steps = [f"{best}."]
    for number in numbers[1:]:
        sign = "<" if number < best else ">"
        comparison = f"{number} {sign} {best}"
        best = better(best, number)
        steps.append(f"{best}." if effort == "low" else f"{comparison}, so {best}.")
    if effort == "high":
        steps.append(f"The {said} is {best}.")
    answer = f"The {said} number is {best}."
    return _example(rng, "largest or smallest", text, effort, " ".join(steps), answer, {"number": str(best)})


def _copy(rng, split, effort):
    words = _text_to_copy(rng, split)
    if rng.random() < 0.5:
        text = phrase(rng, split, COPIES, HELD_OUT_COPIES).format(x=words)
    else:
        text = vary(rng, phrase(rng, split, COPIES_OF_QUOTES, HELD_OUT_COPIES_OF_QUOTES).format(x=words))
    thought = {
        "low": "Copy it.",
        "medium": "Copy the text as it is.",
        "high": f"Copy the text as it is: {words}",
    }[effort]
    return _example(rng, "copy", text, effort, thought, words, {"contains": [words]})


def _text_to_copy(rng, split):
    """It begins and ends with a letter or digit, so that it can be found as whole words."""
    kind = rng.randrange(4)
    if kind == 0:
        animal, thing = rng.choice(ANIMALS), rng.choice(FOODS + OBJECTS)
        colours = rng.sample(COLOURS, 2)
        return f"The {colours[0]} {animal} {rng.choice(VERBS)} the {colours[1]} {thing}"
    joint = rng.choice((" ", " ", ", "))
    if kind == 1:
        return joint.join(_words(rng, rng.randint(2, 6)))
    if kind == 2:
        return joint.join(str(number) for number in _numbers(rng, split, rng.randint(2, 6)))
    return joint.join(_made_up_word(rng) for _ in range(rng.randint(1, 4)))


def _made_up_word(rng):
    return "".join(rng.choice(SYLLABLES) for _ in range(rng.randint(2, 3)))


def _spell(rng, split, effort):
    word = rng.choice(WORDS)
    text = vary(rng, phrase(rng, split, SPELLINGS, HELD_OUT_SPELLINGS).format(x=word))
    letters = list(word)
    thought = {
        "low": f"{word}.",
        "medium": f"The word is {word}.",
        "high": f"The word is {word}: {_numbered(letters)}.",
    }[effort]
    return _example(rng, "spell", text, effort, thought, ", ".join(letters), {"list": letters})
