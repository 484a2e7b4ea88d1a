"""Names of functions: which are held out, how they are written, and names that no language has."""

from functools import lru_cache
from zlib import crc32

from mini.example import TRAIN

_ONSETS = ("b", "br", "c", "ch", "d", "dr", "f", "fl", "g", "gr", "h", "j", "k", "kr", "l", "m", "n",
           "p", "pl", "qu", "r", "s", "sh", "st", "t", "tr", "v", "w", "x", "y", "z")
_VOWELS = ("a", "e", "i", "o", "u", "ai", "oo", "ea")
_CODAS = ("", "", "", "n", "r", "k", "l", "m", "s", "t", "x", "rd", "nt", "p")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def is_held_out_text(text):
    """One text in ten, by its letters and digits alone: so get_weather and getWeather go together."""
    return crc32("".join(c for c in text.lower() if c.isalnum()).encode()) % 10 == 0


def made_up_word(rng):
    """Mostly syllables; now and then bare letters, which no common piece of a word can spell."""
    if rng.random() < 0.15:
        return "".join(rng.choice(_LETTERS) for _ in range(rng.randint(2, 6)))
    return "".join(rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_CODAS)
                   for _ in range(rng.choice((1, 2, 2, 2, 3))))


def write_name(rng, words):
    """The words as a function's name in one of the usual styles."""
    return camel_case(words) if rng.random() < 0.3 else "_".join(words)


def camel_case(words):
    return words[0] + "".join(word.capitalize() for word in words[1:])


def made_up_name(rng, split):
    """Words of a name that means nothing; a description has to tell what the function does."""
    return draw_words(split, lambda: [made_up_word(rng) for _ in range(rng.choice((1, 2, 2, 3)))])


def draw_words(split, draw):
    """Draws until the words, as a name, are on the split's side."""
    while True:
        words = draw()
        if is_held_out_text("".join(words)) == (split != TRAIN):
            return words


@lru_cache(maxsize=4096)
def known_names(verbs, nouns, split):
    """The names, as tuples of words, that verbs and nouns make and that the split may use."""
    names = [(verb, *noun.split()) for verb in verbs for noun in nouns]
    names += [tuple(noun.split()) for noun in nouns]
    return tuple(name for name in names if is_held_out_text("".join(name)) == (split != TRAIN))
