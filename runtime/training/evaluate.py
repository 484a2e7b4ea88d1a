#!/usr/bin/env python3
"""Writes what `./rack72 evaluate` asks: prompts that training never saw, and greedy replies.

    python3 evaluate.py prompts --out prompts.jsonl
    python3 evaluate.py greedy --model ../../models/rack72-mini --prompts prompts.jsonl --out greedy.jsonl

`greedy` computes the checkpoint with the model that trained it, in f32 and without a KV cache: what
the engine's tokens are compared with.
"""

import argparse
import itertools
import json
import random
from pathlib import Path

import torch

from mini import batches, checkpoint, mixture
from mini.example import HELD_OUT_PHRASINGS, HELD_OUT_VALUES, Example, fingerprint
from mini.model import GptOss, Shape

_PER_SPLIT = 400
_GREEDY = 50
_MOST_NEW_TOKENS = 256


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("prompts", "greedy"))
    parser.add_argument("--model", type=Path, help="checkpoint that `greedy` computes")
    parser.add_argument("--prompts", type=Path, help="what `prompts` wrote")
    parser.add_argument("--seed", type=int, default=72, help="of the training")
    parser.add_argument("--common", type=int, default=1_000_000, help="examples of training whose questions are too common to be prompts")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    lines = _prompts(arguments) if arguments.what == "prompts" else _greedy(arguments)
    with open(arguments.out, "w", encoding="utf-8") as file:
        for line in lines:
            file.write(json.dumps(line) + "\n")


def _prompts(arguments):
    """Questions that training does not ask; of some kinds there are fewer than their share.

    What training asks often, as a greeting, is no prompt; and it keeps out what became a prompt.
    """
    common = itertools.islice(batches.examples(arguments.seed), arguments.common)
    seen = {fingerprint(example) for example in common}
    rng = random.Random(f"{arguments.seed} evaluation")
    for module, share in mixture.EVALUATION:
        for split in (HELD_OUT_VALUES, HELD_OUT_PHRASINGS):
            wanted, found = round(share * _PER_SPLIT), 0
            for _ in range(100 * wanted):
                example = module.make(rng, split)
                asked = fingerprint(example)
                if asked not in seen:
                    seen.add(asked)
                    found += 1
                    name = f"{example.skill.replace(' ', '-')}-{split}-{found}"
                    yield {"id": name, "skill": example.skill, "split": split} | _request(example)
                if found == wanted:
                    break


def _request(example):
    return {
        "effort": example.effort,
        "messages": example.messages,
        "tools": example.tools,
        "check": example.check,
    }


@torch.no_grad()
def _greedy(arguments):
    shape = Shape()
    parameters, words = checkpoint.load(arguments.model, shape)
    model = GptOss(shape, parameters, torch.float32)
    stop = json.loads((arguments.model / "generation_config.json").read_text())["eos_token_id"]
    with open(arguments.prompts, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    for line in lines[:: max(1, len(lines) // _GREEDY)][:_GREEDY]:
        example = Example(line["skill"], line["messages"], [], line["effort"], line["tools"])
        system, rest, _ = batches.encoded(words, example)
        prompt = system + rest
        tokens = []
        while len(tokens) < _MOST_NEW_TOKENS and not (tokens and tokens[-1] in stop):
            ids = torch.tensor(prompt + tokens)
            logits, _ = model.forward(ids[:1], ids[None, 1:], torch.tensor([len(ids) - 1]))
            tokens.append(logits[0].argmax().item())
        yield {"id": line["id"], "prompt": prompt, "tokens": tokens}


if __name__ == "__main__":
    main()
