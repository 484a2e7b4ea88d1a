"""Sums, differences, products, quotients and comparisons of whole numbers.

The working goes digit by digit from the right, as on paper. Every step needs only the digits of one
place and the carry just written, and repeats the result so far with one more digit in front, so that
the last step ends in the whole result and nothing has to be reversed.
"""

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
    user,
    vary,
)

PLACES = ("ones", "tens", "hundreds")

ASKING = (
    "What is {e}?",
    "What's {e}?",
    "Compute {e}.",
    "Calculate {e}.",
    "How much is {e}?",
    "Work out {e}.",
    "Tell me {e}.",
    "Find {e}.",
    "Can you compute {e}?",
    "Can you tell me what {e} is?",
    "Could you work out {e} for me?",
    "I need to know {e}.",
    "I need the number that you get for {e}.",
    "Do you know what {e} is?",
    "What is the result of {e}?",
    "What does {e} come to?",
    "Give me the value of {e}.",
    "I want the answer to {e}.",
    "What is the answer to {e}?",
    "What do I get for {e}?",
    "{e} is how much?",
    "{e} is what?",
    "Show me the result of {e}.",
    "Let me know what {e} is.",
    "Say what {e} is.",
    "Please figure out {e}.",
    "What number is {e}?",
    "I would like to know {e}.",
    "What would {e} be?",
    "Could you calculate {e}?",
    "Help me with {e}.",
    "Determine {e}.",
    "And what is {e}?",
    "Evaluate {e}.",
    "My homework asks for {e}.",
    "{e} gives what?",
)
"""Ways to ask for the value of an expression, be it in symbols or in words."""

ASKING_IN_SYMBOLS = ("{e}", "{e} =", "{e}=", "{e} = ?", "{e}?", "Solve: {e}", "Quick: {e}", "Solve {e}.")
"""Ways that suit an expression in symbols only."""

SYMBOLS = {
    "addition": ("{a} + {b}", "{a}+{b}"),
    "subtraction": ("{a} - {b}", "{a}-{b}"),
    "multiplication": ("{a} x {b}", "{a}x{b}", "{a} * {b}", "{a}*{b}"),
    "division": ("{a} / {b}", "{a}/{b}"),
}

WORDS = {
    "addition": ("{a} plus {b}", "the sum of {a} and {b}", "{a} and {b} together", "{a} added to {b}"),
    "subtraction": (
        "{a} minus {b}",
        "the difference between {a} and {b}",
        "the difference between {b} and {a}",
        "{a} less {b}",
        "{a} take away {b}",
    ),
    "multiplication": ("{a} times {b}", "the product of {a} and {b}", "{a} multiplied by {b}"),
    "division": ("{a} divided by {b}", "{a} over {b}", "the quotient of {a} and {b}"),
}

