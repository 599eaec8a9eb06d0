#!/usr/bin/env bash
# A compiled SmolLM2-135M-Instruct on a GPU: its logits beside float64 first, by the kernels of prefill and of decoding, then prefill,
# decoding at depths, many sequences, and how fast windows that are read alone become memory; training, kernels and a shape of 1.1 billion
# weights where programs for them are given. A row a line: workload, ours, best peer, ratio, floor, what issue 11 asks for. Up to 8,192 tokens all
# is one window (`--last-context`), as the peers read it: else a prompt's last 512 tokens are read by themselves.
#
#   bench/cuda.sh [options] APP [-- more options of APP, such as --adapter DIR]
#
#   --train APP --data FILE    a program compiled with --train, and a text: steps of 8 x 2,048 tokens
#   --llama APP                the shape of bench/shape_folder.py, compiled with --method fot --embed-weights no
#   --functions P              bench/kernels/cuda_functions.mlir compiled: attention and GEMM beside torch
#   --training P               bench/kernels/cuda_training.mlir compiled: gradients, loss, norm, gated unit beside torch
#   --quick                    ours alone for kernels; peers of whole programs are quoted from bench/peers/h200.json in any case
#   --device cuda:0, --no-record
#
# Exit code 1 if logits or a kernel fail their limits. On another GPU than an H200 the ratio says less.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source bench/record.sh

keep=1 app="" device=cuda:0 train="" data="" llama="" functions="" training="" quick=""
while [ $# -gt 0 ]; do
  case "$1" in
    --no-record) keep=0 ;;
    --quick) quick=--quick ;;
    --device) device=$2; shift ;;
    --train) train=$2; shift ;;
    --data) data=$2; shift ;;
    --llama) llama=$2; shift ;;
    --functions) functions=$2; shift ;;
    --training) training=$2; shift ;;
    -h | --help) sed -n '2,17p' "$0" | cut -c3-; exit 0 ;;
    --) shift; break ;;
    -*) echo "cuda.sh: unknown flag $1; see --help" >&2; exit 2 ;;
    *) app=$1 ;;
  esac
  shift
done
[ -x "$app" ] || { echo "cuda.sh: expected a compiled program, got '$app'" >&2; exit 2; }
[ -z "$train" ] || [ -f "$data" ] || { echo "cuda.sh: --train needs --data FILE" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ $keep = 1 ]; then
  beginRecord cuda "bench/cuda.sh $app --device $device $*"
else
  record=$work/record.txt
fi
say() { echo "$*" | tee -a "$record"; }

status=0
python3 test/golden/check_logits.py --write-requests "$work/at-once.jsonl" >/dev/null
python3 test/golden/check_logits.py --write-requests "$work/one-by-one.jsonl" --one-by-one >/dev/null
for tokens in at-once one-by-one; do
  "$app" logits --device "$device" --requests "$work/$tokens.jsonl" --output "$work/results.jsonl" --window 8192 --last-context 8192 --quiet
  say "== tokens taken in ${tokens//-/ }"
  python3 test/golden/check_logits.py "$work/results.jsonl" --mode default >"$work/verdict.txt" || status=1
  tee -a "$record" <"$work/verdict.txt"
done

# show ROW OURS: the row beside its peer, floor and goal
show() {
  say "$(python3 -c 'import json, sys
name, ours = sys.argv[1], float(sys.argv[2])
row = json.load(open("bench/peers/h200.json"))[name]
value = row.get("value")
peer, ratio = ("%.0f %s" % (value, row["peer"]), "%.2f" % (ours / value)) if value else ("-", "-")
print("%-46s%12.1f   %-32s%6s%10s%10s" % (row["title"], ours, peer, ratio, row.get("floor", "-"), row.get("must", "-")))' "$1" "$2")"
}

# row ROW KEY APP OPTIONS...: the best of the repetitions, in tokens a second
row() {
  local name=$1 key=$2 program=$3
  shift 3
  "$program" bench --device "$device" --json --quiet "$@" >"$work/bench.json"
  show "$name" "$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$work/bench.json" "$key")"
}

say "$("$app" bench --device "$device" --prefill 0 --decode 0 --repeat 1 2>&1 >/dev/null | head -n 1)"
say "$(printf '%-46s%12s   %-32s%6s%10s%10s' 'tokens a second' ours 'best peer (quoted)' ratio floor must)"
row smollm2-prefill prefill_tokens_per_second "$app" --prefill 4096 --decode 0 --window 8192 --last-context 8192 --repeat 5 "$@"
row smollm2-decode decode_tokens_per_second "$app" --prefill 0 --decode 256 --window 8192 --last-context 8192 --repeat 3 "$@"
row smollm2-decode-1024 decode_tokens_per_second "$app" --prefill 0 --decode 256 --depth 1024 --window 8192 --last-context 8192 --repeat 3 "$@"
row smollm2-decode-32768 decode_tokens_per_second "$app" --prefill 0 --decode 128 --depth 32768 --window 1024 --repeat 2 "$@"
row smollm2-decode-16 decode_tokens_per_second "$app" --prefill 0 --decode 256 --sequences 16 --window 8192 --last-context 8192 --repeat 2 "$@"
row smollm2-windows fill_tokens_per_second "$app" --prefill 0 --decode 0 --fill 1048576 --ingest window --repeat 1 "$@"
if [ -n "$train" ]; then
  "$train" train --device "$device" --data "$data" --out "$work/trained" --steps 12 --batch 8 --seq-len 2048 --call-tokens 16384 --lr 1e-4 --quiet >/dev/null
  show smollm2-train "$(python3 -c 'import json, statistics, sys
print(statistics.median(json.loads(line)["tokens_per_second"] for line in list(open(sys.argv[1]))[3:]))' "$work"/trained/*.jsonl)"
fi
if [ -n "$llama" ]; then
  row llama-prefill prefill_tokens_per_second "$llama" --random-weights 1 --prefill 4096 --decode 0 --window 8192 --last-context 8192 --repeat 5
  row llama-decode-1024 decode_tokens_per_second "$llama" --random-weights 1 --prefill 0 --decode 128 --depth 1024 --window 8192 --last-context 8192 --repeat 2
  row llama-decode-32768 decode_tokens_per_second "$llama" --random-weights 1 --prefill 0 --decode 64 --depth 32768 --window 1024 --repeat 1
fi
[ -z "$training" ] || python3 bench/kernels/cuda_training_bench.py "$training" $quick | tee -a "$record" || status=1
[ -z "$functions" ] || python3 bench/kernels/cuda_bench.py "$functions" | tee -a "$record" || status=1
[ $keep = 1 ] && echo "recorded in $record" >&2
exit $status
