#!/usr/bin/env python3
"""Writes smollm2_gradients.jsonl: gradients of every parameter of SmolLM2-135M-Instruct, by PyTorch in float64.

    make_smollm2_gradient_golden.py FOLDER [OUTPUT]       needs torch and the transformers that make_hf_goldens.py names

FOLDER is the checkpoint as `longc convert` writes it (weights bit for bit, as floats). A batch is two sequences side by side, the loss that
of make_gradient_goldens.py. Norms and rotations are computed in float64 too. Of each gradient the norm is kept, and of some elements, the
largest and others, their values and how far PyTorch's float32 is from them.
"""
import array
import base64
import json
import os
import random
import sys

import torch
from transformers import AutoModelForCausalLM
from transformers.models.llama import modeling_llama

from make_gradient_goldens import IGNORED, lossOf

LARGEST, OTHERS, LENGTHS = 16, 32, (24, 40)


# As make_logit_goldens.py has them, which needs a reader of GGUF.
def normInFloat64(self, x):
    return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.variance_epsilon))


def rotaryInFloat64(self, x, position_ids):
    size = self.config.head_dim
    base = self.config.rope_parameters["rope_theta"]
    angle = position_ids[..., None].double() / base ** (torch.arange(0, size, 2, dtype=torch.float64) / size)
    angle = torch.cat((angle, angle), dim=-1)
    return angle.cos(), angle.sin()


def makeBatch(vocabulary):
    generator, tokens = random.Random("smollm2/gradients"), sum(LENGTHS)
    return {"tokens": [generator.randrange(vocabulary) for _ in range(tokens)], "boundaries": [0, LENGTHS[0], tokens],
            "positions": [t for length in LENGTHS for t in range(length)],
            "targets": [IGNORED if t % 6 == 4 else generator.randrange(vocabulary) for t in range(tokens)],
            "weights": [generator.randrange(1, 17) / 256 for _ in range(tokens)]}


def gradientsOf(folder, batch, dtype):
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, attn_implementation="eager").train()
    loss = lossOf(model, batch, dtype)
    loss.backward()
    return loss.item(), {name: parameter.grad.double().flatten() for name, parameter in model.named_parameters()}


def placesOf(name, gradient):
    generator = random.Random(name)
    largest = gradient.abs().topk(min(LARGEST, len(gradient))).indices.tolist()
    return largest + [generator.randrange(len(gradient)) for _ in range(OTHERS)]


def encode(values):
    return base64.b64encode(array.array("f", values.tolist()).tobytes()).decode()


def main():
    folder = sys.argv[1]
    output = sys.argv[2] if len(sys.argv) > 2 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "smollm2_gradients.jsonl")
    with open(f"{folder}/config.json", encoding="utf-8") as file:
        batch = makeBatch(json.load(file)["vocab_size"])
    _, rough = gradientsOf(folder, batch, torch.float32)
    plain = modeling_llama.LlamaRMSNorm.forward, modeling_llama.LlamaRotaryEmbedding.forward
    modeling_llama.LlamaRMSNorm.forward, modeling_llama.LlamaRotaryEmbedding.forward = normInFloat64, rotaryInFloat64
    loss, gradients = gradientsOf(folder, batch, torch.float64)
    modeling_llama.LlamaRMSNorm.forward, modeling_llama.LlamaRotaryEmbedding.forward = plain
    with open(output, "w", encoding="utf-8") as file:
        file.write(json.dumps({**batch, "loss": loss}, separators=(",", ":")) + "\n")
        for name, gradient in gradients.items():
            places = placesOf(name, gradient)
            values, theirs = gradient[places], rough[name][places]
            line = {"name": name, "norm": float(gradient.norm()), "places": places, "values": encode(values),
                    "float32_distance": float((theirs - values).norm() / values.norm())}
            file.write(json.dumps(line, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