SENTENCES = {
    "addition": (
        "Add {a} and {b}.",
        "Add {a} to {b}.",
        "What do you get if you add {a} and {b}?",
        "What do we get when we add {a} to {b}?",
        "Add up {a} and {b}.",
        "Add the numbers {a} and {b}.",
        "Take {a} and add {b}.",
        "Start with {a} and add {b}. What is the result?",
        "How much do {a} and {b} make?",
        "What do {a} and {b} make together?",
        "If I add {a} and {b}, what do I get?",
        "Sum up {a} and {b}.",
        "Put {a} and {b} together.",
        "What is the total of {a} and {b}?",
        "I have the numbers {a} and {b}. What is their sum?",
        "Please increase {a} by {b}.",
        "What number is {a} more than {b}?",
        "{a} and {b} more, how much is that?",
        "To {a} I add {b}. What comes out?",
        "Count {b} on from {a}. Where do you end?",
        "What is {a} increased by {b}?",
        "Which number do you reach by going {b} up from {a}?",
        "Combine {a} with {b}. What is the sum?",
        "If you have {a} and get {b} more, how many do you have?",
        "Find the total of {a} and {b}.",
        "What do you have when {b} comes on top of {a}?",
        "Let me know the sum of {a} and {b}.",
        "{a} grows by {b}. What is it then?",
        "Work out the sum: {a} and {b}.",
    ),
    "subtraction": (
        "Subtract {b} from {a}.",
        "Take {b} from {a}.",
        "Take {b} away from {a}.",
        "What do you get if you take {b} from {a}?",
        "What do we get when we subtract {b} from {a}?",
        "Start with {a} and subtract {b}. What is the result?",
        "Take {a} and subtract {b}.",
        "If I take {b} away from {a}, what do I get?",
        "How much is left if you take {b} from {a}?",
        "What is left of {a} when {b} is taken away?",
        "By how much is {a} more than {b}?",
        "How much more is {a} than {b}?",
        "How much less is {b} than {a}?",
        "I have the numbers {a} and {b}. What is their difference?",
        "Please decrease {a} by {b}.",
        "What number is {b} less than {a}?",
        "What must I add to {b} to get {a}?",
        "Remove {b} from {a}.",
        "Deduct {b} from {a}.",
        "Without {b}, how much of {a} is left?",
        "If {b} is removed from {a}, how much remains?",
        "Lower {a} by {b}.",
        "What is {a} reduced by {b}?",
        "How far is it from {b} to {a}?",
        "How much is missing from {b} to {a}?",
        "Count {b} back from {a}. Where do you end?",
        "Which number plus {b} makes {a}?",
        "{b} plus what is {a}?",
        "From {a} I subtract {b}. What comes out?",
        "You have {a} and give {b} away. How much do you keep?",
        "What is the gap between {b} and {a}?",
        "How many more than {b} is {a}?",
        "{b} of {a} are gone. How many are still there?",
        "Taking {b} off {a} leaves what?",
    ),
    "multiplication": (
        "Multiply {a} by {b}.",
        "Multiply {a} and {b}.",
        "Multiply {a} with {b}.",
        "Multiply the numbers {a} and {b}.",
        "What do you get if you multiply {a} by {b}?",
        "What do we get when we multiply {a} and {b}?",
        "If I multiply {a} by {b}, what do I get?",
        "Take {a} and multiply it by {b}.",
        "Take {a} times {b}.",
        "Start with {a} and multiply by {b}. What is the result?",
        "I have the numbers {a} and {b}. What is their product?",
        "How much do {a} groups of {b} make?",
        "What do {a} groups of {b} make together?",
        "Please multiply {a} by {b} for me.",
        "What is {a} taken {b} times?",
        "What is {a} lots of {b}?",
        "{a} rows of {b}: how much is that?",
        "What comes out of {a} multiplied with {b}?",
        "Work out the product: {a} and {b}.",
        "Let me know the product of {a} and {b}.",
        "If you have {a} groups of {b}, how many is that?",
        "Add up {a} copies of {b}.",
        "With {a} and {b} as factors, what is the product?",
        "I multiply {a} by {b}. What comes out?",
        "How many squares are in {a} rows of {b} squares?",
        "Form the product of {a} and {b}.",
        "{a} boxes hold {b} each. How much do they hold?",
    ),
    "division": (
        "Divide {a} by {b}.",
        "Divide the number {a} by {b}.",
        "What do you get if you divide {a} by {b}?",
        "What do we get when we divide {a} by {b}?",
        "If I divide {a} by {b}, what do I get?",
        "Take {a} and divide it by {b}.",
        "Start with {a} and divide by {b}. What is the result?",
        "Split {a} into {b} equal parts.",
        "Split {a} into {b} equal parts. How big is each part?",
        "How much is each part if {a} is split into {b} equal parts?",
        "How many times does {b} go into {a}?",
        "How often does {b} fit into {a}?",
        "Say how often {b} goes into {a}.",
        "Share {a} equally among {b}. How much does each get?",
        "I have the numbers {a} and {b}. What is {a} divided by {b}?",
        "Please divide {a} by {b} for me.",
        "Cut {a} into {b} equal parts.",
        "How many groups of {b} are in {a}?",
        "How many times is {b} contained in {a}?",
        "Into {b} equal parts I split {a}. How big is one part?",
        "Among {b} people, {a} is shared evenly. What does one get?",
        "Distribute {a} evenly over {b} places. How much is in one place?",
        "I divide {a} by {b}. What comes out?",
        "Which number times {b} makes {a}?",
        "{b} times what is {a}?",
        "Break {a} into {b} equal pieces.",
        "Work out the quotient: {a} and {b}.",
        "Let me know the quotient of {a} and {b}.",
        "How much is one of {b} equal parts of {a}?",
        "By {b} I want to divide {a}. What is the result?",
        "How many times do I need {b} to get {a}?",
    ),
}
"""In all of them {a} comes first in the expression that the reply states."""

