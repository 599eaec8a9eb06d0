#!/usr/bin/env bash
# Trains the adapter of models/e2llm/adapter, or one like it: chunks of a sentence each, documents of 1 to 4 facts. Minutes on a GPU, a day on two cores.
#
#   models/e2llm/train.sh APP OUT [options of `train`, such as --device cuda:0 or --seed 2]
#
# APP is a program compiled with --method e2llm --train; what is learnt is OUT/adapter.
set -euo pipefail
app=$1 out=$2
shift 2
mkdir -p "$out"
: >"$out/facts.jsonl"
for documents in 1:2500 2:2000 4:1500; do
  facts=${documents%:*}
  rm -rf "$out/facts"
  "$app" make-facts --documents "${documents#*:}" --facts "$facts" --fillers 0 --turns 64 --seed "$facts" --out "$out/facts" -q
  cat "$out/facts/facts.jsonl" >>"$out/facts.jsonl"
done
train() { "$app" train --data "$out/facts.jsonl" --chunk 60 --restate 1 --restate-windows 1 --seq-len 2048 --batch 4 --seed 1 --lr 4e-4 "$@"; }
rm -rf "$out/begun" "$out/adapter"
train --out "$out/begun" --steps 194 --warmup 20 --understand-weight 0.1 "$@"
train --out "$out/adapter" --steps 489 --schedule cosine --understand-weight 0.3 --adapter "$out/begun" "$@"
