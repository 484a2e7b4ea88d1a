"""Values of arguments: how a kind is declared, and how a value of it is drawn and said."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from mini.example import HELD_OUT_VALUES, TRAIN, is_held_out_number
from mini.skills.tools.names import is_held_out_text, made_up_word


@lru_cache(maxsize=None)
def _pool(values, is_held_out, split):
    """What the split may use of the values; all, where too few are there to hold any out."""
    if split == TRAIN:
        return tuple(v for v in values if not is_held_out(v))
    if split == HELD_OUT_VALUES:
        return tuple(v for v in values if is_held_out(v)) or values
    return values


class Kind:
    """A type of JSON value. `said` is how the user's text has a value, where that differs from str."""

    def schema(self, rng, split):
        raise NotImplementedError

    def draw(self, rng, split, schema):
        raise NotImplementedError

    def said(self, rng, value):
        return str(value)


@dataclass(frozen=True)
class Words(Kind):
    """One of a list of texts; now and then declared as an enum of a few of them."""

    texts: tuple

    def schema(self, rng, split):
        if rng.random() < 0.9:
            return {"type": "string"}
        pool = _pool(self.texts, is_held_out_text, split)
        return {"type": "string", "enum": rng.sample(pool, min(len(pool), rng.randint(2, 4)))}

    def draw(self, rng, split, schema):
        return rng.choice(schema.get("enum") or _pool(self.texts, is_held_out_text, split))


@dataclass(frozen=True)
class Choice(Kind):
    """One of the few texts that the declaration lists."""

    texts: tuple

    def schema(self, rng, split):
        return {"type": "string", "enum": list(self.texts)}

    def draw(self, rng, split, schema):
        return rng.choice(schema["enum"])


@dataclass(frozen=True)
class Composed(Kind):
    """A text that a function of rng makes up."""

    compose: Callable

    def schema(self, rng, split):
        return {"type": "string"}

    def draw(self, rng, split, schema):
        while True:
            text = self.compose(rng)
            if split not in (TRAIN, HELD_OUT_VALUES) or is_held_out_text(text) == (split == HELD_OUT_VALUES):
                return text


@dataclass(frozen=True)
class Whole(Kind):
    low: int
    high: int
    step: int = 1

    def schema(self, rng, split):
        return {"type": "integer"}

    def draw(self, rng, split, schema):
        return rng.choice(_pool(range(self.low, self.high + 1, self.step), is_held_out_number, split))


@dataclass(frozen=True)
class Decimal(Kind):
    """A number with one decimal, which is never 0: JSON writes 7.0 where people say 7."""

    low: int
    high: int

    def schema(self, rng, split):
        return {"type": "number"}

    def draw(self, rng, split, schema):
        whole = Whole(self.low, self.high).draw(rng, split, schema)
        return whole if rng.random() < 0.25 else float(f"{whole}.{rng.randint(1, 9)}")


@dataclass(frozen=True)
class Flag(Kind):
    yes: str = "true"
    no: str = "false"

    def schema(self, rng, split):
        return {"type": "boolean"}

    def draw(self, rng, split, schema):
        return rng.random() < 0.5

    def said(self, rng, value):
        return self.yes if value else self.no


@dataclass(frozen=True)
class Several(Kind):
    """An array of one to three different values."""

    kind: Kind

    def schema(self, rng, split):
        item = self.kind.schema(rng, split)
        return {"type": "array", "items": {"type": item["type"]}}

    def draw(self, rng, split, schema):
        values = [self.kind.draw(rng, split, schema["items"]) for _ in range(rng.randint(1, 3))]
        return list(dict.fromkeys(values))

    def said(self, rng, value):
        texts = [self.kind.said(rng, item) for item in value]
        if len(texts) == 1 or rng.random() < 0.3:
            return ", ".join(texts)
        return ", ".join(texts[:-1]) + " and " + texts[-1]


def _date(rng):
    return f"{rng.randint(2020, 2035)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"


def _clock(rng):
    return f"{rng.randint(0, 23):02}:{rng.choice(range(0, 60, 5)):02}"


def _identifier(rng):
    letters = rng.choice(("GPU-", "A", "B", "X", "T-", "tray-", "job-", "node", "Z", "K-", "R", "unit-", "#"))
    return f"{letters}{rng.randint(1, 999)}"


def _phrase(rng):
    """A few words as people put into titles and messages."""
    return rng.choice((
        lambda: f"{rng.choice(_TASKS)} {rng.choice(ITEMS.texts)}",
        lambda: f"{rng.choice(_TASKS)} the {rng.choice(COLOURS.texts)} {rng.choice(ITEMS.texts)}",
        lambda: f"meet {rng.choice(PEOPLE.texts)} in {rng.choice(CITIES.texts)}",
        lambda: f"{rng.choice(_REMARKS)} {rng.choice(PEOPLE.texts)}",
        lambda: f"{rng.choice(_TASKS)} {made_up_word(rng)}",
        lambda: f"{rng.choice(_REMARKS)}",
    ))()


