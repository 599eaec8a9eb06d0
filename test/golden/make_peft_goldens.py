#!/usr/bin/env python3
"""Makes peft_adapters.jsonl with torch, transformers 5.17 and PEFT 0.21.2: one line an adapter of a base of hf_models.jsonl,
with its configuration as PEFT saves it, the names and shapes of its tensors, tokens, and the logits of some positions in
float64, with the distance that float32 has from them and the divergence of bfloat16.

    make_peft_goldens.py [OUTPUT]        half a minute
"""
import base64
import json
import random
import struct
import sys
import tempfile

import peft
import torch
import transformers
from peft import CartridgeConfig, LoraConfig, PeftModel, get_peft_model
from safetensors import safe_open
from transformers import AutoModelForCausalLM

import hf_models
import peft_adapters
from make_hf_goldens import arithmetic

CASES = {
    "paths": dict(base="llama", r=4, lora_alpha=8, target_modules=["q_proj", "v_proj"], type="F32"),
    "all-linear": dict(base="llama-odd", r=6, lora_alpha=9, target_modules="all-linear", use_rslora=True, type="F16",
                       rank_pattern={"down_proj": 3, "layers.1.self_attn.q_proj": 17}, alpha_pattern={".*[ov]_proj": 20}),
    "tied": dict(base="qwen3", r=3, lora_alpha=6, target_modules=["embed_tokens", "lm_head", "o_proj"], type="F32"),
    "pattern": dict(base="gemma3", r=5, lora_alpha=5, target_modules=r".*\.(embed_tokens|layers\.\d+\.self_attn\.[qk]_proj|up_proj)",
                    type="BF16"),
    "layers": dict(base="mistral", r=2, lora_alpha=3, target_modules=["q_proj", "k_proj", "gate_proj", "down_proj"],
                   layers_to_transform=[1], exclude_modules=["k_proj"], modules_to_save=["lm_head"], type="F32"),
    "table": dict(base="qwen2", r=4, lora_alpha=4, target_modules=["k_proj", "up_proj"], modules_to_save=["embed_tokens"], type="F32"),
    "head": dict(base="qwen3", r=3, lora_alpha=6, target_modules=["lm_head", "o_proj"], type="F32"),
    "prefix": dict(base="mistral", num_virtual_tokens=7, num_frozen_tokens=2, type="F32"),
}


def loadBase(name, folder):
    hf_models.writeFolder(folder, hf_models.readCases()[name])
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)


def makeCase(name, given):
    settings = {key: value for key, value in given.items() if key not in ("base", "type")}
    with tempfile.TemporaryDirectory() as folder:
        kind = CartridgeConfig if "num_virtual_tokens" in settings else LoraConfig
        model = get_peft_model(loadBase(given["base"], f"{folder}/base"), kind(task_type="CAUSAL_LM", **settings))
        model.save_pretrained(f"{folder}/adapter")
        written = json.load(open(f"{folder}/adapter/adapter_config.json"))
        with safe_open(f"{folder}/adapter/adapter_model.safetensors", "pt") as file:
            tensors = [[tensor, list(file.get_slice(tensor).get_shape())] for tensor in file.keys()]
    written["base_model_name_or_path"] = "base"
    if isinstance(written.get("target_modules"), list):
        written["target_modules"].sort()  # their order follows a seed
    base = hf_models.readCases()[given["base"]]
    case = {"case": name, "base": given["base"], "type": given["type"], "adapter": written, "tensors": sorted(tensors)}
    generator = random.Random(name)
    case["tokens"] = [generator.randrange(2, 261) for _ in range(90)]
    case["positions"] = [0, 59, 89]
    logits64, logits32 = reference(case, torch.float64), reference(case, torch.float32).double()
    plain = reference(case, torch.float32, adapted=False).double()
    case["float32_distance"] = float((logits64 - logits32).norm() / logits64.norm())
    case["bf16_divergence"] = float(torch.nn.functional.kl_div(
        reference(case, torch.bfloat16).double().log_softmax(-1), logits64.log_softmax(-1), reduction="batchmean", log_target=True))
    case["logits"] = base64.b64encode(struct.pack(f"<{logits64.numel()}f", *logits64.flatten().tolist())).decode()
    print(f"{name}: {len(tensors)} tensors, float32 at {case['float32_distance']:.2e}, bf16's KL {case['bf16_divergence']:.1e}, "
          f"the base at {float((logits64 - plain).norm() / logits64.norm()):.2f}")
    assert (logits64 - plain).norm() > 0.05 * logits64.norm(), "an adapter that changes nothing tests nothing"
    return case


def reference(case, dtype, adapted=True):
    """Logits of the case's positions, [positions, vocabulary]."""
    with tempfile.TemporaryDirectory() as folder:
        peft_adapters.writeAdapter(f"{folder}/adapter", case)
        loaded = loadBase(case["base"], f"{folder}/base")
        config = loaded.config
        if adapted:
            loaded = PeftModel.from_pretrained(loaded, f"{folder}/adapter", autocast_adapter_dtype=False).float()
        state = loaded.state_dict()
        with arithmetic(dtype), torch.no_grad():
            model = AutoModelForCausalLM.from_config(config, attn_implementation="eager").to(dtype).eval()
            if adapted:
                model = get_peft_model(model, loaded.peft_config["default"], autocast_adapter_dtype=False).to(dtype).eval()
            model.load_state_dict({name: tensor.to(dtype) for name, tensor in state.items()})
            return model(input_ids=torch.tensor([case["tokens"]]), use_cache=False).logits[0][case["positions"]]


def main():
    assert (transformers.__version__, peft.__version__) == ("5.17.0", "0.21.2"), (transformers.__version__, peft.__version__)
    transformers.logging.set_verbosity_error()
    output = sys.argv[1] if len(sys.argv) > 1 else peft_adapters.GOLDEN
    cases = [makeCase(name, given) for name, given in CASES.items()]
    with open(output, "w", encoding="utf-8") as file:
        for case in cases:
            file.write(json.dumps(case, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
