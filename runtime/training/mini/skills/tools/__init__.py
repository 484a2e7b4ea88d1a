"""Functions that a request declares: when to call which, with what, and what to make of the result.

The model is to serve functions it has never seen, so it copies: the name and the arguments' names from the
declaration, the values from the user's words, the answer from the result.
"""

import json

from mini.example import Example, analysis, call, final, phrase, pick_effort, user, vary
from mini.skills.tools.functions import ask, declare
from mini.skills.tools.invented import invent
from mini.skills.tools.library import DOMAINS
from mini.skills.tools.results import draw_result
from mini.skills.tools.values import ANIMALS, CITIES, COLOURS, COMPANIES, PEOPLE

_SYSTEM = ("You are a helpful assistant.", "Use the functions.", "You control a rack.", "Be brief.",
           "Call a function where one fits.",
           "You are an assistant with functions.", "Answer in short sentences.", "You help people at work.",
           "Use functions if needed.",
           "You are a friendly assistant.", "Do what the user asks.", "You may call the functions below.",
           "You run a house.",
           "Only call functions that are declared.", "You are a careful operator.", "Help the user.",
           "Answer politely.",
           "You are the voice of a rack of computers.", "Never guess values.", "Today is a good day.",
           "You are an agent.")

_DO_NOT_KNOW = ("I do not know that. I am a small demonstration model: I know about this rack, simple arithmetic, "
                "lists and function calls.")
_UNKNOWN = ("Who was the first mayor of {city}?", "When was {city} founded?", "Who is {person}?",
            "Why is the sea {colour}?",
            "How many people live in {city}?", "Who founded {company}?", "What is the best book about {city}?",
            "Why do people like {animal} pictures?", "Which river flows through {city}?",
            "What is the meaning of {colour}?",
            "Who won the football match in {city}?", "Is {person} taller than {other}?",
            "What does {person} think of {other}?",
            "Why is {company} famous?", "Who painted the {colour} {animal}?", "Which mayor does {city} have?",
            "What is {city} famous for?", "Which museum in {city} is the oldest?", "Is {person} married?",
            "Where was {person} born?", "What does {company} make?", "Who leads {company}?",
            "Which football team comes from {city}?", "Does {person} like {other}?", "Why did {person} leave {city}?",
            "How many bridges are in {city}?", "Who wrote the song about {city}?", "What did {person} study?",
            "Why do people wear {colour} at weddings?", "Does {company} have an office in {city}?",
            "What is the favourite colour of {person}?", "Is {colour} nicer than grey?")
_UNKNOWN_HELD_OUT = ("Which language do people in {city} speak?", "How old is {person}?",
                     "In which year did {company} begin?")
_GREETINGS = ("Hello!", "Hi.", "Hello.", "Hi there!", "Good morning!", "Good evening.", "Hey!", "Good day.",
              "Hello, how are you?",
              "Hi, nice to meet you.", "Hello, are you there?",
              "Hello there!", "Hey there.", "Morning!", "Good evening, assistant.", "Hi, how is it going?",
              "Hello, nice to see you.", "Hi, it is me.", "Hello, dear model!", "Hey, are you awake?",
              "A good day to you!", "Hello everyone.", "Hey, what is up?")
_GREETINGS_HELD_OUT = ("Good afternoon!", "Greetings.", "Hello again!")
_THANKS = ("Thanks.", "Thank you!", "Thank you very much.", "Great, thanks!", "That is all, thank you.",
           "Thanks a lot!",
           "Thank you so much!", "Thanks, that helped.", "Thanks, that was all.", "I thank you.",
           "Thank you for your help.", "You helped me, thanks.", "Thanks to you.", "Thank you, nice work.",
           "Cheers, thanks.", "Thanks once more.", "That was what I wanted, thanks.",
           "Thank you, I need nothing else.")
_THANKS_HELD_OUT = ("Many thanks!", "Perfect, thank you.")

# What the rack's own functions tell is not unknown, and a search may be the way to anything.
_ASKED_IN_VAIN = ("weather", "clock", "stock", "mail", "currency", "distance", "people", "shares", "animal", "food")
_KNOWS_ALL = ("file", "animal", "people")


def make(rng, split):
    kind = rng.random()
    if kind < 0.1:
        return _no_call(rng, split)
    effort = pick_effort(rng)
    functions = _functions(rng, split)
    messages = _before(rng, split, functions, effort)
    request = ask(rng, split, functions[0])
    messages.append(user(vary(rng, request.text)))
    thought = _thought(request, effort)
    tools = _declarations(rng, functions)
    if kind < 0.75:
        reply = [analysis(thought), call(request.function.name, json.dumps(request.arguments))]
        check = {"call": {"name": request.function.name, "arguments": request.arguments}}
        return Example("call", messages, reply, effort, tools, check)
    result = draw_result(rng, split, functions[0].domain)
    messages += _exchange(rng, messages, request, thought, result)
    reply = [analysis(_outcome(result, effort)), final(result.sentence)]
    return Example("call result", messages, reply, effort, tools, {"contains": list(result.contains)})


