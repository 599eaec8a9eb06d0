#!/usr/bin/env bash
# Whole programs on a GPU: SmolLM2-135M-Instruct's logits beside float64 first, by the kernels of prefill and of decoding, then the table of issue 11, a row
# a line: ours, best peer, ratio (over 1: ours is ahead), floor, what is asked for. Up to 8,192 tokens all is one window (`--last-context`), as the peers
# read it: else a prompt's last 512 tokens are read by themselves.
#
#   bench/cuda.sh --make DIR [LONGC]     on a machine with longc, which needs no GPU: all programs that follow, into DIR
#   bench/cuda.sh [options] DIR          on a machine with a GPU, python3 and torch; rows whose program is not in DIR are left out
#   bench/cuda.sh [options] APP [-- more options of APP, such as --adapter DIR]      a program of SmolLM2 alone
#
#   DIR/app        SmolLM2, --method fot
#   DIR/train      the same compiled with --train
#   DIR/llama      a shape of 1.1 billion weights (bench/shape_folder.py), --method fot --embed-weights no
#   DIR/functions  bench/kernels/cuda_functions.mlir: attention and products beside torch
#   DIR/training   bench/kernels/cuda_training.mlir: gradients, loss, norm, gated unit beside torch
#
#   --quick        of kernels ours alone, the peers quoted; those of whole programs are quoted from bench/peers/h200.json in any case
#   --device cuda:0, --no-record
#
# Exit code 1 if logits or a kernel fail their limits, or a program fails. On another GPU than an H200 the ratio says less.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source bench/record.sh

given="$*" keep=1 programs="" device=cuda:0 quick="" make=""
while [ $# -gt 0 ]; do
  case "$1" in
    --no-record) keep=0 ;;
    --quick) quick=--quick ;;
    --device) device=$2; shift ;;
    --make) make=$2; shift ;;
    -h | --help) sed -n '2,19p' "$0" | cut -c3-; exit 0 ;;
    --) shift; break ;;
    -*) echo "cuda.sh: unknown flag $1; see --help" >&2; exit 2 ;;
    *) programs=$1 ;;
  esac
  shift
done

makePrograms() {
  local to=$1 longc=$2 gguf
  set -e
  mkdir -p "$to"
  gguf=$(models/get-smollm2.sh)
  target="--target cpu,cuda:sm_90a --quiet"
  "$longc" compile "$gguf" --method fot $target -o "$to/app"
  "$longc" compile "$gguf" --method fot --train --lora rank=16,alpha=32,targets=all $target -o "$to/train"
  python3 bench/shape_folder.py "$to/shape"
  "$longc" compile "$to/shape" --method fot --embed-weights no $target -o "$to/llama"
  rm -r "$to/shape"
  "$longc" compile bench/kernels/cuda_functions.mlir $target -o "$to/functions"
  "$longc" compile bench/kernels/cuda_training.mlir $target -o "$to/training"
}
if [ -n "$make" ]; then
  makePrograms "$make" "${programs:-build/dev/bin/longc}"
  exit 0
fi
app=$programs
[ -d "$programs" ] && app=$programs/app || programs=/nonexistent
[ -x "$app" ] || { echo "cuda.sh: expected a folder with programs or a compiled program, got '$app'" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ $keep = 1 ]; then
  beginRecord cuda "bench/cuda.sh $given"
else
  record=$work/record.txt
fi
say() { echo "$*" | tee -a "$record"; }
status=0
fails() { say "FAILED: $1"; tail -n 3 "$work/stderr" | tee -a "$record"; status=1; }

python3 test/golden/check_logits.py --write-requests "$work/at-once.jsonl" >/dev/null || exit 2
python3 test/golden/check_logits.py --write-requests "$work/one-by-one.jsonl" --one-by-one >/dev/null || exit 2
for tokens in at-once one-by-one; do
  say "== logits beside float64, tokens taken in ${tokens//-/ }"
  "$app" logits --device "$device" --requests "$work/$tokens.jsonl" --output "$work/results.jsonl" --window 8192 --last-context 8192 --quiet 2>"$work/stderr" ||
    { fails "logits"; continue; }
  python3 test/golden/check_logits.py "$work/results.jsonl" --mode default >"$work/verdict.txt" || status=1
  tee -a "$record" <"$work/verdict.txt"
done

