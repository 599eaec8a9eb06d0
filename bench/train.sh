#!/usr/bin/env bash
# Speed and memory of fine-tuning beside torch and PEFT in the same run.
#
#   bench/train.sh [--threads 2] [--steps 4] [--what lora,full] [--compiled] [--no-record] MODEL TEXT
#
# MODEL is a checkpoint, TEXT a text of 10,000 tokens or more. LONGC_TORCH_PYTHON names a Python with torch, transformers and peft.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source bench/record.sh

keep=1 model="" text="" flags=()
while [ $# -gt 0 ]; do
  case "$1" in
    --threads | --steps | --what) flags+=("$1" "${2:?$1 needs a value}"); shift ;;
    --compiled) flags+=("$1") ;;
    --no-record) keep=0 ;;
    -h | --help) sed -n '2,6p' "$0" | cut -c3-; exit 0 ;;
    -*) echo "train.sh: unknown flag $1; see --help" >&2; exit 2 ;;
    *) if [ -z "$model" ]; then model=$1; else text=$1; fi ;;
  esac
  shift
done
[ -e "$model" ] || { echo "train.sh: expected a checkpoint, got '$model'" >&2; exit 2; }
[ -f "$text" ] || { echo "train.sh: expected a text, got '$text'" >&2; exit 2; }
[ -x "${LONGC_TORCH_PYTHON:-}" ] || { echo "train.sh: LONGC_TORCH_PYTHON names no Python" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
beginRecord train "bench/train.sh ${flags[*]} $(basename "$model") $(basename "$text")"
[ $keep = 1 ] || { rm -f "$record"; record=$work/record.txt; }
"$LONGC_TORCH_PYTHON" -c 'import peft, torch, transformers
print(f"peer: torch {torch.__version__}, peft {peft.__version__}, transformers {transformers.__version__}")' | tee -a "$record"
python3 bench/train.py "${LONGC_BUILD:-build/dev}/bin/longc" "$model" "$text" --python "$LONGC_TORCH_PYTHON" "${flags[@]}" | tee -a "$record"
[ $keep = 1 ] && echo "recorded in $record" >&2
exit 0
