#!/usr/bin/env python3
"""Adapters through `longc convert --to peft`: the products that PEFT would make of the folder before and after are the same, and so
are the weights that it brings whole (modules_to_save).

    write_adapters.py LONGC FOLDER      FOLDER has blocks.gguf, the adapter of its program `program`, and room for others

PEFT's rules, in our own words: a product's factor is alpha / r (alpha / sqrt(r) with use_rslora); r and alpha of a module are
those of the pattern that matches the end of its name. Standard library only.
"""
import json
import math
import os
import re
import shutil
import struct
import subprocess
import sys

sys.path.insert(0, "test/golden")
import peft_adapters

WIDTH = {"F32": 4, "F16": 2, "BF16": 2, "F64": 8}


def numbers(kind, data):
    if kind == "BF16":
        return [struct.unpack("<f", b"\0\0" + data[i:i + 2])[0] for i in range(0, len(data), 2)]
    return list(struct.unpack(f"<{len(data) // WIDTH[kind]}{ {'F32': 'f', 'F16': 'e', 'F64': 'd'}[kind] }", data))


def tensorsOf(folder):
    with open(f"{folder}/adapter_model.safetensors", "rb") as file:
        data = file.read()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size])
    header.pop("__metadata__", None)
    found = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        name = re.sub(r"^base_model\.model\.", "", name).replace("language_model.", "").replace("model.model.", "model.")
        if ".base_layer." not in name:
            found[name] = (entry["shape"], numbers(entry["dtype"], data[8 + size + begin:8 + size + end]))
    return found


def factorsOf(folder, tensors):
    with open(f"{folder}/adapter_config.json") as file:
        config = json.load(file)
    def of(module, patterns, default):
        for pattern, value in (patterns or {}).items():
            if re.match(rf"(.*\.)?({pattern})$", module):
                return value
        return default
    factors = {}
    for name in tensors:
        module, found, _ = name.partition(".lora_")
        if found:
            rank, alpha = of(module, config.get("rank_pattern"), config["r"]), of(module, config.get("alpha_pattern"), config["lora_alpha"])
            factors[module] = alpha / (math.sqrt(rank) if config.get("use_rslora") else rank)
    return factors


def same(before, after, what):
    ours, theirs = tensorsOf(after), tensorsOf(before)
    assert theirs.keys() == ours.keys(), (what, theirs.keys() ^ ours.keys())
    for name in theirs:
        assert ours[name] == theirs[name], (what, name)
    with open(f"{after}/adapter_config.json") as file:
        saved = json.load(file).get("modules_to_save") or []
    whole = {name.rsplit(".", 1)[0] for name in theirs if ".lora_" not in name}
    assert all(any(module == end or module.endswith("." + end) for end in saved) for module in whole), (what, whole, saved)
    assert all(any(module == end or module.endswith("." + end) for module in whole) for end in saved), (what, whole, saved)
    a, b = factorsOf(after, ours), factorsOf(before, theirs)
    assert a.keys() == b.keys() and all(math.isclose(a[m], b[m], rel_tol=1e-12) for m in a), (what, a, b)


def saving(longc, folder, convert, back):
    """A program that carries a table of an adapter gives it back; one that carries a norm is refused, and its folder is not."""
    case = peft_adapters.readCases()["table"]
    base, adapter, program = f"{folder}/saving.base", f"{folder}/saving", f"{folder}/saving.program"
    for norm in (False, True):
        if norm:
            case["adapter"]["modules_to_save"].append("model.norm")
            case["tensors"].append(["base_model.model.model.norm.weight", [32]])
        peft_adapters.writeFolders(case, base, adapter)
        subprocess.run([longc, "compile", base, "--adapter", adapter, "-o", program, "--variants", "avx2", "--quiet"], check=True)
        if norm:
            refused = subprocess.run([longc, "convert", program, "--to", "peft", "-o", f"{folder}/none"], capture_output=True, text=True)
            assert refused.returncode == 1 and "'model.norm.weight' of the adapter's modules_to_save cannot" in refused.stderr, refused.stderr
            convert(base, "--adapter", adapter)
        else:
            convert(program)
        same(adapter, back, f"saved modules, norm {norm}")


def main():
    longc, folder = sys.argv[1:]
    back = f"{folder}/back"
    def convert(source, *options):
        shutil.rmtree(back, ignore_errors=True)
        subprocess.run([longc, "convert", source, "--to", "peft", "-o", back, "--quiet", *options], check=True)
    convert(f"{folder}/program")
    same(f"{folder}/adapter", back, "the program's adapter")
    saving(longc, folder, convert, back)
    cases = [name for name, case in peft_adapters.readCases().items() if case["adapter"]["peft_type"] == "LORA"]
    for name in cases:
        base, adapter = f"{folder}/base.{name}", f"{folder}/adapter.{name}"
        peft_adapters.writeFolders(peft_adapters.readCases()[name], base, adapter)
        convert(base, "--adapter", adapter)
        same(adapter, back, name)
        shutil.rmtree(base)
        shutil.rmtree(adapter)
    assert len(cases) >= 5
    print(f"{len(cases) + 1} adapters written as they were")


if __name__ == "__main__":
    main()
