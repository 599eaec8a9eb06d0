#!/usr/bin/env bash
# Speed of a compiled SmolLM2 beside llama.cpp's llama-bench in the same run, and of bf16 GEMM beside torch's.
#
#   bench/speed.sh [--threads 2] [--fill 32000] [--no-record] APP MODEL.gguf [-- more options of APP]
#
# First checks that APP answers rightly on two golden prompts. LONGC_TORCH_PYTHON names a Python with torch for the GEMM
# peer; without it that part is left out. Needs python3, a C++ compiler, and what bench/peers/llama_cpp.sh needs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source bench/record.sh

threads=2 fill=0 keep=1 app="" gguf=""
while [ $# -gt 0 ]; do
  case "$1" in
    --threads) threads=${2:?--threads needs a number}; shift ;;
    --fill) fill=${2:?--fill needs a number}; shift ;;
    --no-record) keep=0 ;;
    -h | --help) sed -n '2,7p' "$0" | cut -c3-; exit 0 ;;
    --) shift; break ;;
    -*) echo "speed.sh: unknown flag $1; see --help" >&2; exit 2 ;;
    *) if [ -z "$app" ]; then app=$1; else gguf=$1; fi ;;
  esac
  shift
done
[ -x "$app" ] || { echo "speed.sh: expected a compiled program, got '$app'" >&2; exit 2; }
[ -f "$gguf" ] || { echo "speed.sh: expected the GGUF file that the program was made from, got '$gguf'" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
peer=$(bash bench/peers/llama_cpp.sh --build-only 2>&1 | sed -n 's/^llama-bench: //p')
[ -x "$peer" ] || { echo "speed.sh: llama-bench was not built; run bench/peers/llama_cpp.sh --build-only" >&2; exit 1; }
${CXX:-c++} -O2 -std=c++20 -pthread bench/roofs.cpp -o "$work/roofs"

# A fast wrong answer is worth nothing.
python3 test/golden/check_logits.py --write-requests "$work/all.jsonl" >/dev/null
head -n 2 "$work/all.jsonl" >"$work/requests.jsonl"
head -n 3 test/golden/logits.jsonl >"$work/golden.jsonl"
"$app" logits --requests "$work/requests.jsonl" --output "$work/results.jsonl" --quiet --progress none "$@"
if ! python3 test/golden/check_logits.py "$work/results.jsonl" --golden "$work/golden.jsonl" --mode default \
  >"$work/check.txt"; then
  cat "$work/check.txt" >&2
  echo "speed.sh: the program's answers differ from the reference; not measured" >&2
  exit 1
fi

beginRecord speed "bench/speed.sh --threads $threads --fill $fill APP $(basename "$gguf") $*"
[ $keep = 1 ] || { rm -f "$record"; record=$work/record.txt; }
{
  python3 bench/speed.py "$app" --gguf "$gguf" --peer "$peer" --roofs "$work/roofs" --threads "$threads" --fill "$fill" -- "$@"
  # The same bf16 product by our kernel and by torch: 512 x 2048 x 2048.
  for gemm in build/bin/longc-bench-cpu build/dev/bin/longc-bench-cpu; do
    [ -x "$gemm" ] || continue
    echo
    "$gemm" bench/kernels/cpu_gemm.mlir --pass-pipeline 'longc-lower{method=none precision=fast}' --tokens 512 \
      --cores "$threads" --benchmark_repetitions=20 --benchmark_min_time=0.05 --variants "$("$app" info "$@" | awk '$1 == "chosen" { print $2 }')" |
      awk -v threads="$threads" '/_median/ && $3 == "us" { printf "ours bfloat16 512x2048x2048 %d threads: median %.1f GF/s\n", threads, 2 * 512 * 2048 * 2048 / (threads == 1 ? $4 : $2) / 1e3 }'
    break
  done
  if [ -x "${LONGC_TORCH_PYTHON:-}" ]; then
    echo
    "$LONGC_TORCH_PYTHON" bench/peers/torch_gemm.py --seconds 2 --threads "$threads" | grep bfloat16
  fi
} | tee -a "$record"
[ $keep = 1 ] && echo "recorded in $record" >&2
exit 0
