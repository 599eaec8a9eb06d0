#!/usr/bin/env bash
# Bad input gets one clear line and a hint, the documented exit code, nothing on stdout, and leaves nothing behind.
source "$(dirname "$0")/programs.sh"
model=test/golden/fot_tiny.gguf
app=$(tiny refusal)
rm -rf "$work/refusal.d"
mkdir -p "$work/refusal.d/tmp"
folder=$work/refusal.d
export TMPDIR=$folder/tmp

# The command line: usage, 2.
refuses 2 "subcommand is required" "$longc"
refuses 2 "no-such-command" "$longc" no-such-command
refuses 2 "MODEL is required" "$longc" compile -o "$work/none"
refuses 2 "--output is required" "$longc" compile
refuses 2 "--no-such-option" "$longc" compile $model -o "$folder/none" --no-such-option
refuses 2 "--window" "$longc" compile $model -o "$folder/none" --window many
refuses 2 "no-such-method" "$longc" compile $model -o "$folder/none" --method no-such-method
refuses 2 "window 100000 is outside 16..1024" "$longc" compile $model -o "$folder/none" --window 100000
refuses 2 "last context 99" "$longc" compile $model -o "$folder/none" --window 64 --last-context 99
refuses 2 "layer '99'" "$longc" compile $model -o "$folder/none" --method fot --mem-layers 99
refuses 2 "sparc" "$longc" compile $model -o "$folder/none" --variants sparc
refuses 2 "vax" "$longc" compile $model -o "$folder/none" --target vax
refuses 2 "whole model" "$longc" compile $model -o "$folder/none" --target cuda:sm_90a
refuses 2 "names a target twice" "$longc" compile $model -o "$folder/none" --target cpu,cpu
refuses 2 "--tokens" "$longc" run --interpret "$folder/none" --tokens 0
refuses 2 "--interpret" "$longc" run "$folder/none"
refuses 2 "unknown option" "$app" generate --no-such-option
refuses 2 "a command is missing" "$app"

# Files that are not there or cannot be made: 1.
for command in "compile -o $folder/none" inspect plan; do
  refuses 1 "no-such-file.gguf" "$longc" $command no-such-file.gguf
done
refuses 1 "no-such-file.mlir" "$longc" compile no-such-file.mlir -o "$folder/none"
refuses 1 "no-such-file.mlir" "$longc" run --interpret no-such-file.mlir
refuses 1 "/no-such-folder/program" "$longc" compile $model -o /no-such-folder/program
refuses 1 "$folder" "$longc" compile $model -o "$folder"
refuses 1 "intermediate files" env TMPDIR=/no-such-folder "$longc" compile $model -o "$folder/none"
refuses 1 "/proc/no-such-folder" "$longc" compile $model -o "$folder/none" --dump-dir /proc/no-such-folder

# An op that no kernel is made of is named.
cat >"$folder/sample.mlir" <<'END'
func.func @next(%x: tensor<3x5xf32>, %u: tensor<3xf32>) -> tensor<3xi32> {
  %y = lm.sample %x, %u : (tensor<3x5xf32>, tensor<3xf32>) -> tensor<3xi32>
  return %y : tensor<3xi32>
}
END
refuses 1 "lm.sample" "$longc" compile "$folder/sample.mlir" -o "$folder/none"

# A full disk: a standard output that takes nothing, and files that may not grow.
full() { bash -c '"$@" >/dev/full' - "$@"; }
for command in "$longc --version" "$longc compile --help" "$longc inspect $model" "$longc inspect $app" "$longc plan $app" \
  "$app info" "$app --help" "$app generate -p abc -n 1 -q"; do
  refuses 1 "standard output" full $command
done
limited() { bash -c 'trap "" XFSZ; ulimit -f "$1"; shift; "$@"' - "$@"; }
refuses 1 "$TMPDIR" limited 4 "$longc" compile $model --quiet -o "$folder/none"
refuses 1 "$folder/none" limited $(($(stat -c %s "$app") / 1024 - 16)) "$longc" compile $model --quiet -o "$folder/none"
head -c 300 $model | base64 >"$folder/text"
fot=$(tiny refusal-fot --method fot --variants avx2)
refuses 1 "$folder/none" limited 1 "$fot" generate --prompt-file "$folder/text" -n 1 -q --save-memory "$folder/none"

