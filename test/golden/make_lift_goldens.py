#!/usr/bin/env python3
"""Writes lift_runs.jsonl: eight steps of LIFT as published (arXiv 2502.14644), by PyTorch in float64.

    make_lift_goldens.py [OUTPUT]       needs torch, xxhash and the transformers that make_hf_goldens.py names

The model is llama-odd of hf_models.jsonl with more positions. Everything is made here from the text: segments every 3/8 of their length
behind one context, questions behind the text, three passes without and five with them, each one step of AdamW on the mean over its targets.
A case is a LoRA or a gated memory, whose first values follow from seed and name. Kept are the losses, and of each tensor the norm of what it
has changed by and the values where gradients were largest.
"""
import json
import math
import sys

import torch
import torch.nn.functional as F
import xxhash
from tokenizers import Tokenizer
from transformers.models.llama.modeling_llama import LlamaAttention, apply_rotary_pos_emb, repeat_kv

import hf_models
from make_hf_goldens import modelOf

WINDOW, SEED, STEPS, SEGMENT_STEPS, RANK, ALPHA, KEPT = 512, 5, 8, 3, 4, 8, 8
MASK32, MASK64 = 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF
RECITE = "Given above context, please recite following segment of the context: \n\n\n"
TEXT = " ".join(f"The code of the {what} gate is {number}." for number, what in enumerate(
    "north south east west upper lower inner outer old new long short iron wooden stone narrow".split(), 37))
QUESTIONS = [("What is the code of the iron gate?", "49"), ("Which gate has the code 40?", "the west gate"), ("Who keeps the new gate?", "nobody")]


def uniform(seed, index):
    """Number `index` of a stream: Philox4x32-10 (Salmon et al. 2011), 53 bits."""
    counter, key = [index & MASK32, index >> 32, 0, 0], [seed & MASK32, seed >> 32]
    for _ in range(10):
        first, second = 0xD2511F53 * counter[0], 0xCD9E8D57 * counter[2]
        counter = [second >> 32 ^ counter[1] ^ key[0], second & MASK32, first >> 32 ^ counter[3] ^ key[1], first & MASK32]
        key = [(key[0] + 0x9E3779B9) & MASK32, (key[1] + 0xBB67AE85) & MASK32]
    return ((counter[0] << 32 | counter[1]) >> 11) * 2.0**-53


def beginning(name, shape):
    """Kaiming's uniform numbers with a = sqrt 5; torch reads a 3-D tensor's inputs off its last two sizes."""
    bound = 1 / math.sqrt(shape[1] * shape[2] if len(shape) == 3 else shape[-1])
    stream = SEED ^ xxhash.xxh3_64_intdigest(name.encode())
    values = [bound * (2 * uniform(stream, i) - 1) for i in range(math.prod(shape))]
    return torch.tensor(values, dtype=torch.float32).double().reshape(shape)


def between(index, low, high):
    return low + int(uniform(SEED, index) * (high - low + 1)) if high > low else low


