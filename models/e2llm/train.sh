#!/usr/bin/env bash
# Trains the adapter of models/e2llm/adapter, or one like it: chunks of a sentence each first, then whole ones of 100 tokens. Minutes on a GPU,
# days on two cores.
#
#   models/e2llm/train.sh APP OUT [options of `train`, such as --device cuda:0 or --seed 2]
#
# APP is a program compiled with --method e2llm --train; what is learnt is OUT/adapter. OBJECTIVE=reason leaves restating out of the last stage.
set -euo pipefail
app=$1 out=$2
shift 2
mkdir -p "$out"
last=

# stage NAME FILLERS CHUNK SEED FACTS:DOCUMENTS,... [OPTION]...: goes on from the stage before
stage() {
  local name=$1 fillers=$2 chunk=$3 seed=$4 documents=$5 part
  shift 5
  rm -rf "$out/$name"
  : >"$out/$name.jsonl"
  for part in ${documents//,/ }; do
    rm -rf "$out/facts"
    "$app" make-facts --documents "${part#*:}" --facts "${part%:*}" --fillers "$fillers" --turns 64 --seed $((seed + ${part%:*})) --out "$out/facts" -q
    cat "$out/facts/facts.jsonl" >>"$out/$name.jsonl"
  done
  "$app" train --data "$out/$name.jsonl" --out "$out/$name" --chunk "$chunk" --restate 1 --restate-windows 1 --seq-len 2048 --batch 4 --seed 1 \
    ${last:+--adapter "$last"} "$@"
  last=$out/$name
}

sentences=1:2500,2:2000,4:1500
stage begun 0 60 0 $sentences --steps 194 --lr 4e-4 --warmup 20 --understand-weight 0.1 "$@"
stage sentences 0 60 0 $sentences --steps 489 --lr 4e-4 --schedule cosine --understand-weight 0.3 "$@"
stage few 5 512 100000 1:900,2:700,4:400 --steps 80 --lr 1e-3 --warmup 10 --objective reason "$@"
stage more 5 512 101000 2:700,4:700,8:600,16:300 --steps 340 --lr 1e-3 --warmup 10 --objective reason "$@"
stage adapter 5 512 102000 8:500,16:500,32:500 --steps 700 --lr 1e-3 --warmup 10 --objective "${OBJECTIVE:-both}" --understand-weight 0.1 --schedule cosine "$@"
