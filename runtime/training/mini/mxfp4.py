"""MXFP4: blocks of 32 four-bit floats (E2M1) along the input dimension that share a power of two."""

import torch

BLOCK = 32
_GRID = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)


def _scales(blocks):
    """Powers of two that bring the largest of each block below 7, which is rounded to 6."""
    largest = blocks.abs().amax(-1, keepdim=True).clamp_(min=2.0**-100)
    # The bits of a float above its mantissa are its exponent: rounds down to a power of two.
    power = (largest * (8 / 7)).view(torch.int32).bitwise_and_(0x7F800000).view(torch.float32)
    return power / 4


def round_(weights, out):
    """Writes to `out`, of any type, what the weights become in MXFP4.

    Args:
      weights: f32 `[..., in]`, in a multiple of 32, contiguous.
    """
    blocks = weights.view(-1, BLOCK)
    scales = _scales(blocks)
    values = blocks / scales
    size = values.abs()
    step = size.ge(2).to(torch.float32).add_(size.ge(4), alpha=2).add_(1).mul_(0.5)
    values.div_(step).round_().mul_(step).clamp_(-6, 6).mul_(scales)
    out.view(-1, BLOCK).copy_(values)


def pack(weights):
    """The blocks and scales of weights that are exact in MXFP4.

    Args:
      weights: f32 `[..., in]`.

    Returns:
      u8 blocks `[..., in / 32, 16]`, the earlier element of a pair in the low half, and u8 scales
      `[..., in / 32]`, exponents with a bias of 127.
    """
    blocks = weights.reshape(*weights.shape[:-1], -1, BLOCK).contiguous()
    scales = _scales(blocks)
    values = blocks / scales
    grid = torch.tensor(_GRID)
    codes = torch.bucketize(values.abs(), grid)
    assert torch.equal(grid[codes.clamp(max=7)], values.abs()), "not exact in MXFP4"
    codes = (codes + 8 * (values < 0)).to(torch.uint8)
    exponents = (scales.view(torch.int32) >> 23).squeeze(-1).to(torch.uint8)
    return codes[..., 0::2] | (codes[..., 1::2] << 4), exponents


def unpack(blocks, scales):
    """The weights of `pack`'s result, in f32."""
    grid = torch.tensor(_GRID + tuple(-value for value in _GRID))
    low, high = grid[(blocks & 15).long()], grid[(blocks >> 4).long()]
    values = torch.stack((low, high), -1).flatten(-2)
    return (values * torch.exp2(scales.float() - 127).unsqueeze(-1)).flatten(-2)
