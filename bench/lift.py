#!/usr/bin/env python3
"""Seconds of a LIFT fit beside torch and PEFT on the same rows, and whether both learn the same. Standard library only.

    bench/lift.py APP MODEL_FOLDER TEXT --python PYTHON [--device cpu|cuda:0] [--threads 2] [--steps 10] [--recipe qa] [--compiled]

APP is a program compiled with --train --lora, MODEL_FOLDER its checkpoint as Hugging Face keeps it (`longc convert`), PYTHON has torch,
transformers and peft. The program fits the text once; the peer begins with the same adapter and takes the first --steps of the same
steps (0: all). Where a loss is more than 5 % off the program's in any of the first four steps, or 10 % off in the mean, these are not the same
steps, which ends it with an error: both compute in bfloat16, and steps at these rates drift. The median step counts of each. bench/lift.sh does
it all.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

PEER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers", "torch_peft_lift.py")
FIRST, EARLY, MEAN = 4, 0.05, 0.10 # steps whose losses are compared one by one; how far they may lie apart


def output(command):
    ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if ran.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: exit code {ran.returncode}: {ran.stderr.strip()[-500:]}")
    return json.loads(ran.stdout.strip().splitlines()[-1])


def fit(options, text, folder, *more):
    return output([options.app, "lift", "fit", text, "-o", folder, "--recipe", options.recipe, "--device", options.device, "--threads",
                   str(options.threads), "--seed", "0", "--json", "--quiet", "--progress", "none", *more])


def apart(ours, theirs):
    """How far the losses lie apart: the most of the first steps, and in the mean of all."""
    off = [abs(their / our - 1) for our, their in zip(ours, theirs)]
    return max(off[:FIRST]), statistics.mean(off)


def main():
    parser = argparse.ArgumentParser()
    for name in ("app", "model", "text"):
        parser.add_argument(name)
    parser.add_argument("--python", required=True)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--epochs", type=int, default=0, help="passes of the program's fit (0: the recipe's)")
    parser.add_argument("--recipe", default="qa")
    parser.add_argument("--compiled", action="store_true")
    options = parser.parse_args()
    options.app = os.path.abspath(options.app)
    with tempfile.TemporaryDirectory() as work:
        epochs = ["--epochs", str(options.epochs)] if options.epochs else []
        with open(f"{work}/few.txt", "w", encoding="utf-8") as file:
            file.write("Adapters begin with what the seed says, whatever text it is that they are to absorb in the end. " * 5)
        fit(options, f"{work}/few.txt", f"{work}/begun", "--lr", "0", "--epochs", "1")
        fitted = fit(options, options.text, f"{work}/fitted", "--write-rows", f"{work}/rows.jsonl", *epochs)
        with open(f"{work}/rows.jsonl", encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        each = fitted["step_seconds"]
        print(f"{options.recipe} on {options.device}, {fitted['document_tokens']} tokens: {fitted['steps']} steps of {fitted['tokens'] / fitted['steps']:.0f} tokens in "
              f"{fitted['seconds']:.2f} s, {1e3 * each:.1f} ms the median step", flush=True)
        for name, flags in [("eager", [])] + ([("compiled", ["--compile"])] if options.compiled else []):
            peer = output([options.python, PEER, options.model, f"{work}/begun", f"{work}/rows.jsonl", "--device", options.device, "--threads", str(options.threads),
                           "--steps", str(options.steps), *flags])
            ours = [row["loss"] for row in rows]
            worst, mean = apart(ours, peer["losses"])
            theirs = statistics.median(peer["step_seconds"][1:])
            whole = peer["load_seconds"] + peer["step_seconds"][0] + theirs * (fitted["steps"] - 1)
            print(f"torch, PEFT, bfloat16, {name:8} {1e3 * theirs:8.1f} ms the median of {len(peer['step_seconds'])} steps: {theirs / each:.2f} x; the whole fit "
                  f"{whole:.1f} s computed ({peer['load_seconds']:.1f} s until the model stands there, first step {peer['step_seconds'][0]:.1f} s): {whole / fitted['seconds']:.2f} x; "
                  f"losses {100 * worst:.2f} % apart in the first {FIRST} steps, {100 * mean:.2f} % in the mean; peak {peer['peak_bytes'] / 1e9:.2f} GB", flush=True)
            if worst > EARLY or mean > MEAN:
                sys.exit(f"these are not the same steps: losses {[round(one, 4) for one in ours[:8]]} and {[round(one, 4) for one in peer['losses'][:8]]}")


if __name__ == "__main__":
    main()