def rowsOf(encode, end):
    """Segments and questions as (tokens, how many of them at the end are targets)."""
    ids, context = encode(f"text\n{TEXT}"), WINDOW * 4096 // 7800
    segment = WINDOW // 4 // 8 * 8
    head = between(0, 1, context - 1)
    tail = context - head
    first, last = between(1, 0, context - head - 1), between(2, 0, context - tail - 1)
    before = ids[first:first + head] + encode("...") + ids[len(ids) - last - tail:len(ids) - last] + encode(RECITE)
    assert len(ids) > context
    segments = [(before + ids[at:at + segment], len(ids[at:at + segment])) for at in range(0, len(ids), segment * 3 // 8)]
    document = encode("The article text: \n") + encode(f"{TEXT}\nPlease answer the question based on text.\n")
    questions = []
    for question, answer in QUESTIONS:
        asked, target = encode(f"Question: {question}\nAnswer:"), encode(" " + answer) + [end]
        room = WINDOW - len(asked) - len(target)
        half = room // 2
        cut = document if len(document) <= room else document[:room - half - len(encode("..."))] + encode("...") + document[-half:]
        questions.append((cut + asked + target, len(target)))
    return segments, questions


def addLora(model):
    """Each product of a layer with a trained one beside it."""
    parameters = {}
    for name, layer in list(model.named_modules()):
        if not isinstance(layer, torch.nn.Linear) or "layers" not in name:
            continue
        a = torch.nn.Parameter(beginning(f"{name}.lora_A", (RANK, layer.in_features)))
        b = torch.nn.Parameter(torch.zeros(layer.out_features, RANK, dtype=torch.float64))
        parameters[f"{name}.lora_A"], parameters[f"{name}.lora_B"] = a, b
        layer.register_forward_hook(lambda _, inputs, out, a=a, b=b: out + inputs[0] @ a.T @ b.T * (ALPHA / RANK))
    return parameters


def addGatedMemory(model):
    """(1 - g) attention + g memory, divided by what the gate of zeros leaves of attention."""
    parameters = {}
    opened = 1 / (1 + math.exp(3))

    def forward(self, hidden_states, position_embeddings, **_):
        shape = (*hidden_states.shape[:-1], -1, self.head_dim)
        query, key, value = (product(hidden_states).view(shape).transpose(1, 2) for product in (self.q_proj, self.k_proj, self.v_proj))
        turned, key = apply_rotary_pos_emb(query, key, *position_embeddings)
        scores = turned @ repeat_kv(key, self.num_key_value_groups).transpose(2, 3) * self.scaling
        future = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
        attention = scores.masked_fill(future, -math.inf).softmax(-1) @ repeat_kv(value, self.num_key_value_groups)
        w1, w2, u1, u2 = self.memory
        memory = F.silu(query @ w1) @ w2
        gate = torch.sigmoid(3 * (F.silu(query @ u1) @ u2[..., None] - 1))
        mixed = ((1 - gate) * attention + gate * memory) / (1 - opened)
        return self.o_proj(mixed.transpose(1, 2).reshape(*hidden_states.shape[:-1], -1)), None

    for name, layer in model.named_modules():
        if not isinstance(layer, LlamaAttention):
            continue
        heads, size = layer.config.num_attention_heads, layer.head_dim
        shapes = {"w1": (heads, size, 2 * size), "w2": (heads, 2 * size, size), "u1": (heads, size, math.isqrt(size)), "u2": (heads, math.isqrt(size))}
        layer.memory = []
        for part, shape in shapes.items():
            key = f"{name}.gated_memory.{part}"
            parameters[key] = torch.nn.Parameter(beginning(key, shape))
            layer.memory.append(parameters[key])
        layer.forward = forward.__get__(layer)
    return parameters


def lossOf(model, rows):
    """The mean over all targets; a row's first token is none."""
    loss, count = 0, 0
    for tokens, targets in rows:
        logits = model(torch.tensor([tokens]), use_cache=False).logits[0]
        first = max(1, len(tokens) - targets)
        loss = loss + F.cross_entropy(logits[first - 1:-1], torch.tensor(tokens[first:]), reduction="sum")
        count += len(tokens) - first
    return loss / count


def rateAt(share, rate):
    return rate if share <= 2 / 3 else rate * max(0.1, 1 - 0.9 * (share - 2 / 3) * 3)


def run(case, adapter, rate):
    tokenizer = Tokenizer.from_str(json.dumps(hf_models.tokenizer()))
    segments, questions = rowsOf(lambda text: tokenizer.encode(text, add_special_tokens=False).ids, tokenizer.token_to_id("<|end|>"))
    with modelOf(case, torch.float64) as model:
        model.requires_grad_(False)
        parameters = (addLora if adapter == "lora" else addGatedMemory)(model)
        begun = {name: parameter.detach().clone() for name, parameter in parameters.items()}
        optimizer = torch.optim.AdamW(parameters.values(), betas=(0.9, 0.98), eps=1e-8, weight_decay=1e-4)
        losses = []
        for step in range(STEPS):
            optimizer.param_groups[0]["lr"] = rateAt(step / STEPS, rate)
            optimizer.zero_grad()
            loss = lossOf(model, segments if step < SEGMENT_STEPS else segments + questions)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters.values(), 1.0)
            optimizer.step()
            losses.append(loss.item())
    kept = {}
    for name, parameter in parameters.items():
        places = optimizer.state[parameter]["exp_avg_sq"].flatten().topk(KEPT).indices.tolist()
        kept[name] = {"shape": list(parameter.shape), "change": float((parameter.detach() - begun[name]).norm()), "places": places,
                      "begun": begun[name].flatten()[places].tolist(), "values": parameter.detach().flatten()[places].tolist()}
    print(f"{adapter}: {len(segments)} segments, losses {' '.join(f'{loss:.4f}' for loss in losses)}")
    return {"adapter": adapter, "window": WINDOW, "seed": SEED, "rate": rate, "rank": RANK, "alpha": ALPHA, "text": TEXT,
            "questions": QUESTIONS, "losses": losses, "values": kept}


def main():
    case = hf_models.readCases()["llama-odd"]
    case["config"]["max_position_embeddings"] = WINDOW
    with open(sys.argv[1] if len(sys.argv) > 1 else hf_models.GOLDEN.replace("hf_models", "lift_runs"), "w", encoding="utf-8") as file:
        for adapter, rate in (("lora", 3e-3), ("gated_memory", 1e-2)):
            file.write(json.dumps(run(case, adapter, rate), separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
