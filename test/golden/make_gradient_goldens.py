#!/usr/bin/env python3
"""Writes hf_gradients.jsonl: gradients of every parameter of tiny models, by PyTorch in float64.

    make_gradient_goldens.py [OUTPUT]       needs torch and the transformers that make_hf_goldens.py names

Models and weights are those of hf_models.jsonl. A batch is two sequences side by side; the loss is the sum of the weighted
cross-entropies of tokens drawn at random, some of them ignored. Of each gradient the norm and some elements are kept.
"""
import json
import random
import sys

import torch
import torch.nn.functional

import hf_models
from make_hf_goldens import modelOf

CASES = ("llama-odd", "gemma3")
IGNORED = -100


def makeBatch(name, vocabulary):
    generator = random.Random(f"{name}/gradients")
    # Not the padding token, 1: torch.nn.Embedding leaves its row out of the gradient.
    batch = {"tokens": [generator.randrange(2, vocabulary) for _ in range(23)], "boundaries": [0, 9, 23]}
    batch["positions"] = [*range(9), *range(14)]
    batch["targets"] = [IGNORED if t % 6 == 4 else generator.randrange(vocabulary) for t in range(23)]
    batch["weights"] = [generator.randrange(1, 17) / 64 for _ in range(23)]
    return batch


def lossOf(model, batch, dtype):
    loss = torch.zeros((), dtype=dtype)
    for begin, end in zip(batch["boundaries"], batch["boundaries"][1:]):
        logits = model(torch.tensor([batch["tokens"][begin:end]]), use_cache=False).logits[0]
        each = torch.nn.functional.cross_entropy(logits, torch.tensor(batch["targets"][begin:end]), ignore_index=IGNORED,
                                                 reduction="none")
        loss = loss + (each * torch.tensor(batch["weights"][begin:end], dtype=dtype)).sum()
    return loss


def gradientsOf(case, batch, dtype):
    with modelOf(case, dtype) as model:
        loss = lossOf(model, batch, dtype)
        loss.backward()
        return loss.item(), {name: parameter.grad.double() for name, parameter in model.named_parameters()}


def makeGolden(case):
    batch = makeBatch(case["case"], case["config"]["vocab_size"])
    loss, gradients = gradientsOf(case, batch, torch.float64)
    _, rough = gradientsOf(case, batch, torch.float32)
    generator, kept, distance = random.Random(case["case"]), {}, 0.0
    for name, gradient in gradients.items():
        flat = gradient.flatten()
        places = [int(flat.abs().argmax())] + [generator.randrange(len(flat)) for _ in range(5)]
        kept[name] = {"norm": float(flat.norm()), "places": places, "values": [float(flat[place]) for place in places]}
        distance = max(distance, float((gradient - rough[name]).norm() / gradient.norm()))
    print(f"{case['case']}: loss {loss:.6f}, {len(kept)} gradients, float32 at most at {distance:.1e}")
    return {"case": case["case"], **batch, "loss": loss, "float32_distance": distance, "gradients": kept}


def main():
    output = sys.argv[1] if len(sys.argv) > 1 else hf_models.GOLDEN.replace("hf_models", "hf_gradients")
    cases = hf_models.readCases()
    with open(output, "w", encoding="utf-8") as file:
        for name in CASES:
            file.write(json.dumps(makeGolden(cases[name]), separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
