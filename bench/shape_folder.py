#!/usr/bin/env python3
"""A Hugging Face folder of a model's shape, whose weights are a hole in a file: for `longc compile --embed-weights no`. Standard library only.

    bench/shape_folder.py FOLDER [llama-1.1b]

llama-1.1b: 16 layers, hidden 2,048, 32 heads of 64 on 8, MLP 8,192, vocabulary 32,000, head untied, bfloat16. Takes no disk; the tokenizer knows bytes.
"""
import json
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "test", "golden"))
from hf_models import tokenizer

SHAPES = {"llama-1.1b": dict(hidden_size=2048, intermediate_size=8192, num_hidden_layers=16, num_attention_heads=32,
                             num_key_value_heads=8, vocab_size=32000, max_position_embeddings=8192, tie_word_embeddings=False)}


def tensorsOf(shape):
    """Names and shapes of a llama's tensors."""
    hidden, feed, words = shape["hidden_size"], shape["intermediate_size"], shape["vocab_size"]
    keys = hidden // shape["num_attention_heads"] * shape["num_key_value_heads"]
    yield "model.embed_tokens.weight", [words, hidden]
    for layer in range(shape["num_hidden_layers"]):
        for name, size in (("self_attn.q_proj", [hidden, hidden]), ("self_attn.k_proj", [keys, hidden]), ("self_attn.v_proj", [keys, hidden]),
                           ("self_attn.o_proj", [hidden, hidden]), ("mlp.gate_proj", [feed, hidden]), ("mlp.up_proj", [feed, hidden]),
                           ("mlp.down_proj", [hidden, feed]), ("input_layernorm", [hidden]), ("post_attention_layernorm", [hidden])):
            yield f"model.layers.{layer}.{name}.weight", size
    yield "model.norm.weight", [hidden]
    if not shape["tie_word_embeddings"]:
        yield "lm_head.weight", [words, hidden]


def main():
    if not 2 <= len(sys.argv) <= 3 or sys.argv[1].startswith("-"):
        sys.exit(__doc__.strip())
    folder, shape = sys.argv[1], SHAPES[sys.argv[2] if len(sys.argv) == 3 else "llama-1.1b"]
    os.makedirs(folder, exist_ok=True)
    config = dict(model_type="llama", architectures=["LlamaForCausalLM"], hidden_act="silu", rms_norm_eps=1e-5, rope_theta=10000.0,
                  torch_dtype="bfloat16", **shape)
    for name, content in (("config.json", config), ("tokenizer.json", tokenizer()),
                          ("tokenizer_config.json", {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|end|>"})):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            json.dump(content, file)
    header, end = {}, 0
    for name, sizes in tensorsOf(shape):
        count = 2
        for size in sizes:
            count *= size
        header[name] = {"dtype": "BF16", "shape": sizes, "data_offsets": [end, end + count]}
        end += count
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(os.path.join(folder, "model.safetensors"), "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + end)


if __name__ == "__main__":
    main()
