#!/usr/bin/env python3
"""Embeddings by sentence-transformers on torch: the vectors, or how long they take.

    sentence_transformers_embed.py MODEL TEXTS.jsonl... [--threads 2] [--dtype float32|bfloat16] [--batch 64] [--rounds 3]
                                   [--device cpu|cuda] [--output VECTORS.jsonl]

Texts are lines {"text": ...}. Prints one JSON object a file: seconds of each round (after one that is not counted), without the
loading of the model, with tokenization. Needs sentence-transformers and torch.
"""
import argparse
import json
import time

import torch
from sentence_transformers import SentenceTransformer


def told(args, model, texts):
    encode = lambda: model.encode(texts, batch_size=args.batch, show_progress_bar=False, convert_to_tensor=True)
    vectors, seconds = encode().float(), []
    if args.output:
        with open(args.output, "w") as file:
            file.writelines(json.dumps({"embedding": row}) + "\n" for row in vectors.tolist())
    for _ in range(args.rounds):
        start = time.perf_counter()
        encode()
        if args.device == "cuda":
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    print(json.dumps({"seconds": seconds, "dtype": args.dtype, "attention": model[0].auto_model.config._attn_implementation}))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model")
    parser.add_argument("texts", nargs="+")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--dtype", default="float32", choices=["float32", "bfloat16"])
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--output")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    model = SentenceTransformer(args.model, device=args.device, model_kwargs={"dtype": getattr(torch, args.dtype)})
    model.max_seq_length = 512
    for name in args.texts:
        with open(name, encoding="utf-8") as file:
            told(args, model, [json.loads(line)["text"] for line in file])


if __name__ == "__main__":
    main()
