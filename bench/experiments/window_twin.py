#!/usr/bin/env python3
"""What reading windows alone could do otherwise: a PyTorch twin of a FoT memory, for trials, of which the program offers overlap and log. Needs torch, tokenizers, safetensors.

    bench/experiments/window_twin.py MODEL ADAPTER TEXT [--lengths 32768,131072] [--count 8] [--layers 7,8,18,20] [--device cuda]

MODEL is a Llama's Hugging Face folder (`longc convert MODEL --to hf`), ADAPTER a LoRA of it, TEXT what pass keys are hidden in. A window of 1,024
tokens is read with ordinary attention and kept as its un-rotated keys and its values; the last 512 tokens and the question read the memory and
themselves in one softmax. Tried beside that:

    overlap N      a window also sees the N tokens before it, which the one before it keeps
    sink N         a window also sees the first N tokens of the text
    top K          each query and head sees the K entries of the memory with the most weight, exactly
    log C          memory scores times 1 + C ln(m / 1024)

Keys lie anywhere, and then across the border of two windows. Prints the answer's log-probability (mean) and how many are right.
"""
import argparse
import json
import math
import pathlib
import random

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from tokenizers import Tokenizer

WINDOW, LAST = 1024, 512
HEAD = "There is an important info hidden inside a lot of irrelevant text. Find it and memorize them. I will quiz you about the important information there.\n"
QUESTION = "\nWhat is the pass key? The pass key is"


