#!/usr/bin/env python3
"""Seconds of a LIFT fit beside torch and PEFT on the same rows, and whether both learn the same. Standard library only.

    bench/lift.py APP MODEL_FOLDER TEXT --python PYTHON [--device cpu|cuda:0] [--threads 2] [--steps 10] [--recipe qa] [--compiled]

APP is a program compiled with --train --lora, MODEL_FOLDER its checkpoint as Hugging Face keeps it (`longc convert`), PYTHON has torch,
transformers and peft. The program fits the text once; the peer begins with the same adapter and takes the first --steps of the same
steps (0: all). The median step counts of each.

Whether these are the same steps is judged where roundings do not decide: on the processor both take up to 8 steps in float32 first, at the same
rates, and each loss must be within 0.5 % of the program's. In bfloat16 AdamW's first steps are little more than the signs of the gradients, and
where a gradient is near zero a rounding decides: the two part, each from float32 too, and torch, whose activations are all rounded, before the
first step already. There that loss must be within 3 %, and how far each is from float32 is told. bench/lift.sh does it all.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

PEER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers", "torch_peft_lift.py")
CHECKED, WIDE, NARROW = 8, 0.005, 0.03 # steps in float32, how far apart their losses may be, and those before the first step in bfloat16


def output(command):
    ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if ran.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: exit code {ran.returncode}: {ran.stderr.strip()[-500:]}")
    return json.loads(ran.stdout.strip().splitlines()[-1])


def fit(options, text, folder, *more):
    return output([options.app, "lift", "fit", text, "-o", folder, "--recipe", options.recipe, "--device", options.device, "--threads",
                   str(options.threads), "--seed", "0", "--json", "--quiet", "--progress", "none", *more])


def apart(ours, theirs):
    """How far the losses lie apart, step by step."""
    return [abs(their / our - 1) for our, their in zip(ours, theirs)]


def stop(ours, theirs):
    sys.exit(f"these are not the same steps: losses {[round(one, 4) for one in ours[:CHECKED]]} and {[round(one, 4) for one in theirs[:CHECKED]]}")


def recorded(options, text, work, name, *more):
    """A fit, and its steps."""
    fitted = fit(options, text, f"{work}/{name}", "--write-rows", f"{work}/{name}.jsonl", *more)
    with open(f"{work}/{name}.jsonl", encoding="utf-8") as file:
        return fitted, [json.loads(line)["loss"] for line in file]


def peerOf(options, work, name, steps, *more):
    return output([options.python, PEER, options.model, f"{work}/begun", f"{work}/{name}.jsonl", "--device", options.device, "--threads", str(options.threads),
                   "--steps", str(steps), *more])


def checkWide(options, text, work):
    """The same steps in float32."""
    _, ours = recorded(options, text, work, "exact", "--exact", "--epochs", "2")
    theirs = peerOf(options, work, "exact", CHECKED, "--dtype", "float32")["losses"]
    worst = max(apart(ours, theirs))
    if worst > WIDE:
        stop(ours, theirs)
    print(f"in float32 the losses of {len(theirs)} steps are {100 * worst:.3f} % apart at the most", flush=True)
    return ours


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
        wide = checkWide(options, options.text, work) if options.device == "cpu" else []
        fitted, ours = recorded(options, options.text, work, "fitted", *epochs)
        each = fitted["step_seconds"]
        print(f"{options.recipe} on {options.device}, {fitted['document_tokens']} tokens: {fitted['steps']} steps of {fitted['tokens'] / fitted['steps']:.0f} tokens in "
              f"{fitted['seconds']:.2f} s, {1e3 * each:.1f} ms the median step", flush=True)
        for name, flags in [("eager", [])] + ([("compiled", ["--compile"])] if options.compiled else []):
            peer = peerOf(options, work, "fitted", options.steps, *flags)
            off = apart(ours, peer["losses"])
            if off[0] > NARROW:
                stop(ours, peer["losses"])
            theirs = statistics.median(peer["step_seconds"][1:])
            whole = peer["load_seconds"] + peer["step_seconds"][0] + theirs * (fitted["steps"] - 1)
            print(f"torch, PEFT, bfloat16, {name:8} {1e3 * theirs:8.1f} ms the median of {len(peer['step_seconds'])} steps: {theirs / each:.2f} x; the whole fit "
                  f"{whole:.1f} s computed ({peer['load_seconds']:.1f} s until the model stands there, first step {peer['step_seconds'][0]:.1f} s): {whole / fitted['seconds']:.2f} x; "
                  f"losses {100 * off[0]:.2f} % apart before the first step, {100 * statistics.mean(off):.2f} % in the mean; peak {peer['peak_bytes'] / 1e9:.2f} GB", flush=True)
            if wide:
                print(f"from float32 before the first step: the program {100 * apart(wide, ours)[0]:.2f} %, torch {100 * apart(wide, peer['losses'])[0]:.2f} %; in the mean of "
                      f"{min(len(wide), len(peer['losses']))} steps {100 * statistics.mean(apart(wide, ours)):.2f} % and {100 * statistics.mean(apart(wide, peer['losses'])):.2f} %", flush=True)


if __name__ == "__main__":
    main()
