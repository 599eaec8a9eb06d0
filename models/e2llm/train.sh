#!/usr/bin/env bash
# Trains the adapter of models/e2llm/adapter, or one like it: names first, which the encoder as it is keeps and a trained one forgets. Seven minutes on
# an H200, days on two cores.
#
#   models/e2llm/train.sh APP OUT [options of `train`, such as --device cuda:0 or --seed 2]
#
# APP is a program compiled with --method e2llm --pool pma --train; what is learnt is OUT/adapter. Each stage has documents of its own: those that are
# seen again are learnt by heart. OBJECTIVE=both has the last three stages restate chunks too.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
app=$1 out=$2
shift 2
mkdir -p "$out"
last='' stages=0 seed=1 objective=reason
for word in "$@"; do
  [ "${before:-}" != --seed ] || seed=$word
  before=$word
done
more=("$@")

# stage NAME MEGABYTES CHUNK 'SHARE:FACTS:KIND:FILLERS...' [OPTION]...: goes on from the stage before
stage() {
  local name=$1 megabytes=$2 chunk=$3 plan=$4
  shift 4
  stages=$((stages + 1))
  rm -rf "${out:?}/$name"
  # shellcheck disable=SC2086 # words of a plan
  python3 "$here/documents.py" "$out/$name.jsonl" "$megabytes" $((1000 * seed + stages)) $plan
  "$app" train --data "$out/$name.jsonl" --out "$out/$name" --chunk "$chunk" --restate 1 --restate-windows 1 --seq-len 2048 --batch 4 --seed 1 --warmup 15 \
    --objective "$objective" --understand-weight 0.1 ${last:+--adapter "$last"} "$@" "${more[@]}"
  last=$out/$name
  rm "$out/$name.jsonl"
}

sentences='4:2:alike:0 4:3:alike:0 5:4:alike:0 4:8:alike:0 2:2:tell:0 1:1:tell:0'
few='4:2:alike:5 4:3:alike:5 5:4:alike:5 2:4:usual:5 1:1:tell:5 1:2:tell:5'
some='3:4:alike:5 3:6:alike:5 3:8:alike:5 4:8:usual:5 1:3:tell:5'
more_facts='2:8:alike:5 2:12:alike:5 2:16:alike:5 4:16:usual:5 0.5:4:tell:5'
many='1.5:16:alike:5 1.5:32:alike:5 2:24:usual:5 5:32:usual:5'
# The decoder learns to read what the encoder's pools, mapped to its words, say; the map is fitted again where chunks are whole.
stage sentences 20 60 "$sentences" --steps 497 --lr 1e-3 --freeze encoder,adapter
stage apart 20 60 "$sentences" --steps 540 --lr 5e-4 --freeze encoder
stage few 55 512 "$few" --steps 473 --lr 1e-3 --freeze encoder,adapter --begin fitted
stage mapped 60 512 "$few" --steps 534 --lr 5e-4 --freeze encoder
# Then all three learn.
stage some 80 512 "$some" --steps 598 --lr 5e-4
stage more 90 512 "$more_facts" --steps 664 --lr 5e-4
objective=${OBJECTIVE:-reason}
stage many 90 512 "$many" --steps 665 --lr 5e-4
stage slower 90 512 "$many" --steps 606 --lr 2e-4
stage adapter 60 512 "$many" --steps 507 --lr 7e-5
