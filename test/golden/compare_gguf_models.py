#!/usr/bin/env python3
"""Holds the tiny files of gguf_models.py against the `gguf` package (0.19.0): it reads them, knows every key, gives every
tensor the same name, and has the same values. Exit code 0 if so.

    compare_gguf_models.py
"""
import tempfile

import gguf
import numpy as np

import encoder_models
import gguf_models
import hf_models


def templates(group):
    """All key patterns of the package, with {arch} for the architecture."""
    for value in vars(group).values():
        if isinstance(value, str) and "." in value:
            yield value
        elif isinstance(value, type):
            yield from templates(value)


def check(name, case, path):
    gguf_models.writeFile(path, case)
    arch, reader = gguf_models.architecture(case), gguf.GGUFReader(path)
    known = {pattern.replace("{arch}", arch) for pattern in templates(gguf.Keys)}
    for key in reader.fields:
        assert key in known or key.startswith("GGUF."), f"{name}: the package does not know the key {key}"
    config = case["config"]
    number = next(value for value, text in gguf.MODEL_ARCH_NAMES.items() if text == arch)
    names = gguf.get_tensor_name_map(number, config["num_hidden_layers"])
    tensors = {tensor.name: tensor for tensor in reader.tensors}
    for hfName, shape in case["tensors"]:
        tensor = tensors.pop(names.get_name(hfName, try_suffixes=(".weight", ".bias")))
        kind = case["type"]
        values = np.array(gguf_models.unpacked(hf_models.packed(hf_models.numbers(case, hfName, shape), kind), kind),
                          np.float32).reshape(shape)
        if arch == "gemma3" and hfName.endswith("norm.weight"):
            values = values + np.float32(1)
        if arch in gguf_models.PAIRED and (".q_proj." in hfName or ".k_proj." in hfName):  # LlamaModel.permute
            heads = config["num_attention_heads" if ".q_proj." in hfName else "num_key_value_heads"]
            values = values.reshape(heads, 2, shape[0] // heads // 2, *shape[1:]).swapaxes(1, 2).reshape(shape)
        found = np.asarray(gguf.quants.dequantize(tensor.data, tensor.tensor_type), np.float32).reshape(shape)
        assert np.array_equal(found, values), f"{name}: {hfName} has other values"
    assert set(tensors) <= {"rope_freqs.weight"}, f"{name}: {list(tensors)} have no name"
    print(f"{name}: {len(reader.tensors)} tensors, {len(reader.fields)} fields")


def checkEncoder(name, case, path):
    gguf_models.writeEncoder(path, case)
    reader, config = gguf.GGUFReader(path), case["config"]
    known = {pattern.replace("{arch}", "bert") for pattern in templates(gguf.Keys)}
    for key in reader.fields:
        assert key in known or key.startswith("GGUF."), f"{name}: the package does not know the key {key}"
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.BERT, config["num_hidden_layers"])
    tensors = {tensor.name: tensor for tensor in reader.tensors}
    for hfName, shape in case["tensors"]:
        found = names.get_name(hfName.removeprefix("roberta."), try_suffixes=(".weight", ".bias"))
        if hfName.removeprefix("roberta.").startswith(("embeddings.", "encoder.")):
            cut = gguf_models.firstPosition(config) if "position_embeddings" in hfName else 0
            assert list(tensors.pop(found).shape)[::-1] == [shape[0] - cut, *shape[1:]], f"{name}: {hfName} has another shape"
    assert not tensors, f"{name}: {list(tensors)} have no name"
    print(f"{name}: {len(reader.tensors)} tensors, {len(reader.fields)} fields")


def main():
    cases = hf_models.readCases()
    with tempfile.TemporaryDirectory() as folder:
        for name in gguf_models.CASES:
            check(name, cases[name], f"{folder}/{name}.gguf")
        cases = hf_models.readCases(encoder_models.GOLDEN)
        for name in gguf_models.ENCODERS:
            checkEncoder(name, cases[name], f"{folder}/{name}.gguf")


main()
