#!/usr/bin/env python3
"""How far the exact mode is from float64 at 700 tokens, where the reference itself computes rotary angles in float32.

    bench/angles.py LONGC FOLDER        needs torch and transformers 5.17; half a minute

A random Gemma 3 of six layers (windows of 512, one layer that sees everything). transformers computes angles in float32 in every model, also in
one of float64: ours and its float32 are compared with that, and with the same model whose angles are float64.
"""
import base64
import contextlib
import json
import os
import struct
import subprocess
import sys

import torch
import transformers
from transformers import AutoModelForCausalLM, Gemma3TextConfig

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../test/golden"))
import hf_models
from make_hf_goldens import arithmetic

TOKENS = 700


def writeModel(folder):
    torch.manual_seed(3)
    config = Gemma3TextConfig(vocab_size=267, hidden_size=64, intermediate_size=112, num_hidden_layers=6, num_attention_heads=4, num_key_value_heads=2,
                              head_dim=32, max_position_embeddings=1024, sliding_window=512, query_pre_attn_scalar=32, bos_token_id=None, eos_token_id=0, pad_token_id=1)
    model = AutoModelForCausalLM.from_config(config)
    with torch.no_grad():
        for parameter in model.parameters():
            noise = torch.randn(parameter.shape)
            parameter.copy_(noise * 1.5 / parameter.shape[-1] ** 0.5 if parameter.ndim > 1 else parameter + 0.1 * noise)
    model.save_pretrained(folder)
    hf_models.writeJson(f"{folder}/tokenizer.json", hf_models.tokenizer())


def peer(folder, tokens, dtype, exactAngles=False):
    loaded = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32 if exactAngles else dtype, attn_implementation="eager")
    with arithmetic(dtype) if exactAngles else contextlib.nullcontext(), torch.no_grad():
        model = loaded
        if exactAngles:
            model = AutoModelForCausalLM.from_config(loaded.config, attn_implementation="eager").to(dtype)
            model.load_state_dict({name: tensor.to(dtype) for name, tensor in loaded.state_dict().items()})
        return model.eval()(torch.tensor([tokens]), use_cache=False).logits[0].double()


def ours(longc, folder, tokens):
    program, requests, results = f"{folder}.program", f"{folder}.requests", f"{folder}.results"
    subprocess.run([longc, "compile", folder, "-o", program, "--quiet"], check=True)
    with open(requests, "w") as file:
        file.write(json.dumps({"prompt": 0, "tokens": tokens, "positions": list(range(len(tokens))), "greedy": 0}) + "\n")
    subprocess.run([program, "logits", "--requests", requests, "--output", results, "--exact", "--quiet"], check=True)
    with open(results) as file:
        raw = base64.b64decode(json.load(file)["logits"])
    return torch.tensor(struct.unpack(f"<{len(raw) // 4}f", raw), dtype=torch.float64).reshape(len(tokens), -1)


def main():
    longc, work = sys.argv[1:]
    transformers.logging.set_verbosity_error()
    folder = f"{work}/angles"
    os.makedirs(folder, exist_ok=True)
    writeModel(folder)
    tokens = torch.randint(2, 260, (TOKENS,)).tolist()
    mine, single = ours(longc, folder, tokens), peer(folder, tokens, torch.float32)
    distance = lambda a, b: float((a - b).norm() / b.norm())
    print(f"transformers {transformers.__version__}, torch {torch.__version__}; relative distances of the logits")
    for name, reference in (("float64, angles in float32", peer(folder, tokens, torch.float64)), ("float64, angles in float64", peer(folder, tokens, torch.float64, True))):
        for rows, what in ((slice(None), f"all {TOKENS} tokens"), (slice(TOKENS - 100, None), "the last 100")):
            a, b = distance(mine[rows], reference[rows]), distance(single[rows], reference[rows])
            print(f"{name}, {what}: exact mode {a:.2e}, transformers in float32 {b:.2e}, {a / b:.2f} x")


if __name__ == "__main__":
    main()