def words(text):
    return Words(tuple(text.split()))


CITIES = Words(tuple("""Paris Berlin London Madrid Rome Vienna Prague Oslo Dublin Lisbon Athens Warsaw Budapest
    Helsinki Stockholm Copenhagen Brussels Amsterdam Zurich Geneva Munich Hamburg Cologne Milan Naples Turin Lyon
    Marseille Porto Seville Valencia Tokyo Osaka Kyoto Seoul Beijing Shanghai Delhi Mumbai Chennai Bangkok Hanoi
    Jakarta Manila Singapore Sydney Melbourne Perth Auckland Cairo Nairobi Lagos Accra Tunis Dakar Lima Bogota Quito
    Santiago Toronto Montreal Vancouver Boston Chicago Denver Seattle Austin Dallas Miami Atlanta Detroit Phoenix
    Portland Houston Havana Krakow Riga Tallinn Vilnius Sofia Belgrade Zagreb""".split())
    + ("New York", "Los Angeles", "San Francisco", "Hong Kong", "Cape Town", "Buenos Aires", "Mexico City",
       "Tel Aviv", "San Diego", "Las Vegas"))
PEOPLE = words("""Anna Ben Clara David Emma Felix Greta Henry Ida Jonas Karin Leo Maria Nils Olga Paul Rosa Simon
    Tina Victor Wanda Xavier Yara Zoe Ahmed Bruno Carmen Diego Elena Farid Gina Hugo Iris Jack Kira Liam Mona Noah
    Otto Pia Ravi Sara Tom Ulla Vera Walter Alice Bob Charlie Erik Frida George Hannah Ivan Julia Kevin Linda Max""")
ITEMS = words("""apples pears bread milk cheese eggs rice pasta tomatoes onions carrots lemons coffee tea sugar salt
    flour butter honey olives pencils paper cables screws nails bolts fans pumps filters lamps batteries chairs tables
    boxes bottles books phones keyboards screens printers hammers ropes shoes hats gloves socks shirts candles plates
    cups spoons knives forks towels bricks tiles pipes valves magnets sensors drives""")
COLOURS = words("""red blue green yellow white black orange purple pink brown grey silver gold cyan violet beige
    turquoise crimson amber ivory""")
ROOMS = Words(tuple("""kitchen bedroom bathroom hall garage office cellar attic garden nursery library studio
    workshop lobby laundry pantry balcony terrace corridor lounge""".split())
    + ("living room", "dining room", "server room", "meeting room"))
DAYS = words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday today tomorrow tonight")
LANGUAGES = words("""English German French Spanish Italian Dutch Polish Swedish Danish Greek Turkish Arabic Hindi
    Japanese Korean Chinese Finnish Czech Portuguese Hungarian""")
FOODS = words("""salami margherita mushroom spinach tuna pepperoni vegetable hawaii onion cheese chicken olive
    artichoke shrimp bacon""")
STYLES = words("jazz rock classical pop blues folk techno reggae soul metal disco opera swing country funk punk")
CODES = words("USD EUR GBP JPY CHF SEK NOK DKK PLN CZK AUD CAD NZD INR CNY KRW BRL MXN ZAR TRY")
ANIMALS = words("""cat dog horse cow sheep goat rabbit fox wolf bear eagle owl duck goose frog snake whale shark
    tiger lion zebra camel otter beaver""")
FILES = Composed(lambda rng: rng.choice(("report", "notes", "data", "log", "plan", "photo", made_up_word(rng)))
                 + rng.choice(("", "1", "2", "_new", "_old")) + rng.choice((".txt", ".csv", ".pdf", ".json", ".log")))
COMPANIES = words("""Larkfield Tessel Brightmill Fernway Halden Pellar Stonebrook Oakline Rivermark Solten Graymoor
    Windlow Ashport Mossley Elmgate Norvik Harbrook Tarnow Kestermill Dunmere""")
MADE_UP = Composed(made_up_word)
DATES = Composed(_date)
CLOCKS = Composed(_clock)
IDENTIFIERS = Composed(_identifier)
PHRASES = Composed(_phrase)

GPUS = Whole(0, 71)
TRAYS = Whole(1, 18)
PERCENTS = Whole(0, 100)
SMALL = Whole(1, 20)
COUNTS = Whole(1, 999)
DEGREES = Whole(-20, 45)

_TASKS = ("buy", "check", "clean", "count", "fix", "order", "move", "paint", "pack", "sell", "bring", "test", "find")
_REMARKS = ("good morning", "thank you", "see you soon", "call me", "happy birthday", "good night", "well done",
            "be there at noon", "hello", "all is well", "we are late", "dinner is ready")
