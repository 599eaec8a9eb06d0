#!/usr/bin/env python3
"""The steps of a LIFT fit with torch: the peer of `app lift fit`. Needs torch, transformers and peft.

    torch_peft_lift.py MODEL_FOLDER ADAPTER_FOLDER ROWS.jsonl [--device cpu] [--dtype bfloat16] [--compile] [--steps N] [--threads 2] [--beta2 0.98] [--losses FILE]

ADAPTER_FOLDER is the adapter before its first step, ROWS.jsonl what `lift fit --write-rows` wrote: the same rows, weights and rates. Rows of a
call stand end to end behind a mask of their own; with --compile calls are filled up to one length. Prints one JSON object: seconds until the
model stood there, seconds and loss of each step, the most memory in bytes. --losses: a line for each step as it is done.
"""
import argparse
import json
import resource
import time

BEGIN = time.perf_counter()

import torch # noqa: E402
import torch.nn.functional as F # noqa: E402
from peft import PeftModel # noqa: E402
from transformers import AutoModelForCausalLM # noqa: E402


def callsOf(step, length, device):
    """Tokens, positions, mask, targets and weights of each call; `length`: of all calls, 0 for as long as each is."""
    for call in step["calls"]:
        tokens, weights = torch.tensor(call["tokens"]), torch.tensor(call["weights"])
        fill = max(0, length - len(tokens))
        bounds = torch.tensor(call["boundaries"] + ([len(tokens) + fill] if fill else []))
        tokens, weights = F.pad(tokens, (0, fill)), F.pad(weights, (0, fill))
        place = torch.arange(len(tokens))
        row = torch.bucketize(place, bounds, right=True) - 1
        tokens, weights, place, row, bounds = (one.to(device) for one in (tokens, weights, place, row, bounds))
        mask = (row[:, None] == row[None]) & (place[:, None] >= place[None])
        yield tokens[None], (place - bounds[row])[None], mask[None, None], torch.roll(tokens, -1), weights


def main():
    parser = argparse.ArgumentParser()
    for name in ("model", "adapter", "rows"):
        parser.add_argument(name)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", choices=["bfloat16", "float32"], default="bfloat16")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--steps", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--beta2", type=float, default=0.98)
    parser.add_argument("--losses", default="/dev/null")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    with open(options.rows, encoding="utf-8") as file:
        steps = [json.loads(line) for line in file]
    length = max(len(call["tokens"]) for step in steps for call in step["calls"]) if options.compile else 0
    base = AutoModelForCausalLM.from_pretrained(options.model, torch_dtype=getattr(torch, options.dtype), attn_implementation="sdpa")
    model = PeftModel.from_pretrained(base, options.adapter, is_trainable=True).to(options.device)
    model.train()
    run = torch.compile(model) if options.compile else model
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-4, betas=(0.9, options.beta2), weight_decay=0)
    wait = torch.cuda.synchronize if options.device.startswith("cuda") else lambda: None
    wait()
    loaded, seconds, losses = time.perf_counter() - BEGIN, [], []
    for step in steps[:options.steps or len(steps)]:
        start, total = time.perf_counter(), 0.0
        for group in optimizer.param_groups:
            group["lr"] = step["rate"]
        for tokens, positions, mask, targets, weights in callsOf(step, length, options.device):
            logits = run(input_ids=tokens, position_ids=positions, attention_mask=mask, use_cache=False).logits[0]
            loss = (F.cross_entropy(logits.float(), targets, reduction="none") * weights).sum()
            loss.backward()
            total += loss.item()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        wait()
        seconds.append(time.perf_counter() - start)
        losses.append(total)
        with open(options.losses, "a", encoding="utf-8") as file:
            file.write(f"{total}\n")
    peak = torch.cuda.max_memory_allocated() if options.device.startswith("cuda") else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"load_seconds": loaded, "step_seconds": seconds, "losses": losses, "peak_bytes": peak}))


if __name__ == "__main__":
    main()