# A checkpoint cut short anywhere, and one that is no checkpoint.
for size in 0 3 4 23 24 100 5000 60000 300000 $(($(stat -c %s $model) - 1)); do
  head -c "$size" $model >"$folder/short.gguf"
  refuses 1 "short.gguf" "$longc" compile "$folder/short.gguf" -o "$folder/none"
  refuses 1 "short.gguf" "$longc" inspect "$folder/short.gguf"
done
echo "not a model" >"$folder/text.gguf"
refuses 1 "text.gguf" "$longc" compile "$folder/text.gguf" -o "$folder/none"

# A program cut short.
head -c $(($(stat -c %s "$app") - 1000)) "$app" >"$folder/cut"
chmod +x "$folder/cut"
refuses 1 "cut" "$folder/cut" info
refuses 1 "cut" "$longc" plan "$folder/cut"
refuses 71 "this machine has" "$longc" plan "$(tiny refusal-memory --method fot --variants avx2)" --ctx 1000000000000

# Past the window without memory: both numbers are named.
head -c 4000 /dev/zero | tr '\0' a >"$folder/long.txt"
refuses 1 "window of 64" "$app" generate --prompt-file "$folder/long.txt" --memory off --window 64

# IR: text that does not parse, an op that no target compiles, no function, shapes of `run` that do not fit.
echo "func.func @f(" >"$folder/broken.mlir"
refuses 1 "broken.mlir:" "$longc" compile "$folder/broken.mlir" -o "$folder/none"
refuses 1 "no valid IR" "$longc" run --interpret "$folder/broken.mlir"
echo "module {}" >"$folder/empty.mlir"
refuses 1 "has no function" "$longc" compile "$folder/empty.mlir" -o "$folder/none"
refuses 2 "--method fot" "$longc" compile "$folder/empty.mlir" -o "$folder/none" --method fot
cat >"$folder/add.mlir" <<'MLIR'
func.func @add(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %z = lm.add %x, %y : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %z : tensor<?x4xf32>
}
MLIR
refuses 2 "no function @main" "$longc" run --interpret "$folder/add.mlir"
"$longc" compile "$folder/add.mlir" -o "$folder/add" --quiet
python3 - "$folder" <<'PY'
import struct, sys
for name, kind, shape in (("a", "<f4", (3, 4)), ("b", "<f4", (2, 4)), ("c", "<f4", (3, 5)), ("d", "<i4", (3, 4))):
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    with open(f"{sys.argv[1]}/{name}.npy", "wb") as out:
        out.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + bytes(4 * shape[0] * shape[1]))
PY
add() { "$folder/add" run --function add --inputs "$1" "${@:2}"; }
refuses 1 "is 3 x 5, expected" add "$folder/a.npy,$folder/c.npy"
refuses 1 "d.npy' is i4" add "$folder/a.npy,$folder/d.npy"
refuses 2 "takes 2 inputs, 1 files given" add "$folder/a.npy"
refuses 1 "missing.npy" add "$folder/a.npy,$folder/missing.npy"
refuses 1 "/dev/full" add "$folder/a.npy,$folder/a.npy" --outputs /dev/full
[ -c /dev/full ] || fail "a device was removed"

# Nothing is left behind: no output, no unfinished file, no intermediate file.
[ ! -e "$folder/none" ] || fail "an output was left behind"
[ -z "$(find "$folder" -name '*.partial')" ] || fail "unfinished files: $(find "$folder" -name '*.partial')"
[ -z "$(ls -A "$TMPDIR")" ] || fail "intermediate files: $(ls -A "$TMPDIR")"

# What is asked for is no error: help and version of everything, on stdout.
for command in "$longc" "$longc compile" "$longc convert" "$longc run" "$longc plan" "$longc inspect" "$longc probe-layers" "$app" \
  "$app chat" "$app generate" "$app perplexity" "$app passkey" "$app logits" "$app bench" "$app info" "$app probe" \
  "$app run" "$build/bin/longc-opt" "$build/bin/longc-interpret" "$build/bin/longc-reduce" "$build/bin/longc-lsp-server"; do
  [ -n "$($command --help 2>"$work/stderr")" ] || fail "no help: $command"
  [ ! -s "$work/stderr" ] || fail "help on stderr: $command"
done
for command in "$longc" "$app" "$build/bin/longc-opt"; do
  [ -n "$("$command" --version 2>"$work/stderr")" ] && [ ! -s "$work/stderr" ] || fail "no version: $command"
done
echo "all refused as they should"
