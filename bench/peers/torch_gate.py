#!/usr/bin/env python3
"""How far a gated memory's gates open, by where the evidence of a question stands. Needs torch, transformers and safetensors.

    torch_gate.py MODEL_FOLDER ADAPTER_FOLDER DOCUMENT QUESTIONS.jsonl [--window 2048] [--device cuda:0] [--gate identity]

MODEL_FOLDER is the checkpoint as Hugging Face keeps it, ADAPTER_FOLDER what `lift fit` of a program with --gated-memory wrote. Each question stands
behind the document's beginning and end as `lift eval` asks it, its answer behind it. Prints one JSON object: the mean gate, of all layers and heads,
where answers are predicted and where the document stands, for evidence that the window shows (`inside`) and that it does not (`outside`).
"""
import argparse
import json
import math
import pathlib

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.models.llama.modeling_llama import LlamaAttention, apply_rotary_pos_emb, repeat_kv

OPENED = 1 / (1 + math.exp(3)) # the gate of zeros


def addMemory(model, adapter, divides, device):
    """Attention mixed with memory, as the program computes it; each layer keeps its last gates [1, heads, tokens, 1]."""
    tensors = load_file(pathlib.Path(adapter) / "adapter_model.safetensors", device=device)

    def forward(self, hidden_states, position_embeddings, **_):
        shape = (*hidden_states.shape[:-1], -1, self.head_dim)
        query, key, value = (product(hidden_states).view(shape).transpose(1, 2) for product in (self.q_proj, self.k_proj, self.v_proj))
        turned, key = apply_rotary_pos_emb(query, key, *position_embeddings)
        attention = F.scaled_dot_product_attention(turned, repeat_kv(key, self.num_key_value_groups), repeat_kv(value, self.num_key_value_groups), is_causal=True)
        w1, w2, u1, u2 = self.memory
        self.gate = torch.sigmoid(3 * (F.silu(query @ u1) @ u2[..., None] - 1))
        mixed = (1 - self.gate) * attention + self.gate * (F.silu(query @ w1) @ w2)
        return self.o_proj((mixed / divides).transpose(1, 2).reshape(*hidden_states.shape[:-1], -1)), None

    layers = []
    for name, layer in model.named_modules():
        if not isinstance(layer, LlamaAttention):
            continue
        layer.memory = [tensors[f"base_model.model.{name}.gated_memory.{part}.weight"] for part in ("w1", "w2", "u1", "u2")]
        layer.forward = forward.__get__(layer)
        layers.append(layer)
    return layers


def cut(ids, gap, room):
    if len(ids) <= room:
        return ids, len(ids)
    tail = room // 2
    head = room - tail - len(gap)
    return ids[:head] + gap + ids[-tail:], head


def main():
    parser = argparse.ArgumentParser()
    for name in ("model", "adapter", "document", "questions"):
        parser.add_argument(name)
    parser.add_argument("--window", type=int, default=2048)
    parser.add_argument("--device", default="cuda:0")
    parser.add_argument("--gate", choices=["identity", "paper"], default="identity")
    parser.add_argument("--most", type=int, default=80, help="questions")
    options = parser.parse_args()
    tokenizer = AutoTokenizer.from_pretrained(options.model)
    model = AutoModelForCausalLM.from_pretrained(options.model, torch_dtype=torch.float32).to(options.device).eval()
    layers = addMemory(model, options.adapter, 1 - OPENED if options.gate == "identity" else 1, options.device)
    text, title = pathlib.Path(options.document).read_text(), pathlib.Path(options.document).stem
    encode = lambda words: tokenizer(words, add_special_tokens=False).input_ids # noqa: E731
    ids = encode(f"The article {title}: \n") + encode(f"{text}\nPlease answer the question based on {title}.\n")
    found = {}
    for line in pathlib.Path(options.questions).read_text().splitlines()[:options.most]:
        asked = json.loads(line)
        question, answer = encode(f"Question: {asked['question']}\nAnswer:"), encode(" " + asked["answer"])
        document, shown = cut(ids, encode("..."), options.window - len(question) - len(answer))
        place = text.index(asked["evidence"]) / len(text)
        kind = "inside" if min(place, 1 - place) < shown / len(ids) else "outside"
        with torch.no_grad():
            logits = model(torch.tensor([document + question + answer], device=options.device), use_cache=False, logits_to_keep=len(answer) + 1).logits[0]
        gates = torch.stack([layer.gate[0, :, :, 0] for layer in layers]) # layers, heads, tokens
        right = bool((logits[:-1].argmax(-1).cpu() == torch.tensor(answer)).all())
        found.setdefault(kind, []).append((gates[:, :, -len(answer) - 1:-1].mean().item(), gates[:, :, :len(document)].mean().item(), right))
    mean = lambda values: sum(values) / len(values) # noqa: E731
    print(json.dumps({kind: {"questions": len(rows), "answers": mean([row[0] for row in rows]), "document": mean([row[1] for row in rows]), "right": mean([row[2] for row in rows])}
                      for kind, rows in found.items()}))


if __name__ == "__main__":
    main()
