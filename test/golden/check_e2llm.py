#!/usr/bin/env python3
"""Compiles the two models of e2llm.jsonl into one program and compares it with PyTorch's float64. Standard library only.

    check_e2llm.py LONGC FOLDER        exit code 0 pass, 1 fail; the program stays as FOLDER/program

Exact mode: soft tokens and loss within a few roundings of float32; each gradient within twice the distance of PyTorch's float32,
of its norm, or of its root mean square where that is larger; the greedy reply token by token.
"""
import json
import math
import subprocess
import sys

import e2llm_models
import hf_models
from check_gradients import gradientNames, readNumbers, writeNumbers

ALLOWED = {"soft tokens": 1e-5, "loss": 1e-5}


def inputsOf(golden):
    """Of @loss_gradient, in its order: the sequences, then the chunks."""
    flat = lambda key: [value for sequence in golden["sequences"] for value in sequence[key]]
    lengths, chunks = [len(sequence["tokens"]) for sequence in golden["sequences"]], golden["chunks"]
    bounds = lambda sizes: [sum(sizes[:n]) for n in range(len(sizes) + 1)]
    starts, firsts = bounds(lengths), bounds([len(chunk) for chunk in chunks])
    used = [(starts[number] + place, chunk) for number, places in enumerate(golden["soft_places"]) for place, chunk in places]
    rows = [number for number, chunk in enumerate(chunks) for _ in chunk]
    targets, weights = flat("targets"), flat("weights")
    said = [place for place, weight in enumerate(weights) if weight]
    return {"tokens": ("i", flat("tokens")), "positions": ("i", [t for n in lengths for t in range(n)]), "boundaries": ("i", starts),
            "rows": ("i", said), "row_targets": ("i", [targets[place] for place in said]), "row_weights": ("f", [weights[place] for place in said]), "soft_chunks": ("i", [chunk for _, chunk in used]),
            "chunk_tokens": ("i", [token for chunk in chunks for token in chunk]), "chunk_token_types": ("i", [0] * len(rows)),
            "chunk_positions": ("i", [t for chunk in chunks for t in range(len(chunk))]), "chunk_boundaries": ("i", firsts),
            "chunk_firsts": ("i", firsts[:-1]), "chunk_places": ("i", rows), "chunk_shares": ("f", [1 / len(chunks[row]) for row in rows]),
            "destinations": ("i", [place for place, _ in used])}


def run(program, function, inputs, outputs, work):
    for name, (kind, numbers) in inputs.items():
        writeNumbers(f"{work}/{name}.npy", kind, numbers)
    paths = [f"{work}/result{number}.npy" for number in range(outputs)]
    subprocess.run([program, "run", "--function", function, "--inputs", ",".join(f"{work}/{name}.npy" for name in inputs), "--outputs",
                    ",".join(paths), "--repeat", "1", "--exact"], check=True, stdout=subprocess.DEVNULL)
    return [readNumbers(path) for path in paths]


def main():
    longc, work = sys.argv[1:]
    subprocess.run(["rm", "-rf", work], check=True)
    e2llm_models.writeFolders(f"{work}/models")
    program, golden = f"{work}/program", hf_models.readCases(e2llm_models.GOLDEN)["e2llm"]
    subprocess.run([longc, "compile", "--method", "e2llm", *(f"--module={part}={work}/models/{part}" for part in ("encoder", "decoder")), "--adapter",
                    f"{work}/models/adapter", "--train", "-o", program, "--quiet", "--variants", "avx2"], check=True)
    errors, names = {}, gradientNames(longc, program)
    inputs = inputsOf(golden)
    soft = run(program, "compress", {role: inputs[f"chunk_{role}"] for role in ("tokens", "token_types", "positions", "boundaries")}, 1, work)[0]
    size = math.sqrt(sum(value * value for value in golden["soft"]) / len(soft))
    errors["soft tokens"] = max(abs(ours - wanted) for ours, wanted in zip(soft, golden["soft"], strict=True)) / size
    loss, *gradients = run(program, "loss_gradient", inputs, len(names) + 1, work)
    errors["loss"] = abs(loss[0] - golden["loss"]) / golden["loss"]
    faults = [f"gradients of {sorted(golden['gradients'].keys() ^ set(names))}"] if golden["gradients"].keys() != set(names) else []
    for name, ours in zip(names, gradients):
        if wanted := golden["gradients"].get(name):
            root = wanted["norm"] / math.sqrt(len(ours))
            errors[name] = max([abs(math.sqrt(math.fsum(value * value for value in ours)) - wanted["norm"]) / wanted["norm"]] +
                               [abs(ours[place] - value) / max(root, abs(value)) for place, value in zip(wanted["places"], wanted["values"])])
    faults += [f"{name} is {error:.1e} off" for name, error in errors.items() if not error <= ALLOWED.get(name, 2 * golden["float32_distance"])]
    with open(f"{work}/text", "w", encoding="utf-8") as file:
        file.write(golden["text"])
    answer = subprocess.run([program, "ask", "--document", f"{work}/text", "--prompt", golden["question"], "-n", str(len(golden["reply"])), "--temperature",
                             "0", "--json", "--exact", "-q"], check=True, capture_output=True, text=True).stdout
    if (reply := json.loads(answer)["token_ids"]) != golden["reply"]:
        faults.append(f"replied {reply}, expected {golden['reply']}")
    worst = max(errors, key=errors.get)
    print(f"{len(names)} gradients, loss and soft tokens at most {errors[worst]:.1e} from float64 ({worst}; PyTorch's float32: "
          f"{golden['float32_distance']:.1e})" + "".join(f"\n  {fault}" for fault in faults))
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
