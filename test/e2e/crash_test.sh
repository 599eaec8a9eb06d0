#!/usr/bin/env bash
# A compiler that crashes says so in one line, exits with 70, and leaves what repeats it: IR with the passes it was in.
source "$(dirname "$0")/programs.sh"
folder=$work/crash
rm -rf "$folder"
export TMPDIR=$folder/tmp
mkdir -p "$folder/out" "$TMPDIR"
app=$folder/out/app

# only FILE...: nothing else lies beside the output, and no intermediate file.
only() { [ -z "$(ls -A "$TMPDIR")" ] && [ "$(ls -A "$folder/out" | tr '\n' ' ')" = "${*:+$* }" ]; }

# crashes PASS: compiles and dies as the pass begins.
crashes() {
  refuses 70 "internal error: the compiler died" "$longc" compile test/golden/fot_tiny.gguf --method fot --variants avx2 \
    --quiet -o "$app" --crash-before "$1"
  grep -qF "$app.crash.mlir" "$work/stderr" || fail "$1: the message does not name the reproducer"
  only app.crash.mlir || fail "$1: something was left behind"
  "$build/bin/longc-opt" --run-reproducer "$app.crash.mlir" -o "$folder/repeated.mlir" ||
    fail "$1: the reproducer does not run"
  mv "$app.crash.mlir" "$folder/$1.mlir"
}

# The names of the passes that the lowering consists of, from the compiler itself (which then refuses an empty module).
pipeline=$("$build/bin/longc-opt" --longc-lower='method=fot' --dump-pass-pipeline <<<"module {}" 2>&1 >/dev/null) || true
passes=$(grep -oE '\b(longc-[a-z-]+|cse|canonicalize)\b' <<<"$pipeline" | sort -u)
[ "$(wc -w <<<"$passes")" -ge 15 ] || fail "expected fifteen passes or more, got: $passes"
for pass in $passes kernels; do
  crashes "$pass"
done
grep -q longc-fuse-qkv "$folder/longc-fuse-qkv.mlir" || fail "the reproducer does not name its passes"
grep -q longc-cpu-lower-kernels "$folder/kernels.mlir" || fail "the reproducer of the kernels does not name its passes"

# Kernels that do not link are the compiler's fault, and nobody's disk.
refuses 70 "undefined symbol: longc_missing_kernel" "$longc" compile test/golden/fot_tiny.gguf --variants avx2 --quiet -o "$app" \
  --crash-before link
grep -qF "$app.crash.mlir" "$work/stderr" && ! grep -q TMPDIR "$work/stderr" || fail "a wrong hint: $(cat "$work/stderr")"
only app.crash.mlir || fail "a failed link left something behind"
rm "$app.crash.mlir"

# Interrupted: nothing is left behind.
"$longc" compile test/golden/fot_tiny.gguf --quiet -o "$app" &
compiler=$!
for _ in $(seq 100); do [ -n "$(ls -A "$TMPDIR")" ] && break; sleep 0.05; done
kill -TERM $compiler
status=0
wait $compiler || status=$?
[ "$status" = 130 ] || fail "expected exit code 130 when interrupted, got $status"
only || fail "an interrupted compilation left something behind"

# Out of memory: a code of its own, with what to do; nothing left behind. Under a limit MLIR may also die where it does not
# ask whether an allocation succeeded: a crash like any other.
refuses 71 "out of memory while compiling" "$longc" compile test/golden/fot_tiny.gguf --variants avx2 --quiet -o "$app" \
  --crash-before memory
for kilobytes in 550000 450000; do
  status=0
  (ulimit -v $kilobytes; "$longc" compile test/golden/fot_tiny.gguf --quiet -o "$app") 2>"$work/stderr" || status=$?
  [[ $status =~ ^(0|70|71)$ ]] || fail "exit code $status with $kilobytes KB: $(head -c 300 "$work/stderr")"
  rm -f "$app" "$app.crash.mlir"
  only || fail "something was left behind with $kilobytes KB"
done
echo "every crash left its reproducer"
