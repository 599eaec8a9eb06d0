#!/usr/bin/env python3
"""The losses of a training beside those of torch and PEFT on the same batches, from the same first adapter. Standard library only.

    bench/train_curve.py APP MODEL_FOLDER TEXT --python PYTHON [--device cpu|cuda:0] [--threads 2] [--steps 300] [--batch 4] [--seq-len 512] [--last 50] [--keep FOLDER]

APP is a program compiled with --train --lora, MODEL_FOLDER its checkpoint as Hugging Face keeps it (`longc convert`), PYTHON has torch, transformers
and peft. Both take --steps steps of --batch passages of TEXT in bfloat16; the means of the last --last losses are compared (goal: within 0.5 %).
With --keep what is done stays in FOLDER and is not done again: ours first, then torch's losses one by one (losses.txt).
"""
import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

PEER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers", "torch_peft_lift.py")
RATE, BYTES = 2e-4, 3 # of a token: few passages are over the length, and split


def output(command):
    ran = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if ran.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}: exit code {ran.returncode}: {ran.stderr.strip()[-500:]}")
    return ran.stdout


def passages(path, count, size):
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read()
    if len(text) < 2 * size:
        raise SystemExit(f"{path}: too short")
    return [text[begin:begin + size] for begin in (i * (len(text) - size) // max(1, count - 1) for i in range(count))]


def steps_of(packs):
    """What torch_peft_lift.py takes: of each step its rows end to end, and of each token the weight of the one behind it."""
    steps = {}
    for pack in packs:
        call = steps.setdefault(pack["step"], {"tokens": [], "boundaries": [], "weights": []})
        call["boundaries"] += [len(call["tokens"]) + begin for begin in pack["cu_seqlens"][:-1]]
        call["tokens"] += pack["token_ids"]
        call["weights"] += pack["weights"][1:] + [0]
    return [{"calls": [steps[step]], "rate": RATE} for step in sorted(steps)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("app", "model", "text"):
        parser.add_argument(name)
    parser.add_argument("--python", required=True)
    parser.add_argument("--device", default="cpu")
    for name, value in (("threads", 2), ("steps", 300), ("batch", 4), ("seq-len", 512), ("last", 50)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--keep")
    options = parser.parse_args()
    if options.keep:
        os.makedirs(options.keep, exist_ok=True)
        asked, kept = {key: str(value) for key, value in vars(options).items()}, f"{options.keep}/options.json"
        if os.path.exists(kept) and json.load(open(kept, encoding="utf-8")) != asked:
            sys.exit(f"{options.keep} is of other options: give another folder")
        with open(kept, "w", encoding="utf-8") as file:
            json.dump(asked, file)
    with contextlib.nullcontext(os.path.abspath(options.keep)) if options.keep else tempfile.TemporaryDirectory() as work:
        data = f"{work}/data.jsonl"
        with open(data, "w", encoding="utf-8") as file:
            file.writelines(json.dumps({"text": text}) + "\n" for text in passages(options.text, options.steps * options.batch, BYTES * options.seq_len))
        batches = ["--data", data, "--seq-len", options.seq_len, "--batch", options.batch, "--batching", "naive", "--loss-norm", "token", "--long", "split", "--seed", 1]
        train = [os.path.abspath(options.app), "train", *batches, "--device", options.device, "--threads", options.threads, "--save-every", 100000, "--quiet"]
        start = time.perf_counter()
        if not os.path.exists(f"{work}/begun/adapter_config.json"):
            output([*train, "--steps", 1, "--lr", 0, "--out", f"{work}/begun"])
        if not os.path.exists(f"{work}/out/adapter_config.json"):
            output([*train, "--steps", options.steps, "--lr", RATE, "--out", f"{work}/out"])
        print(f"ours in {time.perf_counter() - start:.0f} s", flush=True)
        output([os.path.abspath(options.app), "pack-data", *batches, "--output", f"{work}/packs.jsonl", "--quiet"])
        with open(f"{work}/out/train.jsonl", encoding="utf-8") as file:
            ours = [json.loads(line)["loss"] for line in file]
        with open(f"{work}/packs.jsonl", encoding="utf-8") as file, open(f"{work}/rows.jsonl", "w", encoding="utf-8") as rows:
            rows.writelines(json.dumps(step) + "\n" for step in steps_of(map(json.loads, file)))
        losses, start = f"{work}/losses.txt", time.perf_counter()
        if not os.path.exists(losses) or sum(1 for _ in open(losses, encoding="utf-8")) < len(ours):
            with contextlib.suppress(FileNotFoundError):
                os.remove(losses)
            output([options.python, PEER, options.model, f"{work}/begun", f"{work}/rows.jsonl", "--device", options.device, "--threads", options.threads, "--beta2", 0.999, "--losses", losses])
        print(f"torch in {time.perf_counter() - start:.0f} s")
        with open(losses, encoding="utf-8") as file:
            peer = [float(line) for line in file][:len(ours)] # passages that were split make a step or two more
    off = [abs(theirs / our - 1) for our, theirs in zip(ours, peer)]
    last = [statistics.mean(losses[-options.last:]) for losses in (ours, peer)]
    for step in sorted({1, 2, 5, 10, 20, 50, 100, 200, len(ours)}):
        if step <= len(ours):
            print(f"step {step:>4}  {ours[step - 1]:.4f}  torch {peer[step - 1]:.4f}")
    print(f"{len(ours)} and {len(peer)} steps; one loss beside the other {100 * statistics.mean(off):.2f} % apart in the mean, {100 * max(off):.2f} % at the most")
    print(f"mean of the last {options.last}: {last[0]:.4f}, torch {last[1]:.4f}: {100 * (last[0] / last[1] - 1):+.3f} %")


if __name__ == "__main__":
    main()