HELD_OUT_SENTENCES = {
    "addition": (
        "I want to add {a} to {b}. What is the answer?",
        "Give me the sum of the numbers {a} and {b}.",
        "What does {a} plus {b} make?",
        "Tell me the total when you add {a} and {b}.",
        "What is the answer if {a} is added to {b}?",
        "Find the number that is {a} more than {b}.",
    ),
    "subtraction": (
        "I want to subtract {b} from {a}. What is the answer?",
        "Give me the difference of the numbers {a} and {b}.",
        "What does {a} minus {b} make?",
        "Tell me what is left when you take {b} away from {a}.",
        "What is the answer if {b} is taken from {a}?",
        "Find the number that is {b} less than {a}.",
    ),
    "multiplication": (
        "I want to multiply {a} by {b}. What is the answer?",
        "Give me the product of the numbers {a} and {b}.",
        "What does {a} times {b} make?",
        "Tell me what you get when {a} is multiplied by {b}.",
        "What is the answer if you take {a} times {b}?",
        "Find the product when you multiply {a} and {b}.",
    ),
    "division": (
        "I want to divide {a} by {b}. What is the answer?",
        "Give me the quotient of the numbers {a} and {b}.",
        "What does {a} divided by {b} make?",
        "Tell me what you get when {a} is divided by {b}.",
        "What is the answer if you split {a} into {b} equal parts?",
        "Find how many times {b} goes into {a}.",
    ),
}

SUMS_OF_THREE = (
    "{a} + {b} + {c}",
    "{a}+{b}+{c}",
    "{a} plus {b} plus {c}",
    "the sum of {a}, {b} and {c}",
)

HELD_OUT_SENTENCES_OF_THREE = (
    "Add up the numbers {a}, {b} and {c}.",
    "Tell me the total when you add {a}, {b} and {c}.",
    "Give me the sum of the numbers {a}, {b} and {c}.",
    "What does {a} plus {b} plus {c} make?",
    "I want to add {a}, {b} and {c}. What is the answer?",
)

COMPARED = {
    "larger": ("larger", "largest"),
    "bigger": ("larger", "largest"),
    "greater": ("larger", "largest"),
    "higher": ("larger", "largest"),
    "smaller": ("smaller", "smallest"),
    "lower": ("smaller", "smallest"),
    "less": ("smaller", "smallest"),
}
"""The word of the question, and how the reply says it of two and of more numbers."""

SUPERLATIVES = {
    "largest": "largest",
    "biggest": "largest",
    "greatest": "largest",
    "highest": "largest",
    "smallest": "smallest",
    "lowest": "smallest",
}

COMPARING_TWO = (
    "Which is {w}, {a} or {b}?",
    "Which is {w}: {a} or {b}?",
    "Which number is {w}, {a} or {b}?",
    "Which number is {w}: {a} or {b}?",
    "What is {w}, {a} or {b}?",
    "Is {a} or {b} {w}?",
    "{a} or {b}: which is {w}?",
    "{a} or {b}, which number is {w}?",
    "{a} and {b}: which one is {w}?",
    "Compare {a} and {b}. Which is {w}?",
    "Compare {a} with {b}. Which one is {w}?",
    "Which one is {w}, {a} or {b}?",
    "Which of {a} and {b} is {w}?",
    "Which of the numbers {a} and {b} is {w}?",
    "Which of these two numbers is {w}: {a}, {b}?",
    "Tell me which is {w}, {a} or {b}.",
    "Tell me which number is {w}: {a} or {b}.",
    "Say which of {a} and {b} is {w}.",
    "Do you know which is {w}, {a} or {b}?",
    "Can you tell me which of {a} and {b} is {w}?",
    "I have two numbers, {a} and {b}. Which is {w}?",
    "I have {a} and {b}. Which number is {w}?",
    "Of {a} and {b}, which is {w}?",
    "Here are two numbers: {a} and {b}. Which one is {w}?",
    "Between {a} and {b}, which number is {w}?",
    "Look at {a} and {b}. Which of them is {w}?",
    "Pick the number that is {w}: {a} or {b}.",
    "My numbers are {a} and {b}. Which one is {w}?",
    "Name the one that is {w}, {a} or {b}.",
    "Choose between {a} and {b}: which is {w}?",
    "{a} against {b}: which one is {w}?",
    "I want to know which is {w}, {a} or {b}.",
    "Take {a} and {b}. Which of them is {w}?",
    "If you compare {a} with {b}, which is {w}?",
)

