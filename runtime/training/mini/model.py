"""gpt-oss in PyTorch, for training and as a reference of its own, for whole sequences at once.

Matrices multiply in `compute`, bf16 or f32; the residual stream, norms, router and rotary tables
are f32. A batch has one beginning that all its sequences share, computed once: the system message
is a third of a typical sequence here.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F


@dataclass(frozen=True)
class Shape:
    """Sizes by the names of config.json."""

    vocab_size: int = 2048
    hidden_size: int = 256
    num_hidden_layers: int = 6
    num_attention_heads: int = 4
    num_key_value_heads: int = 2
    head_dim: int = 64
    num_local_experts: int = 128
    num_experts_per_tok: int = 4
    intermediate_size: int = 64
    sliding_window: int = 128
    max_position_embeddings: int = 4096
    rms_norm_eps: float = 1e-5
    rope_theta: float = 150000.0
    rope_factor: float = 32.0
    rope_beta_fast: float = 32.0
    rope_beta_slow: float = 1.0
    rope_original_positions: int = 4096
    swiglu_limit: float = 7.0

    def sliding(self, layer):
        return layer % 2 == 0


def parameter_shapes(shape):
    """Names as in the published checkpoints, experts unpacked, and their sizes.

    `gate_up_proj` has all gate rows before all linear rows here; files interleave them.
    """
    h, i, e = shape.hidden_size, shape.intermediate_size, shape.num_local_experts
    q, kv = (heads * shape.head_dim for heads in (shape.num_attention_heads, shape.num_key_value_heads))
    sizes = {"model.embed_tokens.weight": (shape.vocab_size, h)}
    for layer in range(shape.num_hidden_layers):
        for name, size in {
            "input_layernorm.weight": (h,),
            "self_attn.q_proj.weight": (q, h),
            "self_attn.q_proj.bias": (q,),
            "self_attn.k_proj.weight": (kv, h),
            "self_attn.k_proj.bias": (kv,),
            "self_attn.v_proj.weight": (kv, h),
            "self_attn.v_proj.bias": (kv,),
            "self_attn.o_proj.weight": (h, q),
            "self_attn.o_proj.bias": (h,),
            "self_attn.sinks": (shape.num_attention_heads,),
            "post_attention_layernorm.weight": (h,),
            "mlp.router.weight": (e, h),
            "mlp.router.bias": (e,),
            "mlp.experts.gate_up_proj": (e, 2 * i, h),
            "mlp.experts.gate_up_proj_bias": (e, 2 * i),
            "mlp.experts.down_proj": (e, h, i),
            "mlp.experts.down_proj_bias": (e, h),
        }.items():
            sizes[f"model.layers.{layer}.{name}"] = size
    return sizes | {"model.norm.weight": (h,), "lm_head.weight": (shape.vocab_size, h)}


def is_expert_matrix(name):
    """Whether a parameter is kept in MXFP4."""
    return name.endswith(("experts.gate_up_proj", "experts.down_proj"))


def is_matrix(name):
    """Whether a parameter is used in the compute type, as those of products are; the others are f32."""
    return name.endswith(("_proj", "_proj_bias", "_proj.weight", "_proj.bias", "lm_head.weight"))


class GptOss:
    """The forward pass over given parameters.

    Args:
      parameters: by the names of `parameter_shapes`; matrices in `compute`, others in f32.
      compute: torch.bfloat16 or torch.float32.
    """

    def __init__(self, shape, parameters, compute):
        self.shape = shape
        self.parameters = parameters
        self.compute = compute
        device = parameters["lm_head.weight"].device
        self.cos, self.sin = (table.to(device) for table in _rotary_tables(shape))

    def forward(self, beginning, tokens, wanted, counted=None):
        """The logits at some places, and what balances the experts.

        Args:
          beginning: int64 `[P]`, at least one token that all sequences begin with.
          tokens: int64 `[B, T]`, how they go on, padded at the end.
          wanted: int64 `[n]`, places in `[0, P + B * T)` of beginning and tokens where logits are
            needed.
          counted: bool `[P + B * T]`, places that are no padding; None where all count.

        Returns:
          logits f32 `[n, vocabulary]`; per layer, the share of the router's choices and the mean
          probability of each expert over the counted places, f32 `[layers, 2, experts]`.
        """
        p, shape = self.parameters, self.shape
        hidden = F.embedding(torch.cat((beginning, tokens.flatten())), p["model.embed_tokens.weight"])
        use = []
        for layer in range(shape.num_hidden_layers):
            prefix = f"model.layers.{layer}."
            normed = self._norm(hidden, prefix + "input_layernorm.weight")
            hidden = hidden + self._attention(prefix + "self_attn.", normed, tokens.shape, shape.sliding(layer))
            if layer == shape.num_hidden_layers - 1:
                # What other places hold after the last attention is read by nobody.
                hidden = hidden[wanted]
                counted = None if counted is None else counted[wanted]
            normed = self._norm(hidden, prefix + "post_attention_layernorm.weight")
            out, shares = self._experts(prefix + "mlp.", normed, counted)
            hidden = hidden + out
            use.append(shares)
        normed = self._norm(hidden, "model.norm.weight").to(self.compute)
        return F.linear(normed, p["lm_head.weight"]).float(), torch.stack(use)

    def _norm(self, x, name):
        return _RmsNorm.apply(x, self.parameters[name], self.shape.rms_norm_eps)

    def _linear(self, x, name):
        return F.linear(x, self.parameters[name + ".weight"], self.parameters[name + ".bias"])

    def _attention(self, prefix, normed, batch_size, sliding):
        shape = self.shape
        batch, length = batch_size
        begun = normed.shape[0] - batch * length
        kv, dim = shape.num_key_value_heads, shape.head_dim
        group = shape.num_attention_heads // kv
        x = normed.to(self.compute)
        projected = [self._linear(x, prefix + name) for name in ("q_proj", "k_proj", "v_proj")]

        def heads(rows, first, sequences, count):
            """The three as `[sequences * kv, heads * count, dim]`: heads of one kv head below each other."""
            q, k, v = (part[rows].view(sequences, count, kv, -1, dim) for part in projected)
            q = self._rotate(q.float(), first) * dim**-0.5
            k = self._rotate(k.float(), first)
            return (
                part.permute(0, 2, 3, 1, 4).reshape(sequences * kv, -1, dim).to(self.compute)
                for part in (q, k, v)
            )

        def mixed(q, k, v, sequences, count):
            window = shape.sliding_window if sliding else k.shape[1]
            out = _SinkAttention.apply(q, k, v, self.parameters[prefix + "sinks"], count, window)
            out = out.view(sequences, kv, group, count, dim).permute(0, 3, 1, 2, 4)
            return out.reshape(sequences * count, -1)

        q0, k0, v0 = heads(slice(0, begun), 0, 1, begun)
        q, k, v = heads(slice(begun, None), begun, batch, length)
        k, v = (
            torch.cat((early.repeat(batch, 1, 1), late), 1) for early, late in ((k0, k), (v0, v))
        )
        out = torch.cat((mixed(q0, k0, v0, 1, begun), mixed(q, k, v, batch, length)))
        return self._linear(out, prefix + "o_proj")

    def _rotate(self, x, first):
        """Rotary embedding over pairs of halves. x: f32 `[B, T, .., dim]` from position `first` on."""
        rows = slice(first, first + x.shape[1])
        cos, sin = (table[rows].view(1, x.shape[1], 1, 1, -1) for table in (self.cos, self.sin))
        left, right = x.chunk(2, -1)
        return torch.cat((left * cos - right * sin, right * cos + left * sin), -1)

    def _experts(self, prefix, normed, counted):
        p, shape = self.parameters, self.shape
        logits = F.linear(normed, p[prefix + "router.weight"], p[prefix + "router.bias"])
        best, chosen = logits.topk(shape.num_experts_per_tok, -1)
        # Only the chosen ones share the weight.
        weights = best.softmax(-1)
        matrices = [p[f"{prefix}experts.{name}"] for name in _Experts.PARAMETERS]
        if normed.is_cuda:
            out = _experts_of_a_gpu(normed.to(self.compute), weights, chosen, *matrices, shape.swiglu_limit)
        else:
            counts = torch.bincount(chosen.flatten(), minlength=shape.num_local_experts)
            out = _Experts.apply(normed.to(self.compute), weights, chosen, counts, *matrices, shape.swiglu_limit)
        # Means over the counted places, without an index whose size a GPU would have to tell first.
        share = normed.new_ones(len(normed)) if counted is None else counted.float()
        share = share / share.sum()
        shares = share.new_zeros(shape.num_local_experts)
        shares.index_add_(0, chosen.flatten(), share.repeat_interleave(chosen.shape[1]) / chosen.shape[1])
        return out, torch.stack((shares, share @ logits.softmax(-1)))


def rotary_frequencies(shape):
    """Radians per position of each pair of YaRN, f64 `[head_dim / 2]`."""
    half = shape.head_dim // 2
    plain = shape.rope_theta ** (-torch.arange(half, dtype=torch.float64) / half)

    def boundary(turns):
        # Not rounded to whole dimensions: config.json says "truncate": false.
        positions = shape.rope_original_positions / (turns * 2 * math.pi)
        return half * math.log(positions) / math.log(shape.rope_theta)

    low, high = boundary(shape.rope_beta_fast), boundary(shape.rope_beta_slow)
    ramp = ((torch.arange(half, dtype=torch.float64) - low) / (high - low)).clamp(0, 1)
    return plain / shape.rope_factor * ramp + plain * (1 - ramp)


def _rotary_tables(shape):
    """Cosines and sines `[positions, head_dim / 2]`, both scaled by the concentration of YaRN."""
    positions = torch.arange(shape.max_position_embeddings, dtype=torch.float64)
    angles = torch.outer(positions, rotary_frequencies(shape))
    concentration = 0.1 * math.log(shape.rope_factor) + 1
    return tuple((part * concentration).float() for part in (angles.cos(), angles.sin()))


def _padded(rows):
    """A size from a short list, since each new size of a product costs the making of its kernel."""
    step = 32 if rows <= 512 else 64 if rows <= 1024 else 128
    return max(1, -(-rows // step)) * step


class _RmsNorm(torch.autograd.Function):
    """x / sqrt(mean(x^2) + epsilon) * weight, along the last dimension."""

    @staticmethod
    def forward(ctx, x, weight, epsilon):
        inverse = x.square().mean(-1, keepdim=True).add_(epsilon).rsqrt_()
        normed = x * inverse
        ctx.save_for_backward(normed, inverse, weight)
        return normed * weight

    @staticmethod
    def backward(ctx, d_out):
        normed, inverse, weight = ctx.saved_tensors
        product = d_out * normed
        d_weight = product.sum(0)
        along = product.mul_(weight).mean(-1, keepdim=True)
        d_x = (d_out * weight).sub_(normed * along).mul_(inverse)
        return d_x, d_weight, None


class _SinkAttention(torch.autograd.Function):
    """Causal attention in which one learned logit for each query head takes part of the weight.

    q: `[B * kv, group * T, dim]`, scaled; k, v: `[B * kv, P + T, dim]`, of which the queries are the
    last T; sinks: f32 `[kv * group]`.
    """

    @staticmethod
    def forward(ctx, q, k, v, sinks, length, window):
        keys = k.shape[1]
        group = q.shape[1] // length
        kv = sinks.numel() // group
        # The sink is one more key, with nothing to multiply and nothing to add.
        # Behind it are keys that nobody sees, for a GPU multiplies rows of a multiple of 8 faster.
        padded = -(-(keys + 1) // 8) * 8
        k, v = (F.pad(x, (0, 0, 0, padded - keys)) for x in (k, v))
        places = torch.arange(keys, device=q.device)
        distance = places[keys - length :, None] - places[None, :]
        bias = torch.full((kv, group, length, padded), -1e30, device=q.device)
        bias[..., :keys].masked_fill_((distance >= 0) & (distance < window), 0)
        bias[..., keys] = sinks.view(kv, group, 1)
        bias = bias.view(1, kv, group * length, padded).to(q.dtype)
        scores = torch.bmm(q, k.transpose(1, 2))
        scores.view(-1, *bias.shape[1:]).add_(bias)
        weights = scores.softmax(-1)
        ctx.save_for_backward(q, k, v, weights)
        ctx.sizes = (kv * group, length, keys)
        return torch.bmm(weights, v)

    @staticmethod
    def backward(ctx, d_out):
        q, k, v, weights = ctx.saved_tensors
        heads, length, keys = ctx.sizes
        d_weights = torch.bmm(d_out, v.transpose(1, 2))
        d_v = torch.bmm(weights.transpose(1, 2), d_out)[:, :keys]
        d_scores = torch._softmax_backward_data(d_weights, weights, -1, weights.dtype)
        d_sinks = d_scores[..., keys].float().view(-1, heads, length).sum((0, 2))
        d_q = torch.bmm(d_scores, k)
        d_k = torch.bmm(d_scores.transpose(1, 2), q)[:, :keys]
        return d_q, d_k, d_v, d_sinks, None, None


class _Experts(torch.autograd.Function):
    """The experts of one layer, each over the rows that the router gave it.

    Rows are laid out by expert and padded. Experts of like load share a padded size and one batched
    product. x: `[N, H]`; weights: f32 `[N, k]`; chosen: `[N, k]`; counts: `[E]`. Gives `[N, H]`.
    """

    PARAMETERS = ("gate_up_proj", "gate_up_proj_bias", "down_proj", "down_proj_bias")
    GROUP = 8

    @staticmethod
    def forward(ctx, x, weights, chosen, counts, gate_up, gate_up_bias, down, down_bias, limit):
        tokens, k = chosen.shape
        experts = counts.numel()
        by_load = torch.argsort(counts, descending=True, stable=True)
        group = min(_Experts.GROUP, experts)
        rows = counts[by_load].view(-1, group).amax(1)
        rows = torch.tensor([_padded(most) for most in rows.tolist()])
        sizes = rows.repeat_interleave(group)
        start = torch.zeros(experts, dtype=torch.long)
        start[by_load] = sizes.cumsum(0) - sizes
        # Where each choice stands: behind the earlier choices of the same expert.
        flat = chosen.flatten()
        order = torch.argsort(flat, stable=True)
        before = counts.cumsum(0) - counts
        place = torch.empty_like(flat)
        place[order] = torch.arange(flat.numel()) - before[flat[order]] + start[flat[order]]
        token_at = torch.full((int(sizes.sum()),), tokens)
        token_at[place] = torch.arange(tokens).repeat_interleave(k)
        laid_out = F.pad(x, (0, 0, 0, 1)).index_select(0, token_at)

        weight_groups = [(t.detach()[by_load].split(group)) for t in (gate_up, gate_up_bias, down, down_bias)]
        out = x.new_empty(laid_out.shape)
        saved, first = [], 0
        for size, w1, b1, w2, b2 in zip(rows.tolist(), *weight_groups):
            last = first + size * group
            rows_in = laid_out[first:last].view(group, size, -1)
            h = torch.baddbmm(b1.unsqueeze(1), rows_in, w1.transpose(1, 2))
            a = _swiglu(h, limit)
            places = out[first:last].view(group, size, -1)
            torch.baddbmm(b2.unsqueeze(1), a, w2.transpose(1, 2), out=places)
            saved.append((h, a))
            first = last
        ctx.layout = (rows.tolist(), group, by_load, place, token_at, limit, chosen.shape)
        ctx.weight_groups = weight_groups
        chosen_out = out.index_select(0, place).view(tokens, k, -1)
        ctx.activations = (laid_out, saved, chosen_out)
        ctx.save_for_backward(weights)
        return torch.bmm(weights.to(x.dtype).unsqueeze(1), chosen_out).squeeze(1)

    @staticmethod
    def backward(ctx, d_result):
        rows, group, by_load, place, token_at, limit, (tokens, k) = ctx.layout
        laid_out, saved, chosen_out = ctx.activations
        (weights,) = ctx.saved_tensors
        compute = laid_out.dtype
        d_weights = torch.bmm(chosen_out, d_result.unsqueeze(2)).squeeze(2).float()
        weight_at = weights.new_zeros(token_at.numel(), dtype=compute)
        weight_at[place] = weights.flatten().to(compute)
        d_out = F.pad(d_result, (0, 0, 0, 1)).index_select(0, token_at).mul_(weight_at.unsqueeze(1))

        d_laid_out = torch.empty_like(laid_out)
        gradients, first = ([], [], [], []), 0
        for size, (h, a), w1, _, w2, _ in zip(rows, saved, *ctx.weight_groups):
            last = first + size * group
            d_y = d_out[first:last].view(group, size, -1)
            d_h = _swiglu_backward(torch.bmm(d_y, w2), h, limit)
            rows_in = laid_out[first:last].view(group, size, -1)
            torch.bmm(d_h, w1, out=d_laid_out[first:last].view(group, size, -1))
            gradients[0].append(torch.bmm(d_h.transpose(1, 2), rows_in))
            gradients[1].append(d_h.sum(1))
            gradients[2].append(torch.bmm(d_y.transpose(1, 2), a))
            gradients[3].append(d_y.sum(1))
            first = last
        back = torch.argsort(by_load)
        d_parameters = [torch.cat(parts)[back] for parts in gradients]
        d_x = d_laid_out.index_select(0, place).view(tokens, k, -1).sum(1)
        return d_x, d_weights, None, None, *d_parameters, None


def _experts_of_a_gpu(x, weights, chosen, gate_up, gate_up_bias, down, down_bias, limit):
    """As `_Experts`, with one product for all experts, and sizes that the GPU need not tell first.

    Rows are laid out by expert, each with a number of rows that is a multiple of 8, as grouped
    products want it. A one beside each row is what a bias is multiplied by.
    """
    tokens, k = chosen.shape
    experts = len(gate_up)
    flat = chosen.flatten()
    counts = torch.zeros(experts, dtype=torch.long, device=x.device).index_add_(0, flat, torch.ones_like(flat))
    sizes = (counts + 7) // 8 * 8
    rows = tokens * k + 8 * experts
    ends = sizes.cumsum(0)
    starts = ends - sizes
    # What is left at the end is the last expert's, so that every row is somebody's.
    ends = torch.cat((ends[:-1], torch.full_like(ends[:1], rows))).int()
    order = flat.argsort(stable=True)
    before = counts.cumsum(0) - counts
    of_sorted = flat[order]
    place = torch.empty_like(flat)
    place[order] = torch.arange(flat.numel(), device=x.device) - before[of_sorted] + starts[of_sorted]
    token_at = torch.full((rows,), tokens, device=x.device)
    token_at[place] = torch.arange(tokens, device=x.device).repeat_interleave(k)

    def product(rows_in, matrix, bias):
        beside = torch.cat((bias.unsqueeze(2), bias.new_zeros(*bias.shape, 7)), 2)
        return torch._grouped_mm(rows_in, torch.cat((matrix, beside), 2).transpose(1, 2), offs=ends)

    one = F.pad(x.new_ones(1), (0, 7))
    ones = one.expand(rows, 8)
    h = product(_LaidOut.apply(torch.cat((x, one.expand(tokens, 8)), 1), token_at, place, k), gate_up, gate_up_bias)
    out = product(torch.cat((_swiglu_of_a_gpu(h, limit), ones), 1), down, down_bias)
    chosen_out = _Taken.apply(out, place).view(tokens, k, -1)
    return torch.bmm(weights.to(x.dtype).unsqueeze(1), chosen_out).squeeze(1)


class _LaidOut(torch.autograd.Function):
    """Rows `token_at` of x and a row of zeros; each row of x goes to k places."""

    @staticmethod
    def forward(ctx, x, token_at, place, k):
        ctx.save_for_backward(place)
        ctx.k = k
        return F.pad(x, (0, 0, 0, 1)).index_select(0, token_at)

    @staticmethod
    def backward(ctx, d_out):
        (place,) = ctx.saved_tensors
        return d_out.index_select(0, place).view(-1, ctx.k, d_out.shape[1]).sum(1), None, None, None


class _Taken(torch.autograd.Function):
    """Rows of x, none of them twice."""

    @staticmethod
    def forward(ctx, x, place):
        ctx.save_for_backward(place)
        ctx.rows = len(x)
        return x.index_select(0, place)

    @staticmethod
    def backward(ctx, d_out):
        (place,) = ctx.saved_tensors
        return d_out.new_zeros(ctx.rows, d_out.shape[1]).index_copy_(0, place, d_out), None


def _swiglu_of_a_gpu(h, limit):
    """As `_swiglu`, left to PyTorch to differentiate."""
    gate, up = h.chunk(2, -1)
    gate = gate.clamp(max=limit)
    return gate * torch.sigmoid(1.702 * gate) * (up.clamp(-limit, limit) + 1)


def _swiglu(h, limit):
    """(up + 1) * gate * sigmoid(1.702 * gate), the gate clamped above and the linear part on both sides."""
    gate, up = h.chunk(2, -1)
    gate = gate.clamp(max=limit)
    return gate.mul(1.702).sigmoid_().mul_(gate).mul_(up.clamp(-limit, limit).add_(1))


def _swiglu_backward(d_a, h, limit):
    gate, up = h.chunk(2, -1)
    clamped = gate.clamp(max=limit)
    s = clamped.mul(1.702).sigmoid_()
    # d/dg of g s(1.702 g) is s (1 + 1.702 g (1 - s)).
    slope = s.neg().add_(1).mul_(clamped).mul_(1.702).add_(1).mul_(s)
    d_gate = up.clamp(-limit, limit).add_(1).mul_(d_a).mul_(slope)
    d_up = s.mul_(clamped).mul_(d_a)
    # Nothing flows back through a clamp that holds: where -gate or -|up| is not above -limit.
    d_gate = torch.ops.aten.threshold_backward(d_gate, gate.neg(), -limit)
    d_up = torch.ops.aten.threshold_backward(d_up, up.abs().neg_(), -limit)
    return torch.cat((d_gate, d_up), -1)
