#!/usr/bin/env bash
# Kernels of the block and the warp form, as they were emitted for the GPU, run on the processor and compared with the interpreter: reading
# and decoding with the best entries of a memory, decoding with all of them and an adapter bound at run time, sums, norms and gated units of single rows, and their
# products with an adapter that is compiled in.
#   text_test.sh PATH/longc-cuda-cases
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# cases NAME FILE FUNCTION TOKENS ROWS PIPELINE [more options]
cases() {
  mkdir "$work/$1"
  "$longc_cuda_cases" "$2" --function "$3" --tokens "$4" --attention-rows "$5" --pass-pipeline "longc-lower{$6}" --bundle "$work/$1" "${@:7}" 2>"$work/stderr" && return
  grep -q "neither libnvrtc nor nvcc" "$work/stderr" && exit 77
  cat "$work/stderr" >&2
  exit 1
}
longc_cuda_cases=$1
decoder=$here/../../passes/inputs/decoder.mlir.in
cases reading "$decoder" prefill 37 16 "method=fot precision=fast topk=5"
cases selecting "$decoder" decode 3 64 "method=fot precision=fast topk=5"
cases decoding "$decoder" decode 3 64 "method=fot precision=fast topk=0 overlays" --adapted
cases rows "$here/rows.mlir.in" rows 37 64 "precision=written"
cases adapted "$here/adapted-row.mlir.in" row 3 64 "precision=written"
! grep -L "warp_of_grid() >=" "$work"/decoding/{linear_*any*,apply_rope*}.cu | grep . || { echo "text_test.sh: an adapter's products, or heads that are stored, are not kernels of a warp" >&2; exit 1; }
! grep -L "warp_of_grid() >=" "$work"/adapted/*.cu | grep . || { echo "text_test.sh: products of a row with a compiled-in adapter are not kernels of a warp" >&2; exit 1; }
grep -l "warp_of_grid() >=" "$work"/rows/*.cu | wc -l | grep -qx 4 || { echo "text_test.sh: rows are not kernels of a warp" >&2; exit 1; }
python3 "$here/run_text.py" "$work/reading" "$work/selecting" "$work/decoding" "$work/rows" "$work/adapted"