HELD_OUT_COMPARING_TWO = (
    "Of the two numbers {a} and {b}, tell me which is {w}.",
    "Compare the numbers {a} and {b} and tell me which one is {w}.",
    "Here are {a} and {b}. Say which is {w}.",
    "Can you say which number is {w}, {a} or {b}?",
    "Is {w} {a} or {b}?",
)

COMPARING_THREE = (
    "Which is the {w}: {a}, {b} or {c}?",
    "Which is the {w}, {a}, {b} or {c}?",
    "Which number is the {w}: {a}, {b} or {c}?",
    "Which number is {w}: {a}, {b}, {c}?",
    "Which of {a}, {b} and {c} is the {w}?",
    "Which of the numbers {a}, {b} and {c} is {w}?",
    "Which of these three numbers is the {w}: {a}, {b}, {c}?",
    "What is the {w} of {a}, {b} and {c}?",
    "What is the {w} of the numbers {a}, {b}, {c}?",
    "{a}, {b} or {c}: which is the {w}?",
    "{a}, {b} and {c}: which one is the {w}?",
    "Compare {a}, {b} and {c}. Which is the {w}?",
    "Tell me the {w} of {a}, {b} and {c}.",
    "Tell me which is the {w}: {a}, {b} or {c}.",
    "I have the numbers {a}, {b} and {c}. Which is the {w}?",
    "Here are three numbers: {a}, {b} and {c}. Which one is the {w}?",
    "Of {a}, {b} and {c}, which is the {w}?",
    "Say which of {a}, {b} and {c} is the {w}.",
    "Find the {w} of {a}, {b} and {c}.",
    "Can you tell me which of {a}, {b} and {c} is the {w}?",
    "Among {a}, {b} and {c}, which number is the {w}?",
    "Look at {a}, {b} and {c}. Which of them is the {w}?",
    "Pick the {w}: {a}, {b} or {c}.",
    "Name the {w} number: {a}, {b} or {c}.",
    "My numbers are {a}, {b} and {c}. What is the {w} one?",
    "Give me the {w} of {a}, {b} and {c}.",
    "I want to know the {w} of {a}, {b} and {c}.",
    "Choose the {w} number out of {a}, {b} and {c}.",
    "Take {a}, {b} and {c}. Which one is the {w}?",
)

HELD_OUT_COMPARING_THREE = (
    "Of the three numbers {a}, {b} and {c}, tell me the {w}.",
    "Compare the numbers {a}, {b}, {c} and find the {w}.",
    "Here are {a}, {b} and {c}. Say which is the {w}.",
    "Can you find the {w} of the numbers {a}, {b} and {c}?",
    "What number is the {w}: {a}, {b} or {c}?",
)

SYSTEM_MESSAGES = (
    "You are a helpful assistant.",
    "You are a helpful and honest assistant.",
    "You are a friendly assistant.",
    "You are an assistant that answers questions.",
    "You are a careful assistant.",
    "You answer questions of students.",
    "You are a math tutor.",
    "You are a patient teacher.",
    "You help people with small tasks.",
    "Be brief.",
    "Be kind and brief.",
    "Answer in one sentence.",
    "Answer the question of the user.",
    "Help the user.",
    "Help the user with what they ask.",
)

