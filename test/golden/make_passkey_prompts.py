#!/usr/bin/env python3
"""Makes passkey_prompt.jsonl: the exact token ids of the pass-key prompt, for the test of the `passkey` command.

    python make_passkey_prompts.py MODEL.gguf passkey_prompt.jsonl

The prompt of length N drawn from seed S, as the PyTorch twin of the method draws it: a generator random.Random(S);
for each prompt x = randrange(10000, 50000), then p = randrange(0, room), where

    head + filler[:p] + key(x) + filler[:room - p] + question        is exactly N tokens,

the filler is the encoded sentence group repeated (both pieces start at its beginning), and the answer is the encoding
of " x". The pieces are encoded one by one and joined as tokens; there is no BOS and no template.

random.Random is Python's: MT19937 seeded by init_by_array of the 32-bit words of S, and randrange(a, b) is a + r, where
r is the first value below n = b - a among successive top k bits of 32-bit outputs, k the bit length of n. The first
outputs for each seed are written beside the prompts so that another generator can be checked step by step.
"""
import argparse
import json
import random

from gguf_tokenizer import GgufTokenizer

HEAD = ("There is an important info hidden inside a lot of irrelevant text. Find it and memorize them. "
        "I will quiz you about the important information there.\n")
FILLER = "The grass is green. The sky is blue. The sun is yellow. Here we go. There and back again. "
KEY = "\nThe pass key is {x}. Remember it. {x} is the pass key.\n"
QUESTION = "\nWhat is the pass key? The pass key is"


def prompts(tokenizer, length, seed, count):
    rng = random.Random(seed)
    head, filler, question = (tokenizer.encode(text) for text in (HEAD, FILLER, QUESTION))
    for index in range(count):
        x = rng.randrange(10000, 50000)
        key, answer = tokenizer.encode(KEY.format(x=x)), tokenizer.encode(f" {x}")
        room = length - len(head) - len(key) - len(question)
        p = rng.randrange(0, room)
        piece = lambda n: (filler * (n // len(filler) + 1))[:n]
        tokens = head + piece(p) + key + piece(room - p) + question
        assert len(tokens) == length
        yield {"length": length, "seed": seed, "index": index, "x": x, "p": p, "room": room, "head": len(head),
               "key": len(key), "question": len(question), "filler": len(filler), "tokens": tokens, "answer": answer}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("gguf")
    parser.add_argument("out")
    args = parser.parse_args()
    tokenizer = GgufTokenizer(args.gguf)
    with open(args.out, "w", encoding="utf-8") as file:
        for seed in (0, 1):
            outputs = random.Random(seed)
            file.write(json.dumps({"seed": seed, "first_outputs": [outputs.getrandbits(32) for _ in range(8)]}) + "\n")
            for prompt in prompts(tokenizer, 1024, seed, 2):
                file.write(json.dumps(prompt) + "\n")


if __name__ == "__main__":
    main()
