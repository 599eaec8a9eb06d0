#!/usr/bin/env bash
# The compiled window, cache and memory state machine against a plain O(N^2) reference: 16 situations of a tiny model
# (methods: flush and slide, memory in some layers, temperatures, exact top-k, further questions), float32 arithmetic.
source "$(dirname "$0")/programs.sh"
python3 - "$longc" "$work" <<'PY'
import json, subprocess, sys

longc, work = sys.argv[1:]
cases = [json.loads(line) for line in open("test/golden/fot_model.jsonl")][1:]
programs = {}
results = open(f"{work}/fot_results.jsonl", "w")
names = []
for case in cases:
    config = case["config"]
    if "first_position" in config:
        continue  # programs count positions themselves; the identity is a unit test of the rotation
    layers, topk = ",".join(map(str, config["memory_layers"])), config.get("memory_topk", 0)
    if (layers, topk) not in programs:
        app = programs[layers, topk] = f"{work}/fot-{layers.replace(',', '')}-{topk}"
        subprocess.run([longc, "compile", "test/golden/fot_tiny.gguf", "-o", app, "--quiet", "--method", "fot",
                        "--mem-layers", layers, "--topk", str(topk)], check=True)
    scale, growth = config.get("memory_scale", 1.0), config.get("memory_growth", 0.0)
    sizes = [size for size, times in case["calls"] for _ in range(times)]
    ends = {sum(sizes[: call + 1]) - 1 for call in range(len(sizes))}
    positions = sorted(ends | set(case["positions"]))
    request = {"prompt": 0, "tokens": case["tokens"], "positions": positions, "calls": case["calls"]}
    with open(f"{work}/fot_request.jsonl", "w") as file:
        file.write(json.dumps(request) + "\n")
    subprocess.run([programs[layers, topk], "logits", "--requests", f"{work}/fot_request.jsonl", "--output",
                    f"{work}/fot_result.jsonl", "--exact", "--quiet", "--window", "64", "--last-context",
                    str(config["last_context"]), "--eviction", config["eviction"], "--memory-temperature",
                    f"log:{growth}:{config['memory_growth_from']}:{scale}" if growth else f"fixed:{scale}"], check=True)
    result = json.loads(open(f"{work}/fot_result.jsonl").read())
    result["case"] = case["case"]
    results.write(json.dumps(result) + "\n")
    names.append(case["case"])
results.close()
subprocess.run([sys.executable, "test/golden/check_fot.py", f"{work}/fot_results.jsonl", "--cases", *names], check=True)
PY
