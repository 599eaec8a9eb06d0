#!/usr/bin/env python3
"""Tiny Hugging Face folders out of the cases of hf_models.jsonl. Standard library only.

    hf_models.py CASE FOLDER           writes the folder of a case: config, weights, tokenizer
    hf_models.py --configs FOLDER      writes the configurations of all cases, for a fuzzer to begin with

Weights are not stored: they follow from the case's name and the tensor's name by Python's own generator, so that
make_hf_goldens.py and the tests have the same ones. A case says its type of weights, and in how many shards they lie.
"""
import json
import os
import random
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.join(HERE, "hf_models.jsonl")
BYTES = {"F32": 4, "F16": 2, "BF16": 2}


def readCases(path=GOLDEN):
    with open(path, encoding="utf-8") as file:
        return {case["case"]: case for case in map(json.loads, file)}


def numbers(case, name, shape):
    """Values of a tensor before they are rounded to its type."""
    count = 1
    for size in shape:
        count *= size
    generator = random.Random(f"{case['case']}/{name}")
    if len(shape) == 1 and name.lower().endswith(("norm.weight", "norm.gamma")):
        base = 0.0 if case["config"].get("model_type", "").startswith("gemma") else 1.0
        return [base + generator.gauss(0, 0.2) for _ in range(count)]
    scale = 0.2 if len(shape) == 1 else 0.4 if "embed" in name else 1.6 / shape[-1] ** 0.5
    return [generator.gauss(0, scale) for _ in range(count)]


def packed(values, kind):
    if kind == "F32":
        return struct.pack(f"<{len(values)}f", *values)
    if kind == "F16":
        return struct.pack(f"<{len(values)}e", *values)
    out = bytearray()
    for (bits,) in struct.iter_unpack("<I", struct.pack(f"<{len(values)}f", *values)):
        out += struct.pack("<H", (bits + 0x7FFF + (bits >> 16 & 1)) >> 16)  # to nearest, ties to even
    return bytes(out)


def writeSafetensors(path, case, tensors):
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, shape in tensors:
        kind = case.get("types", {}).get(name, case["type"])
        values = packed(numbers(case, name, shape), kind)
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)
    return len(data)


def writeWeights(folder, case):
    tensors, shards = case["tensors"], case.get("shards", 1)
    if shards == 1:
        return writeSafetensors(f"{folder}/model.safetensors", case, tensors)
    weightMap, total = {}, 0
    for shard in range(shards):
        part, name = tensors[shard::shards], f"model-{shard + 1:05}-of-{shards:05}.safetensors"
        total += writeSafetensors(f"{folder}/{name}", case, part)
        weightMap.update({tensor: name for tensor, _ in part})
    writeJson(f"{folder}/model.safetensors.index.json", {"metadata": {"total_size": total}, "weight_map": weightMap})
    return total


def byteAlphabet():
    """The letters that byte-level BPE writes bytes with."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters, extra = {}, 256
    for byte in range(256):
        letters[byte] = chr(byte) if byte in shown else chr(extra)
        extra += byte not in shown
    return letters


def tokenizer():
    letters = byteAlphabet()
    vocabulary = {"<|end|>": 0, "<|pad|>": 1}
    for byte in range(256):
        vocabulary[letters[byte]] = len(vocabulary)
    merges = [("t", "h"), ("th", "e"), (letters[32], "the")]
    for left, right in merges:
        vocabulary[left + right] = len(vocabulary)
    added = [{"id": id, "content": text, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
              "special": True} for text, id in list(vocabulary.items())[:2]]
    byteLevel = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": None,
            "pre_tokenizer": byteLevel, "post_processor": None, "decoder": byteLevel,
            "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
                      "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
                      "vocab": vocabulary, "merges": [list(pair) for pair in merges]}}


def writeJson(path, value):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file, indent=2, ensure_ascii=False)


def writeFolder(folder, case):
    os.makedirs(folder, exist_ok=True)
    writeJson(f"{folder}/config.json", case["config"])
    writeJson(f"{folder}/generation_config.json", {"eos_token_id": [0, 1], "do_sample": False})
    writeJson(f"{folder}/tokenizer.json", tokenizer())
    writeJson(f"{folder}/tokenizer_config.json", {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|end|>",
                                                  "pad_token": "<|pad|>"})
    writeWeights(folder, case)


if __name__ == "__main__":
    if sys.argv[1] == "--configs":
        for name, case in readCases().items():
            writeJson(f"{sys.argv[2]}/{name}", case["config"])
    else:
        writeFolder(sys.argv[2], readCases()[sys.argv[1]])
