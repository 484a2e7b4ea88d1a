"""Batches of training examples: made by some processes while another trains on them."""

import itertools
import multiprocessing
import random
from dataclasses import dataclass
from queue import Empty

import torch

from mini import harmony, mixture
from mini.example import EFFORTS, TRAIN, fingerprint

_POOL = 6144
"""Examples that are sorted by length together."""

MOST_TOKENS = 640
"""Examples that are longer, behind the system message, are left out; a few in a thousand are."""

NOTHING = -100
"""The target of a place that is wanted for nothing but a round number of them."""

_WITH_DATE = 0.25
_SYSTEM_PIECES = 5
_PATIENCE = 60
"""Seconds after which a process that gives no batch is looked after."""


@dataclass(frozen=True)
class Batch:
    """What `GptOss.forward` takes, and the tokens to be predicted at the wanted places."""

    beginning: torch.Tensor
    tokens: torch.Tensor
    wanted: torch.Tensor
    targets: torch.Tensor
    skills: list
    """For each example its skill; `rows` says to which example a wanted place belongs."""
    rows: torch.Tensor
    counted: torch.Tensor
    """Of all places, whether they are text and no padding."""

    def to(self, device):
        """The same, in the memory of a device."""
        return Batch(*(x.to(device) if isinstance(x, torch.Tensor) else x for x in vars(self).values()))


def _padded(length):
    # Few different sizes, since each new one costs the making of kernels.
    return -(-length // 16) * 16


def make(tokenizer, rows, beginning):
    """A batch of `(skill, prompt ids, reply ids)`, whose prompts begin behind `beginning`."""
    length = _padded(max(len(prompt) + len(reply) for _, prompt, reply in rows))
    tokens = torch.full((len(rows), length), tokenizer.specials[harmony.END])
    text = torch.zeros(len(rows), length, dtype=torch.bool)
    wanted, targets, row_of = [], [], []
    for i, (_, prompt, reply) in enumerate(rows):
        tokens[i, : len(prompt) + len(reply)] = torch.tensor(prompt + reply)
        text[i, : len(prompt) + len(reply)] = True
        # The place before a token predicts it.
        first = len(beginning) + i * length + len(prompt) - 1
        wanted += range(first, first + len(reply))
        targets += reply
        row_of += [i] * len(reply)
    while len(wanted) % 256:
        wanted, targets, row_of = wanted + [0], targets + [NOTHING], row_of + [0]
    return Batch(
        torch.tensor(beginning),
        tokens,
        torch.tensor(wanted),
        torch.tensor(targets),
        [skill for skill, _, _ in rows],
        torch.tensor(row_of),
        torch.cat((torch.ones(len(beginning), dtype=torch.bool), text.flatten())),
    )


def encoded(tokenizer, example, date=None):
    """The ids of an example's system message, of the rest of its prompt, and of its reply."""
    pieces = harmony.prompt(example.messages, example.tools, example.effort, date)
    system, rest = pieces[:_SYSTEM_PIECES], pieces[_SYSTEM_PIECES:]
    return tokenizer.encode(system), tokenizer.encode(rest), tokenizer.encode(harmony.reply(example.reply))


def examples(seed, split=TRAIN, kept_out=frozenset()):
    """Examples without end, the same for the same seed: what training sees, but for the order.

    Args:
      kept_out: fingerprints of questions that are not asked.
    """
    rng = random.Random(f"{seed} {split}")
    while True:
        example = mixture.make(rng, split)
        if not kept_out or fingerprint(example) not in kept_out:
            yield example


def endless(tokenizer, seed, budget, split=TRAIN, kept_out=frozenset()):
    """Batches of at most about `budget` tokens, padding included, the same for the same seed."""
    rng = random.Random(f"{seed} {split} order")
    source = examples(seed, split, kept_out)
    kept = {}
    while True:
        for example in itertools.islice(source, _POOL):
            _, prompt, reply = encoded(tokenizer, example)
            if len(prompt) + len(reply) <= MOST_TOKENS:
                # All that the system message depends on, but for the date.
                kind = (EFFORTS.index(example.effort), bool(example.tools))
                kept.setdefault(kind, []).append((example, prompt, reply))
        ready = []
        for kind in sorted(kept):
            group = sorted(kept[kind], key=lambda row: len(row[1]) + len(row[2]))
            kept[kind] = []
            while group:
                longest = _padded(len(group[-1][1]) + len(group[-1][2]))
                count = max(1, budget // longest)
                rows, group = group[-count:], group[:-count]
                ready.append(rows)
        rng.shuffle(ready)
        for rows in ready:
            date = None
            if rng.random() < _WITH_DATE:
                date = f"20{rng.randint(24, 29)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
            system, _, _ = encoded(tokenizer, rows[0][0], date)
            yield make(tokenizer, [(e.skill, prompt, reply) for e, prompt, reply in rows], system)


def in_background(tokenizer, seed, budget, kept_out=frozenset(), skip=0, makers=1):
    """Batches in turn from each of some processes, the same for the same seed and number of makers.

    Args:
      skip: how many batches to leave out at the beginning.
    """
    queues, processes = [], []
    for maker in range(makers):
        queue = multiprocessing.Queue(maxsize=64)
        of_maker = (tokenizer, f"{seed} {maker}", budget, kept_out, (skip + makers - 1 - maker) // makers)
        process = multiprocessing.Process(target=_fill, args=(queue, *of_maker), daemon=True)
        process.start()
        queues.append(queue)
        processes.append(process)
    for turn in itertools.count(skip):
        yield _next(queues[turn % makers], processes[turn % makers])


def _next(queue, process):
    while True:
        try:
            beginning, tokens, wanted, targets, skills, rows, counted = queue.get(timeout=_PATIENCE)
        except Empty:
            if process.is_alive():
                continue
            raise RuntimeError("a process that makes batches has ended; its error stands above") from None
        arrays = (torch.from_numpy(a) for a in (beginning, tokens, wanted, targets))
        return Batch(*arrays, skills, torch.from_numpy(rows), torch.from_numpy(counted))


def _fill(queue, tokenizer, seed, budget, kept_out, skip):
    torch.set_num_threads(1)
    for i, batch in enumerate(endless(tokenizer, seed, budget, TRAIN, kept_out)):
        if i >= skip:
            tensors = (batch.beginning, batch.tokens, batch.wanted, batch.targets)
            queue.put((*(tensor.numpy() for tensor in tensors), batch.skills, batch.rows.numpy(), batch.counted.numpy()))
