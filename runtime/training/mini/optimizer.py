"""Muon and AdamW over f32 masters of parameters whose forward pass sees them as they will be published."""

import torch

from mini import mxfp4
from mini.model import is_expert_matrix, is_matrix

_BETA1, _BETA2, _EPSILON = 0.9, 0.98, 1e-9
_MOMENTUM = 0.95
_CLIP = 1.0
_DECAY = 0.05
_CHUNK = 1 << 19
"""Elements that a CPU rounds at a time: few enough that they stay in a core's cache."""


class Optimizer:
    """Holds the masters and `seen`, what the forward pass uses: experts rounded to MXFP4, the rest to
    bf16. Gradients with regard to `seen` are taken for those of the masters (straight through).

    The matrices of attention and experts are updated by Muon (Jordan, "Muon: an optimizer for hidden
    layers in neural networks", 2024), with the scale of Liu et al., "Muon is scalable for LLM
    training" (2025); all else by AdamW. Parameters of one kind lie end to end and are updated
    together, for a GPU has to be told of each operation.
    """

    def __init__(self, parameters, compute):
        names = sorted(parameters)
        self.steps = 0
        self.stacks = [
            _Together([name for name in names if _kind(name, parameters) == kind], parameters, compute)
            for kind in sorted({_kind(name, parameters) for name in names}, key=str)
        ]
        seen = {name: view for stack in self.stacks for name, view in stack.seen.items()}
        self.seen = {name: seen[name] for name in parameters}

    @torch.no_grad()
    def step(self, rate, rate_of_hidden):
        """One update from the gradients of `seen`, which are used up. Returns their norm.

        Args:
          rate: of AdamW.
          rate_of_hidden: of Muon.
        """
        self.steps += 1
        gradients = [stack.take_gradient() for stack in self.stacks]
        norm = torch.stack([gradient.norm() for gradient in gradients]).norm()
        scale = (_CLIP / (norm + 1e-6)).clamp(max=1.0)
        for stack, gradient in zip(self.stacks, gradients):
            gradient.mul_(scale)
            if stack.hidden:
                stack.muon(gradient, rate_of_hidden)
            else:
                stack.adam(gradient, rate, self.steps)
            stack.round()
        return norm

    def state(self):
        return {"steps": self.steps, "stacks": [stack.state() for stack in self.stacks]}

    def load(self, state):
        self.steps = state["steps"]
        for stack, saved in zip(self.stacks, state["stacks"]):
            for mine, value in zip(stack.state(), saved):
                mine.copy_(value)
            stack.round()


class _Together:
    """Parameters of one kind: the masters of all end to end, and a view of each."""

    def __init__(self, names, parameters, compute):
        first = parameters[names[0]]
        self.hidden, self.experts = _is_hidden(names[0]), is_expert_matrix(names[0])
        self.decays = first.dim() > 1 and not names[0].endswith("_bias")
        self.masters = torch.cat([parameters[name].flatten() for name in names])
        self.momentum = torch.zeros_like(self.masters)
        self.squares = torch.zeros_like(self.masters if not self.hidden else self.masters[:0])
        self.matrix = first.shape[-2:]
        self.rounded = torch.empty_like(self.masters, dtype=compute if is_matrix(names[0]) else torch.float32)
        sizes = [parameters[name].numel() for name in names]
        self.seen = {
            name: part.view(parameters[name].shape).detach().requires_grad_()
            for name, part in zip(names, self.rounded.split(sizes))
        }
        self.round()

    def take_gradient(self):
        """f32, end to end as the masters."""
        gradient = torch.cat([view.grad.flatten() for view in self.seen.values()]).float()
        for view in self.seen.values():
            view.grad = None
        return gradient

    def muon(self, gradient, rate):
        self.momentum.lerp_(gradient, 1 - _MOMENTUM)
        matrices = gradient.lerp_(self.momentum, _MOMENTUM).view(-1, *self.matrix)
        update = orthogonal(matrices, self.rounded.dtype).flatten()
        self.masters.mul_(1 - rate * _DECAY).add_(update, alpha=-rate * 0.2 * max(self.matrix) ** 0.5)

    def adam(self, gradient, rate, steps):
        correction1, correction2 = 1 - _BETA1**steps, 1 - _BETA2**steps
        self.momentum.lerp_(gradient, 1 - _BETA1)
        self.squares.mul_(_BETA2).addcmul_(gradient, gradient, value=1 - _BETA2)
        if self.decays:
            self.masters.mul_(1 - rate * _DECAY)
        size = (self.squares / correction2).sqrt_().add_(_EPSILON)
        self.masters.addcdiv_(self.momentum, size, value=-rate / correction1)

    @torch.no_grad()
    def round(self):
        if self.experts:
            size = _CHUNK if self.masters.device.type == "cpu" else self.masters.numel()
            for part, out in zip(self.masters.split(size), self.rounded.split(size)):
                mxfp4.round_(part, out)
        else:
            self.rounded.copy_(self.masters.to(torch.bfloat16))

    def state(self):
        return self.masters, self.momentum, self.squares


def _is_hidden(name):
    """Whether a parameter is a matrix between hidden states, as Muon wants it."""
    return is_expert_matrix(name) or (is_matrix(name) and name.endswith("_proj.weight"))


def _kind(name, parameters):
    """Of one kind are parameters that are updated alike: matrices of one size, or all that are seen in one type."""
    if _is_hidden(name):
        return is_expert_matrix(name), *parameters[name].shape
    return is_matrix(name), parameters[name].dim() > 1 and not name.endswith("_bias")


def orthogonal(matrices, compute):
    """The matrices with all their singular values brought near 1, by a Newton-Schulz iteration whose
    coefficients are those of Jordan.

    Args:
      matrices: f32 `[.., m, n]`.
      compute: type of the products.
    """
    tall = matrices.shape[-2] > matrices.shape[-1]
    x = matrices.transpose(-1, -2) if tall else matrices
    x = (x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-12)).to(compute)
    for _ in range(5):
        square = x @ x.transpose(-1, -2)
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    return (x.transpose(-1, -2) if tall else x).float()
