#!/usr/bin/env python3
"""Compares LoRA adapters of many settings on a real base with PEFT; by hand. Needs torch, transformers 5.17 and PEFT 0.21.2.

    test/golden/compare_peft.py LONGC MODEL.gguf WORK [OPTIONS OF COMPILE]        some minutes; exit code 0 pass, 1 fail

The base is SmolLM2-135M-Instruct as a file; PEFT gets it as the folder that `longc convert` makes. One program takes every
adapter of products when it runs; the others and two more are compiled in. Adapters are random. Told are the distance of exact
mode to float64 beside that of PEFT in float32 (at most twice as far), and the mean KL of the default mode beside that of PEFT in bfloat16
(at most 1e-3, or that).
"""
import json
import os
import subprocess
import sys

import peft
import torch
import transformers
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer

from check_logits import unpack
from make_hf_goldens import arithmetic

ALL = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
CASES = {
    "r 8, q v": dict(r=8, lora_alpha=16, target_modules=["q_proj", "v_proj"]),
    "r 16, all": dict(r=16, lora_alpha=32, target_modules=ALL),
    "r 24, all-linear, rslora": dict(r=24, lora_alpha=12, target_modules="all-linear", use_rslora=True),
    "r 64, rslora, MLP": dict(r=64, lora_alpha=64, target_modules=["gate_proj", "up_proj", "down_proj"], use_rslora=True),
    "patterns of rank and alpha": dict(r=8, lora_alpha=8, target_modules=ALL, rank_pattern={"down_proj": 3, r"layers\.1\d\.self_attn\.q_proj": 33},
                                       alpha_pattern={r".*\.[ov]_proj": 20, "layers.0.mlp.up_proj": 1}),
    "regular expression": dict(r=5, lora_alpha=10, target_modules=r".*\.layers\.(\d|2[0-9])\.(self_attn\.[qk]_proj|mlp\.up_proj)"),
    "layers 3, 7, 29": dict(r=12, lora_alpha=24, target_modules=["q_proj", "o_proj", "down_proj"], layers_to_transform=[3, 7, 29]),
    "head": dict(r=16, lora_alpha=16, target_modules=["lm_head", "o_proj"]),
    "tied table and head": dict(r=4, lora_alpha=8, target_modules=["embed_tokens", "lm_head", "v_proj"]),
    "saved table": dict(r=4, lora_alpha=8, target_modules=["k_proj"], modules_to_save=["embed_tokens"]),
}
COMPILED = {"r 16, all": ["overlay"], "patterns of rank and alpha": ["overlay"], "tied table and head": ["overlay"], "saved table": ["overlay"]}
TEXTS = ["The harbour master wrote in his log that the ships from the north had brought timber and two hundred barrels of herring.",
         "def mean(values):\n    total = 0\n    for value in values:\n        total += value\n    return total /"]


def makeAdapter(base, number, settings, folder):
    """Random, of about the size of a trained one, whatever its rank and factor."""
    rank = settings["r"]
    far = 0.16 * (rank ** 0.5 if settings.get("use_rslora") else rank) / (settings["lora_alpha"] * rank ** 0.5)
    torch.manual_seed(number)
    model = get_peft_model(AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32), LoraConfig(task_type="CAUSAL_LM", **settings))
    for name, tensor in model.named_parameters():
        with torch.no_grad():
            if "lora_" in name and "base_layer" not in name:
                table = "embedding" in name
                wide = far if name.endswith(("B.default.weight", "embedding_B.default")) else 1.0 if table else tensor.shape[-1] ** -0.5
                tensor.normal_(0, wide)
            elif "modules_to_save.default" in name:
                tensor.add_(torch.randn_like(tensor) * 0.01)
    model.save_pretrained(folder)


def reference(base, folder, requests, dtype):
    loaded = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32), folder, autocast_adapter_dtype=False).float()
    state, config = loaded.state_dict(), loaded.peft_config["default"]
    with arithmetic(dtype), torch.no_grad():
        model = AutoModelForCausalLM.from_config(loaded.config, attn_implementation="eager").to(dtype).eval()
        model = get_peft_model(model, config, autocast_adapter_dtype=False).to(dtype).eval()
        model.load_state_dict({name: tensor.to(dtype) for name, tensor in state.items()})
        return torch.cat([model(input_ids=torch.tensor([one["tokens"]]), use_cache=False).logits[0, one["positions"]].double() for one in requests])


def ours(program, work, *options):
    subprocess.run([program, "logits", "--requests", f"{work}/requests.jsonl", "--output", f"{work}/logits", "--quiet", *options], check=True)
    with open(f"{work}/logits", encoding="utf-8") as file:
        rows = [torch.tensor(unpack(line["logits"], "f"), dtype=torch.float64).view(len(line["positions"]), -1) for line in map(json.loads, file)]
    return torch.cat(rows)


def divergence(p, q):
    return float(torch.nn.functional.kl_div(q.log_softmax(-1), p.log_softmax(-1), reduction="batchmean", log_target=True))


def compiled(longc, model, program, *options):
    subprocess.run([longc, "compile", model, "-o", program, "--quiet", *options], check=True)
    return program


def main():
    longc, model, work, *options = sys.argv[1:]
    transformers.logging.set_verbosity_error()
    os.makedirs(work, exist_ok=True)
    base, plain = f"{work}/base", f"{work}/plain"
    if not os.path.exists(base):
        subprocess.run([longc, "convert", model, "--to", "hf", "-o", base, "--quiet"], check=True)
    compiled(longc, model, plain, *options)
    tokenizer, requests = AutoTokenizer.from_pretrained(base), []
    for number, text in enumerate(TEXTS):
        tokens = tokenizer(text)["input_ids"]
        requests.append({"prompt": number, "tokens": tokens, "positions": sorted({3, len(tokens) // 2, len(tokens) - 2, len(tokens) - 1}), "greedy": 0})
    with open(f"{work}/requests.jsonl", "w", encoding="utf-8") as file:
        file.writelines(json.dumps(one) + "\n" for one in requests)
    print(f"transformers {transformers.__version__}, PEFT {peft.__version__}, torch {torch.__version__}\n")
    print(f"{'adapter':28}{'taken':10}{'distance to float64: PEFT float32':>34}{'ours exact':>12}{'ratio':>7}   {'KL: PEFT bfloat16':>17}{'ours':>9}   {'base to adapter, KL':>19}")
    failed = False
    for number, (name, settings) in enumerate(CASES.items()):
        folder = f"{work}/adapter-{number}"
        makeAdapter(base, number, settings, folder)
        exact, single, half = (reference(base, folder, requests, dtype) for dtype in (torch.float64, torch.float32, torch.bfloat16))
        far = float((single - exact).norm() / exact.norm())
        without = divergence(exact, ours(plain, work, "--exact"))
        modes = COMPILED.get(name, []) + ["run time"] * (name not in ("tied table and head", "saved table"))
        for mode in modes:
            given = ["--adapter", folder] if mode == "run time" else []
            program = plain if given else compiled(longc, model, f"{work}/program", "--adapter", folder, "--adapter-mode", mode, *options)
            logits, kl = ours(program, work, "--exact", *given), divergence(exact, ours(program, work, *given))
            distance = float((logits - exact).norm() / exact.norm())
            bad = distance > 2 * far or kl > max(1e-3, divergence(exact, half))
            failed |= bad
            print(f"{name:28}{mode:10}{far:34.1e}{distance:12.1e}{distance / far:6.2f} x{divergence(exact, half):18.1e}{kl:10.1e}{without:20.2f}{'   FAILED' if bad else ''}", flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
