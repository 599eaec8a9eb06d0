#!/usr/bin/env bash
# Decoding of several sequences at a time by a compiled SmolLM2 beside llama.cpp's llama-batched-bench in the same run.
#
#   bench/sequences.sh [--threads 2] [--rounds 2] [--decode 32] [--no-record] APP MODEL.gguf [-- more options of APP]
#
# Peer, program, peer, program, ... for 1, 8 and 32 sequences; the best of the rounds counts. First checks that sequences
# run together give what they give alone. Needs python3 and what bench/peers/llama_cpp.sh needs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source bench/record.sh

threads=2 rounds=2 decode=32 keep=1 app="" gguf=""
while [ $# -gt 0 ]; do
  case "$1" in
    --threads) threads=${2:?--threads needs a number}; shift ;;
    --rounds) rounds=${2:?--rounds needs a number}; shift ;;
    --decode) decode=${2:?--decode needs a number}; shift ;;
    --no-record) keep=0 ;;
    -h | --help) sed -n '2,7p' "$0" | cut -c3-; exit 0 ;;
    --) shift; break ;;
    -*) echo "sequences.sh: unknown flag $1; see --help" >&2; exit 2 ;;
    *) if [ -z "$app" ]; then app=$1; else gguf=$1; fi ;;
  esac
  shift
done
[ -x "$app" ] || { echo "sequences.sh: expected a compiled program, got '$app'" >&2; exit 2; }
[ -f "$gguf" ] || { echo "sequences.sh: expected the GGUF file that the program was made from, got '$gguf'" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
peer=$(bash bench/peers/llama_cpp.sh --build-only 2>&1 | sed -n 's/^llama-batched-bench: //p')
[ -x "$peer" ] || { echo "sequences.sh: llama-batched-bench was not built; run bench/peers/llama_cpp.sh --build-only" >&2; exit 1; }

beginRecord sequences "bench/sequences.sh --threads $threads --rounds $rounds --decode $decode APP $(basename "$gguf") $*"
[ $keep = 1 ] || { rm -f "$record"; record=$work/record.txt; }
python3 bench/sequences.py "$app" --gguf "$gguf" --peer "$peer" --threads "$threads" --rounds "$rounds" --decode "$decode" -- "$@" |
  tee -a "$record"
[ $keep = 1 ] && echo "recorded in $record" >&2
exit 0
