#!/usr/bin/env bash
# A compiled SmolLM2-135M-Instruct on a GPU: its logits beside the float64 reference first, by the kernels of prefill and of decoding,
# then prefill, decoding at depths, many sequences, each beside what llama.cpp did on one H200 with the same file, and how fast windows
# that are read alone become memory. Peers are quoted, not run: on another GPU the ratio says less.
#
#   bench/cuda.sh [--no-record] [--device cuda:0] APP [-- more options of APP, such as --adapter DIR]
#
# Prints a row a line: workload, ours, peer, ratio. Exit code 1 if the logits fail their limits.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source bench/record.sh

keep=1 app="" device=cuda:0
while [ $# -gt 0 ]; do
  case "$1" in
    --no-record) keep=0 ;;
    --device) device=$2; shift ;;
    -h | --help) sed -n '2,8p' "$0" | cut -c3-; exit 0 ;;
    --) shift; break ;;
    -*) echo "cuda.sh: unknown flag $1; see --help" >&2; exit 2 ;;
    *) app=$1 ;;
  esac
  shift
done
[ -x "$app" ] || { echo "cuda.sh: expected a compiled program, got '$app'" >&2; exit 2; }

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

# row WORKLOAD KEY PEER OPTIONS...: the best of the repetitions, in tokens a second
row() {
  local workload=$1 key=$2 peer=$3
  shift 3
  "$app" bench --device "$device" --json --quiet "$@" >"$work/bench.json"
  say "$(python3 -c 'import json, sys
workload, key, peer, path = sys.argv[1:]
ours = json.load(open(path))[key]
print(f"{workload:44}{ours:14.1f}{peer:>12}" + (f"{ours / float(peer):9.2f}" if peer != "-" else ""))' "$workload" "$key" "$peer" "$work/bench.json")"
}

say "$("$app" bench --device "$device" --prefill 0 --decode 0 --repeat 1 2>&1 >/dev/null | head -n 1)"
say "$(printf '%-44s%14s%12s%9s' 'tokens a second' ours llama.cpp ratio)"
row "prefill of 4,096" prefill_tokens_per_second 56889 --prefill 4096 --decode 0 --window 8192 --repeat 5 "$@"
row "decoding, nothing before it" decode_tokens_per_second 965 --prefill 0 --decode 256 --window 8192 --repeat 3 "$@"
row "decoding at a depth of 1,024" decode_tokens_per_second 956 --prefill 0 --decode 256 --depth 1024 --window 8192 --repeat 3 "$@"
row "decoding at a depth of 32,768 (memory)" decode_tokens_per_second 668 --prefill 0 --decode 128 --depth 32768 --window 1024 --repeat 2 "$@"
row "decoding, 16 sequences" decode_tokens_per_second - --prefill 0 --decode 256 --sequences 16 --window 8192 --repeat 2 "$@"
row "1,048,576 tokens, windows read alone" fill_tokens_per_second - --prefill 0 --decode 0 --fill 1048576 --ingest window --repeat 1 "$@"
[ $keep = 1 ] && echo "recorded in $record" >&2
exit $status
