#!/usr/bin/env python3
"""Eight steps of LIFT as published, in exact mode, against PyTorch's in float64 (lift_runs.jsonl). Standard library only.

    check_lift.py LONGC FOLDER        exit code 0 pass, 1 fail

Losses agree to a thousandth, values after eight steps to a hundredth of what they have changed by: nothing in between may differ, from the
rows of the text to the optimizer.
"""
import json
import math
import struct
import subprocess
import sys

import hf_models

LOSS, CHANGE = 1e-3, 1e-2


def readTensors(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    header.pop("__metadata__", None)
    return {name: (entry["shape"], [value for (value,) in struct.iter_unpack("<f", data[slice(*entry["data_offsets"])])])
            for name, entry in header.items()}


def fitted(longc, work, golden):
    """What the program says of its fit, and the tensors that it wrote."""
    trained = ["--gated-memory", "identity"] if golden["adapter"] == "gated_memory" else ["--lora", f"rank={golden['rank']},alpha={golden['alpha']},targets=all"]
    program, out = f"{work}/{golden['adapter']}", f"{work}/{golden['adapter']}.lift"
    subprocess.run([longc, "compile", f"{work}/model", "--train", "--share-context", *trained, "-o", program, "--quiet", "--variants", "avx2"], check=True)
    said = subprocess.run([program, "lift", "fit", f"{work}/text.txt", "-o", out, "--train-questions", f"{work}/questions.jsonl", "--recipe", "gm", "--batch", "0",
                           "--window", str(golden["window"]), "--seed", str(golden["seed"]), "--lr", str(golden["rate"]), "--exact", "--json", "--quiet"],
                          check=True, capture_output=True, text=True).stdout
    return json.loads(said), readTensors(f"{out}/adapter_model.safetensors")


def faultsOf(golden, said, tensors):
    faults = []
    for key, expected in (("loss_first", golden["losses"][0]), ("loss_last", golden["losses"][-1])):
        if not abs(said[key] / expected - 1) <= LOSS:
            faults.append(f"{key} is {said[key]}, expected {expected}")
    if said["steps"] != len(golden["losses"]):
        faults.append(f"{said['steps']} steps")
    names = {f"base_model.model.{name}.weight" for name in golden["values"]}
    if names != set(tensors):
        return faults + [f"other tensors: {sorted(names ^ set(tensors))[:4]}"]
    for name, kept in golden["values"].items():
        shape, values = tensors[f"base_model.model.{name}.weight"]
        if shape != kept["shape"]:
            faults.append(f"{name} is {shape}, expected {kept['shape']}")
            continue
        change = math.dist(kept["values"], kept["begun"])
        error = math.dist([values[place] for place in kept["places"]], kept["values"])
        if not error <= CHANGE * change:
            faults.append(f"{name} is {error:.2e} off where it changed by {change:.2e}")
    return faults


def main():
    longc, work = sys.argv[1:]
    subprocess.run(["rm", "-rf", work], check=True)
    subprocess.run(["mkdir", "-p", work], check=True)
    with open(hf_models.GOLDEN.replace("hf_models", "lift_runs"), encoding="utf-8") as file:
        goldens = [json.loads(line) for line in file]
    case = hf_models.readCases()["llama-odd"]
    case["config"]["max_position_embeddings"] = goldens[0]["window"]
    hf_models.writeFolder(f"{work}/model", case)
    with open(f"{work}/text.txt", "w", encoding="utf-8") as file:
        file.write(goldens[0]["text"])
    with open(f"{work}/questions.jsonl", "w", encoding="utf-8") as file:
        file.writelines(json.dumps({"question": question, "answer": answer}) + "\n" for question, answer in goldens[0]["questions"])
    failed = False
    for golden in goldens:
        said, tensors = fitted(longc, work, golden)
        faults = faultsOf(golden, said, tensors)
        failed = failed or bool(faults)
        print(f"{golden['adapter']}: loss {said['loss_first']:.6f} -> {said['loss_last']:.6f}, expected {golden['losses'][0]:.6f} -> {golden['losses'][-1]:.6f}"
              + "".join(f"\n  {fault}" for fault in faults))
    sys.exit(failed)


if __name__ == "__main__":
    main()
