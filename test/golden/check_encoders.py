#!/usr/bin/env python3
"""Compiles the tiny encoders of encoder_models.jsonl and compares their embeddings with transformers. Standard library only.

    check_encoders.py LONGC FOLDER [--gguf] [CASE]...        exit code 0 pass, 1 fail

With --gguf as GGUF files with the same numbers. All sequences of a case go in one call. Exact mode may be twice as far from float64 as transformers' own float32; the least
cosine of the others is 0.999, or that of transformers in bfloat16.
"""
import json
import math
import os
import subprocess
import sys

import encoder_models
import gguf_models
import hf_models
from check_logits import unpack


def embed(program, sequences, work, *options):
    with open(f"{work}/sequences.jsonl", "w") as file:
        file.writelines(json.dumps({"token_ids": tokens}) + "\n" for tokens in sequences)
    lines = subprocess.run([program, "embed", "--file", f"{work}/sequences.jsonl", "--json", "--quiet", *options], check=True,
                           stdout=subprocess.PIPE, text=True).stdout.splitlines()
    return [json.loads(line)["embedding"] for line in lines]


def unit(vector):
    length = math.sqrt(math.fsum(x * x for x in vector))
    return [x / length for x in vector]


def cosine(a, b):
    return math.fsum(x * y for x, y in zip(unit(a), unit(b)))


def distance(reference, ours):
    pairs = [(a, b) for row, other in zip(reference, ours) for a, b in zip(row, other)]
    return math.sqrt(math.fsum((a - b) ** 2 for a, b in pairs) / math.fsum(a * a for a, _ in pairs))


def check(longc, case, work, gguf):
    model, program = f"{work}/model", f"{work}/program"
    subprocess.run(["rm", "-rf", model], check=True)
    (gguf_models.writeEncoder if gguf else encoder_models.writeFolder)(model, case)
    subprocess.run([longc, "compile", model, "-o", program, "--quiet", "--variants", "avx2,avx512_bf16"], check=True)
    width, count = case["config"]["hidden_size"], len(case["sequences"])
    numbers = unpack(case["vectors"], "d")
    rows = [numbers[at : at + width] for at in range(0, len(numbers), width)]
    if gguf and gguf_models.firstPosition(case["config"]):  # whose files have lost that positions do not count padding
        kept = [i for i, tokens in enumerate(case["sequences"]) if case["config"]["pad_token_id"] not in tokens]
        rows = [rows[at + i] for at in range(0, len(rows), count) for i in kept]
        case["sequences"], count = [case["sequences"][i] for i in kept], len(kept)
    failed = False
    for mode, options in {"exact": ["--exact"], "default": [], "int8": ["--int8"]}.items():
        ours = []
        for pool in encoder_models.POOLS:
            ours += embed(program, case["sequences"], work, "--pooling", pool, "--normalize", "off", *options)
        far, least = distance(rows, ours), min(cosine(a, b) for a, b in zip(rows, ours))
        right = len(ours) == len(rows) and (far <= 2 * case["float32_distance"] if mode == "exact"
                                            else least >= min(0.999, case["bf16_cosine"]))
        failed |= not right
        print(f"{case['case']}, {mode}: {far:.1e} from float64, {far / case['float32_distance']:.2f} x transformers' float32; "
              f"least cosine {least:.6f}, transformers' bf16 {case['bf16_cosine']:.6f}{'' if right else '  FAILED'}")
    # What the folder says an embedding is; a file cannot say its length, which is 1.
    pool = {"lasttoken": "last"}.get(case.get("pool", "mean"), case.get("pool", "mean"))
    at = encoder_models.POOLS.index(pool) * count
    expected = [unit(row) if gguf or case.get("normalize") else row for row in rows[at : at + count]]
    far = distance(expected, embed(program, case["sequences"], work, "--exact"))
    if far > 4 * case["float32_distance"]:
        print(f"{case['case']}: by itself the program does not give what the folder says, {far:.1e} from it  FAILED")
        failed = True
    return failed


def main():
    longc, work, *names = sys.argv[1:]
    gguf = "--gguf" in names
    names = [name for name in names if name != "--gguf"]
    cases = hf_models.readCases(encoder_models.GOLDEN)
    os.makedirs(work, exist_ok=True)
    sys.exit(any([check(longc, cases[name], work, gguf) for name in names or (gguf_models.ENCODERS if gguf else cases)]))


if __name__ == "__main__":
    main()
