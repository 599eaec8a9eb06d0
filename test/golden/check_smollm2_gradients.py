#!/usr/bin/env python3
"""Compares the gradients of every parameter of SmolLM2 with PyTorch's in float64. Standard library only.

    check_smollm2_gradients.py LONGC MODEL.gguf WORK       exit code 0 pass, 1 fail

The model is converted to floats and compiled with all parameters trained; exact mode. By hand, a minute. The bound is twice the distance of
PyTorch's float32: over all parameters (root mean square), and for each twice the largest of PyTorch's. On 2026-11-29 it was 1.6 times.
"""
import array
import base64
import json
import math
import subprocess
import sys

import hf_models
from check_gradients import gradientNames, noPairs, results

LIMIT = 2
GOLDEN = hf_models.GOLDEN.replace("hf_models", "smollm2_gradients")


def distance(ours, line):
    wanted = array.array("f", base64.b64decode(line["values"]))
    error = math.fsum((ours[place] - value) ** 2 for place, value in zip(line["places"], wanted))
    return math.sqrt(error / math.fsum(value * value for value in wanted))


def root(values):
    return math.sqrt(math.fsum(value * value for value in values) / len(values))


def main():
    longc, model, work = sys.argv[1:]
    subprocess.run(["rm", "-rf", work], check=True)
    subprocess.run(["mkdir", "-p", work], check=True)
    with open(GOLDEN, encoding="utf-8") as file:
        batch, *lines = map(json.loads, file)
    subprocess.run([longc, "convert", model, "--to", "hf", "-o", f"{work}/model", "--quiet"], check=True)
    program = f"{work}/program"
    subprocess.run([longc, "compile", f"{work}/model", "--train", "-o", program, "--quiet", "--variants", "avx2"], check=True)
    names = gradientNames(longc, program)
    loss, gradients = results(program, batch, work, names, noPairs(longc, program), ["--exact"])
    faults = [f"no gradient of {line['name']}" for line in lines if line["name"] not in gradients]
    if abs(loss / batch["loss"] - 1) > 1e-5:
        faults.append(f"the loss is {loss}, expected {batch['loss']}")
    theirs = [line["float32_distance"] for line in lines]
    ours = {line["name"]: distance(gradients[line["name"]], line) for line in lines if line["name"] in gradients}
    faults += [f"{name} is {error:.1e} off" for name, error in ours.items() if not error <= LIMIT * max(theirs)]
    if ours and root(list(ours.values())) > LIMIT * root(theirs):
        faults.append("distances over all parameters")
    ratios = sorted(ours[line["name"]] / line["float32_distance"] for line in lines if line["name"] in ours)
    print(f"SmolLM2, exact: {len(ours)} gradients, distance to float64 {root(list(ours.values())):.2e} (at most {max(ours.values()):.1e}); PyTorch's "
          f"float32 {root(theirs):.2e} (at most {max(theirs):.1e}); {ratios[len(ratios) // 2]:.1f} x theirs in the median; loss {loss:.6f}, {batch['loss']:.6f}"
          + "".join(f"\n  {fault}" for fault in faults))
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
