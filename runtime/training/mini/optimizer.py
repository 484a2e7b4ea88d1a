"""AdamW over f32 masters of parameters whose forward pass sees them as they will be published."""

import torch

from mini import mxfp4
from mini.model import is_expert_matrix, is_matrix

_BETA1, _BETA2, _EPSILON = 0.9, 0.98, 1e-9
_CLIP = 1.0
_DECAY = 0.05
_CHUNK = 1 << 19
"""Elements that a CPU updates at a time: few enough that they stay in a core's cache."""
_CHUNK_OF_EXPERTS = 8


class Optimizer:
    """Holds the masters and `seen`, what the forward pass uses: experts rounded to MXFP4, the rest to
    bf16. Gradients with regard to `seen` are taken for those of the masters (straight through).
    """

    def __init__(self, masters, compute):
        self.masters = masters
        self.first = {name: torch.zeros_like(value) for name, value in masters.items()}
        self.second = {name: torch.zeros_like(value) for name, value in masters.items()}
        self.steps = 0
        self.chunked = all(value.device.type == "cpu" for value in masters.values())
        self.seen = {
            name: torch.empty_like(value, dtype=compute if is_matrix(name) else torch.float32).requires_grad_()
            for name, value in masters.items()
        }
        for name in masters:
            self._round(name)

    @torch.no_grad()
    def step(self, rate):
        """One update from the gradients of `seen`, which are used up. Returns their norm."""
        self.steps += 1
        # A norm of norms, for a gradient in bf16 would be summed in bf16.
        norms = [value.grad.float().norm() for value in self.seen.values()]
        norm = torch.stack(norms).norm()
        scale = (_CLIP / (norm + 1e-6)).clamp(max=1.0)
        correction1, correction2 = 1 - _BETA1**self.steps, 1 - _BETA2**self.steps
        for name, master in self.masters.items():
            decay = rate * _DECAY if master.dim() > 1 and not name.endswith("_bias") else 0.0
            tensors = (master, self.first[name], self.second[name], self.seen[name].grad)
            for p, m, v, g in zip(*(tensor.view(-1).split(self._chunk(master.numel(), _CHUNK)) for tensor in tensors)):
                g = g.float() * scale
                m.lerp_(g, 1 - _BETA1)
                v.mul_(_BETA2).addcmul_(g, g, value=1 - _BETA2)
                p.mul_(1 - decay)
                p.addcdiv_(m, torch.sqrt(v / correction2).add_(_EPSILON), value=-rate / correction1)
            self._round(name)
            self.seen[name].grad = None
        return norm

    @torch.no_grad()
    def _round(self, name):
        master, seen = self.masters[name], self.seen[name]
        if is_expert_matrix(name):
            size = self._chunk(len(master), _CHUNK_OF_EXPERTS)
            for part, out in zip(master.split(size), seen.split(size)):
                mxfp4.round_(part, out)
        else:
            seen.copy_(master.to(torch.bfloat16))

    def _chunk(self, whole, on_cpu):
        return on_cpu if self.chunked else whole

    def state(self):
        return {"masters": self.masters, "first": self.first, "second": self.second, "steps": self.steps}

    def load(self, state):
        self.steps = state["steps"]
        for name in self.masters:
            self.masters[name].copy_(state["masters"][name])
            self.first[name].copy_(state["first"][name])
            self.second[name].copy_(state["second"][name])
            self._round(name)
