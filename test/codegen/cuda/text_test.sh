#!/usr/bin/env bash
# Kernels of the block and the warp form, as they were emitted for the GPU, run on the processor and compared with the interpreter: reading
# and decoding with the best entries of a memory, decoding with all of them.
#   text_test.sh PATH/longc-cuda-cases
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# cases NAME FUNCTION TOKENS ROWS PIPELINE
cases() {
  mkdir "$work/$1"
  "$longc_cuda_cases" "$here/../../passes/inputs/decoder.mlir.in" --function "$2" --tokens "$3" --attention-rows "$4" \
    --pass-pipeline "longc-lower{method=fot precision=fast $5}" --bundle "$work/$1" 2>"$work/stderr" && return
  grep -q "neither libnvrtc nor nvcc" "$work/stderr" && exit 77
  cat "$work/stderr" >&2
  exit 1
}
longc_cuda_cases=$1
cases reading prefill 37 16 topk=5
cases selecting decode 3 64 topk=5
cases decoding decode 3 64 topk=0
python3 "$here/run_text.py" "$work/reading" "$work/selecting" "$work/decoding"
