"""Checkpoints in the layout of the published gpt-oss models."""

import json
import struct
from pathlib import Path

import torch

from mini import mxfp4
from mini.harmony import CALL, RETURN, Special
from mini.model import is_expert_matrix, parameter_shapes
from mini.tokenizer import Tokenizer

_WEIGHTS = "model.safetensors"
_TYPES = {torch.bfloat16: "BF16", torch.uint8: "U8"}


def save(directory, shape, parameters, tokenizer):
    """Writes a whole checkpoint.

    Args:
      parameters: by the names of `parameter_shapes`, with values that are exact in MXFP4 or bf16.
    """
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    stop = [tokenizer.specials[special] for special in (RETURN, Special("<|endoftext|>"), CALL)]
    pad = tokenizer.specials[Special("<|endoftext|>")]
    tokenizer.save(directory / "tokenizer.json")
    _write_json(directory / "config.json", _config(shape, stop[0], pad))
    generation = {"do_sample": False, "eos_token_id": stop, "pad_token_id": pad}
    _write_json(directory / "generation_config.json", generation)
    _write_tensors(directory / _WEIGHTS, dict(_file_tensors(parameters)))


def load(directory, shape):
    """The parameters in f32, and the tokenizer."""
    directory = Path(directory)
    files = _read_tensors(directory / _WEIGHTS)
    parameters = {}
    for name in parameter_shapes(shape):
        if is_expert_matrix(name):
            value = mxfp4.unpack(files[name + "_blocks"], files[name + "_scales"])
        else:
            value = files[name].float()
        parameters[name] = _gate_rows_first(value) if "gate_up" in name else value
    return parameters, Tokenizer.load(directory / "tokenizer.json")


def _file_tensors(parameters):
    for name, value in parameters.items():
        value = value.detach().cpu().float()
        if "gate_up" in name:
            value = _interleaved(value)
        if is_expert_matrix(name):
            blocks, scales = mxfp4.pack(value)
            yield name + "_blocks", blocks
            yield name + "_scales", scales
        else:
            yield name, value.to(torch.bfloat16)


def _interleaved(rows):
    """Gate and linear rows in turn, of `[E, 2I, ..]` with all gate rows first."""
    gate, up = rows.chunk(2, 1)
    return torch.stack((gate, up), 2).flatten(1, 2)


def _gate_rows_first(rows):
    return torch.cat((rows[:, 0::2], rows[:, 1::2]), 1)


def _config(shape, eos, pad):
    layers = range(shape.num_hidden_layers)
    return {
        "architectures": ["GptOssForCausalLM"],
        "attention_bias": True,
        "attention_dropout": 0.0,
        "eos_token_id": eos,
        "experts_per_token": shape.num_experts_per_tok,
        "head_dim": shape.head_dim,
        "hidden_act": "silu",
        "hidden_size": shape.hidden_size,
        "initial_context_length": shape.rope_original_positions,
        "initializer_range": 0.02,
        "intermediate_size": shape.intermediate_size,
        "layer_types": ["sliding_attention" if shape.sliding(i) else "full_attention" for i in layers],
        "max_position_embeddings": shape.max_position_embeddings,
        "model_type": "gpt_oss",
        "num_attention_heads": shape.num_attention_heads,
        "num_experts_per_tok": shape.num_experts_per_tok,
        "num_hidden_layers": shape.num_hidden_layers,
        "num_key_value_heads": shape.num_key_value_heads,
        "num_local_experts": shape.num_local_experts,
        "output_router_logits": False,
        "pad_token_id": pad,
        "quantization_config": {
            "modules_to_not_convert": [
                "model.layers.*.self_attn",
                "model.layers.*.mlp.router",
                "model.embed_tokens",
                "lm_head",
            ],
            "quant_method": "mxfp4",
        },
        "rms_norm_eps": shape.rms_norm_eps,
        "rope_scaling": {
            "beta_fast": shape.rope_beta_fast,
            "beta_slow": shape.rope_beta_slow,
            "factor": shape.rope_factor,
            "original_max_position_embeddings": shape.rope_original_positions,
            "rope_type": "yarn",
            "truncate": False,
        },
        "rope_theta": shape.rope_theta,
        "router_aux_loss_coef": 0.02,
        "sliding_window": shape.sliding_window,
        "swiglu_limit": shape.swiglu_limit,
        "tie_word_embeddings": False,
        "use_cache": True,
        "vocab_size": shape.vocab_size,
    }


def _write_json(path, value):
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def _write_tensors(path, tensors):
    """A safetensors file: the length of a JSON header, the header, the tensors end to end."""
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, tensor in tensors.items():
        end = offset + tensor.numel() * tensor.element_size()
        header[name] = {"dtype": _TYPES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    # A program may have the old file mapped, and a training may be stopped while it writes.
    unfinished = path.with_suffix(".tmp")
    with open(unfinished, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in tensors.values():
            file.write(tensor.contiguous().view(torch.uint8).numpy().tobytes())
    unfinished.replace(path)


def _read_tensors(path):
    data = bytearray(path.read_bytes())
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    types = {name: dtype for dtype, name in _TYPES.items()}
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = (8 + length + offset for offset in entry["data_offsets"])
            raw = torch.frombuffer(data[begin:end], dtype=types[entry["dtype"]])
            tensors[name] = raw.view(entry["shape"])
    return tensors
