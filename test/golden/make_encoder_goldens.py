#!/usr/bin/env python3
"""Makes encoder_models.jsonl with torch and Hugging Face transformers 5.17: one line a tiny encoder with its configuration,
the names and shapes of its tensors, sequences of tokens, and in float64 the mean, the first and the last hidden state of
each sequence, with the distance that float32 has from them and the least cosine of bfloat16.

    make_encoder_goldens.py [OUTPUT]        a few seconds
"""
import base64
import json
import random
import struct
import sys
import tempfile

import torch
import transformers
from transformers import AutoConfig, AutoModel, AutoModelForMaskedLM

import hf_models
from encoder_models import GOLDEN, POOLS
from make_hf_goldens import arithmetic

SMALL = dict(vocab_size=267, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
             max_position_embeddings=128, pad_token_id=1)
ODD = dict(SMALL, hidden_size=60, intermediate_size=36, num_attention_heads=5, num_hidden_layers=3)
CASES = {
    "bert": dict(model="bert", **SMALL, type="F32", pool="mean", normalize=True),
    # As version 4 wrote it with a head to train with, in float16, norms under the names of TensorFlow.
    "bert-odd": dict(model="bert", **ODD, hidden_act="gelu_new", layer_norm_eps=1e-6, type="F16", shards=2, head=True, old_norms=True),
    "xlm-roberta": dict(model="xlm-roberta", **dict(SMALL, max_position_embeddings=130), type_vocab_size=1, layer_norm_eps=1e-5,
                        type="F32", pool="cls", normalize=True),
    "roberta": dict(model="roberta", **dict(ODD, max_position_embeddings=134, pad_token_id=5), type_vocab_size=1, type="BF16",
                    head=True, pool="lasttoken"),
}
KEYS = ("model", "type", "shards", "head", "old_norms", "pool", "normalize")


def makeCase(name, given):
    config = AutoConfig.for_model(given["model"], **{key: value for key, value in given.items() if key not in KEYS})
    with tempfile.TemporaryDirectory() as folder:
        kind = AutoModelForMaskedLM if given.get("head") else AutoModel
        kind.from_config(config).save_pretrained(folder)
        written = json.load(open(f"{folder}/config.json"))
        from safetensors import safe_open
        with safe_open(f"{folder}/model.safetensors", "pt") as file:
            tensors = [[tensor, list(file.get_slice(tensor).get_shape())] for tensor in file.keys()]
    written.pop("transformers_version", None)
    if given.get("old_norms"):
        tensors = [[tensor.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"), shape]
                   for tensor, shape in tensors]
    case = {"case": name, "config": written, "type": given["type"], "shards": given.get("shards", 1), "tensors": tensors}
    case.update({key: given[key] for key in ("pool", "normalize") if key in given})
    generator = random.Random(name)
    case["sequences"] = [[generator.randrange(2, 261) for _ in range(length)] for length in (1, 7, 60, 128, 33)]
    if given["model"] != "bert":  # a padding token inside a text has a place of its own
        case["sequences"][2][20] = case["sequences"][2][41] = given["pad_token_id"]
    vectors = {kind: reference(case, kind) for kind in (torch.float64, torch.float32, torch.bfloat16)}
    exact = vectors[torch.float64]
    case["float32_distance"] = float((exact - vectors[torch.float32]).norm() / exact.norm())
    case["bf16_cosine"] = float(torch.nn.functional.cosine_similarity(exact, vectors[torch.bfloat16], dim=-1).min())
    case["vectors"] = base64.b64encode(struct.pack(f"<{exact.numel()}d", *exact.flatten().tolist())).decode()
    print(f"{name}: float32 at {case['float32_distance']:.2e}, bf16's least cosine {case['bf16_cosine']:.6f}, largest {exact.abs().max():.1f}")
    return case


def reference(case, dtype):
    """The pools of each sequence in float64, [pools, sequences, width], computed in dtype."""
    with tempfile.TemporaryDirectory() as folder:
        hf_models.writeFolder(folder, case)
        loaded = AutoModel.from_pretrained(folder, dtype=torch.float32)
    with arithmetic(dtype), torch.no_grad():
        model = AutoModel.from_config(loaded.config, attn_implementation="eager").to(dtype).eval()
        model.load_state_dict({name: tensor.to(dtype) for name, tensor in loaded.state_dict().items()})
        hidden = [model(torch.tensor([tokens]), attention_mask=torch.ones(1, len(tokens), dtype=torch.long)).last_hidden_state[0]
                  for tokens in case["sequences"]]
    pools = {"mean": [states.mean(0) for states in hidden], "cls": [states[0] for states in hidden],
             "last": [states[-1] for states in hidden]}
    return torch.stack([torch.stack(pools[pool]).double() for pool in POOLS])


def main():
    assert transformers.__version__ == "5.17.0", transformers.__version__
    transformers.logging.set_verbosity_error()
    with open(sys.argv[1] if len(sys.argv) > 1 else GOLDEN, "w", encoding="utf-8") as file:
        for name, given in CASES.items():
            file.write(json.dumps(makeCase(name, given), separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
