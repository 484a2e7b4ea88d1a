#!/usr/bin/env python3
"""Trains rack72-mini and writes it as a checkpoint in the published gpt-oss layout.

    python3 train.py --prompts prompts.jsonl --out ../../models/rack72-mini

Needs PyTorch 1.13 or later and nothing else; see the model card for how long it takes. The same
seed gives the same data in the same order; weights are the same only on the same kind of machine,
with the same threads and precision, since products are summed as PyTorch's kernels please.
"""

import argparse
import ctypes
import itertools
import json
import os
import random
import sys
import time
from pathlib import Path

# Read when PyTorch is loaded; the kernels of all sizes of products that occur are kept.
os.environ.setdefault("DNNL_PRIMITIVE_CACHE_CAPACITY", "16384")

import torch
import torch.nn.functional as F

from mini import batches, checkpoint, mixture, tokenizer
from mini.example import HELD_OUT_PHRASINGS, HELD_OUT_VALUES, TRAIN, Example, fingerprint
from mini.harmony import Special, prompt, reply
from mini.initial import initial
from mini.model import GptOss, Shape
from mini.optimizer import Optimizer

_WARM_UP = 100
_BALANCE = 0.02
_REPORT = 200
_TOKENIZER_EXAMPLES = 30_000


def main():
    arguments = _arguments()
    _keep_freed_memory()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    words = _tokenizer(arguments)
    shape = Shape()
    compute = torch.bfloat16 if arguments.precision == "bf16" else torch.float32
    masters = checkpoint.load(arguments.from_, shape)[0] if arguments.from_ else initial(shape)
    masters = {name: value.to(arguments.device) for name, value in masters.items()}
    optimizer = Optimizer(masters, compute)
    model = GptOss(shape, optimizer.seen, compute)
    start, done = 0, 0
    if arguments.resume:
        state = torch.load(arguments.resume, map_location=arguments.device)
        optimizer.load(state["optimizer"])
        start, done = state["batches"], state["tokens"]
    tests = {split: _tests(words, arguments.seed, split) for split in (TRAIN, HELD_OUT_VALUES, HELD_OUT_PHRASINGS)}

    began, since, log, norm = time.monotonic(), time.monotonic(), [], torch.zeros(())
    kept_out = _questions(arguments.prompts)
    data = batches.in_background(words, arguments.seed, arguments.batch, kept_out, start, arguments.makers)
    for count, batch in enumerate(data, start + 1):
        batch = batch.to(arguments.device)
        rates = [_rate(r, count / arguments.accumulate, done / arguments.tokens) for r in (arguments.rate, arguments.rate_of_hidden)]
        logits, use = model.forward(batch.beginning, batch.tokens, batch.wanted, batch.counted)
        loss = F.cross_entropy(logits, batch.targets, ignore_index=batches.NOTHING)
        shares, chances = use.unbind(1)
        balance = shape.num_local_experts * (shares * chances).sum(-1).mean()
        ((loss + _BALANCE * balance) / arguments.accumulate).backward()
        if count % arguments.accumulate == 0:
            norm = optimizer.step(*rates)
        done += batch.beginning.numel() + batch.tokens.numel()
        asked = batch.targets != batches.NOTHING
        right = ((logits.argmax(-1) == batch.targets) & asked).sum() / asked.sum()
        hottest = shares.sort(-1, descending=True).values[:, :16].sum(-1).mean()
        log.append(torch.stack([x.detach().to(loss.device) for x in (loss, right, balance, hottest, norm)]))
        if count % _REPORT == 0:
            # A GPU that is asked for a number has to be waited for, so only here.
            means = torch.stack(log).mean(0).tolist()
            minutes = (time.monotonic() - began) / 60
            print(
                f"{count} batches {done / 1e6:.2f} M tokens {minutes:.1f} min loss {means[0]:.4f} right {means[1]:.4f}"
                f" balance {means[2]:.3f} hottest16 {means[3]:.3f} norm {means[4]:.2f} rate {rates[0]:.5f}",
                flush=True,
            )
            log = []
        finished = done >= arguments.tokens
        if finished or time.monotonic() - since > 60 * arguments.every:
            since = time.monotonic()
            checkpoint.save(arguments.out, shape, optimizer.seen, words)
            for split, test in tests.items():
                print(f"  {split}: {_scores(model, test)}", flush=True)
            if arguments.state:
                state = {"optimizer": optimizer.state(), "batches": count, "tokens": done}
                unfinished = arguments.state.with_suffix(".tmp")
                torch.save(state, unfinished)
                unfinished.replace(arguments.state)
        if finished:
            return


