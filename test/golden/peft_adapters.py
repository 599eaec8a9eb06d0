#!/usr/bin/env python3
"""Tiny PEFT adapters out of the cases of peft_adapters.jsonl, for bases of hf_models.jsonl. Standard library only.

    peft_adapters.py CASE BASE ADAPTER      writes the folders of a case's base and of its adapter

Weights are not stored: they follow from the names, as those of hf_models.py do. What an adapter keeps of its base are the
base's own numbers.
"""
import json
import os
import random
import struct
import sys

import hf_models

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peft_adapters.jsonl")


def readCases(path=GOLDEN):
    with open(path, encoding="utf-8") as file:
        return {case["case"]: case for case in map(json.loads, file)}


def tensorBytes(case, base, name, shape):
    """Type and bytes of a tensor."""
    if ".base_layer." in name:
        own = name.removeprefix("base_model.model.").replace(".base_layer.", ".")
        names = [tensor for tensor, _ in base["tensors"]]
        own = own if own in names else "model.embed_tokens.weight"  # a tied head
        return base["type"], hf_models.packed(hf_models.numbers(base, own, shape), base["type"])
    generator = random.Random(f"{case['case']}/{name}")
    scale = 0.4 if "lora" not in name else 1.0 / shape[-1] ** 0.5 if name.endswith("A.weight") else 0.25
    count = shape[0] * (shape[1] if len(shape) > 1 else 1)
    return case["type"], hf_models.packed([generator.gauss(0, scale) for _ in range(count)], case["type"])


def writeAdapter(folder, case, tensors=None):
    base = hf_models.readCases()[case["base"]]
    os.makedirs(folder, exist_ok=True)
    hf_models.writeJson(f"{folder}/adapter_config.json", case["adapter"])
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, shape in tensors or case["tensors"]:
        kind, values = tensorBytes(case, base, name, shape)
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(f"{folder}/adapter_model.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def writeFolders(case, base, adapter):
    hf_models.writeFolder(base, hf_models.readCases()[case["base"]])
    writeAdapter(adapter, case)


if __name__ == "__main__":
    writeFolders(readCases()[sys.argv[1]], *sys.argv[2:])
