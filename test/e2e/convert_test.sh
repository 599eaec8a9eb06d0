#!/usr/bin/env bash
# Checkpoints as Hugging Face folders: every tensor as it was, the same logits from the folder, and refusals.
source "$(dirname "$0")/programs.sh"
folder=$work/convert.d
rm -rf "$folder"
mkdir -p "$folder/tmp"
export TMPDIR=$folder/tmp
python3 test/e2e/convert.py gguf "$longc" "$folder"
python3 test/e2e/convert.py families "$longc" "$folder"
python3 test/e2e/convert.py folders "$longc" "$folder"

# The folder computes what the file does, bit for bit in exact mode: rows of queries and keys lie where they should.
model=test/golden/fot_tiny.gguf
app=$(tiny convert --variants avx2)
"$longc" convert $model --to hf -o "$folder/tiny/" 2>"$work/stderr"
grep -q "^wrote $folder/tiny/: 30 tensors in 1 file (1 MB), float32$" "$work/stderr" || fail "no closing line: $(cat "$work/stderr")"
"$longc" compile "$folder/tiny" -o "$folder/again" --quiet --variants avx2
echo '{"prompt": 0, "tokens": [5, 77, 130, 201, 9, 66, 260, 14], "positions": [0, 3, 7], "greedy": 4}' >"$folder/tokens.jsonl"
for program in "$app" "$folder/again"; do
  "$program" logits --exact --requests "$folder/tokens.jsonl" --output "$program.logits"
done
cmp "$app.logits" "$folder/again.logits" || fail "the folder computes something else"
for text in "the end of the world" "  3 apples, don't  " "<|im_start|>x"; do
  [ "$("$app" generate -p "$text" -n 8 -q --exact --seed 1)" = "$("$folder/again" generate -p "$text" -n 8 -q --exact --seed 1)" ] || fail "other tokens for '$text'"
done

# What cannot be done leaves nothing behind.
none=$folder/none
refuses 2 "--to 'onnx' is not known" "$longc" convert $model --to onnx -o "$none"
refuses 2 "--dtype 'q4' is not known" "$longc" convert $model --to hf -o "$none" --dtype q4
refuses 2 "--max-shard-size '5 cm' is no size" "$longc" convert $model --to hf -o "$none" --max-shard-size "5 cm"
refuses 2 "--to is required" "$longc" convert $model -o "$none"
refuses 1 "no-such-file.gguf" "$longc" convert no-such-file.gguf --to hf -o "$none"
refuses 1 "there already and not empty" "$longc" convert $model --to hf -o "$folder/tiny"
refuses 1 "something else of this name" "$longc" convert $model --to hf -o "$folder/tokens.jsonl"
refuses 1 "No such file or directory" "$longc" convert $model --to hf -o /no-such-folder/none
head -c 50000 $model >"$folder/short.gguf"
refuses 1 "short.gguf" "$longc" convert "$folder/short.gguf" --to hf -o "$none"
limited() { bash -c 'trap "" XFSZ; ulimit -f "$1"; shift; "$@"' - "$@"; }
refuses 1 "File too large" limited 200 "$longc" convert $model --to hf -o "$none"
mkdir "$folder/empty"
refuses 1 "short.gguf" "$longc" convert "$folder/short.gguf" --to hf -o "$folder/empty"
"$longc" convert $model --to hf -o "$folder/empty" --quiet
[ -e "$folder/empty/config.json" ] || fail "an empty folder was not filled"
[ ! -e "$none" ] && [ -z "$(find "$folder" -name '*.partial*')" ] || fail "left behind: $(ls "$folder")"
[ -z "$(ls -A "$TMPDIR")" ] || fail "intermediate files: $(ls -A "$TMPDIR")"
echo "folders as they should be"
