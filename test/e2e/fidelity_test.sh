#!/usr/bin/env bash
# SmolLM2's logits and greedy tokens against the float64 reference of 24 prompts, in exact and default mode; by the kernels of
# prefill, and in default mode, where they round otherwise, by those of decoding.
source "$(dirname "$0")/programs.sh"
app=$(smollm2)
python3 test/golden/check_logits.py --write-requests "$work/requests.jsonl"
"$app" logits --requests "$work/requests.jsonl" --output "$work/default.jsonl" --window 8192 --last-context 8192
python3 test/golden/check_logits.py "$work/default.jsonl" --mode default
"$app" logits --requests "$work/requests.jsonl" --output "$work/exact.jsonl" --exact --window 8192 --last-context 8192
python3 test/golden/check_logits.py "$work/exact.jsonl" --mode exact
python3 test/golden/check_logits.py --write-requests "$work/one-by-one.jsonl" --one-by-one
"$app" logits --requests "$work/one-by-one.jsonl" --output "$work/decoded.jsonl" --window 8192 --last-context 8192
python3 test/golden/check_logits.py "$work/decoded.jsonl" --mode default
