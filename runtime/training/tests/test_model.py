"""The model's own backward passes against differences, and the formats against themselves."""

import random
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import torch

from mini import checkpoint, mixture, mxfp4, tokenizer
from mini.harmony import Special, prompt, reply
from mini.example import TRAIN
from mini.model import GptOss, Shape, is_matrix, parameter_shapes
from mini.optimizer import Optimizer, orthogonal

_SMALL = Shape(vocab_size=64, hidden_size=64, num_hidden_layers=2, num_local_experts=8, intermediate_size=32, sliding_window=4)


def _parameters(shape, deviation=0.1):
    generator = torch.Generator().manual_seed(1)
    return {name: torch.randn(size, generator=generator) * deviation for name, size in parameter_shapes(shape).items()}


class ModelTest(unittest.TestCase):
    def test_gradients_are_the_slopes_of_the_loss(self):
        torch.set_default_dtype(torch.float64)
        self.addCleanup(torch.set_default_dtype, torch.float32)
        # What the model computes in f32 whatever the compute type is too coarse for differences.
        self.enterContext(mock.patch.object(torch.Tensor, "float", torch.Tensor.double))
        parameters = {name: value.double().requires_grad_() for name, value in _parameters(_SMALL).items()}
        model = GptOss(_SMALL, parameters, torch.float64)
        begin, tokens = torch.tensor([3, 1, 4]), torch.randint(64, (2, 7), generator=torch.Generator().manual_seed(2))

        def loss():
            logits, use = model.forward(begin, tokens, torch.tensor([3, 5, 9, 13]))
            return -logits.log_softmax(-1)[:, 5].sum() + (use[:, 0] * use[:, 1]).sum()

        loss().backward()
        for name, parameter in parameters.items():
            steepest = parameter.grad.abs().flatten().argmax()
            with torch.no_grad():
                flat, step = parameter.view(-1), 1e-5
                flat[steepest] += step
                above = loss().item()
                flat[steepest] -= 2 * step
                below = loss().item()
                flat[steepest] += step
            self.assertAlmostEqual(parameter.grad.flatten()[steepest].item(), (above - below) / (2 * step), 4, name)

    def test_a_shared_beginning_changes_nothing(self):
        model = GptOss(_SMALL, _parameters(_SMALL), torch.float32)
        ids = torch.randint(64, (1, 12), generator=torch.Generator().manual_seed(3))
        wanted = torch.tensor([11])
        short, _ = model.forward(ids[0, :1], ids[:, 1:], wanted)
        long, _ = model.forward(ids[0, :7], ids[:, 7:], wanted)
        torch.testing.assert_close(short, long)

    def test_the_model_sees_nothing_behind_a_token(self):
        model = GptOss(_SMALL, _parameters(_SMALL), torch.float32)
        ids = torch.randint(64, (1, 12), generator=torch.Generator().manual_seed(4))
        changed = ids.clone()
        changed[0, 9:] = 0
        wanted = torch.tensor([8])
        before, _ = model.forward(ids[0, :2], ids[:, 2:], wanted)
        after, _ = model.forward(changed[0, :2], changed[:, 2:], wanted)
        torch.testing.assert_close(before, after)

    @unittest.skipUnless(torch.cuda.is_available(), "needs a GPU")
    def test_a_gpu_computes_what_a_cpu_does(self):
        results = []
        for device in ("cpu", "cuda"):
            values = _parameters(_SMALL).items()
            parameters = {name: value.to(device, torch.bfloat16 if is_matrix(name) else None) for name, value in values}
            model = GptOss(_SMALL, {name: p.requires_grad_() for name, p in parameters.items()}, torch.bfloat16)
            ids = torch.randint(64, (3, 41), generator=torch.Generator().manual_seed(6)).to(device)
            logits, use = model.forward(ids[0, :9], ids[:, 9:], torch.arange(50, device=device), torch.arange(105, device=device) > 3)
            (logits.log_softmax(-1)[:, 5].sum() + (use[:, 0] * use[:, 1]).sum()).backward()
            found = {"logits": logits, "use": use} | {name: p.grad for name, p in parameters.items()}
            results.append({name: value.detach().float().cpu() for name, value in found.items()})
        for name, expected in results[0].items():
            error = (results[1][name] - expected).norm() / expected.norm().clamp(min=1e-3)
            self.assertLess(error.item(), 0.03, name)


class OptimizerTest(unittest.TestCase):
    def test_orthogonal_brings_singular_values_near_one(self):
        for size in ((3, 64, 32), (3, 32, 64)):
            matrices = torch.randn(size, generator=torch.Generator().manual_seed(7))
            values = torch.linalg.svdvals(orthogonal(matrices, torch.float32))
            self.assertGreater(values.min().item(), 0.5)
            self.assertLess(values.max().item(), 1.3)


class FormatsTest(unittest.TestCase):
    def test_rounding_takes_the_nearest_value_of_the_grid(self):
        weights = torch.randn(64, 96, generator=torch.Generator().manual_seed(5))
        rounded = torch.empty_like(weights)
        mxfp4.round_(weights, rounded)
        scales = mxfp4.unpack(*mxfp4.pack(rounded)).view(-1, 32)
        self.assertTrue(torch.equal(scales.view_as(rounded), rounded))
        grid = torch.tensor([0, 0.5, 1, 1.5, 2, 3, 4, 6])
        _, exponents = mxfp4.pack(rounded)
        unit = torch.exp2(exponents.float() - 127).unsqueeze(-1)
        scaled = weights.view(64, 3, 32) / unit
        nearest = (scaled.abs().unsqueeze(-1) - grid).abs().amin(-1)
        error = (rounded.view(64, 3, 32) / unit - scaled).abs()
        torch.testing.assert_close(error, nearest)

    def test_a_saved_checkpoint_is_what_the_forward_pass_saw(self):
        shape = Shape(num_hidden_layers=1, num_local_experts=4, vocab_size=tokenizer.VOCABULARY)
        optimizer = Optimizer(_parameters(shape), torch.bfloat16)
        words = _words()
        with tempfile.TemporaryDirectory() as directory:
            checkpoint.save(directory, shape, optimizer.seen, words)
            loaded, again = checkpoint.load(Path(directory), shape)
        self.assertEqual(again.merges, words.merges)
        for name, value in optimizer.seen.items():
            self.assertTrue(torch.equal(loaded[name], value.detach().float()), name)

    def test_decoding_gives_the_encoded_text_back(self):
        words = _words()
        for text in ("What is 347 + 285?", '{"city": "Z\u00fcrich", "n": [1, 2]}\n\n\tend  ', "<|start|>"):
            self.assertEqual(words.decode(words.encode([text])), text)
        self.assertEqual(len(words.encode([Special("<|start|>")])), 1)
        self.assertEqual(len(words.encode(["2025"])), 4)


def _words():
    rng = random.Random(1)
    examples = [mixture.make(rng, TRAIN) for _ in range(3000)]
    pieces = [piece for e in examples for piece in prompt(e.messages, e.tools, e.effort) + reply(e.reply)]
    return tokenizer.train(piece for piece in pieces if not isinstance(piece, Special))


if __name__ == "__main__":
    unittest.main()
