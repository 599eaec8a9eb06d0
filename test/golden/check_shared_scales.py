#!/usr/bin/env python3
"""A whole tiny encoder whose int8 products share scales over 96 columns, beside the same numbers in plain Python. Standard library only.

    check_shared_scales.py LONGC FOLDER       exit code 0 pass, 1 fail

Queries, keys and values are zero, so that attention adds its bias and no bfloat16: all that is rounded are the two products behind it, in blocks of 96
columns with one scale. Float32 may round a number to the neighbour of what float64 rounds it to, in some rows; the others are equal. Where a scale
is one of 32 columns, or a block is not where it is read, every row is far away.
"""
import math
import os
import struct
import subprocess
import sys

import encoder_models
import hf_models
from check_encoders import distance, embed

HIDDEN, INNER, SHARED = 96, 192, 96
LAYER = "encoder.layer.0."
CASE = {"case": "shared-scales", "type": "F32", "pool": "mean", "sequences": [[5], [34], [77], [100], [200], [202], [203], list(range(9, 60))], "config": {
    "architectures": ["BertModel"], "hidden_act": "gelu", "hidden_size": HIDDEN, "intermediate_size": INNER, "layer_norm_eps": 1e-12,
    "max_position_embeddings": 64, "model_type": "bert", "num_attention_heads": 3, "num_hidden_layers": 1, "pad_token_id": 1, "type_vocab_size": 2,
    "vocab_size": 267}}
NORMS = ["embeddings.LayerNorm", LAYER + "attention.output.LayerNorm", LAYER + "output.LayerNorm"]
PRODUCTS = {LAYER + "attention.self.query": (HIDDEN, HIDDEN), LAYER + "attention.self.key": (HIDDEN, HIDDEN), LAYER + "attention.self.value": (HIDDEN, HIDDEN),
            LAYER + "attention.output.dense": (HIDDEN, HIDDEN), LAYER + "intermediate.dense": (INNER, HIDDEN), LAYER + "output.dense": (HIDDEN, INNER)}
CASE["tensors"] = [[f"embeddings.{name}_embeddings.weight", [rows, HIDDEN]] for name, rows in (("word", 267), ("position", 64), ("token_type", 2))]
CASE["tensors"] += [[f"{name}.{part}", [HIDDEN]] for name in NORMS for part in ("weight", "bias")]
CASE["tensors"] += [[f"{name}.weight", list(shape)] for name, shape in PRODUCTS.items()] + [[f"{name}.bias", [shape[0]]] for name, shape in PRODUCTS.items()]


def numbers(case, name, shape, plain=hf_models.numbers):
    return [0.0] * math.prod(shape) if ".self." in name else plain(case, name, shape)


def tensor(name):
    shape = dict(CASE["tensors"])[name]
    values = [value for (value,) in struct.iter_unpack("<f", hf_models.packed(numbers(CASE, name, shape), "F32"))]
    return [values[at : at + shape[-1]] for at in range(0, len(values), shape[-1])] if len(shape) == 2 else values


def rounded(row, blocks, half):
    """A row as multiples of a scale a block; weights' scales are kept in half precision."""
    out = []
    for at in range(0, len(row), blocks):
        scale = max(map(abs, row[at : at + blocks])) / 127
        scale = struct.unpack("<e", hf_models.packed([scale], "F16"))[0] if half else scale
        out += [round(x / scale) * scale if scale else 0.0 for x in row[at : at + blocks]]
    return out


def product(rows, name, blocks):
    weight, bias = [rounded(row, blocks, True) for row in tensor(name + ".weight")], tensor(name + ".bias")
    return [[math.fsum(a * b for a, b in zip(x, w)) + c for w, c in zip(weight, bias)] for x in (rounded(row, blocks, False) for row in rows)]


def norm(rows, name):
    weight, bias, out = tensor(name + ".weight"), tensor(name + ".bias"), []
    for row in rows:
        mean = math.fsum(row) / len(row)
        factor = 1 / math.sqrt(math.fsum((x - mean) ** 2 for x in row) / len(row) + 1e-12)
        out.append([(x - mean) * factor * w + b for x, w, b in zip(row, weight, bias)])
    return out


def added(rows, others):
    return [[a + b for a, b in zip(row, other)] for row, other in zip(rows, others)]


def encoded(tokens, blocks):
    words, places, kinds = (tensor(f"embeddings.{name}_embeddings.weight") for name in ("word", "position", "token_type"))
    rows = norm([[a + b + c for a, b, c in zip(words[token], places[at], kinds[0])] for at, token in enumerate(tokens)], NORMS[0])
    rows = norm(added(rows, [tensor(LAYER + "attention.output.dense.bias")] * len(rows)), NORMS[1])
    inner = product(rows, LAYER + "intermediate.dense", blocks)
    inner = [[x * 0.5 * (1 + math.erf(x / math.sqrt(2))) for x in row] for row in inner]
    rows = norm(added(rows, product(inner, LAYER + "output.dense", blocks)), NORMS[2])
    return [math.fsum(column) / len(rows) for column in zip(*rows)]


def main():
    longc, work = sys.argv[1:]
    os.makedirs(work, exist_ok=True)
    hf_models.numbers = numbers
    encoder_models.writeFolder(f"{work}/shared", CASE)
    subprocess.run([longc, "compile", f"{work}/shared", "-o", f"{work}/program", "--quiet", "--variants", "avx2,avx512_bf16"], check=True)
    ours = embed(f"{work}/program", CASE["sequences"], work, "--int8", "--pooling", "mean", "--normalize", "off")
    def far(blocks):
        return sorted(distance([encoded(tokens, blocks)], [row]) for tokens, row in zip(CASE["sequences"], ours))

    shared, single = far(SHARED), far(32)
    right = shared[len(shared) // 2] < 1e-4 and shared[-1] < 3e-3 < single[0]
    print(f"int8 in blocks of {SHARED} columns: {shared[len(shared) // 2]:.1e} from plain Python, {shared[-1]:.1e} at most; "
          f"from blocks of 32 {single[0]:.1e} at least{'' if right else '  FAILED'}")
    sys.exit(not right)


if __name__ == "__main__":
    main()
