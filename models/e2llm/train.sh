#!/usr/bin/env bash
# Trains the adapter of models/e2llm/adapter, or one like it: names first, which the encoder as it is keeps and a trained one forgets. Seven minutes on
# an H200, days on two cores.
#
#   models/e2llm/train.sh APP OUT [options of `train`, such as --device cuda:0 or --seed 2]
#
# APP is a program compiled with --method e2llm --pool pma --train; what is learnt is OUT/adapter. Each stage has documents of its own, made while the
# stages before learn: those that are seen again are learnt by heart. A stage whose loss is to fall so far, in the mean of its last sixth, goes on with
# new documents in a folder of its own (OUT/few-2) until it has, ROUNDS times at most (4). OBJECTIVE=both has the last three stages restate chunks too;
# FROM=FOLDER, what the stage AFTER (more) of another run has learnt, makes those behind it alone.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
app=$1 out=$2
shift 2
mkdir -p "$out"
seed=1
for word in "$@"; do
  [ "${before:-}" != --seed ] || seed=$word
  before=$word
done
more=("$@")

sentences='4:2:alike:0 4:3:alike:0 5:4:alike:0 4:8:alike:0 2:2:tell:0 1:1:tell:0'
few='4:2:alike:5 4:3:alike:5 5:4:alike:5 2:4:usual:5 1:1:tell:5 1:2:tell:5'
some='3:4:alike:5 3:6:alike:5 3:8:alike:5 4:8:usual:5 1:3:tell:5'
more_facts='2:8:alike:5 2:12:alike:5 2:16:alike:5 4:16:usual:5 0.5:4:tell:5'
many='1.5:16:alike:5 1.5:32:alike:5 2:24:usual:5 5:32:usual:5'

# Calls DO NAME MEGABYTES CHUNK 'SHARE:FACTS:KIND:FILLERS...' STEPS LOSS [OPTION]... for each stage; LOSS is - where any will do.
stages() {
  number=0 isOver=""
  # The decoder learns to read what the encoder's pools, mapped to its words, say; the map is fitted again where chunks are whole.
  $1 sentences 20 60 "$sentences" 497 - --lr 1e-3 --freeze encoder,adapter
  $1 apart 20 60 "$sentences" 540 - --lr 5e-4 --freeze encoder
  $1 few 55 512 "$few" 473 1.25 --begin fitted --lr 1e-3 --freeze encoder,adapter
  $1 mapped 60 512 "$few" 534 - --lr 5e-4 --freeze encoder
  # Then all three learn.
  $1 some 80 512 "$some" 598 0.65 --lr 5e-4
  $1 more 90 512 "$more_facts" 664 - --lr 5e-4
  objective=${OBJECTIVE:-reason}
  $1 many 90 512 "$many" 665 - --lr 5e-4
  $1 slower 90 512 "$many" 606 - --lr 2e-4
  $1 adapter 60 512 "$many" 507 - --lr 7e-5
}

# Whether a stage is of those up to AFTER; each has a number.
isBehind() {
  number=$((number + 1))
  [ -n "${FROM:-}" ] && [ -z "$isOver" ] || return 1
  [ "$1" != "${AFTER:-more}" ] || isOver=1
}

# Documents of a round of a stage.
documents() {
  # shellcheck disable=SC2086 # words of a plan
  python3 "$here/documents.py" "$out/$1.jsonl" "$2" $((1000 * seed + 100 * ($3 - 1) + number)) $4
}

makeDocuments() {
  isBehind "$1" || documents "$1" "$2" 1 "$4"
}

# The mean loss of answers in the last sixth of a stage.
reached() {
  python3 -c 'import json, statistics, sys
losses = [step["reason_loss"] for step in map(json.loads, open(sys.argv[1] + "/train.jsonl")) if "reason_loss" in step]
print(f"{statistics.mean(losses[-max(1, len(losses) // 6):]):.3f}")' "$1"
}

# Goes on from the stage before.
learn() {
  isBehind "$1" && return
  local stage=$1 name=$1 megabytes=$2 chunk=$3 plan=$4 steps=$5 wanted=$6 round=1 begin=() loss
  shift 6
  [ "$1" != --begin ] || { begin=("$1" "$2") && shift 2; }
  until [ -e "$out/$name.jsonl" ]; do
    kill -0 "$maker" 2>/dev/null || [ -e "$out/$name.jsonl" ] || exit 1
    sleep 0.2
  done
  while :; do
    rm -rf "${out:?}/$name"
    "$app" train --data "$out/$name.jsonl" --out "$out/$name" --chunk "$chunk" --restate 1 --restate-windows 1 --seq-len 2048 --batch 4 --seed 1 --warmup 15 \
      --objective "$objective" --understand-weight 0.1 --steps "$steps" ${last:+--adapter "$last"} "${begin[@]}" "$@" "${more[@]}"
    last=$out/$name
    rm "$out/$name.jsonl"
    [ "$wanted" != - ] && [ "$round" -lt "${ROUNDS:-4}" ] || break
    loss=$(reached "$last")
    python3 -c "exit(not $loss > $wanted)" || break
    echo "the loss of $name is $loss, and is to be under $wanted: it goes on with new documents" >&2
    round=$((round + 1)) name=$stage-$round begin=()
    documents "$name" "$megabytes" "$round" "$plan"
  done
}

objective=reason last=${FROM:-}
rm -f "$out"/*.jsonl
stages makeDocuments &
maker=$!
trap 'kill "$maker" 2>/dev/null || true' EXIT
stages learn