class Twin:
    def __init__(self, folder, adapter, layers, device):
        config = json.loads((pathlib.Path(folder) / "config.json").read_text())
        self.heads, self.key_heads, self.depth = config["num_attention_heads"], config["num_key_value_heads"], config["num_hidden_layers"]
        self.size, self.eps = config["hidden_size"] // self.heads, config["rms_norm_eps"]
        base = config.get("rope_theta") or config["rope_parameters"]["rope_theta"]
        self.frequencies = base ** -(torch.arange(0, self.size, 2, device=device).float() / self.size)
        weights = {name: tensor.float() for path in sorted(pathlib.Path(folder).glob("*.safetensors")) for name, tensor in load_file(path).items()}
        lora, setting = load_file(pathlib.Path(adapter) / "adapter_model.safetensors"), json.loads((pathlib.Path(adapter) / "adapter_config.json").read_text())
        for name, down in lora.items():
            if "lora_A" in name:
                target = name.removeprefix("base_model.model.").replace(".lora_A", "")
                weights[target] += setting["lora_alpha"] / setting["r"] * lora[name.replace("lora_A", "lora_B")].float() @ down.float()
        self.weights, self.layers = {name: tensor.to(device, torch.bfloat16) for name, tensor in weights.items()}, layers

    def linear(self, x, layer, name):
        return F.linear(x, self.weights[f"model.layers.{layer}.{name}.weight"])

    def norm(self, x, name):
        wide = x.float()
        return (wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + self.eps)).to(x.dtype) * self.weights[name]

    def rotate(self, x, positions):
        angles = positions.float()[:, None] * self.frequencies
        angles = torch.cat((angles, angles), -1)
        half = torch.cat((-x[..., self.size // 2:], x[..., : self.size // 2]), -1)
        return (x * angles.cos() + half * angles.sin()).to(x.dtype)

    def attend(self, query, key, value, causal):
        repeats = query.shape[1] // key.shape[1]
        return torch.ops.aten._scaled_dot_product_flash_attention(query, key.repeat_interleave(repeats, 1), value.repeat_interleave(repeats, 1), 0.0, causal)[:2]

    def read(self, ids, memory=None, scale=1.0, top=0):
        """Tokens [P, T]: the states behind the last layer and, of each memory layer, un-rotated keys and values [P, heads, T, size]."""
        rows, tokens = ids.shape
        positions, kept = torch.arange(tokens, device=ids.device), {}
        x = F.embedding(ids, self.weights["model.embed_tokens.weight"])
        for layer in range(self.depth):
            h = self.norm(x, f"model.layers.{layer}.input_layernorm.weight")
            query, key, value = (self.linear(h, layer, f"self_attn.{name}_proj").view(rows, tokens, -1, self.size).transpose(1, 2) for name in "qkv")
            rotated = self.rotate(query, positions)
            out, mass = self.attend(rotated, self.rotate(key, positions), value, True)
            if layer in self.layers:
                kept[layer] = key, value
                if memory:
                    out = self.join(out, mass, *self.look_up(rotated, *memory[layer], scale, top))
            x = x + self.linear(out.transpose(1, 2).reshape(rows, tokens, -1), layer, "self_attn.o_proj")
            h = self.norm(x, f"model.layers.{layer}.post_attention_layernorm.weight")
            x = x + self.linear(F.silu(self.linear(h, layer, "mlp.gate_proj")) * self.linear(h, layer, "mlp.up_proj"), layer, "mlp.down_proj")
        return x, kept

    def look_up(self, query, key, value, scale, top):
        """All of the memory, or of each row its `top` entries; outputs and logarithms of the sums of exponentials."""
        rows, _, tokens, size = query.shape
        grouped = query.reshape(rows, self.key_heads, -1, size) * scale
        if not top:
            out, mass = self.attend(grouped, key, value, False)
            return out.reshape(query.shape), mass.reshape(query.shape[:3])
        outs, masses = [], []
        for part in grouped.split(64, 2):
            best, places = (part.float() @ key.float().transpose(-1, -2) / math.sqrt(size)).topk(min(top, key.shape[2]), -1)
            chosen = torch.stack([torch.stack([value[r, h][places[r, h]] for h in range(self.key_heads)]) for r in range(rows)])
            outs.append((best.softmax(-1)[..., None] * chosen.float()).sum(-2).to(query.dtype))
            masses.append(best.logsumexp(-1))
        return torch.cat(outs, 2).reshape(query.shape), torch.cat(masses, 2).reshape(query.shape[:3])

    @staticmethod
    def join(one, mass, other, other_mass):
        total = torch.logaddexp(mass, other_mass)
        return (one.float() * (mass - total).exp()[..., None] + other.float() * (other_mass - total).exp()[..., None]).to(one.dtype)


class Windows:
    """Windows of texts by their tokens and what they see; each is read once."""

    def __init__(self, twin, overlap, sink, batch=32):
        self.twin, self.overlap, self.sink, self.batch, self.known = twin, overlap, sink, batch, {}

    def memory(self, ids):
        """Of each memory layer, keys and values of all whole windows."""
        wanted = []
        for begin in range(0, len(ids), WINDOW):
            before = ids[: min(self.sink, begin)] + ids[max(self.sink if begin else 0, begin - self.overlap):begin]
            wanted.append((tuple(before), tuple(ids[begin:begin + WINDOW])))
        missing = list(dict.fromkeys(window for window in wanted if window not in self.known))
        for length in {len(before) for before, _ in missing}:
            same = [window for window in missing if len(window[0]) == length]
            for first in range(0, len(same), self.batch):
                part = same[first:first + self.batch]
                _, kept = self.twin.read(torch.tensor([before + own for before, own in part], device=self.twin.frequencies.device))
                for i, window in enumerate(part):
                    self.known[window] = {layer: tuple(tensor[i, :, length:].clone() for tensor in pair) for layer, pair in kept.items()}
        return {layer: tuple(torch.cat([self.known[window][layer][i] for window in wanted], 1)[None] for i in range(2)) for layer in self.twin.layers}


def prompts(tokenizer, text, length, count, on_border, seed):
    encode, draw = lambda words: tokenizer.encode(words, add_special_tokens=False).ids, random.Random(seed)
    head, question = encode(HEAD), encode(QUESTION)
    for _ in range(count):
        number = draw.randrange(10000, 50000)
        key, answer = encode(f"\nThe pass key is {number}. Remember it. {number} is the pass key.\n"), encode(f" {number}")
        room = length - len(head) - len(question)
        place = draw.randrange(1, (room - 2 * WINDOW) // WINDOW) * WINDOW - len(head) - 8 if on_border else draw.randrange(0, room - LAST - len(key))
        body = [text[i % len(text)] for i in range(room)]
        body[place:place + len(key)] = key
        yield head + body + question, answer


@torch.no_grad()
def judge(twin, windows, all_prompts, options):
    total, right = 0.0, 0
    for tokens, answer in all_prompts:
        whole = (len(tokens) - LAST) // WINDOW * WINDOW
        memory = windows.memory(tokens[:whole])
        scale = 1 + options.get("log", 0) * math.log(max(1, whole / WINDOW))
        x, _ = twin.read(torch.tensor([tokens[whole:] + answer], device=twin.frequencies.device), memory, scale, options.get("top", 0))
        state = twin.norm(x[:, -len(answer) - 1:-1], "model.norm.weight")
        logits = F.linear(state, twin.weights.get("lm_head.weight", twin.weights["model.embed_tokens.weight"])).float().log_softmax(-1)[0]
        target = torch.tensor(answer, device=logits.device)
        total += logits.gather(-1, target[:, None]).sum().item()
        right += bool((logits.argmax(-1) == target).all())
    return total / len(all_prompts), right


TRIALS = ({}, {"overlap": 32}, {"overlap": 128}, {"overlap": 256}, {"sink": 4}, {"sink": 64}, {"top": 32}, {"top": 512}, {"log": 0.05}, {"log": 0.1}, {"log": 0.15}, {"overlap": 128, "log": 0.1})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("model", "adapter", "text"):
        parser.add_argument(name)
    parser.add_argument("--lengths", default="32768,131072")
    parser.add_argument("--count", type=int, default=8)
    parser.add_argument("--layers", default="7,8,18,20")
    parser.add_argument("--device", default="cuda")
    options = parser.parse_args()
    twin = Twin(options.model, options.adapter, [int(layer) for layer in options.layers.split(",")], options.device)
    tokenizer = Tokenizer.from_file(str(pathlib.Path(options.model) / "tokenizer.json"))
    text = tokenizer.encode(pathlib.Path(options.text).read_text(), add_special_tokens=False).ids
    for length in map(int, options.lengths.split(",")):
        cases = [list(prompts(tokenizer, text, length, options.count, on_border, 8)) for on_border in (False, True)]
        plain = Windows(twin, 0, 0)
        for trial in TRIALS:
            if trial.get("top") and length > 150_000:
                continue
            windows = Windows(twin, trial.get("overlap", 0), trial.get("sink", 0)) if trial.keys() & {"overlap", "sink"} else plain
            found = [judge(twin, windows, case, trial) for case in cases]
            print(f"{length:>9,} tokens  {' '.join(f'{name} {value}' for name, value in trial.items()) or 'windows alone':24}  " +
                  "  ".join(f"{where} {logp:8.3f} {right} of {options.count}" for where, (logp, right) in zip(("anywhere", "on a border"), found)), flush=True)


if __name__ == "__main__":
    main()
