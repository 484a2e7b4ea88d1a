"""A declared function, and a user's request that needs it."""

from dataclasses import dataclass

from mini.example import HELD_OUT_PHRASINGS, phrase
from mini.skills.tools.library import Argument, Domain
from mini.skills.tools.names import camel_case, known_names, made_up_name, made_up_word, write_name

_BY_NAME = ("Call {name}{with}.", "Run {name}{with}.", "Use {name}{with}.", "Please call {name}{with}.",
            "Execute {name}{with}.",
            "I want you to call {name}{with}.", "Can you run {name}{with}?", "Call the function {name}{with}.",
            "Do {name}{with}.",
            "Start {name}{with}.", "Try {name}{with}.", "We need {name}{with}.", "Now do a {name}{with}.",
            "Perform {name}{with}.", "Trigger {name}{with}.", "Apply {name}{with}.", "Let {name} run{with}.",
            "I choose {name}{with}.", "Give me the result of {name}{with}.", "Have {name} done{with}.",
            "What does {name} say{with}?", "The right function here is {name}{with}.", "It is {name} that we need{with}.",
            "Could you execute {name}{with}?", "Go for {name}{with}.", "Would {name} help{with}?",
            "Take {name}{with}.", "My choice is the function {name}{with}.", "Let us see what {name} gives{with}.",
            "Launch {name}{with}.", "Fire {name}{with}.", "Go ahead and call {name}{with}.", "Time for {name}{with}.",
            "Next comes {name}{with}.", "I would like to see {name}{with}.", "Could we have {name}{with}?",
            "Will you call {name}{with}?", "Send a call to {name}{with}.", "Place a call to {name}{with}.",
            "Issue {name}{with}.", "One {name}{with}, please.", "You may now run {name}{with}.",
            "Get me {name}{with}.", "What comes out of {name}{with}?", "Show me {name}{with}.",
            "The next step is {name}{with}.", "Choose {name}{with}.", "Activate {name}{with}.",
            "I am asking for {name}{with}.", "{name}{with}.", "{name}{with}, please.", "Please do {name}{with}.",
            "Ask {name}{with}.", "Have a go at {name}{with}.", "Put {name} to work{with}.",
            "Here you should call {name}{with}.", "Now it is the turn of {name}{with}.", "Your tool is {name}{with}.",
            "Is there an answer from {name}{with}?")
_BY_NAME_HELD_OUT = ("Invoke {name}{with}.", "Make use of {name}{with}.", "The function to take is {name}{with}.")

_ALONE = (" for {}", " with {}", ": {}", " on {}", " {}", " by {}", ", namely {}", " (that is {})", " at {}", " -> {}",
          ", with {}", " and use {}", " from {}", " and {}",
          " to {}", " in {}", ", {}", " (use {})", " ({})", ", that is {}", " about {}", " as {}", ", value {}",
          ", say {}", " via {}", " = {}", ", but only {}")
_ALONE_HELD_OUT = (" given {}", ", taking {}")
_OPENINGS = (" with ", " with ", " using ", ": ", ", ", " where ", " and set ", " so that ", ", where ", " with this: ",
             " and let ", ", having ", " by ", "; ", ", with ", " and use ", ", namely ", " assuming ",
             " provided ", " when ", " while ", " if ", ", using ", " based on ", " through ", " via ", ", setting ",
             " after setting ", " but with ", " such that ", " in such a way that ", " according to ", ", let us say ",
             " and this: ", "; use ", ", but ", " and make ", ", plus ", " and pass ", " passing ",
             " with the values ", " with the arguments ", " and choose ", ", choosing ", " on condition that ",
             ", arguments: ", "; settings: ", " for the case that ", " under ")
_OPENINGS_HELD_OUT = (" given ", ", taking ")
_PAIRS = ("{} {}", "{} {}", "{} = {}", "{}={}", "{}: {}", "{} set to {}", "the {} {}", "{} as {}", "{} is {}",
          "{} -> {}", "{} equals {}", "{} should be {}", "{} must be {}", "{}, {}", "the {} is {}", "{} at {}",
          "{} ({})", "{} will be {}", "this {}: {}", "for {} {}",
          "{} := {}", "{} => {}", "{} to {}", "{} goes to {}", "{} stands at {}", "{} reads {}", "{} has to be {}",
          "{} shall be {}", "{} needs to be {}", "{} becomes {}", "{} means {}", "{} here is {}", "{} fixed at {}",
          "{} now {}", "{} is to be {}", "{} ought to be {}", "{} may be {}", "{} would be {}", "let {} be {}",
          "put {} at {}", "keep {} at {}", "choose {} {}", "my {} is {}", "our {} is {}", "{} stays {}", "{} like {}",
          "{} chosen as {}", "{} called {}", "{} which is {}", "{} [{}]", "{} | {}", "as {} {}", "as {}: {}",
          "whose {} is {}", "{} has the value {}", "{} with the value {}", "{} turned to {}", "{1} as {0}",
          "{1} for {0}", "{1} as the {0}")
