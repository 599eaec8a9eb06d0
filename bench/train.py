#!/usr/bin/env python3
"""Tokens a second of fine-tuning beside torch and PEFT, in turns on the same tokens. Standard library only.

    bench/train.py LONGC MODEL TEXT --python PYTHON [--threads 2] [--steps 4] [--what lora,full] [--compiled]

MODEL is a checkpoint, TEXT what both train on: 4 sequences of 512 tokens a step. PYTHON has torch, transformers and peft. LoRA: rank 16 on all
products but the head. The best step behind the first counts, of each; `--compiled` also measures torch.compile. bench/train.sh does it all.
"""
import argparse
import json
import os
import subprocess
import tempfile

PEER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers", "torch_peft_train.py")
ROWS, LENGTH = 4, 512


def output(command, **options):
    ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, **options)
    if ran.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: exit code {ran.returncode}: {ran.stderr.strip()[-500:]}")
    return ran


def ours(app, data, work, options):
    """Tokens a second of the steps behind the first, and the most memory in bytes."""
    out = f"{work}/out"
    subprocess.run(["rm", "-rf", out], check=True)
    child = subprocess.Popen([app, "train", "--data", data, "--out", out, "--steps", str(options.steps), "--seq-len", str(LENGTH), "--batch", str(ROWS),
                              "--batching", "naive", "--lr", "1e-4", "--threads", str(options.threads), "--save-every", "1000", "--quiet"],
                             stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        raise SystemExit(f"{app} train: wait status {status}")
    with open(f"{out}/train.jsonl", encoding="utf-8") as file:
        return [json.loads(line)["tokens_per_second"] for line in list(file)[1:]], usage.ru_maxrss * 1024


def main():
    parser = argparse.ArgumentParser()
    for name in ("longc", "model", "text"):
        parser.add_argument(name)
    parser.add_argument("--python", required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--what", default="lora,full")
    parser.add_argument("--compiled", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        folder = f"{work}/model"
        output([options.longc, "convert", options.model, "--to", "hf", "-o", folder])
        for what in options.what.split(","):
            lora = ["--lora", "rank=16,alpha=32,targets=all"] if what == "lora" else []
            app = f"{work}/app-{what}"
            # All weights are trained as floats: those of the folder. An adapter stands beside the blocks as they are.
            output([options.longc, "compile", options.model if lora else folder, "--train", *lora, "-o", app, "--quiet"])
            tokens = [int(line) for line in output([app, "tokenize", "--file", options.text]).stdout.split()]
            size = ROWS * LENGTH
            steps = [[tokens[step * size + row * LENGTH:][:LENGTH] for row in range(ROWS)] for step in range(options.steps)]
            with open(f"{work}/tokens.json", "w", encoding="utf-8") as file:
                json.dump(steps, file)
            kinds = [("bfloat16", [])] + ([("bfloat16, compiled", ["--compile"])] if options.compiled else []) + ([("float32", [])] if what == "full" else [])
            for name, flags in kinds:
                peer = json.loads(output([options.python, PEER, folder, f"{work}/tokens.json", "--what", what, "--dtype", name.split(",")[0], "--steps",
                                          str(options.steps), "--threads", str(options.threads), *flags]).stdout.splitlines()[-1])
                speeds, peak = ours(app, options.text, work, options)
                best, theirs = max(speeds), max(peer["tokens_per_second"])
                print(f"{what:5} beside torch {name:20} {best:7.0f} tokens/s, {theirs:7.0f}: {best / theirs:.2f} x; peak {peak / 1e9:.2f} GB, "
                      f"{peer['peak_bytes'] / 1e9:.2f}: {peak / peer['peak_bytes']:.2f} x", flush=True)


if __name__ == "__main__":
    main()
