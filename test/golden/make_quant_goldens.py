#!/usr/bin/env python3
"""Makes the goldens of the weight decoders, by the `gguf` package (0.19.0) and numpy.

    python make_quant_goldens.py [SMOLLM2.gguf]

quant.txt: rows of random blocks of each format with awkward scales, and float to half and bfloat16 conversions.
quant_smollm2.txt (needs the GGUF): for each parameter under its Hugging Face name the CRC-32 of its float32 values, q
and k rows in half-split order, as read by the `gguf` package and permuted by numpy.
"""
import os
import re
import sys
import zlib

import gguf
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
TYPES = gguf.GGMLQuantizationType
# 1.0, -0.0107, the smallest and the largest subnormal, the smallest normal, the largest half, zero, a plain scale.
SCALES = np.array([0x3c00, 0xa17a, 0x0001, 0x03ff, 0x0400, 0x7bff, 0x0000, 0x211f], dtype=np.uint16)

HF_NAMES = {"attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
            "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj", "ffn_norm": "post_attention_layernorm",
            "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj"}


def rows():
    random = np.random.default_rng(20)
    for kind, block, scales in [(TYPES.Q8_0, 34, 1), (TYPES.Q4_0, 18, 1), (TYPES.Q4_1, 20, 2)]:
        for _ in range(4):
            raw = random.integers(0, 256, (4, block), dtype=np.uint8)  # a row of 4 blocks
            for b in range(4):
                picked = random.choice(SCALES, scales)
                raw[b, :2 * scales] = picked.view(np.uint8)
            yield kind, raw.reshape(1, -1)
    for kind, dtype in [(TYPES.F16, np.float16), (TYPES.F32, np.float32)]:
        values = random.standard_normal(32) * 10.0 ** random.integers(-8, 4, 32)
        yield kind, np.clip(values, -60000, 60000).astype(dtype).view(np.uint8).reshape(1, -1)
    yield TYPES.F16, SCALES.view(np.uint8).reshape(1, -1)
    yield TYPES.BF16, random.integers(0, 0x7f80, 32, dtype=np.uint16).view(np.uint8).reshape(1, -1)
    # Formats that the package does not write: blocks of random bytes, their scales where each format has them.
    for kind, blocks, scales in [(TYPES.Q5_0, 4, [0]), (TYPES.Q5_1, 4, [0, 2]), (TYPES.IQ4_NL, 4, [0]),
                                 (TYPES.Q2_K, 1, [80, 82]), (TYPES.Q3_K, 1, [108]), (TYPES.Q4_K, 1, [0, 2]),
                                 (TYPES.Q5_K, 1, [0, 2]), (TYPES.Q6_K, 1, [208])]:
        for first in range(0, len(SCALES), 2):
            raw = random.integers(0, 256, (blocks, gguf.GGML_QUANT_SIZES[kind][1]), dtype=np.uint8)
            for b in range(blocks):
                for i, at in enumerate(scales):
                    raw[b, at:at + 2] = SCALES[(first + b + i) % len(SCALES), None].view(np.uint8)
            yield kind, raw.reshape(1, -1)


def decode(data, kind):
    # The package wants plain floats in their own type.
    if kind == TYPES.F16:
        data = data.view(np.float16)
    if kind == TYPES.F32:
        data = data.view(np.float32)
    return np.ascontiguousarray(gguf.quants.dequantize(data, kind), dtype=np.float32)


def conversions():
    """Float bit patterns: random ones of all magnitudes, and halves and midpoints between them."""
    random = np.random.default_rng(21)
    halves = random.integers(0, 0x7c00, 64).astype(np.uint16).view(np.float16).astype(np.float32)
    beside = np.nextafter(halves.astype(np.float16), np.float16(np.inf)).astype(np.float32)
    with np.errstate(over="ignore"):
        middle = ((halves.astype(np.float64) + beside) / 2).astype(np.float32)
    small = (random.standard_normal(64) * 10.0 ** random.integers(-9, 6, 64)).astype(np.float32)
    special = np.array([0.0, -0.0, 65504, 65519.996, 65520, 1e38, np.inf, -np.inf, 2.0**-24, 2.0**-25, 2.0**-14],
                       dtype=np.float32)
    near = np.concatenate([np.nextafter(middle, np.float32(0)), np.nextafter(middle, np.float32(np.inf))])
    values = np.concatenate([special, halves, middle, near, small, -middle])
    values = values[~np.isnan(values)]
    with np.errstate(over="ignore"):
        half = values.astype(np.float16).view(np.uint16)
    brain = gguf.quants.quantize(values.reshape(1, -1), TYPES.BF16).view(np.uint16).reshape(-1)
    return zip(values.view(np.uint32), half, brain)


def writeSmall(path):
    with open(path, "w") as out:
        out.write("# By make_quant_goldens.py. row FORMAT BLOCKS FLOATS; convert FLOAT HALF BFLOAT16; all hexadecimal.\n")
        for kind, data in rows():
            out.write(f"row {kind.name} {data.tobytes().hex()} {decode(data, kind).tobytes().hex()}\n")
        for value, half, brain in conversions():
            out.write(f"convert {value:08x} {half:04x} {brain:04x}\n")


def writeModel(path, source):
    reader = gguf.GGUFReader(source)
    heads = {"attn_q": reader.fields["llama.attention.head_count"].contents(),
             "attn_k": reader.fields["llama.attention.head_count_kv"].contents()}
    fixed = {"token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight"}
    with open(path, "w") as out:
        out.write("# By make_quant_goldens.py. NAME FORMAT SHAPE CRC-32 of the float32 values\n")
        for tensor in reader.tensors:
            values = np.ascontiguousarray(gguf.quants.dequantize(tensor.data, tensor.tensor_type), dtype=np.float32)
            name = fixed.get(tensor.name)
            if not name:
                layer, part = re.fullmatch(r"blk\.(\d+)\.(\w+)\.weight", tensor.name).groups()
                name = f"model.layers.{layer}.{HF_NAMES[part]}.weight"
                if part in heads:
                    size = values.shape[0] // heads[part]
                    pairs = values.reshape(heads[part], size // 2, 2, -1)
                    values = np.ascontiguousarray(pairs.swapaxes(1, 2).reshape(values.shape))
            shape = "x".join(map(str, values.shape))
            out.write(f"{name} {tensor.tensor_type.name} {shape} {zlib.crc32(values.tobytes()):08x}\n")


if __name__ == "__main__":
    writeSmall(os.path.join(HERE, "quant.txt"))
    if len(sys.argv) > 1:
        writeModel(os.path.join(HERE, "quant_smollm2.txt"), sys.argv[1])
