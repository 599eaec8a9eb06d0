#!/usr/bin/env bash
# Builds the fuzz targets and runs each over its seeds and then for SECONDS (0: the seeds alone), a target a core.
#
#   test/fuzz/fuzz.sh SECONDS [TARGET]...        targets: config context functions gguf ir npy program safetensors template tokenizer
#
# Findings stay in build/fuzz/TARGET/found, with the command that repeats them. LONGC_FUZZ_PRESET=dev runs without
# sanitizers what is already built: crashes and failed asserts are seen, reads out of bounds are not.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:?usage: test/fuzz/fuzz.sh SECONDS [TARGET]...}
shift
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(config context functions gguf ir npy program safetensors template tokenizer)
preset=${LONGC_FUZZ_PRESET:-sanitizers}
# Neither libMLIR nor protobuf is built with sanitizers: their containers would be misread.
export ASAN_OPTIONS=detect_container_overflow=0:detect_leaks=0

cmake --preset "$preset" >/dev/null
needed=("${targets[@]/%/_fuzz}")
[[ " ${targets[*]} " != *" functions "* ]] || needed+=(longc-random-functions)
ninja -C "build/$preset" "${needed[@]}" >&2

# seeds TARGET FOLDER: what the tests hold of this kind anyway.
seeds() {
  case $1 in
    config) python3 test/golden/hf_models.py --configs "$2" ;;
    functions) "build/$preset/test/fuzz/longc-random-functions" seeds "$2" 150 ;;
    ir) python3 test/fuzz/ir_seeds.py "$2" ;;
    template) cp test/golden/chat_templates/*.jinja "$2" ;;
  esac
}

fuzz() {
  local target=$1 work=build/fuzz/$1 program="build/$preset/test/fuzz/$1_fuzz"
  rm -rf "$work/seeds"
  mkdir -p "$work/seeds" "$work/grown" "$work/found"
  seeds "$target" "$work/seeds"
  local folders=("$work/grown" "$work/seeds")
  [ -d "test/fuzz/corpus/$target" ] && folders+=("test/fuzz/corpus/$target")
  local options=(-seed=1 -max_len=65536 -rss_limit_mb=2048 -timeout=10 -artifact_prefix="$work/found/" -print_final_stats=1)
  [ -f "test/fuzz/$target.dict" ] && options+=(-dict="test/fuzz/$target.dict")
  if [ "$seconds" = 0 ]; then options+=(-runs=0); else options+=(-max_total_time="$seconds"); fi
  if "$program" "${options[@]}" "${folders[@]}" >"$work/log" 2>&1; then
    echo "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log") inputs, nothing found"
  else
    tail -n 60 "$work/log"
    echo "$target: failed; repeat with ASAN_OPTIONS=$ASAN_OPTIONS $program $(ls -t "$work"/found/* | head -n 1)"
    return 1
  fi
}

failed=0
for target in "${targets[@]}"; do
  [ "$(jobs -pr | wc -l)" -lt "$(nproc)" ] || wait -n || failed=1
  fuzz "$target" &
done
while [ -n "$(jobs -p)" ]; do wait -n || failed=1; done
exit $failed
