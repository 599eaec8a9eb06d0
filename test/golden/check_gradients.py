#!/usr/bin/env python3
"""Compiles the models of hf_gradients.jsonl for training and compares loss and every gradient with PyTorch's in float64. Standard library only.

    check_gradients.py LONGC FOLDER [CASE]...        exit code 0 pass, 1 fail

All parameters are trained. Errors are relative to the gradient's norm, or for single elements to its root mean square where that
is larger. Exact mode may be off by a few roundings of float32; in the default mode, whose products are of bf16, single elements by a
quarter of that: these models amplify every rounding. Where rows can go on behind others, two that share their beginning have the
gradients of the two written out.
"""
import array
import json
import math
import re
import subprocess
import sys

import hf_models

GOLDEN = hf_models.GOLDEN.replace("hf_models", "hf_gradients")
INPUTS = {"tokens": "i", "positions": "i", "boundaries": "i", "targets": "i", "weights": "f"}
PAIRS = "cross_rows"  # of sequences: the first goes on behind the second
ALLOWED = {"exact": 2e-5, "default": 0.25}


def writeNumbers(path, kind, numbers, shape=None):
    header = f"{{'descr': '<{kind}4', 'fortran_order': False, 'shape': {shape or (len(numbers),)}, }}".ljust(117) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + array.array(kind, numbers).tobytes())


def readNumbers(path):
    with open(path, "rb") as file:
        data = file.read()
    return array.array("f", data[10 + int.from_bytes(data[8:10], "little"):])


def inspected(longc, program):
    """What the compiler says of @loss_gradient."""
    text = subprocess.run([longc, "inspect", program, "--steps"], check=True, capture_output=True, text=True).stdout
    return next(part for part in re.split(r"^(?=\S)", text, flags=re.M) if part.startswith("function loss_gradient.fast "))


def gradientNames(longc, program):
    """The parameters whose gradients are results 1, 2, ... of @loss_gradient."""
    names = re.findall(r"^  result (\d+): gradient of (\S+)$", inspected(longc, program), re.M)
    assert [int(number) for number, _ in names] == list(range(1, len(names) + 1)), names
    return [name for _, name in names]


def noPairs(longc, program):
    """Of a batch whose rows read no others; None where the program takes none."""
    return [] if PAIRS in inspected(longc, program) else None


def compiled(longc, case, work, variants):
    model, program = f"{work}/model", f"{work}/program"
    subprocess.run(["rm", "-rf", model], check=True)
    hf_models.writeFolder(model, case)
    subprocess.run([longc, "compile", model, "--train", "--share-context", "-o", program, "--quiet", "--variants", variants, "--window", "128",
                    "--last-context", "128"], check=True)
    return program


def results(program, batch, work, names, pairs, options):
    """The loss, and each gradient by name; `pairs`: a list, or None where the program takes none."""
    for name, kind in INPUTS.items():
        writeNumbers(f"{work}/{name}.npy", kind, batch[name])
    taken = list(INPUTS)
    if pairs is not None:
        writeNumbers(f"{work}/{PAIRS}.npy", "i", sum(pairs, []), (len(pairs), 2))
        taken.append(PAIRS)
    outputs = [f"{work}/result{number}.npy" for number in range(len(names) + 1)]
    subprocess.run([program, "run", "--function", "loss_gradient", "--inputs", ",".join(f"{work}/{name}.npy" for name in taken),
                    "--outputs", ",".join(outputs), "--repeat", "1", *options], check=True, stdout=subprocess.DEVNULL)
    loss, *gradients = [readNumbers(path) for path in outputs]
    return loss[0], dict(zip(names, gradients))


def check(case, golden, precision, loss, gradients):
    allowed, errors = ALLOWED[precision], {"loss": abs(loss - golden["loss"]) / golden["loss"]}
    faults = [f"no gradient of {name}" for name in golden["gradients"].keys() - gradients.keys()]
    faults += [f"gradient of {name}, which has none" for name in gradients.keys() - golden["gradients"].keys()]
    for name in golden["gradients"].keys() & gradients.keys():
        ours, wanted = gradients[name], golden["gradients"][name]
        norm, root = wanted["norm"], wanted["norm"] / math.sqrt(len(ours))
        errors[name] = abs(math.sqrt(math.fsum(value * value for value in ours)) - norm) / norm
        for place, value in zip(wanted["places"], wanted["values"]):
            errors[name] = max(errors[name], abs(ours[place] - value) / max(root, abs(value)))
    faults += [f"{name} is {error:.1e} off" for name, error in errors.items() if not error <= allowed]
    worst = max(errors, key=errors.get)
    print(f"{case['case']}, {precision}: {len(gradients)} gradients, at most {errors[worst]:.1e} from float64 ({worst}; PyTorch's "
          f"float32: {golden['float32_distance']:.1e})" + "".join(f"\n  {fault}" for fault in sorted(faults)))
    return bool(faults)


def checkShared(case, golden, run):
    """Whether rows behind what they share have other gradients than the same rows written out."""
    def batch(*rows):  # (tokens, position of the first, how many of them are predicted from the one before)
        made = {name: [] for name in INPUTS} | {"boundaries": [0]}
        for tokens, first, predicted in rows:
            made["tokens"] += tokens
            made["positions"] += range(first, first + len(tokens))
            made["targets"] += tokens[1:] + [0]
            made["weights"] += (len(tokens) - 1 - predicted) * [0.0] + predicted * [0.2] + [0.0]
            made["boundaries"].append(len(made["tokens"]))
        return made

    words = golden["tokens"] * (1 + 16 // len(golden["tokens"]))
    shared, ends = words[:9], (words[9:12], words[12:14])
    apart = run(batch(*((shared + end, 0, len(end)) for end in ends)), [])
    joined = run(batch((shared[:-1], 0, 0), *((shared[-1:] + end, len(shared) - 1, len(end)) for end in ends)), [[1, 0], [2, 0]])
    errors = {"loss": abs(joined[0] / apart[0] - 1)}
    for name, wanted in apart[1].items():
        errors[name] = math.dist(joined[1][name], wanted) / max(math.hypot(*wanted), 1e-30)
    worst = max(errors, key=errors.get)
    print(f"{case}: rows that share their beginning, at most {errors[worst]:.1e} from the same written out ({worst})")
    return not errors[worst] <= ALLOWED["exact"]


def main():
    longc, work, *chosen = sys.argv[1:]
    subprocess.run(["mkdir", "-p", work], check=True)
    cases, failed = hf_models.readCases(), False
    for name, golden in hf_models.readCases(GOLDEN).items():
        if chosen and name not in chosen:
            continue
        program = compiled(longc, cases[name], work, "avx2,avx512_bf16" if name == "llama-odd" else "avx2")
        names, none = gradientNames(longc, program), noPairs(longc, program)
        for precision, options in {"exact": ["--exact"], "default": []}.items():
            failed |= check(cases[name], golden, precision, *results(program, golden, work, names, none, options))
        if none is not None:
            failed |= checkShared(name, golden, lambda batch, pairs: results(program, batch, work, names, pairs, ["--exact"]))
    sys.exit(failed)


if __name__ == "__main__":
    main()
