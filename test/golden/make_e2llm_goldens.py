#!/usr/bin/env python3
"""Writes e2llm.jsonl: a tiny encoder, its adapter and a tiny decoder together, by PyTorch in float64.

    make_e2llm_goldens.py [OUTPUT]       needs torch, tokenizers and transformers

One batch: its loss, the gradients of all that is trained, the soft tokens; and the greedy reply to a question about a text.
"""
import json
import random
import sys
import tempfile

import torch
import transformers
from tokenizers import Tokenizer
from torch.func import functional_call
from torch.nn.functional import cross_entropy, gelu

import e2llm_models

# Chunks by their lengths; where chunks stand in the two sequences.
LENGTHS, SEQUENCES, SOFT = (5, 1, 9), (12, 14), (((2, 0), (3, 2)), ((1, 2), (5, 1)))
TEXT = "The cat sat on the red mat.\nThe dog ran by the blue river.\nThe owl slept in that old tree.\n"
QUESTION, REPLY = "Where is the owl?", 8
LEAST_MARGIN = 1e-2  # of the best logit above the next: more than float32 can turn around


class Twin:
    def __init__(self, folder, dtype):
        self.dtype = dtype
        self.encoder = transformers.BertModel.from_pretrained(f"{folder}/encoder", attn_implementation="eager", add_pooling_layer=False).to(dtype).eval()
        self.decoder = transformers.AutoModelForCausalLM.from_pretrained(f"{folder}/decoder", attn_implementation="eager").to(dtype).eval()
        self.trained = {}
        for part in e2llm_models.TARGETS:
            for name, shape in e2llm_models.loraTensors(part):
                self.add(f"{part}/" + name.removeprefix("base_model.model.").removesuffix(".weight"), part, name, shape)
        for name, shape in e2llm_models.productTensors():
            self.add(f"adapter/{name}", "adapter", name, shape)

    def add(self, key, part, name, shape):
        numbers = torch.tensor(e2llm_models.values(part, name, shape), dtype=torch.float32).reshape(shape)
        self.trained[key] = numbers.to(self.dtype).requires_grad_()

    def weights(self, part, model):
        """The model's matrices with their adapters' products added."""
        changed = {}
        for module, _ in e2llm_models.adapted(part):
            product = self.trained[f"{part}/{module}.lora_B"] @ self.trained[f"{part}/{module}.lora_A"]
            changed[f"{module}.weight"] = model.get_parameter(f"{module}.weight") + e2llm_models.ALPHA / e2llm_models.RANK * product
        return changed

    def soft(self, chunks):
        weights, rows = self.weights("encoder", self.encoder), []
        for chunk in chunks:
            hidden = functional_call(self.encoder, weights, (torch.tensor([chunk]),)).last_hidden_state[0]
            rows.append(hidden.mean(dim=0))
        one, two = (lambda x, n=n: x @ self.trained[f"adapter/mlp.{n}.weight"].T + self.trained[f"adapter/mlp.{n}.bias"] for n in (0, 2))
        return two(gelu(one(torch.stack(rows))))

    def logits(self, tokens, soft):
        """`soft`: rows by the places where they stand."""
        rows = list(self.decoder.get_input_embeddings()(torch.tensor(tokens)))
        for place, row in soft.items():
            rows[place] = row
        return functional_call(self.decoder, self.weights("decoder", self.decoder), (), {"inputs_embeds": torch.stack(rows)[None], "use_cache": False}).logits[0]


def makeBatch():
    generator = random.Random("e2llm")
    count = lambda n: [generator.randrange(2, 267) for _ in range(n)]
    chunks = [count(length) for length in LENGTHS]
    sequences = [{"tokens": count(n), "targets": count(n), "weights": [generator.randrange(0, 9) / 64 for _ in range(n)]} for n in SEQUENCES]
    return chunks, sequences


def lossOf(twin, chunks, sequences):
    soft, loss = twin.soft(chunks), 0
    for sequence, places in zip(sequences, SOFT):
        logits = twin.logits(sequence["tokens"], {place: soft[chunk] for place, chunk in places})
        each = cross_entropy(logits, torch.tensor(sequence["targets"]), reduction="none")
        loss = loss + (each * torch.tensor(sequence["weights"], dtype=twin.dtype)).sum()
    return loss, soft


def replyOf(twin, folder):
    encoder, decoder = (Tokenizer.from_file(f"{folder}/{part}/tokenizer.json") for part in ("encoder", "decoder"))
    chunks = TEXT.splitlines(keepends=True)
    soft = twin.soft([encoder.encode(chunk).ids for chunk in chunks])
    before = decoder.encode("user: Given the contexts: ").ids
    after = decoder.encode(f" Please follow the instruction: Answer the question: {QUESTION}\nassistant: ").ids
    tokens, reply = before + [0] * len(chunks) + after, []
    for _ in range(REPLY):
        best = twin.logits(tokens + reply, {len(before) + i: row for i, row in enumerate(soft)})[-1].topk(2)
        assert best.values[0] - best.values[1] > LEAST_MARGIN, "another text: two tokens are as good as each other"
        reply.append(int(best.indices[0]))
    return reply


def main():
    with tempfile.TemporaryDirectory() as folder:
        e2llm_models.writeFolders(folder)
        chunks, sequences = makeBatch()
        gradients = {}
        for dtype in (torch.float64, torch.float32):
            twin = Twin(folder, dtype)
            loss, soft = lossOf(twin, chunks, sequences)
            loss.backward()
            gradients[dtype] = {name: tensor.grad.double() for name, tensor in twin.trained.items()}
            if dtype == torch.float64:
                golden = {"case": "e2llm", "chunks": chunks, "sequences": sequences, "soft_places": SOFT, "loss": loss.item(),
                          "soft": [round(value, 9) for value in soft.detach().flatten().tolist()], "text": TEXT, "question": QUESTION,
                          "reply": replyOf(twin, folder)}
    generator, kept, distance = random.Random("e2llm/places"), {}, 0.0
    for name, gradient in gradients[torch.float64].items():
        flat = gradient.flatten()
        places = [int(flat.abs().argmax())] + [generator.randrange(len(flat)) for _ in range(5)]
        kept[name] = {"norm": float(flat.norm()), "places": places, "values": [float(flat[place]) for place in places]}
        distance = max(distance, float((gradient - gradients[torch.float32][name]).norm() / gradient.norm()))
    golden |= {"gradients": kept, "float32_distance": distance}
    print(f"loss {golden['loss']:.6f}, {len(kept)} gradients, float32 at most at {distance:.1e}, reply {golden['reply']}")
    with open(sys.argv[1] if len(sys.argv) > 1 else e2llm_models.GOLDEN, "w", encoding="utf-8") as file:
        file.write(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
