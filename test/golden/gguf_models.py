#!/usr/bin/env python3
"""Tiny GGUF files out of the cases of hf_models.jsonl: the same numbers under GGUF's names, as llama.cpp's converter
writes them. Standard library only; `compare_gguf_models.py` holds the names against the `gguf` package.

    gguf_models.py CASE FILE

Encoders of encoder_models.jsonl likewise (ENCODERS), and keys for the tokenizers of their kinds.
Rows of q and k go from halves to pairs for the architectures that have them so, the weights of Gemma's norms grow by 1,
the scaling of Llama 3 becomes a tensor. Cases that the format has no words for are left out (CASES).
"""
import math
import os
import struct
import sys

import hf_models

sys.path.insert(0, os.path.join(hf_models.HERE, "..", "e2e"))
import edit_gguf

CASES = ["llama", "llama-odd", "llama-llama3", "llama-yarn", "llama-linear-4x", "mistral", "qwen2", "qwen2-4x", "qwen3",
         "smollm3-fourth", "gemma3", "gemma3-4x"]
ARCHITECTURES = {"mistral": "llama", "gemma3_text": "gemma3"}
PAIRED = {"llama", "smollm3"}
TYPES = {"F32": 0, "F16": 1, "BF16": 30}
GLOBAL = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}
LAYER = {"input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
         "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm",
         "self_attn.k_norm": "attn_k_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down"}
NORMS = {"gemma3": {"post_attention_layernorm": "post_attention_norm", "pre_feedforward_layernorm": "ffn_norm",
                    "post_feedforward_layernorm": "post_ffw_norm"}}


def architecture(case):
    kind = case["config"]["model_type"]
    return ARCHITECTURES.get(kind, kind)


def tensorName(arch, name):
    stem, _, kind = name.rpartition(".")
    if stem in GLOBAL:
        return f"{GLOBAL[stem]}.{kind}"
    _, _, layer, part = stem.split(".", 3)
    return f"blk.{layer}.{({**LAYER, **NORMS.get(arch, {'post_attention_layernorm': 'ffn_norm'})})[part]}.{kind}"


def headSize(config):
    return config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"]


def unpacked(raw, kind):
    if kind == "BF16":
        return [struct.unpack("<f", bytes(2) + raw[at : at + 2])[0] for at in range(0, len(raw), 2)]
    return list(struct.unpack(f"<{len(raw) // hf_models.BYTES[kind]}{'f' if kind == 'F32' else 'e'}", raw))


