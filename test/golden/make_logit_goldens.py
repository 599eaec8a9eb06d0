#!/usr/bin/env python3
"""Makes logits.jsonl: float64 logits and greedy tokens of a GGUF, by Hugging Face transformers on the CPU.

    python make_logit_goldens.py MODEL.gguf logits.jsonl          (torch, transformers, accelerate, gguf, jinja2)

transformers reads the GGUF itself and dequantises it to float32. The reference is its model in float64. As shipped,
"float64" still computes norms and the rotary table in float32; both are replaced here by the same formulas in float64
(the two differ by a third of float32's own distance; the header holds the figure). Beside the reference stand the
distances of the same model in float32 and bfloat16, measured with check_logits.py on the very ids that are stored.
"""
import argparse
import array
import hashlib
import json
import os
import random

import torch
import transformers
from transformers import AutoModelForCausalLM
from transformers.models.llama import modeling_llama

import check_logits
from gguf_tokenizer import GgufTokenizer

HERE = os.path.dirname(os.path.abspath(__file__))
TOP, SAMPLE, GREEDY, FULL = 128, 128, 64, 3  # stored ids per position, greedy steps, prompts with every logit
POSITIONS = 17


def choosePositions(prompts):
    """Evenly spaced positions with the last one; no context twice (chats share their beginning). Position 0, where the
    context is one token and reduced precision is at its worst, is taken in two prompts only."""
    seen = set()
    for prompt in prompts:
        last = len(prompt["tokens"]) - 1
        chosen = {0} if prompt["name"] in ("capital", "genesis") else set()
        for i in range(POSITIONS):
            at = max(1, round((i + 1) * last / POSITIONS))
            while at < last and tuple(prompt["tokens"][:at + 1]) in seen:
                at += 1
            seen.add(tuple(prompt["tokens"][:at + 1]))
            chosen.add(at)
        prompt["positions"] = sorted(chosen)


def load(path, dtype):
    folder, name = os.path.split(os.path.abspath(path))
    return AutoModelForCausalLM.from_pretrained(folder, gguf_file=name, dtype=dtype).eval()


def normInFloat64(self, x):
    return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.variance_epsilon))


def rotaryInFloat64(self, x, position_ids):
    size = self.config.head_dim
    base = self.config.rope_parameters["rope_theta"]
    angle = position_ids[..., None].double() / base ** (torch.arange(0, size, 2, dtype=torch.float64) / size)
    angle = torch.cat((angle, angle), dim=-1)
    return angle.cos(), angle.sin()


@torch.inference_mode()
def logitsAt(model, tokens, positions):
    return model(torch.tensor([tokens])).logits[0, positions].double()


@torch.inference_mode()
def greedy(model, tokens, steps):
    """`steps` tokens, end-of-text ignored, and the gap between the best two logits at each step."""
    ids, gaps, cache, feed = [], [], None, torch.tensor([tokens])
    for _ in range(steps):
        out = model(feed, past_key_values=cache, use_cache=True)
        cache = out.past_key_values
        best = out.logits[0, -1].double().topk(2)
        ids.append(best.indices[0].item())
        gaps.append((best.values[0] - best.values[1]).item())
        feed = best.indices[:1].view(1, 1)
    return ids, gaps


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("gguf")
    parser.add_argument("out")
    args = parser.parse_args()
    torch.set_num_threads(1)
    tokenizer = GgufTokenizer(args.gguf)
    with open(os.path.join(HERE, "logits_prompts.json"), encoding="utf-8") as file:
        sources = json.load(file)
    prompts = []
    for source in sources:
        text = tokenizer.render(source["chat"]) if "chat" in source else source["text"]
        tokens = tokenizer.encode(text)
        prompts.append({"name": source["name"], "text": text, "tokens": tokens})
    choosePositions(prompts)

    runs = {}
    model = load(args.gguf, torch.float32)
    runs["hf_float32"] = [logitsAt(model, p["tokens"], p["positions"]) for p in prompts]
    for p in prompts:
        p["greedy"], p["greedy_gaps"] = greedy(model, p["tokens"], GREEDY)
    model = load(args.gguf, torch.bfloat16)  # not .to(): that would round the rotary frequencies as well
    runs["hf_bfloat16"] = [logitsAt(model, p["tokens"], p["positions"]) for p in prompts]
    model = load(args.gguf, torch.float64)
    runs["hf_float64_as_shipped"] = [logitsAt(model, p["tokens"], p["positions"]) for p in prompts]
    modeling_llama.LlamaRMSNorm.forward = normInFloat64
    modeling_llama.LlamaRotaryEmbedding.forward = rotaryInFloat64
    reference = [logitsAt(model, p["tokens"], p["positions"]) for p in prompts]
    for p in prompts:
        p["greedy_float64"], _ = greedy(model, p["tokens"], GREEDY)

    vocabulary = reference[0].shape[1]
    sampleIds = sorted(random.Random(0).sample(range(vocabulary), SAMPLE))
    figures = {name: [] for name in runs}
    lines = []
    for index, (p, logits) in enumerate(zip(prompts, reference)):
        rows = []
        for position, x in zip(p["positions"], logits):
            top = x.topk(TOP)
            outside = torch.ones(vocabulary, dtype=torch.bool)
            outside[top.indices] = False
            rows.append({"position": position, "logsumexp": x.logsumexp(0).item(),
                         "rest": (x[outside] - x.logsumexp(0)).exp().sum().item(), "top_ids": top.indices.tolist(),
                         "top": array.array("f", top.values.tolist()),
                         "sample": array.array("f", x[sampleIds].tolist())})
        if index % (len(prompts) // FULL) == FULL:
            rows[-1]["full"] = array.array("f", x.tolist())
        mine = {}
        for name, run in runs.items():
            compared = [check_logits.compareRow(row, sampleIds, y.tolist()) for row, y in zip(rows, run[index])]
            figures[name] += compared
            mine[name] = check_logits.summarise(compared)
        for row in rows:
            row["top_ids"] = check_logits.pack(row["top_ids"], "H")
            for key in ("top", "sample", "full"):
                if key in row:
                    row[key] = check_logits.pack(row[key], "f")
        # The first step where float32 and float64 part must be a near tie, else the reference itself is in doubt.
        part = next((i for i, (a, b) in enumerate(zip(p["greedy"], p["greedy_float64"])) if a != b), None)
        if part is not None and min(p["greedy_gaps"][:part + 1]) > 1e-3:
            raise SystemExit(f"{p['name']}: float32 and float64 differ at step {part} with a clear gap")
        lines.append({"name": p["name"], "text": p["text"], "tokens": p["tokens"], "greedy": p["greedy"],
                      "greedy_gaps": [round(g, 4) for g in p["greedy_gaps"]], "float64_parts_at": part,
                      "hf_float32": mine["hf_float32"], "rows": rows})
    with open(args.gguf, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    header = {"kind": "logits-golden", "version": 1, "model": os.path.basename(args.gguf), "sha256": digest,
              "torch": torch.__version__, "transformers": transformers.__version__, "vocabulary": vocabulary,
              "sample_ids": check_logits.pack(sampleIds, "H")}
    header.update({name: check_logits.summarise(compared) for name, compared in figures.items()})
    with open(args.out, "w", encoding="utf-8") as file:
        for line in [header] + lines:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    for name in runs:
        print(name, json.dumps(header[name]))
    print("tokens", sum(len(p["tokens"]) for p in prompts), "bytes", os.path.getsize(args.out))


if __name__ == "__main__":
    main()