# show NAME OURS: the row NAME of peers/h200.json; OURS may be empty
show() {
  say "$(python3 -c 'import json, sys
sys.path.insert(0, "bench/kernels")
from cuda_table import row
one = json.load(open("bench/peers/h200.json"))[sys.argv[1]]
ours = float(sys.argv[2]) if sys.argv[2] else None
peers = {one["peer"] + " (quoted)": one["value"]} if "value" in one else {}
print(row(one["title"], ours, one.get("unit", "tokens/s"), peers, one.get("floor"), one.get("must")))' "$1" "$2")"
}

# row NAME KEY APP OPTIONS...: the best of the repetitions, in tokens a second; nothing without the program
row() {
  local name=$1 key=$2 program=$3
  shift 3
  [ -x "$program" ] || return 0
  timeout 120 "$program" bench --device "$device" --json --quiet "$@" >"$work/bench.json" 2>"$work/stderr" || { fails "$name"; return 0; }
  show "$name" "$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$work/bench.json" "$key")"
}

# answer NAME TOKENS OPTIONS...: seconds from the program's start to so many tokens of an answer
answer() {
  local name=$1 tokens=$2
  shift 2
  local begin=$(date +%s.%N)
  timeout 120 "$app" generate --device "$device" --tokens "$tokens" --temperature 0 --quiet "$@" >/dev/null 2>"$work/stderr" || { fails "$name"; return 0; }
  show "$name" "$(python3 -c "import time; print(time.time() - $begin)")"
}

say "$("$app" bench --device "$device" --prefill 0 --decode 0 --repeat 1 2>&1 >/dev/null | head -n 1)"
say "$(python3 -c 'import sys; sys.path.insert(0, "bench/kernels"); from cuda_table import HEAD; print(HEAD)')"
one="--window 8192 --last-context 8192"
row smollm2-prefill prefill_tokens_per_second "$app" --prefill 4096 --decode 0 $one --repeat 5 "$@"
row smollm2-decode decode_tokens_per_second "$app" --prefill 0 --decode 256 $one --repeat 3 "$@"
row smollm2-decode-1024 decode_tokens_per_second "$app" --prefill 0 --decode 256 --depth 1024 $one --repeat 3 "$@"
row smollm2-decode-32768 decode_tokens_per_second "$app" --prefill 0 --decode 128 --depth 32768 --window 1024 --repeat 2 "$@"
row smollm2-decode-16 decode_tokens_per_second "$app" --prefill 0 --decode 256 --sequences 16 $one --repeat 2 "$@"
row smollm2-windows fill_tokens_per_second "$app" --prefill 0 --decode 0 --fill 1048576 --ingest window --repeat 1 "$@"
answer smollm2-first-token 1 --prompt "The capital of France is" "$@"
python3 -c 'import random
random.seed(1)
words = "the of and a to in he was that it his her with as had for she not on at by which be is from have you they all but one said we".split()
print(" ".join(random.choices(words, k=1048576)))' >"$work/million.txt"
answer smollm2-million 8 --document "$work/million.txt" --ingest window --prompt "The last word is" "$@"
if [ -x "$programs/train" ]; then
  head -c 2000000 "$work/million.txt" >"$work/some.txt"
  if timeout 120 "$programs/train" train --device "$device" --data "$work/some.txt" --out "$work/trained" --steps 12 --batch 8 --seq-len 2048 --call-tokens 16384 --lr 1e-4 --quiet >/dev/null 2>"$work/stderr"; then
    show smollm2-train "$(python3 -c 'import json, statistics, sys
print(statistics.median(json.loads(line)["tokens_per_second"] for line in list(open(sys.argv[1]))[3:]))' "$work"/trained/*.jsonl)"
  else
    fails training
  fi
fi
row llama-prefill prefill_tokens_per_second "$programs/llama" --random-weights 1 --prefill 4096 --decode 0 $one --repeat 5
row llama-decode-1024 decode_tokens_per_second "$programs/llama" --random-weights 1 --prefill 0 --decode 128 --depth 1024 $one --repeat 2
row llama-decode-32768 decode_tokens_per_second "$programs/llama" --random-weights 1 --prefill 0 --decode 64 --depth 32768 --window 1024 --repeat 1
# kernels PROGRAM SCRIPT
kernels() {
  [ -x "$1" ] || return 0
  timeout 200 python3 "bench/kernels/$2" "$1" $quick 2>"$work/stderr" | tee -a "$record"
  [ "${PIPESTATUS[0]}" = 0 ] || fails "$2"
}
kernels "$programs/functions" cuda_bench.py
kernels "$programs/training" cuda_training_bench.py
for name in knn-2048 knn-128 knn-1; do show $name ""; done
say "$([ $status = 0 ] && echo 'all right' || echo 'something is WRONG or failed')"
[ $keep = 1 ] && echo "recorded in $record" >&2
exit $status
