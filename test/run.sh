#!/usr/bin/env bash
# All tests that this machine can run, from a clean checkout: installs, builds, tests. Last line: N passed, N failed, N skipped.
set -uo pipefail
cd "$(dirname "$0")/.."

bash test/install.sh || { echo "0 passed, 1 failed"; exit 1; }

build=build/dev
jobs=$(nproc)
cmake --preset dev >build-configure.log 2>&1 || { cat build-configure.log; echo "0 passed, 1 failed"; exit 1; }
rm -f build-configure.log
ninja -C "$build" -j "$jobs" || { echo "0 passed, 1 failed"; exit 1; }

source test/model_files.sh

passed=0 failed=0 skipped=0

# Counts one named check by its exit status; 77 means that this machine cannot run it.
check() {
  local name=$1
  shift
  local log status
  log=$(mktemp)
  "$@" >"$log" 2>&1
  status=$?
  case $status in
    0) passed=$((passed + 1)); echo "ok       $name" ;;
    77) skipped=$((skipped + 1)); echo "skipped  $name: $(tail -n 1 "$log")" ;;
    *) failed=$((failed + 1)); echo "FAILED   $name"; sed 's/^/    /' "$log" | tail -n 60 ;;
  esac
  rm -f "$log"
}

# Unit tests of the runtime, one program a file; every gtest case counts.
for program in "$build"/test/runtime/*_test; do
  [ -x "$program" ] || continue
  name=$(basename "$program")
  log=$(mktemp)
  "$program" --gtest_brief=0 >"$log" 2>&1
  status=$?
  p=$(grep -c '^\[       OK \]' "$log")
  f=$(grep -c '^\[  FAILED  \].*ms)$' "$log")
  s=$(grep -c '^\[  SKIPPED \].*ms)$' "$log")
  [ $status -ne 0 ] && [ "$f" = 0 ] && f=1
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
  echo "runtime  $name: $p passed, $f failed, $s skipped"
  [ "$f" != 0 ] && sed 's/^/    /' "$log" | tail -n 60
  [ "$s" != 0 ] && grep -A1 'Skipped$' "$log" | sed 's/^/    /'
  rm -f "$log"
done

# Compiler tests.
lit_log=$(mktemp)
/usr/lib/llvm-22/bin/lit -v "$build/test" >"$lit_log" 2>&1
lit_status=$?
count() { sed -nE "s/^ *$1 *: *([0-9]+).*/\1/p" "$lit_log" | head -n 1; }
p=$(count Passed) f=$(count Failed) u=$(count Unsupported) x=$(count Unresolved)
p=${p:-0} f=$((${f:-0} + ${x:-0})) u=${u:-0}
[ $lit_status -ne 0 ] && [ "$f" = 0 ] && f=1
passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + u))
echo "lit      $p passed, $f failed, $u skipped"
[ "$f" != 0 ] && grep -vE '^(PASS|UNSUPPORTED)' "$lit_log" | tail -n 150
rm -f "$lit_log"

# Structure of the repository, and the scripts that check it.
for script in test/scripts/check_*.py; do
  [ -e "$script" ] || continue
  check "$(basename "$script")" python3 "$script"
  check "$(basename "$script") --self-test" python3 "$script" --self-test
done

# Whether the test of each pass notices a wrong pass.
check "mutate_passes.py" python3 test/scripts/mutate_passes.py --build "$build"

# Whether a stranger can add an op as CONTRIBUTING.md says.
check "follow_example.py" python3 test/scripts/follow_example.py --build "$build"

# End to end: compile, run, compare.
for script in test/e2e/*_test.sh; do
  [ -e "$script" ] || continue
  check "e2e/$(basename "$script")" bash "$script"
done

# Hostile input that is known, so that a run today and a run tomorrow say the same; `test/fuzz/fuzz.sh 60` looks for more.
# Readers of the runtime under sanitizers; IR without them, since those take longer to build than all else.
check "fuzz/readers" bash test/fuzz/fuzz.sh 0 config context gguf npy program safetensors template tokenizer
check "fuzz/functions" env LONGC_FUZZ_PRESET=dev bash test/fuzz/fuzz.sh 0 functions
check "fuzz/compare" bash test/fuzz/compare.sh 18
check "fuzz/ir" env LONGC_FUZZ_PRESET=dev bash test/fuzz/fuzz.sh 0 ir

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
