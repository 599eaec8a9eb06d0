#!/usr/bin/env bash
# Gemma 3 270M beside llama.cpp in turns, and pass keys at four times its local window (512 tokens) through memory.
#
#   bench/gemma.sh [--threads 2] [--rounds 3] [--count 16] [--no-record] APP MODEL.gguf [-- more options of APP]
#
# MODEL.gguf is what models/get-gemma3.sh fetches, APP `longc compile MODEL.gguf --method fot --window 512 -o APP`: memory in the layers that
# see everything. The peer's rate of decoding is also told as a share of a plain read of the file's bytes, measured in the same run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source bench/record.sh

threads=2 rounds=3 count=16 keep=1 app="" gguf=""
while [ $# -gt 0 ]; do
  case "$1" in
    --threads) threads=${2:?--threads needs a number}; shift ;;
    --rounds) rounds=${2:?--rounds needs a number}; shift ;;
    --count) count=${2:?--count needs a number}; shift ;;
    --no-record) keep=0 ;;
    -h | --help) sed -n '2,7p' "$0" | cut -c3-; exit 0 ;;
    --) shift; break ;;
    -*) echo "gemma.sh: unknown flag $1; see --help" >&2; exit 2 ;;
    *) if [ -z "$app" ]; then app=$1; else gguf=$1; fi ;;
  esac
  shift
done
[ -x "$app" ] || { echo "gemma.sh: expected a compiled program, got '$app'" >&2; exit 2; }
[ -f "$gguf" ] || { echo "gemma.sh: expected the GGUF file that the program was made from, got '$gguf'" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
peer=$(bash bench/peers/llama_cpp.sh --build-only 2>&1 | sed -n 's/^llama-bench: //p')
[ -x "$peer" ] || { echo "gemma.sh: llama-bench was not built; run bench/peers/llama_cpp.sh --build-only" >&2; exit 1; }
${CXX:-c++} -O2 -std=c++20 -pthread bench/roofs.cpp -o "$work/roofs"

beginRecord gemma "bench/gemma.sh --threads $threads --rounds $rounds --count $count APP $(basename "$gguf") $*"
[ $keep = 1 ] || { rm -f "$record"; record=$work/record.txt; }
for round in $(seq "$rounds"); do
  "$peer" -m "$gguf" -p 512 -n 64 -t "$threads" -r 2 -o jsonl >>"$work/peer.jsonl" 2>/dev/null
  "$app" bench --prefill 512 --decode 64 --threads "$threads" --json --quiet "$@" >>"$work/ours.jsonl"
  "$work/roofs" "$threads" >>"$work/roofs.jsonl"
done
"$app" eval passkey --lengths 2048 --count "$count" --threads "$threads" --seed 1 --json --quiet "$@" >"$work/keys.json"
"$app" eval passkey --lengths 2048 --count "$count" --threads "$threads" --seed 1 --json --quiet --memory off --truncate "$@" >"$work/without.json"
python3 - "$work" "$gguf" <<'PY' | tee -a "$record"
import json, os, sys
work, gguf = sys.argv[1:]
rows = lambda name: [json.loads(line) for line in open(f"{work}/{name}.jsonl")]
peer, ours, roofs = rows("peer"), rows("ours"), rows("roofs")
read = max(row["read_gbps"] for row in roofs) * 1e9 / os.path.getsize(gguf)  # tokens/s of one plain read of the file each
print(f"variant {ours[0]['variant']}; best of {len(ours)} rounds in turns, tokens/s\n\n{'':12}{'ours':>9}{'llama.cpp':>11}{'ratio':>8}")
for name, key in (("prefill 512", "prefill"), ("decode 64", "decode")):
    a, b = [row[f"{key}_tokens_per_second"] for row in ours], [row["avg_ts"] for row in peer if bool(row["n_prompt"]) == (key == "prefill")]
    print(f"{name:12}{max(a):9.0f}{max(b):11.0f}{max(a) / max(b):7.2f} x   ours {', '.join(f'{x:.0f}' for x in a)}; peer {', '.join(f'{x:.0f}' for x in b)}")
print(f"\na plain read of the file's bytes: {read:.0f} a second; of it ours {max(row['decode_tokens_per_second'] for row in ours) / read:.0%}, the peer {max(b) / read:.0%}")
for name, what in (("keys", "memory in the layers that see everything"), ("without", "the window alone")):
    table = json.load(open(f"{work}/{name}.json"))
    print(f"pass keys at 2,048 tokens, window 512, {what}: {json.dumps(table.get('rows', table))}")
PY
[ $keep = 1 ] && echo "recorded in $record" >&2
exit 0