_PAIRS_HELD_OUT = ("{} being {}", "a {} of {}", "{} equal to {}")
_FLAGS = (("true", "false"), ("yes", "no"), ("on", "off"))


@dataclass(frozen=True)
class Parameter:
    """An argument as one function declares it."""

    argument: Argument
    name: str
    schema: dict
    required: bool


@dataclass(frozen=True)
class Function:
    domain: Domain
    name: str
    description: str | None
    parameters: tuple

    def declaration(self):
        """As the API has it. Absent parts are left out, as clients do."""
        function = {"name": self.name}
        if self.description:
            function["description"] = self.description
        function["parameters"] = {"type": "object", "properties": {p.name: p.schema for p in self.parameters}}
        required = [p.name for p in self.parameters if p.required]
        if required:
            function["parameters"]["required"] = required
        return {"type": "function", "function": function}


@dataclass(frozen=True)
class Request:
    function: Function
    text: str
    arguments: dict


def declare(rng, split, domain):
    """One of the many ways to declare a function of the domain."""
    known = known_names(domain.verbs, domain.nouns, split)
    made_up = not known or rng.random() < 0.1
    words = made_up_name(rng, split) if made_up else rng.choice(known)
    name = write_name(rng, words)
    description = None
    if made_up or len(words) == 1 or rng.random() < 0.85:
        description = rng.choice(domain.descriptions) + ("." if rng.random() < 0.3 else "")
    parameters = _parameters(rng, split, domain, camel="_" not in name, described=rng.random() < 0.5)
    return Function(domain, name, description, parameters)


def _parameters(rng, split, domain, camel, described):
    parameters = []
    for argument in domain.arguments:
        if argument.said and rng.random() < 0.35:
            continue
        name = rng.choice(argument.names)
        schema = argument.kind.schema(rng, split)
        if camel:
            name = camel_case(name.split("_"))
        made_up = rng.random() < 0.06
        if made_up:
            name = made_up_word(rng)
        while any(name == other.name for other in parameters):
            name = made_up_word(rng)
        if made_up or described:
            schema["description"] = argument.description
        parameters.append(Parameter(argument, name, schema, not argument.said))
    # Clients name what is required first, but not all of them do.
    if rng.random() < 0.7:
        parameters.sort(key=lambda parameter: not parameter.required)
    return tuple(parameters)


def ask(rng, split, function):
    """What a user says to have the function called, and the arguments which that gives."""
    given = [p for p in function.parameters if p.required or rng.random() < 0.55]
    values = {p.name: p.argument.kind.draw(rng, split, p.schema) for p in given}
    domain = function.domain
    if not domain.trained or rng.random() < 0.2:
        text = phrase(rng, split, _BY_NAME, _BY_NAME_HELD_OUT)
        by_name = True
    else:
        text = phrase(rng, split, domain.trained, domain.held_out)
        by_name = False
    if "{with}" in text:
        spoken = function.name.replace("_", " ") if rng.random() < 0.25 else function.name
        text = text.format_map({"name": spoken, "with": _with(rng, split, given, values, by_name)})
    else:
        text = _fill(rng, text, given, values)
    return Request(function, text, values)


def _fill(rng, text, given, values):
    """Fills the places of a library's phrasing and adds what optional arguments say, before the last mark."""
    said = {p.argument.names[0]: p.argument.kind.said(rng, values[p.name]) for p in given}
    extra = [rng.choice(p.argument.said).format(said[p.argument.names[0]]) for p in given if p.argument.said]
    rng.shuffle(extra)
    mark = text[-1]
    return text[:-1].format_map(said) + "".join(extra) + mark


def _with(rng, split, given, values, by_name):
    """The arguments by their names, in any order, as in " with depth 4 and colour red"."""
    if not given:
        return "()" if by_name and rng.random() < 0.1 else ""
    quoted = rng.random() < 0.25
    flag = rng.choice(_FLAGS)
    said = {p.name: _spoken(rng, p, values[p.name], quoted, flag) for p in given}
    if by_name and split != HELD_OUT_PHRASINGS and rng.random() < 0.1:
        return "(" + ", ".join(f"{name}={text}" for name, text in said.items()) + ")"
    names = list(said)
    if len(names) == 1 and not isinstance(values[names[0]], bool) and rng.random() < 0.35:
        return phrase(rng, split, _ALONE, _ALONE_HELD_OUT).format(said[names[0]])
    rng.shuffle(names)
    pair = phrase(rng, split, _PAIRS, _PAIRS_HELD_OUT)
    plain = rng.random() < 0.5
    pairs = [pair.format(name.replace("_", " ") if plain else name, said[name]) for name in names]
    opening = phrase(rng, split, _OPENINGS, _OPENINGS_HELD_OUT)
    if len(pairs) == 1 or rng.random() < 0.25:
        return opening + ", ".join(pairs)
    return opening + ", ".join(pairs[:-1]) + " and " + pairs[-1]


def _spoken(rng, parameter, value, quoted, flag):
    if isinstance(value, bool):
        return flag[0] if value else flag[1]
    text = parameter.argument.kind.said(rng, value)
    return f'"{text}"' if quoted and isinstance(value, str) else text