def _arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="directory of the checkpoint")
    parser.add_argument("--tokens", type=float, default=22e6, help="tokens to train on, padding included")
    parser.add_argument("--batch", type=int, default=4096, help="tokens in a batch")
    parser.add_argument("--rate", type=float, default=8e-4, help="learning rate, before it falls in the second half")
    parser.add_argument("--rate-of-hidden", type=float, default=2e-3, help="the same for the matrices that Muon updates")
    parser.add_argument("--accumulate", type=int, default=1, help="batches for each update: one batch is mostly of one skill")
    parser.add_argument("--seed", type=int, default=72)
    parser.add_argument("--prompts", type=Path, required=True, help="questions that are never asked: what evaluate.py wrote")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="cuda needs PyTorch 2.10 or later")
    parser.add_argument("--makers", type=int, default=1, help="processes that make batches")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", choices=("bf16", "f32"), default="bf16", help="of products; bf16 is faster where the processor has instructions for it")
    parser.add_argument("--every", type=float, default=10, help="minutes between checkpoints")
    parser.add_argument("--from", dest="from_", type=Path, help="checkpoint whose weights to start from; its tokenizer must be in --out")
    parser.add_argument("--state", type=Path, help="file for all that --resume needs")
    parser.add_argument("--resume", type=Path, help="file that --state wrote")
    return parser.parse_args()


def _keep_freed_memory():
    """Has the C library keep freed memory: giving 16 MB back after each operation costs far more."""
    if sys.platform == "linux":
        trim_threshold, mmap_threshold = -1, -3
        for option in (trim_threshold, mmap_threshold):
            ctypes.CDLL(None).mallopt(option, 2**31 - 1)


def _tokenizer(arguments):
    """That of the directory, or a new one of text that the generator makes."""
    path = arguments.out / "tokenizer.json"
    if path.exists():
        return tokenizer.Tokenizer.load(path)
    rng = random.Random(f"{arguments.seed} tokenizer")
    texts = []
    for _ in range(_TOKENIZER_EXAMPLES):
        example = mixture.make(rng, TRAIN)
        pieces = prompt(example.messages, example.tools, example.effort)[5:] + reply(example.reply)
        texts += [piece for piece in pieces if not isinstance(piece, Special)]
    # The system message is in every prompt, so its words shall be short.
    texts += prompt([], [{"function": {"name": "f"}}], "medium", "2025-01-01")[3:4] * 1000
    return tokenizer.train(texts)


def _questions(path):
    """The fingerprints of the questions in a file of prompts."""
    with open(path, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    return {fingerprint(Example(line["skill"], line["messages"], [], tools=line["tools"])) for line in lines}


def _rate(peak, update, progress):
    """Rises, holds for half of the training, falls to nothing."""
    falling = min(1.0, (1 - progress) / 0.5)
    return peak * min(1.0, update / _WARM_UP) * max(falling, 0.01)


def _tests(words, seed, split):
    return list(itertools.islice(batches.endless(words, f"{seed} test", 4096, split), 10))


@torch.no_grad()
def _scores(model, test):
    """For each skill the share of replies that greedy decoding writes to the letter."""
    right, all_ = {}, {}
    for batch in test:
        batch = batch.to(model.cos.device)
        logits, _ = model.forward(batch.beginning, batch.tokens, batch.wanted)
        errors = ((logits.argmax(-1) != batch.targets) & (batch.targets != batches.NOTHING)).cpu()
        wrong = torch.zeros(len(batch.skills)).index_add_(0, batch.rows.cpu(), errors.float())
        for skill, count in zip(batch.skills, wrong.tolist()):
            right[skill] = right.get(skill, 0) + (count == 0)
            all_[skill] = all_.get(skill, 0) + 1
    parts = [f"{skill} {right[skill] / all_[skill]:.2f}" for skill in sorted(all_)]
    return f"all {sum(right.values()) / sum(all_.values()):.3f}, " + ", ".join(parts)


if __name__ == "__main__":
    main()