def paired(rows, size):
    """The rows of every head with the two of a rotary pair side by side."""
    out = list(rows)
    for head in range(0, len(rows), size):
        for i in range(size // 2):
            for s in range(2):
                out[head + 2 * i + s] = rows[head + s * size // 2 + i]
    return out


def tensors(case):
    config, arch = case["config"], architecture(case)
    for name, shape in case["tensors"]:
        kind = case.get("types", {}).get(name, case["type"])
        raw = hf_models.packed(hf_models.numbers(case, name, shape), kind)
        if len(shape) == 1:  # vectors are always F32
            values = unpacked(raw, kind)
            if arch == "gemma3" and name.endswith("norm.weight"):
                values = [1 + value for value in values]
            raw, kind = struct.pack(f"<{len(values)}f", *values), "F32"
        if arch in PAIRED and (".q_proj." in name or ".k_proj." in name):
            width = len(raw) // shape[0]
            raw = b"".join(paired([raw[at : at + width] for at in range(0, len(raw), width)], headSize(config)))
        yield tensorName(arch, name).encode(), shape[::-1], TYPES[kind], raw
    rope = config.get("rope_parameters") or {}
    if rope.get("rope_type") == "llama3":
        factors = waveFactors(rope, headSize(config))
        yield b"rope_freqs.weight", [len(factors)], 0, struct.pack(f"<{len(factors)}f", *factors)


def waveFactors(rope, size):
    factors = []
    for i in range(size // 2):
        turns = rope["original_max_position_embeddings"] / (2 * math.pi * rope["rope_theta"] ** (2 * i / size))
        smooth = (turns - rope["low_freq_factor"]) / (rope["high_freq_factor"] - rope["low_freq_factor"])
        smooth = min(1, max(0, smooth))
        factors.append(1 / ((1 - smooth) / rope["factor"] + smooth))
    return factors


def ropeKeys(config):
    parameters = config.get("rope_parameters") or {}
    full = parameters.get("full_attention", parameters)
    scaling = config.get("rope_scaling") or full
    keys = {"rope.freq_base": float(full.get("rope_theta") or config["rope_theta"])}
    kind = scaling.get("rope_type") or scaling.get("type")
    if kind in ("linear", "yarn"):
        keys.update({"rope.scaling.type": kind, "rope.scaling.factor": scaling["factor"]})
    if kind == "yarn":
        keys["rope.scaling.original_context_length"] = scaling["original_max_position_embeddings"]
    local = parameters.get("sliding_attention", {}).get("rope_theta") or config.get("rope_local_base_freq")
    return {**keys, **({"rope.freq_base_swa": float(local)} if local else {})}


def windowKeys(config):
    window = config.get("sliding_window")
    if not window or config.get("use_sliding_window") is False:
        return {}
    pattern = config.get("sliding_window_pattern")
    if config.get("layer_types"):
        pattern = [kind == "sliding_attention" for kind in config["layer_types"]]
    return {"attention.sliding_window": window, **({"attention.sliding_window_pattern": pattern} if pattern else {})}


ENCODERS = ["bert", "xlm-roberta", "roberta"]
ENCODER_GLOBAL = {"embeddings.word_embeddings": "token_embd", "embeddings.token_type_embeddings": "token_types",
                  "embeddings.position_embeddings": "position_embd", "embeddings.LayerNorm": "token_embd_norm"}
ENCODER_LAYER = {"attention.self.query": "attn_q", "attention.self.key": "attn_k", "attention.self.value": "attn_v",
                 "attention.output.dense": "attn_output", "attention.output.LayerNorm": "attn_output_norm",
                 "intermediate.dense": "ffn_up", "output.dense": "ffn_down", "output.LayerNorm": "layer_output_norm"}
POOLS = {"mean": 1, "cls": 2, "lasttoken": 3}


def firstPosition(config):
    """Rows that no token uses: the converter cuts them off."""
    return 0 if config["model_type"] == "bert" else config["pad_token_id"] + 1


def encoderTensors(case):
    for name, shape in case["tensors"]:
        stem, _, kind = name.removeprefix("roberta.").removeprefix("bert.").rpartition(".")
        if not stem.startswith(("embeddings.", "encoder.")):
            continue  # heads that it was trained with
        values = unpacked(hf_models.packed(hf_models.numbers(case, name, shape), case["type"]), case["type"])
        raw, rows = struct.pack(f"<{len(values)}f", *values), list(shape)
        if stem == "embeddings.position_embeddings":
            cut = firstPosition(case["config"])
            raw, rows[0] = raw[cut * shape[1] * 4 :], rows[0] - cut
        _, _, layer, part = stem.split(".", 3) if stem.startswith("encoder.") else ("", "", "", "")
        yield f"{f'blk.{layer}.{ENCODER_LAYER[part]}' if part else ENCODER_GLOBAL[stem]}.{kind}".encode(), rows[::-1], 0, raw


def encoderMetadata(case, tokenizer):
    config = case["config"]
    keys = {"context_length": config["max_position_embeddings"] - firstPosition(config), "embedding_length": config["hidden_size"],
            "block_count": config["num_hidden_layers"], "feed_forward_length": config["intermediate_size"],
            "attention.head_count": config["num_attention_heads"], "attention.layer_norm_epsilon": config["layer_norm_eps"],
            "attention.causal": False, **({"pooling_type": POOLS[case["pool"]]} if "pool" in case else {})}
    return {"general.architecture": "bert", "general.name": case["case"], **{f"bert.{key}": value for key, value in keys.items()},
            "tokenizer.ggml.token_type_count": config["type_vocab_size"], **tokenizer}


def writeEncoder(path, case, tokenizer=None, change=lambda keys, tensors: None):
    """`tokenizer`: its keys; else the bytes of hf_models.py."""
    if tokenizer is None:
        made = hf_models.tokenizer()["model"]
        tokenizer = {"tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": "gpt-2", "tokenizer.ggml.tokens": list(made["vocab"]),
                     "tokenizer.ggml.token_type": [3, 3] + [1] * (len(made["vocab"]) - 2),
                     "tokenizer.ggml.merges": [" ".join(pair) for pair in made["merges"]]}
        spare = case["config"]["vocab_size"] - len(made["vocab"])
        tokenizer["tokenizer.ggml.tokens"] += [f"<unused{i}>" for i in range(spare)]
        tokenizer["tokenizer.ggml.token_type"] += [5] * spare
    keys, list_ = encoderMetadata(case, tokenizer), list(encoderTensors(case))
    change(keys, list_)
    edit_gguf.write(path, {key: edit_gguf.encoded(value) for key, value in keys.items()}, list_)


def tokenizerKeys(json):
    """Keys of a WordPiece or Unigram tokenizer.json, as the converter writes them."""
    model, added = json["model"], {token["id"]: token["content"] for token in json["added_tokens"] if token["special"]}
    if model["type"] == "WordPiece":
        tokens = sorted(model["vocab"], key=model["vocab"].get)
        shown = [text if id in added or text.startswith("[") and text.endswith("]") else text[2:] if text.startswith("##") else "\u2581" + text
                 for id, text in enumerate(tokens)]
        keys = {"tokenizer.ggml.model": "bert", "tokenizer.ggml.cls_token_id": model["vocab"]["[CLS]"],
                "tokenizer.ggml.seperator_token_id": model["vocab"]["[SEP]"], "tokenizer.ggml.unknown_token_id": model["vocab"]["[UNK]"]}
        if not json["normalizer"]["lowercase"]:
            keys["tokenizer.ggml.normalizer.lowercase"] = False
    else:
        import base64
        shown = [text for text, _ in model["vocab"]]
        steps = json["normalizer"].get("normalizers", [json["normalizer"]])
        table = base64.b64decode(next(step for step in steps if step["type"] == "Precompiled")["precompiled_charsmap"])
        keys = {"tokenizer.ggml.model": "t5", "tokenizer.ggml.scores": [float(score) for _, score in model["vocab"]],
                "tokenizer.ggml.precompiled_charsmap": list(table), "tokenizer.ggml.remove_extra_whitespaces": True,
                "tokenizer.ggml.add_space_prefix": True, "tokenizer.ggml.unknown_token_id": model["unk_id"],
                "tokenizer.ggml.bos_token_id": shown.index("<s>"), "tokenizer.ggml.eos_token_id": shown.index("</s>")}
    types = [2 if id == model.get("unk_id") else 3 if text in ("<s>", "</s>", "<pad>") or text.startswith("[") and text.endswith("]") else
             6 if text.startswith("<0x") else 1 for id, text in enumerate(shown)]
    return {**keys, "tokenizer.ggml.pre": "default", "tokenizer.ggml.tokens": shown, "tokenizer.ggml.token_type": types}


def metadata(case):
    config, arch = case["config"], architecture(case)
    keys = {"context_length": config["max_position_embeddings"], "embedding_length": config["hidden_size"],
            "block_count": config["num_hidden_layers"], "feed_forward_length": config["intermediate_size"],
            "attention.head_count": config["num_attention_heads"], "attention.head_count_kv": config["num_key_value_heads"],
            "attention.layer_norm_rms_epsilon": config["rms_norm_eps"], "attention.key_length": headSize(config),
            "attention.value_length": headSize(config), **ropeKeys(config), **windowKeys(config)}
    if arch in PAIRED:
        keys.update({"vocab_size": config["vocab_size"], "rope.dimension_count": headSize(config)})
    if config.get("query_pre_attn_scalar", headSize(config)) != headSize(config):
        keys["attention.scale"] = config["query_pre_attn_scalar"] ** -0.5
    tokenizer = hf_models.tokenizer()["model"]
    tokens = list(tokenizer["vocab"]) + [f"<unused{i}>" for i in range(config["vocab_size"] - len(tokenizer["vocab"]))]
    types = [3, 3] + [1] * (len(tokenizer["vocab"]) - 2)
    return {"general.architecture": arch, "general.name": case["case"],
            **{f"{arch}.{key}": value for key, value in keys.items()},
            "tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": "gpt-2", "tokenizer.ggml.tokens": tokens,
            "tokenizer.ggml.token_type": types + [5] * (len(tokens) - len(types)),
            "tokenizer.ggml.merges": [" ".join(pair) for pair in tokenizer["merges"]], "tokenizer.ggml.eos_token_id": 0,
            "tokenizer.ggml.padding_token_id": 1, "tokenizer.ggml.add_bos_token": False}


def writeFile(path, case, change=lambda keys, tensors: None):
    """`change` may edit the dictionary of keys and the list of tensors."""
    keys, list_ = metadata(case), list(tensors(case))
    change(keys, list_)
    edit_gguf.write(path, {key: edit_gguf.encoded(value) for key, value in keys.items()}, list_)


if __name__ == "__main__":
    writeFile(sys.argv[2], hf_models.readCases()[sys.argv[1]])
