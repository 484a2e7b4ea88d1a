"""Functions that no library has, so that the model learns to read the declaration instead of knowing it."""

from mini.skills.tools.library import Argument, Domain
from mini.skills.tools.names import draw_words, made_up_word
from mini.skills.tools.values import (
    ANIMALS, CITIES, CLOCKS, COLOURS, COUNTS, DATES, DAYS, DEGREES, FILES, IDENTIFIERS, ITEMS, MADE_UP, PEOPLE,
    PERCENTS, PHRASES, ROOMS, SMALL, Choice, Decimal, Flag, Several, Whole)

_VERBS = """
    calibrate paint polish align inspect fold grind water feed rotate lift lower mount sort pack weigh scan label
    mix cool tune patch probe seal split merge bend wash dry repair charge tag wrap stack slice shake tie melt press
    carve copy rename publish archive pause resume hide reveal invite greet park fuel score rank sample trace forge
    fetch build plant harvest shift mark vote sign approve reject assign release import export encode decode render
    compile deploy verify refresh sync print load lock join
    """.split()
_NOUNS = """lantern engine orchard turbine violin garden statue bridge robot kettle compass mirror anchor barrel bicycle
    carpet castle cannon crystal drum feather ferry fountain furnace glacier globe hammock helmet island jacket kite
    ladder locomotive magnet maze mosaic needle oven paddle palace parcel pendulum pillow pipeline planet pump puzzle
    pyramid rocket sail saddle satellite scarf sculpture shuttle signal sketch spiral stage telescope tent thread tower
    tractor trumpet tunnel umbrella valve vase wagon wheel whistle window account badge cluster dataset invoice
    database server queue cache contract survey poster backup sensor channel recipe""".split()
_ADJECTIVES = """old new big small left right main spare north south inner outer first last front rear fast slow
    golden wooden heavy light round quiet""".split()

_ARGUMENTS = {
    "depth": (SMALL, COUNTS, Decimal(1, 99)), "colour": (COLOURS, Choice(("red", "green", "blue"))),
    "level": (SMALL, PERCENTS),
    "size": (SMALL, Choice(("small", "medium", "large"))), "count": (SMALL, COUNTS),
    "label": (MADE_UP, IDENTIFIERS, PHRASES),
    "mode": (Choice(("fast", "slow", "safe")), Choice(("auto", "manual")), MADE_UP), "width": (COUNTS, Decimal(1, 99)),
    "height": (COUNTS, Decimal(1, 99)), "owner": (PEOPLE,), "city": (CITIES,), "date": (DATES,), "time": (CLOCKS,),
    "day": (DAYS,), "speed": (PERCENTS, Decimal(1, 200)), "weight": (COUNTS, Decimal(1, 99)), "verbose": (Flag(),),
    "dry_run": (Flag(),), "force": (Flag(),), "active": (Flag(),), "user_id": (Whole(1, 9999), IDENTIFIERS),
    "name": (PEOPLE, MADE_UP), "target": (IDENTIFIERS, MADE_UP, CITIES), "source": (IDENTIFIERS, FILES),
    "path": (FILES,),
    "limit": (SMALL, COUNTS), "offset": (DEGREES, COUNTS), "angle": (Whole(0, 360), Decimal(0, 360)),
    "ratio": (Decimal(0, 9),),
    "key": (MADE_UP, IDENTIFIERS), "code": (Whole(0, 9999), IDENTIFIERS), "room": (ROOMS,), "item": (ITEMS,),
    "items": (Several(ITEMS),), "ids": (Several(Whole(1, 99)), Several(IDENTIFIERS)), "tags": (Several(COLOURS),
    Several(MADE_UP)),
    "animal": (ANIMALS,), "rate": (Decimal(0, 99),), "port": (Whole(1, 9999),), "title": (PHRASES,), "note": (PHRASES,),
    "index": (SMALL, Whole(0, 71)), "temperature": (DEGREES, Decimal(-20, 99)), "priority": (Choice(("low", "high")),
    SMALL),
    "seed": (Whole(0, 9999),), "steps": (COUNTS,), "batch_size": (COUNTS,), "max_items": (SMALL,),
    "start_date": (DATES,),
    "format": (Choice(("json", "text", "csv")),), "pattern": (MADE_UP,), "team": (COLOURS, ANIMALS),
    "x": (Whole(-99, 999),),
    "y": (Whole(-99, 999),), "n": (Whole(0, 999),),
}
_ANY_KIND = (COUNTS, SMALL, MADE_UP, COLOURS, PEOPLE, CITIES, IDENTIFIERS, Decimal(0, 99), Flag(), ITEMS)

