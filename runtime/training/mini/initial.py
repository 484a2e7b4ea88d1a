"""Weights to start from: random, but for heads that can copy.

Most of what this model learns is copying: digits, names, arguments. A transformer finds the two heads
that copying takes (one that looks at the token before, and one that looks behind an earlier
occurrence of the present token; Olsson et al., "In-context learning and induction heads", 2022)
only after some thousand steps. Here they are there, roughly, from the start, as in Trockman and
Kolter, "Mimetic initialization of self-attention layers" (2023).
"""

import torch

from mini.model import is_matrix, parameter_shapes, rotary_frequencies

_EMBEDDING = 0.1
_FAST = 4
"""Rotary pairs that turn quickly: they tell neighbours apart."""
_SLOW = 12
"""From this rotary pair on they turn so slowly that tokens are alike wherever they stand."""
_LOOK_BACK = 4.5
_MATCH = 2.5


def initial(shape):
    """f32 by the names of `parameter_shapes`, from PyTorch's global generator."""
    parameters = {name: _random(name, size, shape) for name, size in parameter_shapes(shape).items()}
    parameters["lm_head.weight"] = parameters["model.embed_tokens.weight"] * 0.6
    back = _look_back(parameters, shape)
    for layer in range(shape.num_hidden_layers):
        if not shape.sliding(layer):
            _look_behind_earlier(parameters, shape, layer, back)
    return parameters


def _random(name, size, shape):
    if "norm" in name:
        return torch.ones(size)
    if len(size) == 1 or name.endswith("_bias"):
        return torch.zeros(size)
    if "embed" in name:
        return torch.randn(size) * _EMBEDDING
    assert is_matrix(name) or "router" in name
    deviation = size[-1] ** -0.5
    if name.endswith(("o_proj.weight", "down_proj")):
        # What adds to the residual stream, so that it does not grow with the depth.
        deviation *= (2 * shape.num_hidden_layers) ** -0.5
    return torch.randn(size) * deviation


def _look_back(parameters, shape):
    """Has the heads of the first kv head of layer 0 look back by 1, 2, .. tokens.

    The biases of q and k alone do it: turned by rotary positions, they match at one distance.

    Returns:
      For each of these heads, what it adds to the residual stream per unit of the token that it
      looks at, `[hidden, hidden]`.
    """
    prefix, dim = "model.layers.0.self_attn.", shape.head_dim
    frequencies = rotary_frequencies(shape)[:_FAST].float()
    parameters[prefix + "k_proj.bias"][:_FAST] = _LOOK_BACK
    parameters[prefix + "k_proj.weight"][:dim] *= 0.2
    added = []
    for head in range(shape.num_attention_heads // shape.num_key_value_heads):
        rows = slice(head * dim, (head + 1) * dim)
        parameters[prefix + "q_proj.weight"][rows] *= 0.2
        # A query at position p, turned back by its distance, is turned as a key at p - distance.
        angles = -(head + 1) * frequencies
        bias = parameters[prefix + "q_proj.bias"][rows]
        bias[:_FAST] = _LOOK_BACK * angles.cos()
        bias[dim // 2 : dim // 2 + _FAST] = _LOOK_BACK * angles.sin()
        added.append(parameters[prefix + "o_proj.weight"][:, rows] @ parameters[prefix + "v_proj.weight"][:dim])
    return added


def _look_behind_earlier(parameters, shape, layer, back):
    """Has a layer's first kv head find tokens that stand behind the present one's like, and copy them;
    and its others find the present one's like.
    """
    prefix, dim = f"model.layers.{layer}.self_attn.", shape.head_dim
    group = shape.num_attention_heads // shape.num_key_value_heads
    fast = torch.arange(dim) % (dim // 2) < _SLOW
    q, k, v, o = (parameters[f"{prefix}{name}_proj.weight"] for name in "qkvo")
    for head in range(shape.num_attention_heads):
        rows, of_kv = (slice(i * dim, (i + 1) * dim) for i in (head, head // group))
        k[of_kv][fast] *= 0.2
        wanted = k[of_kv] @ back[head] if head < group else k[of_kv].clone()
        q[rows] = wanted * (_MATCH / (wanted @ torch.randn(wanted.shape[1], 64)).std())
        q[rows][fast] *= 0.2
        if head < group:
            o[:, rows] = v[of_kv].T / group
