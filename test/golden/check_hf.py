#!/usr/bin/env python3
"""Compiles the tiny models of hf_models.jsonl and compares their logits with transformers. Standard library only.

    check_hf.py LONGC FOLDER [--gguf] [CASE]...        exit code 0 pass, 1 fail

As Hugging Face folders, in exact and in default mode; with --gguf as GGUF files of the same numbers, in exact mode.

Exact mode may be twice as far from float64 as transformers' own float32. The mean KL of the default mode is at most 1e-3,
or that of transformers in bfloat16: some of these models amplify every rounding. The first 60 tokens are read as a prompt, the others one by one.
"""
import json
import math
import os
import subprocess
import sys

import gguf_models
import hf_models
from check_logits import unpack

PROMPT = 60
MODES = {"exact": ["--exact"], "default": []}


def divergence(reference, ours):
    """KL of one row."""
    def normalised(row):
        top = max(row)
        total = top + math.log(math.fsum(math.exp(x - top) for x in row))
        return [x - total for x in row]
    p, q = normalised(reference), normalised(ours)
    return math.fsum(math.exp(x) * (x - y) for x, y in zip(p, q))


def logitsOf(program, case, work, options):
    request = {"prompt": 0, "tokens": case["tokens"], "positions": case["positions"],
               "calls": [[PROMPT, 1], [1, len(case["tokens"]) - PROMPT]]}
    with open(f"{work}/hf_request.jsonl", "w") as file:
        file.write(json.dumps(request) + "\n")
    subprocess.run([program, "logits", "--requests", f"{work}/hf_request.jsonl", "--output", f"{work}/hf_result.jsonl",
                    "--quiet", "--window", "128", "--last-context", "128", *options], check=True)
    with open(f"{work}/hf_result.jsonl") as file:
        return unpack(json.load(file)["logits"], "f")


def compiled(longc, case, work, gguf):
    model, program = f"{work}/model", f"{work}/program"
    subprocess.run(["rm", "-rf", model], check=True)
    (gguf_models.writeFile if gguf else hf_models.writeFolder)(model, case)
    subprocess.run([longc, "compile", model, "-o", program, "--quiet", "--variants", "avx2" if gguf else "avx2,avx512_bf16",
                    "--window", "128", "--last-context", "128"], check=True)
    return program


def judge(case, name, precision, peer, reference, width, ours):
    """Prints how far our logits are, beside how far the peer's are; whether that is too far."""
    distance = math.sqrt(math.fsum((a - b) ** 2 for a, b in zip(reference, ours)) / math.fsum(a * a for a in reference))
    rows = range(0, len(reference), width)
    kl = math.fsum(divergence(reference[at : at + width], ours[at : at + width]) for at in rows) / len(rows)
    right = distance <= 2 * case["float32_distance"] if precision == "exact" else kl <= max(1e-3, case["bf16_divergence"])
    bad = len(ours) != len(reference) or not right
    print(f"{name}, {precision}: {distance:.1e} from float64, {distance / case['float32_distance']:.2f} x {peer} "
          f"float32; KL {kl:.1e}, {peer} bf16 {case['bf16_divergence']:.1e}{'  FAILED' if bad else ''}")
    return bad


def check(longc, case, work, gguf):
    program = compiled(longc, case, work, gguf)
    reference, width = unpack(case["logits"], "f"), case["config"]["vocab_size"]
    failed = False
    for mode, options in list(MODES.items())[: 1 if gguf else None]:
        failed |= judge(case, case["case"], mode, "transformers'", reference, width, logitsOf(program, case, work, options))
    return failed


def main():
    longc, work, *names = sys.argv[1:]
    gguf = names[:1] == ["--gguf"]
    names = names[1:] if gguf else names
    cases = hf_models.readCases()
    os.makedirs(work, exist_ok=True)
    sys.exit(any([check(longc, cases[name], work, gguf) for name in names or (gguf_models.CASES if gguf else cases)]))


if __name__ == "__main__":
    main()