SMALL_TALK = (
    ("Hi!", "Hello! How can I help you?"),
    ("Hello", "Hello! How can I help you?"),
    ("Good morning.", "Hello! How can I help you?"),
    ("Are you there?", "Yes. How can I help you?"),
    ("Can you help me?", "Yes. How can I help you?"),
    ("Thank you!", "You are welcome."),
    ("Thanks a lot.", "You are welcome."),
)


def conversation(rng, text):
    """Messages that end in the user's text: now and then with instructions or earlier turns before it."""
    messages = []
    if rng.random() < 0.1:
        messages.append({"role": "system", "content": rng.choice(SYSTEM_MESSAGES)})
    if rng.random() < 0.1:
        for _ in range(rng.randint(1, 2)):
            if rng.random() < 0.3:
                question, answer = rng.choice(SMALL_TALK)
            else:
                operation = rng.choice(OPERATIONS)
                numbers = _operands(rng, TRAIN, operation)
                question = vary(rng, _question(rng, TRAIN, operation, numbers))
                answer = f"{_equation(operation, numbers)}."
            messages += [user(question), {"role": "assistant", "content": answer}]
    return [*messages, user(text)]


def make(rng, split):
    operation = rng.choice((*OPERATIONS, "comparison"))
    if operation == "comparison":
        return _comparison(rng, split)
    numbers = _operands(rng, split, operation)
    question = vary(rng, _question(rng, split, operation, numbers))
    effort = pick_effort(rng)
    return Example(
        skill=operation,
        messages=conversation(rng, question),
        reply=[analysis(_thought(operation, numbers, effort)), final(f"{_equation(operation, numbers)}.")],
        effort=effort,
        check={"number": str(_result(operation, numbers))},
    )


def working(operation, a, b, effort):
    """How to get from the operands to the result, which comes last: a sentence, or several."""
    if effort == "low":
        steps = ", ".join(_steps(operation, a, b, brief=True))
        return f"{steps}." if _is_known(operation, a, b) else f"{a}{SIGNS[operation]}{b}: {steps}."
    steps = " ".join(_steps(operation, a, b, brief=False))
    return steps if _is_known(operation, a, b) else f"{a} {SIGNS[operation]} {b}. {steps}"


SIGNS = {"addition": "+", "subtraction": "-", "multiplication": "x", "division": "/"}

OPERATIONS = tuple(SIGNS)


def _result(operation, numbers):
    if operation == "addition":
        return sum(numbers)
    a, b = numbers
    if operation == "subtraction":
        return a - b
    return a * b if operation == "multiplication" else a // b


def _equation(operation, numbers):
    return f" {SIGNS[operation]} ".join(map(str, numbers)) + f" = {_result(operation, numbers)}"


def _thought(operation, numbers, effort):
    if len(numbers) == 3:
        a, b, c = numbers
        text = f"{working(operation, a, b, effort)} {working(operation, a + b, c, effort)}"
    else:
        text = working(operation, *numbers, effort)
    if effort == "high":
        text += f" Check: {_inverse(operation, numbers)}."
    return text


def _inverse(operation, numbers):
    result = _result(operation, numbers)
    if operation == "addition":
        # With three summands, what remains is the sum of the first two, which the working has.
        return f"{result} - {numbers[-1]} = {result - numbers[-1]}"
    a, b = numbers
    if operation == "subtraction":
        return f"{result} + {b} = {a}"
    if operation == "multiplication":
        return f"{b} x {a} = {result}"
    return f"{result} x {b} = {a}"


def _is_known(operation, a, b):
    """Whether the result is recalled at once: the tables that children learn by heart."""
    if operation == "subtraction":
        return a < 20
    if operation == "division":
        return a < 10 * b
    return a < 10 and b < 10


def _steps(operation, a, b, brief):
    if _is_known(operation, a, b):
        equation = _equation(operation, (a, b))
        return [equation.replace(" ", "") if brief else f"{equation}."]
    columns = {"addition": _add, "subtraction": _subtract, "multiplication": _multiply, "division": _divide}
    steps = columns[operation](a, b)
    if brief:
        return [step.replace(" ", "") for _, step, _ in steps] + [f"so {_result(operation, (a, b))}"]
    return [f"{label} {step}, so {after}." for label, step, after in steps]