_TRAINED = ("Please {}{{with}}.", "I want to {}{{with}}.", "Can you {}{{with}}?", "Let us {}{{with}}.",
            "We have to {}{{with}}.",
            "It is time to {}{{with}}.", "You should {}{{with}}.", "I would like you to {}{{with}}.",
            "Go and {}{{with}}.",
            "My task is to {}{{with}}.", "Help me to {}{{with}}.", "I need to {}{{with}}.", "Now {}{{with}}.",
            "Could you {}{{with}}?", "I ask you to {}{{with}}.", "Make sure to {}{{with}}.", "The plan is to {}{{with}}.",
            "Do not forget to {}{{with}}.", "Next, {}{{with}}.", "Your job is to {}{{with}}.", "We want to {}{{with}}.",
            "Try to {}{{with}}.", "May I ask you to {}{{with}}?", "They told me to {}{{with}}.", "First {}{{with}}.",
            "It would be nice to {}{{with}}.", "Will you {}{{with}}?", "How about you {}{{with}}?",
            "Begin to {}{{with}}.", "We ought to {}{{with}}.", "It is necessary to {}{{with}}.",
            "Are you able to {}{{with}}?", "Is it possible to {}{{with}}?", "The time has come to {}{{with}}.",
            "Someone asked me to {}{{with}}.", "My boss wants me to {}{{with}}.", "You are to {}{{with}}.",
            "I must {}{{with}}.", "I have to {}{{with}}.", "Today we {}{{with}}.", "Then {}{{with}}.",
            "Just {}{{with}}.", "Simply {}{{with}}.", "Why not {}{{with}}?", "Remember to {}{{with}}.",
            "I expect you to {}{{with}}.", "I decided to {}{{with}}.", "Our next step is to {}{{with}}.",
            "Could anyone {}{{with}}?", "Do you think you can {}{{with}}?", "Shall we {}{{with}}?",
            "All I ask is that you {}{{with}}.", "The order is to {}{{with}}.", "There is a need to {}{{with}}.",
            "Once more, {}{{with}}.", "Get ready to {}{{with}}.", "See to it that you {}{{with}}.",
            "It would help to {}{{with}}.", "To do: {}{{with}}.", "Who can {}{{with}}?", "Quick, {}{{with}}.")
_HELD_OUT = ("Would you kindly {}{{with}}?", "My wish is to {}{{with}}.", "Somebody must {}{{with}}.",
             "Be so good and {}{{with}}.")


def invent(rng, split, near=None):
    """A domain of its own. near: an invented domain to be alike, with the same thing but another deed."""
    if near is None and rng.random() < 0.2:
        return _nameless(rng)
    noun = near.family if near else rng.choice(_NOUNS)
    verb, *_ = draw_words(split, lambda: (rng.choice(_VERBS), noun))
    thing = f"{rng.choice(_ADJECTIVES)} {noun}" if rng.random() < 0.2 else noun
    article = "an" if thing[0] in "aeiou" else "a"
    deed = f"{verb} the {thing}"
    named = rng.random() < 0.65
    return Domain(
        family=noun,
        verbs=(verb,) if named else (),
        nouns=(noun, thing) if named else (),
        descriptions=(deed.capitalize(), f"{verb.capitalize()} {article} {thing}", f"Used to {deed}"),
        arguments=_arguments(rng),
        gives=_gives(rng),
        trained=(deed.capitalize() + "{with}.", *(text.format(deed) for text in _TRAINED)),
        held_out=tuple(text.format(deed) for text in _HELD_OUT))


def _nameless(rng):
    """A function with a made-up purpose: only its name can be asked for."""
    word = made_up_word(rng)
    return Domain(word, (), (), (f"Does the {word}", f"{word.capitalize()} something", f"Function for {word}"),
                  _arguments(rng), _gives(rng), (), ())


def _arguments(rng):
    arguments = []
    for name in rng.sample(tuple(_ARGUMENTS), rng.choice((0, 1, 1, 1, 2, 2, 2, 3))):
        kind = rng.choice(_ARGUMENTS[name])
        spoken = name.replace("_", " ")
        if rng.random() < 0.15:
            name = spoken = made_up_word(rng)
            kind = rng.choice(_ANY_KIND)
        description = rng.choice((f"The {spoken}", f"The {spoken} to use", f"Value of {spoken}", f"Which {spoken}"))
        optional = (" with {}",) if rng.random() < 0.3 else ()
        arguments.append(Argument((name,), kind, description, optional))
    return tuple(arguments)


def _gives(rng):
    names = rng.sample(tuple(_ARGUMENTS), rng.choice((0, 1, 1, 2, 3)))
    return tuple((name, rng.choice(_ARGUMENTS[name])) for name in names)


def any_key(rng):
    """A key that a result may have, whatever the function."""
    return made_up_word(rng) if rng.random() < 0.4 else rng.choice(tuple(_ARGUMENTS))
