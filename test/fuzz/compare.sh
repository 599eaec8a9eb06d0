#!/usr/bin/env bash
# Random functions (RandomFunction.h), compiled for every variant of this processor, beside the interpreter.
#
#   test/fuzz/compare.sh COUNT [FIRST]        functions FIRST to FIRST + COUNT - 1, half of them fast, half exact
#
# A function may be refused; results that differ are an error, and so is a run in which most are refused. One by hand:
# build/dev/test/fuzz/longc-random-functions write FOLDER 1 N, then longc-compare-cpu FOLDER/N.mlir --function=f.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${LONGC_BUILD:-build/dev}
count=${1:?usage: test/fuzz/compare.sh COUNT [FIRST]} first=${2:-0}
ninja -C "$build" longc-random-functions longc-compare-cpu >&2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$build/test/fuzz/longc-random-functions" write "$work" "$count" "$first"

agree=0 refused=0 failed=0
for ((number = first; number < first + count; ++number)); do
  precision=exact
  ((number % 2)) && precision=fast
  if "$build/bin/longc-compare-cpu" "$work/$number.mlir" --function=f --pass-pipeline="longc-lower{precision=$precision}" \
    >"$work/log" 2>&1; then
    agree=$((agree + 1))
  elif grep -q 'error: .*op ' "$work/log" && ! grep -qE 'WRONG|Assertion' "$work/log"; then
    refused=$((refused + 1))
  else
    failed=$((failed + 1))
    echo "function $number, $precision:"
    grep -E 'WRONG|Assertion|error' "$work/log" | head -n 5
  fi
done
echo "$agree of $count functions agree, $refused refused, $failed failed"
[ "$failed" = 0 ] && [ $((2 * agree)) -ge "$count" ]
