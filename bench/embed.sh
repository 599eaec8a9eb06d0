#!/usr/bin/env bash
# Speed of a compiled encoder beside sentence-transformers in the same run, its vectors compared first.
#
#   bench/embed.sh [--threads 2] [--rounds 1] [--no-record] APP MODEL [-- more options of APP]
#
# MODEL is the folder that APP was compiled from. LONGC_TORCH_PYTHON names a Python with torch and sentence-transformers.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source bench/record.sh

threads=2 rounds=1 keep=1 app="" model=""
while [ $# -gt 0 ]; do
  case "$1" in
    --threads) threads=${2:?--threads needs a number}; shift ;;
    --rounds) rounds=${2:?--rounds needs a number}; shift ;;
    --no-record) keep=0 ;;
    -h | --help) sed -n '2,6p' "$0" | cut -c3-; exit 0 ;;
    --) shift; break ;;
    -*) echo "embed.sh: unknown flag $1; see --help" >&2; exit 2 ;;
    *) if [ -z "$app" ]; then app=$1; else model=$1; fi ;;
  esac
  shift
done
[ -x "$app" ] || { echo "embed.sh: expected a compiled program, got '$app'" >&2; exit 2; }
[ -d "$model" ] || { echo "embed.sh: expected the folder that the program was made from, got '$model'" >&2; exit 2; }
[ -x "${LONGC_TORCH_PYTHON:-}" ] || { echo "embed.sh: LONGC_TORCH_PYTHON names no Python" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
${CXX:-c++} -O2 -std=c++20 -pthread bench/roofs.cpp -o "$work/roofs"
beginRecord embed "bench/embed.sh --threads $threads --rounds $rounds APP $(basename "$model") $*"
[ $keep = 1 ] || { rm -f "$record"; record=$work/record.txt; }
"$LONGC_TORCH_PYTHON" -c 'import sentence_transformers, torch, transformers
print(f"peer: sentence-transformers {sentence_transformers.__version__}, torch {torch.__version__}, transformers {transformers.__version__}")' | tee -a "$record"
python3 bench/embed.py "$app" "$model" --python "$LONGC_TORCH_PYTHON" --roofs "$work/roofs" --threads "$threads" --rounds "$rounds" -- "$@" |
  tee -a "$record"
[ $keep = 1 ] && echo "recorded in $record" >&2
exit 0
