#!/usr/bin/env python3
"""Makes hf_models.jsonl with torch and Hugging Face transformers 5.17: one line a tiny model with its configuration as
transformers writes it (or as older versions did), the names and shapes of its tensors, tokens, and the logits of some
positions in float64, with the distance that float32 has from them and the divergence of bfloat16.

    make_hf_goldens.py [OUTPUT [CASE]...]        about a minute; the named cases only
"""
import base64
import contextlib
import json
import random
import struct
import sys
import tempfile

import torch
import transformers
from transformers import AutoConfig, AutoModelForCausalLM

import hf_models

SMALL = dict(vocab_size=267, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=2, max_position_embeddings=128, rms_norm_eps=1e-5, pad_token_id=1, bos_token_id=None,
             eos_token_id=0)
ODD = dict(SMALL, hidden_size=60, intermediate_size=36, num_attention_heads=5, num_key_value_heads=1, num_hidden_layers=3)


def rope(kind, theta=500.0, **more):
    return {"rope_type": kind, "rope_theta": theta, **more}


CASES = {
    "llama": dict(model="llama", **SMALL, tie_word_embeddings=True, rope_parameters=rope("default")),
    "llama-odd": dict(model="llama", **ODD, attention_bias=True, mlp_bias=True, head_dim=12, type="F32", shards=3),
    "llama-llama3": dict(model="llama", **SMALL, type="F16", rope_parameters=rope(
        "llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=32)),
    "llama-yarn": dict(model="llama", **dict(SMALL, num_key_value_heads=4), rope_parameters=rope(
        "yarn", factor=4.0, original_max_position_embeddings=32)),
    "llama-yarn-factors": dict(model="llama", **ODD, head_dim=16, rope_parameters=rope(
        "yarn", factor=8.0, original_max_position_embeddings=16, beta_fast=8.0, beta_slow=2.0, mscale=0.7,
        mscale_all_dim=1.3, truncate=False)),
    "llama-linear-4x": dict(model="llama", **SMALL, old=dict(rope_theta=300.0,
                                                             rope_scaling={"type": "linear", "factor": 4.0})),
    "longllama": dict(model="llama", **SMALL, old=dict(
        model_type="longllama", architectures=["LongLlamaForCausalLM"], mem_layers=[1], mem_positionals=True,
        mem_dtype="bfloat16", last_context_length=24, torch_attention=False, gradient_checkpoint_every_ith=1)),
    "mistral": dict(model="mistral", **SMALL, sliding_window=7, head_dim=10, rope_parameters=rope("default")),
    "qwen2": dict(model="qwen2", **dict(SMALL, num_hidden_layers=3), use_sliding_window=True, sliding_window=9,
                  max_window_layers=1, tie_word_embeddings=True, rope_parameters=rope("default")),
    "qwen2-4x": dict(model="qwen2", **ODD, type="F16", old=dict(rope_theta=1000000.0, use_sliding_window=False,
                                                                sliding_window=4096, max_window_layers=2)),
    "qwen3": dict(model="qwen3", **SMALL, head_dim=12, tie_word_embeddings=True, rope_parameters=rope("default")),
    "smollm3": dict(model="smollm3", **dict(SMALL, num_hidden_layers=4), no_rope_layers=[1, 1, 0, 1],
                    rope_parameters=rope("default")),
    "smollm3-fourth": dict(model="smollm3", **dict(SMALL, num_hidden_layers=5), rope_parameters=rope("default")),
    "gemma3": dict(model="gemma3_text", **dict(SMALL, num_hidden_layers=3), head_dim=16, sliding_window=6,
                   query_pre_attn_scalar=24, layer_types=["sliding_attention", "full_attention", "sliding_attention"],
                   rope_parameters={"full_attention": rope("linear", 1000.0, factor=8.0),
                                    "sliding_attention": rope("default", 100.0)}),
    "gemma3-4x": dict(model="gemma3_text", **dict(SMALL, num_hidden_layers=3), head_dim=16, old=dict(
        sliding_window=6, query_pre_attn_scalar=16, sliding_window_pattern=2, rope_theta=1000.0,
        rope_local_base_freq=100.0, rope_scaling={"rope_type": "linear", "factor": 2.0})),
}
KEYS = ("model", "type", "shards", "old")


def makeCase(name, given):
    settings = {key: value for key, value in given.items() if key not in KEYS}
    config = AutoConfig.for_model(given["model"], **settings, architectures=[])
    with tempfile.TemporaryDirectory() as folder:
        model = AutoModelForCausalLM.from_config(config)
        model.save_pretrained(folder)
        written = json.load(open(f"{folder}/config.json"))
        from safetensors import safe_open
        with safe_open(f"{folder}/model.safetensors", "pt") as file:
            tensors = [[tensor, list(file.get_slice(tensor).get_shape())] for tensor in file.keys()]
    written.pop("transformers_version", None)
    if "old" in given:  # as version 4 wrote it
        for key in ("rope_parameters", "layer_types"):
            written.pop(key, None)
        written["torch_dtype"] = written.pop("dtype", "float32")
        written.update(given["old"])
    case = {"case": name, "config": written, "type": given.get("type", "BF16"), "shards": given.get("shards", 1),
            "tensors": tensors}
    generator = random.Random(name)
    case["tokens"] = [generator.randrange(2, 261) for _ in range(90)]
    case["positions"] = [0, 59, 89]
    logits64, logits32 = reference(case, torch.float64), reference(case, torch.float32).double()
    case["float32_distance"] = float((logits64 - logits32).norm() / logits64.norm())
    case["bf16_divergence"] = float(torch.nn.functional.kl_div(
        reference(case, torch.bfloat16).double().log_softmax(-1), logits64.log_softmax(-1), reduction="batchmean", log_target=True))
    case["logits"] = base64.b64encode(struct.pack(f"<{logits64.numel()}f", *logits64.flatten().tolist())).decode()
    print(f"{name}: {sum(a * (b[0] if len(b) == 1 else b[0] * b[1]) for a, b in [(1, shape) for _, shape in tensors])} "
          f"weights, float32 at {case['float32_distance']:.2e}, bf16's KL {case['bf16_divergence']:.1e}, largest logit {logits64.abs().max():.1f}")
    return case


@contextlib.contextmanager
def arithmetic(dtype):
    """In float64 nothing may be float32: transformers says so for norms, softmax and rotary angles."""
    saved = torch.float32, torch.float, torch.Tensor.float
    if dtype == torch.float64:
        torch.float32 = torch.float = torch.float64
        torch.Tensor.float = torch.Tensor.double
    try:
        yield
    finally:
        torch.float32, torch.float, torch.Tensor.float = saved


@contextlib.contextmanager
def modelOf(case, dtype):
    """The case's model, all of whose arithmetic is of this type while it is in use."""
    with tempfile.TemporaryDirectory() as folder:
        hf_models.writeFolder(folder, case)
        if case["config"]["model_type"] == "longllama":  # within its window it is a llama
            hf_models.writeJson(f"{folder}/config.json", dict(case["config"], model_type="llama", architectures=["LlamaForCausalLM"]))
        loaded = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    with arithmetic(dtype):
        model = AutoModelForCausalLM.from_config(loaded.config, attn_implementation="eager").to(dtype).eval()
        model.load_state_dict({name: tensor.to(dtype) for name, tensor in loaded.state_dict().items()})
        assert dtype != torch.float64 or all(buffer.dtype == dtype for name, buffer in model.named_buffers() if "inv_freq" in name)
        yield model


def reference(case, dtype):
    """Logits of the case's positions, [positions, vocabulary]."""
    with modelOf(case, dtype) as model, torch.no_grad():
        logits = model(torch.tensor([case["tokens"]]), use_cache=False).logits[0]
    return logits[case["positions"]]


def main():
    assert transformers.__version__ == "5.17.0", transformers.__version__
    transformers.logging.set_verbosity_error()
    output = sys.argv[1] if len(sys.argv) > 1 else hf_models.GOLDEN
    cases = [makeCase(name, given) for name, given in CASES.items() if name in (sys.argv[2:] or CASES)]
    with open(output, "w", encoding="utf-8") as file:
        for case in cases:
            file.write(json.dumps(case, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
