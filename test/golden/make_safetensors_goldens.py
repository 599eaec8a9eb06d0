#!/usr/bin/env python3
"""Writes test/golden/safetensors_types.safetensors: tensors of many types, written by the reference implementation
(safetensors 0.8.0), and safetensors_types.txt: their numbers as float32.

    make_safetensors_goldens.py FOLDER

Small floats hold every one of their 256 codes. Their values follow from the definitions: bias, mantissa, and the codes
that are NaN or infinite (OCP FP8 for E4M3 and E5M2; the FNUZ forms of graphics processors).
"""
import ctypes
import math
import struct
import sys

import numpy as np
from safetensors import TensorSpec, serialize_file


def smallFloat(code, mantissaBits, bias, kind):
    sign = -1.0 if code & 0x80 else 1.0
    exponent, fraction = (code & 0x7F) >> mantissaBits, code & ((1 << mantissaBits) - 1)
    top = (0x7F >> mantissaBits)
    if kind == "fnuz" and code == 0x80:
        return math.nan
    if kind == "fn" and code & 0x7F == 0x7F:
        return math.nan
    if kind == "ieee" and exponent == top:
        return math.nan if fraction else sign * math.inf
    value = fraction / 2**mantissaBits + (1 if exponent else 0)
    return sign * value * 2.0 ** (max(exponent, 1) - bias)


SMALL = {"F8_E4M3": (3, 7, "fn"), "F8_E5M2": (2, 15, "ieee"), "F8_E4M3FNUZ": (3, 8, "fnuz"), "F8_E5M2FNUZ": (2, 16, "fnuz")}


def main():
    folder = sys.argv[1]
    random = np.random.default_rng(7)
    numbers = (random.standard_normal(24) * 10.0 ** random.integers(-6, 6, 24)).astype(np.float32).reshape(2, 3, 4)
    odd = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 6e-8, -65504.0, 1.0], np.float32)
    bf16 = (numbers.view(np.uint32) >> 16).astype(np.uint16)
    tensors = {
        "f32": ("float32", numbers.shape, numbers.tobytes(), numbers),
        "f64": ("float64", (3,), struct.pack("<3d", 1 / 3, 1e300, -2.5), np.array([1 / 3, np.inf, -2.5], np.float32)),
        "f16": ("float16", odd.shape, odd.astype(np.float16).tobytes(), odd.astype(np.float16).astype(np.float32)),
        "bf16": ("bfloat16", bf16.shape, bf16.tobytes(), (bf16.astype(np.uint32) << 16).view(np.float32)),
        "empty": ("float32", (0, 5), b"", np.zeros(0, np.float32)),
        "scalar": ("float32", (), struct.pack("<f", 2.5), np.array([2.5], np.float32)),
        "ids": ("int64", (2,), struct.pack("<2q", -1, 2**40), None),
        "flags": ("bool", (3,), b"\1\0\1", None),  # three bytes: what follows by name is unaligned
    }
    codes = bytes(range(256))
    for name, rule in SMALL.items():
        values = np.array([smallFloat(code, *rule) for code in range(256)], np.float32)
        tensors[name.lower()] = (name, (16, 16), codes, values)
    names = {"F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2", "F8_E4M3FNUZ": "float8_e4m3fnuz",
             "F8_E5M2FNUZ": "float8_e5m2fnuz"}
    buffers = {name: ctypes.create_string_buffer(data, max(len(data), 1)) for name, (_, _, data, _) in tensors.items()}
    serialize_file({name: TensorSpec(dtype=names.get(kind, kind), shape=list(shape), data_len=len(data),
                                     data_ptr=ctypes.addressof(buffers[name]))
                    for name, (kind, shape, data, _) in tensors.items()},
                   f"{folder}/safetensors_types.safetensors", {"format": "pt"})
    with open(f"{folder}/safetensors_types.txt", "w") as out:
        out.write("# Made by make_safetensors_goldens.py: tensor, bits of its elements as float32 (nan: any NaN).\n")
        for name, (_, _, _, values) in tensors.items():
            if values is not None:
                bits = ("nan" if np.isnan(v) else f"{v.view(np.uint32):08x}" for v in values.ravel())
                out.write(name + "".join(" " + b for b in bits) + "\n")


main()