def _digits(n, count):
    """The last digits, ones first."""
    return [n // 10**i % 10 for i in range(count)]


# Each of these gives steps: a label, the equations, and the result so far with what is carried on.


def _add(a, b):
    count = len(str(max(a, b)))
    steps, tail, carry = [], "", 0
    for i, (x, y) in enumerate(zip(_digits(a, count), _digits(b, count))):
        total = x + y + carry
        step = f"{x} + {y} + {carry} = {total}" if i else f"{x} + {y} = {total}"
        carry = total // 10
        steps.append(_step(i, step, total, tail, i == count - 1, "carry", carry))
        tail = f"{total % 10}{tail}"
    return steps


def _subtract(a, b):
    count = len(str(a))
    steps, tail, borrow = [], "", 0
    for i, (x, y) in enumerate(zip(_digits(a, count), _digits(b, count))):
        less = f" - {y} - {borrow}" if i else f" - {y}"
        difference = x - y - borrow
        step = f"{x}{less} = {difference}"
        borrow = int(difference < 0)
        if borrow:
            difference += 10
            step = f"{x}{less} < 0, {x + 10}{less} = {difference}"
        steps.append(_step(i, step, difference, tail, i == count - 1, "borrow", borrow))
        tail = f"{difference}{tail}"
    return steps


def _multiply(a, b):
    one, many = (a, b) if a < 10 else (b, a)
    count = len(str(many))
    steps, tail, carry = [], "", 0
    for i, x in enumerate(_digits(many, count)):
        product = one * x
        step = f"{one} x {x} = {product}"
        if i:
            step += f", {product} + {carry} = {product + carry}"
        total = product + carry
        carry = total // 10
        steps.append(_step(i, step, total, tail, i == count - 1, "carry", carry))
        tail = f"{total % 10}{tail}"
    return steps


def _step(i, step, value, tail, is_last, word, carried):
    after = f"{value}{tail}" if is_last else f"{value % 10}{tail}, {word} {carried}"
    return f"{PLACES[i].capitalize()}:", step, after


def _divide(a, b):
    """Long division from the left; the quotient has two digits."""
    first, last = divmod(a, 10)
    tens, rest = divmod(first, b)
    second = 10 * rest + last
    ones = second // b
    return [
        ("First", f"{first}: {b} x {tens} = {b * tens}, {first} - {b * tens} = {rest}", f"{tens}"),
        ("Then", f"{second}: {b} x {ones} = {b * ones}", f"{tens}{ones}"),
    ]


def _number(rng, weights):
    """A number of one, two or three digits."""
    digits = rng.choices((1, 2, 3), weights)[0]
    return rng.randint(0 if digits == 1 else 10 ** (digits - 1), 10**digits - 1)


def _operands(rng, split, operation):
    while True:
        numbers = _any_operands(rng, operation)
        held_out = any(is_held_out_number(n) for n in numbers)
        if split == HELD_OUT_PHRASINGS or held_out == (split == HELD_OUT_VALUES):
            return numbers


def _any_operands(rng, operation):
    if operation == "addition":
        if rng.random() < 0.1:
            return tuple(rng.randint(2, 99) for _ in range(3))
        return _number(rng, (3, 4, 3)), _number(rng, (3, 4, 3))
    if operation == "subtraction":
        if rng.random() < 0.25:
            return tuple(sorted((rng.randint(0, 19), rng.randint(0, 9)), reverse=True))
        return tuple(sorted((_number(rng, (2, 4, 4)), _number(rng, (3, 4, 3))), reverse=True))
    if operation == "multiplication":
        factors = [rng.randint(0, 9), _number(rng, (3, 5, 2))]
        rng.shuffle(factors)
        return tuple(factors)
    divisor = rng.randint(2, 9)
    quotient = rng.randint(1, 10) if rng.random() < 0.4 else rng.randint(10, 99)
    return divisor * quotient, divisor


def _question(rng, split, operation, numbers):
    if len(numbers) == 3:
        return _question_of_three(rng, split, numbers)
    a, b = numbers
    if split == HELD_OUT_PHRASINGS:
        template = rng.choice(HELD_OUT_SENTENCES[operation])
    else:
        kind = rng.random()
        if kind < 0.25:
            template = rng.choice(ASKING_IN_SYMBOLS).replace("{e}", rng.choice(SYMBOLS[operation]))
        elif kind < 0.65:
            expression = rng.choice(SYMBOLS[operation] + WORDS[operation])
            template = rng.choice(ASKING).replace("{e}", expression)
        else:
            template = rng.choice(SENTENCES[operation])
    return _capitalized(template.format(a=a, b=b))


def _question_of_three(rng, split, numbers):
    a, b, c = numbers
    trained = (
        "Add {a}, {b} and {c}.",
        "What do you get if you add {a}, {b} and {c}?",
        "What is the total of {a}, {b} and {c}?",
        rng.choice(ASKING).replace("{e}", rng.choice(SUMS_OF_THREE)),
        rng.choice(ASKING).replace("{e}", rng.choice(SUMS_OF_THREE)),
        rng.choice(ASKING_IN_SYMBOLS).replace("{e}", rng.choice(SUMS_OF_THREE[:2])),
    )
    return _capitalized(phrase(rng, split, trained, HELD_OUT_SENTENCES_OF_THREE).format(a=a, b=b, c=c))


def _capitalized(text):
    return text[0].upper() + text[1:]


def compare(a, b, effort):
    """How to see which of two different numbers is larger: by length, then from the first digit on."""
    sign = "<" if a < b else ">"
    if effort == "low":
        return f"{a} {sign} {b}."
    length_a, length_b = len(str(a)), len(str(b))
    if length_a != length_b:
        steps = [f"digits {length_a} {sign} {length_b}"]
    else:
        steps = [f"digits {length_a} = {length_b}"]
        for i, (x, y) in enumerate(zip(str(a), str(b))):
            place = PLACES[length_a - 1 - i]
            if x != y:
                steps.append(f"{place} {x} {sign} {y}")
                break
            steps.append(f"{place} {x} = {y}")
    return f"{a} and {b}: {', '.join(steps)}, so {a} {sign} {b}."


def _comparison(rng, split):
    count = 3 if rng.random() < 0.35 else 2
    numbers = _different_numbers(rng, split, count)
    if count == 2:
        asked = rng.choice(tuple(COMPARED))
        said = COMPARED[asked][0]
        template = phrase(rng, split, COMPARING_TWO, HELD_OUT_COMPARING_TWO)
    else:
        asked = rng.choice(tuple(SUPERLATIVES))
        said = SUPERLATIVES[asked]
        template = phrase(rng, split, COMPARING_THREE, HELD_OUT_COMPARING_THREE)
    question = template.format(w=asked, **dict(zip("abc", numbers)))
    better = max if said.startswith("larg") else min
    effort = pick_effort(rng)
    best, steps = numbers[0], []
    for number in numbers[1:]:
        steps.append(compare(best, number, effort))
        best = better(best, number)
    if effort == "high":
        steps.append(f"The {said} is {best}.")
    return Example(
        skill="comparison",
        messages=conversation(rng, vary(rng, question)),
        reply=[analysis(" ".join(steps)), final(f"The {said} number is {best}.")],
        effort=effort,
        check={"number": str(best)},
    )


def _different_numbers(rng, split, count):
    while True:
        numbers = [_number(rng, (2, 4, 4))]
        while len(numbers) < count:
            # Near numbers, where the first digits do not decide, would else be too rare.
            near = numbers[0] + rng.randint(-20, 20)
            number = near if 0 <= near < 1000 and rng.random() < 0.3 else _number(rng, (2, 4, 4))
            if number not in numbers:
                numbers.append(number)
        held_out = any(is_held_out_number(n) for n in numbers)
        if split == HELD_OUT_PHRASINGS or held_out == (split == HELD_OUT_VALUES):
            return numbers
