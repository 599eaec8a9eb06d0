"""Random shapes of a llama: compiled for one of this processor's variants, whole logits beside plain arithmetic.

    shapes.py LONGC FOLDER [--shapes 42] [--first 0] [--jobs 2]        exit code 0 or 1

Each shape is run as a prompt and single tokens, without memory and with it, exact and fast. A shape's number is its
seed: `--first N --shapes 1` repeats it.
"""
import argparse
import base64
import concurrent.futures
import json
import math
import os
import random
import struct
import subprocess
import sys

from random_llama import BLOCK, Shape, forward, windowBegins, write

PROMPT, STEPS, WINDOW, LAST = 37, 12, 16, 8
# Largest difference of exact logits, beside the largest logit; size of the difference of fast ones, beside the logits'.
EXACT, FAST = 5e-6, 0.02
FLAGS = {"avx2": {"avx2", "fma"}, "avx512": {"avx512bw", "avx512dq", "avx512vl"},
         "avx512_bf16": {"avx512_bf16", "avx512_vnni"}, "amx": {"amx_bf16", "amx_tile"}}
FORMATS = ["F32", "BF16", "F16", "Q8_0", "Q4_0", "Q4_1"]


def variants():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        flags = next(set(line.split()) for line in file if line.startswith("flags"))
    have = []
    for name, needed in FLAGS.items():
        if not needed <= flags:
            break
        have.append(name)
    return have


def randomShape(number, rng):
    """Small, and mostly no multiple of 16 in any direction; blocks need 32 columns."""
    format = FORMATS[number % len(FORMATS)]
    blocks = format in BLOCK
    size = lambda most: 32 * rng.randint(1, 3) if blocks else rng.randint(5, most)
    while True:
        kvHeads = rng.randint(1, 4)
        heads = kvHeads * rng.randint(1, 4)
        head = 2 * rng.randint(1, 20) if rng.random() < 0.9 else 250
        if heads * head <= 512 and (not blocks or heads * head % 32 == 0):
            break
    return Shape(width=size(120), heads=heads, kvHeads=kvHeads, head=head, feed=size(150),
                 vocabulary=rng.randint(259, 300), layers=rng.randint(1, 2), tied=rng.random() < 0.5, format=format)


def logits(program, folder, tokens, calls, *options):
    request = {"prompt": 0, "tokens": tokens, "positions": list(range(len(tokens))), "calls": [[n, 1] for n in calls]}
    with open(f"{folder}/request", "w", encoding="ascii") as file:
        file.write(json.dumps(request) + "\n")
    subprocess.run([program, "logits", "--requests", f"{folder}/request", "-o", f"{folder}/result", "--quiet",
                    "--eviction", "flush", "--threads", "1", *options], check=True, stderr=subprocess.PIPE)
    with open(f"{folder}/result", encoding="ascii") as file:
        result = json.loads(file.read())
    raw = base64.b64decode(result["logits"])
    flat = struct.unpack(f"<{len(raw) // 4}f", raw)
    rows = [flat[i:i + len(flat) // len(result["positions"])]
            for i in range(0, len(flat), len(flat) // len(result["positions"]))]
    return dict(zip(result["positions"], rows))


def distances(ours, reference):
    """Largest difference beside the largest logit, and the norm of all differences beside that of the logits."""
    pairs = [(a, b) for position, row in ours.items() for a, b in zip(row, reference[position], strict=True)]
    if not all(math.isfinite(a) for a, _ in pairs):
        return math.inf, math.inf
    most = max(abs(a - b) for a, b in pairs) / max(abs(b) for _, b in pairs)
    return most, math.sqrt(sum((a - b) ** 2 for a, b in pairs) / sum(b * b for _, b in pairs))


def tryShape(longc, folder, number, variant):
    """What is wrong with the shape's program (empty: nothing), and its distances."""
    rng = random.Random(number)
    shape = randomShape(number, rng)
    os.makedirs(folder, exist_ok=True)
    weights = write(f"{folder}/model.gguf", shape, rng)
    tokens = [rng.randrange(shape.vocabulary) for _ in range(PROMPT + STEPS)]
    calls = [PROMPT] + [1] * STEPS
    label = f"{number}: {shape} for {variant}"
    program = f"{folder}/program"
    done = subprocess.run([longc, "compile", f"{folder}/model.gguf", "--method", "fot", "--window", str(WINDOW),
                           "--last-context", str(LAST), "--variants", variant, "--quiet", "-o", program],
                          capture_output=True, text=True)
    if done.returncode:
        return f"FAIL {label}: {done.stderr.strip()}"
    said, bad = [], False
    for memory, options, begins in (
            ("off", ["--memory", "off", "--window", "64"], [0] * len(tokens)),
            ("on", ["--window", str(WINDOW), "--last-context", str(LAST)], windowBegins(calls, WINDOW, LAST))):
        reference = forward(weights, shape, tokens, begins)
        for mode in (["--exact"], []):
            try:
                ours = logits(program, folder, tokens, calls, *options, *mode)
            except subprocess.CalledProcessError as error:
                return f"FAIL {label}: the program refuses: {error.stderr.decode().strip()}"
            most, size = distances(ours, reference)
            missing = sorted(set(range(PROMPT - 1, len(tokens))) - set(ours))
            bad |= bool(missing) or not (most <= EXACT if mode else size <= FAST)
            said.append(f"memory {memory} {'exact' if mode else 'fast'} {most if mode else size:.1e}"
                        + (f" without position {missing[0]}" if missing else ""))
    return ("FAIL " if bad else "ok   ") + label + ": " + ", ".join(said)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("longc")
    parser.add_argument("folder")
    parser.add_argument("--shapes", type=int, default=42)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    args = parser.parse_args()
    have = variants()
    failures = 0
    with concurrent.futures.ProcessPoolExecutor(args.jobs) as pool:
        numbers = range(args.first, args.first + args.shapes)
        running = [pool.submit(tryShape, args.longc, f"{args.folder}/{n}", n, have[n // len(FORMATS) % len(have)])
                   for n in numbers]
        for one in running:
            said = one.result()
            failures += said.startswith("FAIL")
            print(said, flush=True)
    print(f"{args.shapes - failures} of {args.shapes} shapes agree")
    return 1 if failures or not args.shapes else 0


if __name__ == "__main__":
    sys.exit(main())