def _functions(rng, split, without=()):
    """One to four functions of different domains, the one to be called first. without: families to leave out."""
    count = rng.choices((1, 2, 3, 4), (30, 35, 22, 13))[0]
    library = [domain for domain in DOMAINS if domain.family not in without]
    functions = []
    while len(functions) < count:
        function = declare(rng, split, _domain(rng, split, library, functions))
        if all(function.name.lower() != other.name.lower() and function.domain.descriptions != other.domain.descriptions
               for other in functions):
            functions.append(function)
    return functions


def _domain(rng, split, library, functions):
    """Of the library or invented; beside a first function often one that is alike."""
    if functions and rng.random() < 0.35:
        first = functions[0].domain
        if first in library:
            return rng.choice([domain for domain in library if domain.family == first.family])
        if first.trained:
            return invent(rng, split, near=first)
    return rng.choice(library) if rng.random() < 0.55 else invent(rng, split)


def _declarations(rng, functions):
    return [function.declaration() for function in rng.sample(functions, len(functions))]


def _thought(request, effort):
    """The reasoning before a call: it names the function first, then what it copies from the request."""
    name = request.function.name
    if effort == "low":
        return f"Call {name}."
    given = [f"{key} {_plain(value)}" for key, value in request.arguments.items()]
    using = "without arguments" if not given else "with " + _and(given)
    if effort == "medium":
        return f"The user wants what {name} does. I call {name} {using}."
    lines = [f"The user wants what {name} does."]
    for parameter in request.function.parameters:
        if parameter.name in request.arguments:
            lines.append(f"{parameter.name} is {_plain(request.arguments[parameter.name])}.")
        else:
            lines.append(f"{parameter.name} is not given.")
    return " ".join(lines) + f" I call {name} {using}."


def _plain(value):
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return json.dumps(value) if isinstance(value, bool) else str(value)


def _and(parts):
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def _outcome(result, effort):
    return result.outcome.split(". ")[0] + "." if effort == "low" else result.outcome


def _exchange(rng, messages, request, thought, result):
    """The call and its result, as a client sends them back."""
    identifier = f"call_{1 + sum('tool_calls' in message for message in messages)}"
    called = {"role": "assistant", "content": "", "tool_calls": [{
        "id": identifier, "type": "function",
        "function": {"name": request.function.name, "arguments": json.dumps(request.arguments)}}]}
    if rng.random() < 0.5:
        called["reasoning"] = thought
    return [called, {"role": "tool", "tool_call_id": identifier, "content": result.content}]


def _before(rng, split, functions, effort):
    """What came before the last question: now and then an instruction, a call, or a greeting."""
    messages = []
    if rng.random() < 0.15:
        messages.append({"role": "system", "content": rng.choice(_SYSTEM)})
    earlier = rng.random()
    if earlier < 0.06:
        request = ask(rng, split, rng.choice(functions))
        result = draw_result(rng, split, request.function.domain)
        messages.append(user(vary(rng, request.text)))
        messages += _exchange(rng, messages, request, _thought(request, effort), result)
        messages.append({"role": "assistant", "content": result.sentence})
    elif earlier < 0.1:
        question, _, answer = _needless(rng, split, functions)
        messages += [user(question), {"role": "assistant", "content": answer}]
    return messages


def _no_call(rng, split):
    functions = _functions(rng, split, without=_KNOWS_ALL)
    effort = pick_effort(rng)
    messages = _before(rng, split, functions, effort)
    question, thought, answer = _needless(rng, split, functions)
    messages.append(user(question))
    return Example("no call", messages, [analysis(thought), final(answer)], effort, _declarations(rng, functions),
                   {"contains": [answer.split(".")[0].split("!")[0].lower()]})


def _needless(rng, split, functions):
    """A question that needs no function or that none can answer, with the reasoning and the answer."""
    kind = rng.random()
    if kind < 0.2:
        greeting = phrase(rng, split, _GREETINGS, _GREETINGS_HELD_OUT)
        return greeting, "The user greets. I greet back.", "Hello! How can I help?"
    if kind < 0.3:
        thanks = phrase(rng, split, _THANKS, _THANKS_HELD_OUT)
        return thanks, "The user thanks. No function is needed.", "You are welcome."
    if kind < 0.65:
        text = phrase(rng, split, _UNKNOWN, _UNKNOWN_HELD_OUT)
        kinds = {"city": CITIES, "person": PEOPLE, "other": PEOPLE, "colour": COLOURS, "animal": ANIMALS,
                 "company": COMPANIES}
        text = text.format_map({slot: kind.draw(rng, split, {}) for slot, kind in kinds.items()})
    else:
        text = _asked_in_vain(rng, split, functions)
    return vary(rng, text), "No function fits. I do not know that.", _DO_NOT_KNOW


def _asked_in_vain(rng, split, functions):
    """A question that only a function could answer which the request does not declare."""
    declared = [function.domain.family for function in functions]
    domains = [domain for domain in DOMAINS
               if domain.family in _ASKED_IN_VAIN and domain.family not in declared and domain.gives]
    while True:
        domain = rng.choice(domains)
        text = ask(rng, split, declare(rng, split, domain)).text
        if text.endswith("?") and not text.startswith("Can you"):
            return text
