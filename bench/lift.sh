#!/usr/bin/env bash
# Seconds of a LIFT fit beside torch and PEFT on the same rows in the same run.
#
#   bench/lift.sh [--device cpu] [--threads 2] [--steps 10] [--epochs N] [--recipe qa] [--compiled] [--no-record] MODEL TEXT
#
# MODEL is a checkpoint, TEXT what is absorbed. LONGC_TORCH_PYTHON names a Python with torch, transformers and peft.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source bench/record.sh

keep=1 model="" text="" flags=() target=cpu
while [ $# -gt 0 ]; do
  case "$1" in
    --device) flags+=("$1" "${2:?$1 needs a value}"); [ "$2" = cpu ] || target=cpu,cuda:sm_90a; shift ;;
    --threads | --steps | --epochs | --recipe) flags+=("$1" "${2:?$1 needs a value}"); shift ;;
    --compiled) flags+=("$1") ;;
    --no-record) keep=0 ;;
    -h | --help) sed -n '2,6p' "$0" | cut -c3-; exit 0 ;;
    -*) echo "lift.sh: unknown flag $1; see --help" >&2; exit 2 ;;
    *) if [ -z "$model" ]; then model=$1; else text=$1; fi ;;
  esac
  shift
done
[ -e "$model" ] || { echo "lift.sh: expected a checkpoint, got '$model'" >&2; exit 2; }
[ -f "$text" ] || { echo "lift.sh: expected a text, got '$text'" >&2; exit 2; }
[ -x "${LONGC_TORCH_PYTHON:-}" ] || { echo "lift.sh: LONGC_TORCH_PYTHON names no Python" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
longc=${LONGC_BUILD:-build/dev}/bin/longc
"$longc" convert "$model" --to hf -o "$work/model"
"$longc" compile "$model" --train --lora rank=16,alpha=32,targets=all --target "$target" -o "$work/app" --quiet
beginRecord lift "bench/lift.sh ${flags[*]} $(basename "$model") $(basename "$text")"
[ $keep = 1 ] || { rm -f "$record"; record=$work/record.txt; }
"$LONGC_TORCH_PYTHON" -c 'import peft, torch, transformers
print(f"peer: torch {torch.__version__}, peft {peft.__version__}, transformers {transformers.__version__}")' | tee -a "$record"
python3 bench/lift.py "$work/app" "$work/model" "$text" --python "$LONGC_TORCH_PYTHON" "${flags[@]}" | tee -a "$record"
[ $keep = 1 ] && echo "recorded in $record" >&2
exit 0
