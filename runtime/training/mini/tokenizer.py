"""A byte-level BPE tokenizer of 2,048 tokens, trained on the generator's own text.

Every digit is a token of its own, so that arithmetic is done digit by digit. `save` writes it as a
`tokenizer.json` of Hugging Face, and a test of the project compares the two.
"""

import heapq
import json
import re
from collections import Counter, defaultdict

from mini.harmony import SPECIALS, Special

VOCABULARY = 2048

PATTERN = r"[0-9]| ?[A-Za-z]+| ?[^ \t\r\n0-9A-Za-z]+|[ \t\r\n]"
"""Parts that no token spans; written so that Python and Rust understand it alike."""

_PARTS = re.compile(PATTERN)


def _byte_characters():
    """The printable character by which GPT-2, and so Hugging Face, writes each byte."""
    plain = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in plain]
    return {byte: chr(byte) for byte in plain} | {byte: chr(256 + i) for i, byte in enumerate(others)}


_CHARACTERS = _byte_characters()


class Tokenizer:
    """Not thread-safe, for it keeps the encodings of parts that it has seen."""

    def __init__(self, merges):
        self.merges = merges
        self.ranks = {pair: rank for rank, pair in enumerate(merges)}
        tokens = [_CHARACTERS[byte] for byte in range(256)] + [left + right for left, right in merges]
        assert len(tokens) + len(SPECIALS) == VOCABULARY, "the text gives too few merges"
        self.ids = {token: i for i, token in enumerate(tokens)}
        self.specials = {special: len(tokens) + i for i, special in enumerate(SPECIALS)}
        self._bytes = {character: byte for byte, character in _CHARACTERS.items()}
        self._tokens = tokens
        self._cache = {}

    def encode(self, pieces):
        """The ids of rendered pieces."""
        ids = []
        for piece in pieces:
            if isinstance(piece, Special):
                ids.append(self.specials[piece])
            else:
                for part in _PARTS.findall(piece):
                    ids += self._part(part)
        return ids

    def decode(self, ids):
        """Text, special tokens in their literal form."""
        out = []
        for i in ids:
            if i < len(self._tokens):
                out.append(bytes(self._bytes[c] for c in self._tokens[i]))
            else:
                out.append(SPECIALS[i - len(self._tokens)].encode())
        return b"".join(out).decode(errors="replace")

    def _part(self, part):
        known = self._cache.get(part)
        if known is None:
            known = self._cache[part] = [self.ids[token] for token in self._merged(part)]
        return known

    def _merged(self, part):
        symbols = [_CHARACTERS[byte] for byte in part.encode()]
        while len(symbols) > 1:
            pairs = zip(symbols, symbols[1:])
            rank, at = min((self.ranks.get(pair, VOCABULARY), i) for i, pair in enumerate(pairs))
            if rank == VOCABULARY:
                break
            symbols[at : at + 2] = [symbols[at] + symbols[at + 1]]
        return symbols

    def save(self, path):
        specials = [
            {"id": i, "content": str(token), "single_word": False, "lstrip": False, "rstrip": False}
            | {"normalized": False, "special": True}
            for token, i in self.specials.items()
        ]
        split = {"type": "Split", "pattern": {"Regex": PATTERN}, "behavior": "Isolated", "invert": False}
        byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
        document = {
            "version": "1.0",
            "truncation": None,
            "padding": None,
            "added_tokens": specials,
            "normalizer": None,
            "pre_tokenizer": {"type": "Sequence", "pretokenizers": [split, byte_level]},
            "post_processor": None,
            "decoder": byte_level,
            "model": {
                "type": "BPE",
                "dropout": None,
                "unk_token": None,
                "continuing_subword_prefix": None,
                "end_of_word_suffix": None,
                "fuse_unk": False,
                "byte_fallback": False,
                "vocab": self.ids,
                "merges": [f"{left} {right}" for left, right in self.merges],
            },
        }
        with open(path, "w", encoding="utf-8") as file:
            json.dump(document, file, ensure_ascii=False, indent=1)
            file.write("\n")

    @staticmethod
    def load(path):
        with open(path, encoding="utf-8") as file:
            merges = json.load(file)["model"]["merges"]
        return Tokenizer([tuple(merge.split(" ")) for merge in merges])


def train(texts):
    """Learns merges: always that of the pair that is most frequent, the first in order among equals.

    Args:
      texts: an iterable of ordinary texts.
    """
    words = Counter(part for text in texts for part in _PARTS.findall(text))
    symbols = [[_CHARACTERS[byte] for byte in word.encode()] for word in words]
    counts = list(words.values())
    pairs = Counter()
    where = defaultdict(set)
    for i, word in enumerate(symbols):
        for pair in zip(word, word[1:]):
            pairs[pair] += counts[i]
            where[pair].add(i)
    heap = [(-count, pair) for pair, count in pairs.items()]
    heapq.heapify(heap)
    merges = []
    while len(merges) < VOCABULARY - 256 - len(SPECIALS) and heap:
        count, pair = heapq.heappop(heap)
        if pairs[pair] != -count or not count:
            continue
        merges.append(pair)
        changed = Counter()
        for i in sorted(where.pop(pair)):
            word = symbols[i]
            for old in zip(word, word[1:]):
                changed[old] -= counts[i]
            at = 0
            while at < len(word) - 1:
                if (word[at], word[at + 1]) == pair:
                    word[at : at + 2] = [word[at] + word[at + 1]]
                at += 1
            for new in zip(word, word[1:]):
                changed[new] += counts[i]
                where[new].add(i)
        for touched, change in changed.items():
            if change:
                pairs[touched] += change
                heapq.heappush(heap, (-pairs[touched], touched))
    return Tokenizer(merges)
