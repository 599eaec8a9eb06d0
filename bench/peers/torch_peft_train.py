#!/usr/bin/env python3
"""Steps of fine-tuning with torch: the peer of `app train`. Needs torch, transformers and peft.

    torch_peft_train.py MODEL_FOLDER TOKENS.json --what lora|full --dtype bfloat16|float32 [--rank 16] [--compile] [--steps 4] [--threads 2]

TOKENS.json is a list of steps, each a list of sequences of one length. Prints one JSON object: tokens a second of each step behind the
first, losses, the most memory in bytes.
"""
import argparse
import json
import resource
import time

import torch
from transformers import AutoModelForCausalLM


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("tokens")
    parser.add_argument("--what", choices=["lora", "full"], default="lora")
    parser.add_argument("--dtype", choices=["bfloat16", "float32"], default="bfloat16")
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_pretrained(options.model, torch_dtype=getattr(torch, options.dtype))
    if options.what == "lora":
        from peft import LoraConfig, get_peft_model
        model = get_peft_model(model, LoraConfig(r=options.rank, lora_alpha=2 * options.rank, target_modules="all-linear", task_type="CAUSAL_LM"))
    model.train()
    run = torch.compile(model) if options.compile else model
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-4, weight_decay=0)
    speeds, losses = [], []
    with open(options.tokens, encoding="utf-8") as file:
        steps = json.load(file)
    for number in range(options.steps):
        ids = torch.tensor(steps[number % len(steps)])
        start = time.perf_counter()
        loss = run(input_ids=ids, labels=ids).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if number > 0:
            speeds.append(ids.numel() / (time.perf_counter() - start))
        losses.append(loss.item())
    print(json.dumps({"tokens_per_second": speeds, "losses": losses, "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))


if __name__ == "__main__":
    main()
