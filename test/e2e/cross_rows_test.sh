#!/usr/bin/env bash
# FoT trained: rows that read rows give the loss that windows with a memory give; what training on facts learns depends on seed and
# steps alone; what is refused.
source "$(dirname "$0")/programs.sh"
app=$(tiny cross-rows --train --method fot --mem-layers 1,2 --lora rank=4,alpha=8,targets=all --variants avx2 --window 32 --last-context 32)
out=$work/cross-rows.d story=$work/story.txt
rm -rf "$out".*
python3 - "$story" <<'PY'
import random, sys
random.seed(1)
words = "the story of a long word that is not there . it was told by one who knew and was heard by all".split()
open(sys.argv[1], "w").write(" ".join(random.choice(words) for _ in range(3000)))
PY

# Windows of 32 that read the memory of all earlier ones, and rows of 32 that read all earlier ones.
"$app" tokenize --file "$story" | head -n 160 >"$work/cross-rows.tokens" || true
"$app" perplexity --tokens-file "$work/cross-rows.tokens" --eviction flush --exact --json --quiet >"$work/cross-rows.windows"
python3 - "$app" "$work" <<'PY'
import array, json, math, subprocess, sys
app, work = sys.argv[1:]
sys.path.insert(0, "test/golden")
from check_gradients import readNumbers
tokens = [int(line) for line in open(f"{work}/cross-rows.tokens")]
rows = len(tokens) // 32
inputs = {
    "tokens": ("i", (len(tokens),), tokens),
    "positions": ("i", (len(tokens),), [t % 32 for t in range(len(tokens))]),
    "boundaries": ("i", (rows + 1,), [32 * row for row in range(rows + 1)]),
    "targets": ("i", (len(tokens),), tokens[1:] + [0]),
    "weights": ("f", (len(tokens),), [1 / (len(tokens) - 1)] * (len(tokens) - 1) + [0]),
}
pairs = [(row, read) for row in range(rows) for read in range(row)]
def loss(pairs):
    inputs["cross_rows"] = ("i", (len(pairs), 2), [number for pair in pairs for number in pair])
    for name, (kind, shape, numbers) in inputs.items():
        header = f"{{'descr': '<{kind}4', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
        with open(f"{work}/{name}.npy", "wb") as file:
            file.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + array.array(kind, numbers).tobytes())
    subprocess.run([app, "run", "--function", "loss", "--exact", "--inputs", ",".join(f"{work}/{name}.npy" for name in inputs),
                    "--outputs", f"{work}/loss.npy", "--repeat", "1"], check=True, stdout=subprocess.DEVNULL)
    return readNumbers(f"{work}/loss.npy")[0]
windows = math.log(json.load(open(f"{work}/cross-rows.windows"))["perplexity"])
apart, together = loss([]), loss(pairs)
assert abs(together / windows - 1) < 1e-5, (together, windows)
assert abs(together / loss(pairs[::-1]) - 1) < 1e-6, "the order of the pairs"
assert abs(together / apart - 1) > 1e-3, (together, apart)
assert loss(pairs + [(3, rows), (3, 999999), (999999, 0), (2, -1)]) == together, "rows that are not there"
PY

train() { # FOLDER [OPTION]...
  local folder=$1
  shift
  "$app" train --facts "$story" --seq-len 512 --batch 4 --cross-rows 1:2,2:6 --lr 0.01 --seed 1 --eval-every 4 --memory-temperature log:0.5:64 --out "$folder" --quiet "$@"
}
train "$out.whole" --threads 1 --json >"$work/cross-rows.summary"
train "$out.parts" --threads 2 --seconds 0.01 >/dev/null
train "$out.parts" --threads 2 --resume >/dev/null
cmp "$out.whole/adapter_model.safetensors" "$out.parts/adapter_model.safetensors" || fail "a training in parts, with two threads, learns otherwise"
grep -q '"longc_ingest":"window"' "$out.whole/adapter_config.json" || fail "how windows are to be read is not recorded"
tiny cross-rows-adapted --adapter "$out.whole" --variants avx2 >/dev/null
"$app" dump-batch --facts "$story" --seq-len 512 --batch 4 --cross-rows 1:2,2:6 --seed 1 --step 3 --json --quiet >"$work/cross-rows.batch"
python3 - "$out.whole/train.jsonl" "$work/cross-rows.batch" <<'PY'
import json, sys
log, rows = ([json.loads(line) for line in open(path)] for path in sys.argv[1:])
assert [line["cross_rows"] for line in log] == [1, 1] + 6 * [2], log
assert [line["step"] for line in log if "eval_loss" in line] == [4, 8], log
assert log[-1]["loss"] < 0.9 * log[0]["loss"], log
assert [row["positives"] + row["negatives"] for row in rows] == [[], [0], [0, 1], [1, 2]], rows
assert sum(weight != 0 for row in rows for weight in row["weights"]) == log[2]["target_tokens"], "the batch of step 3"
for row in rows:
    for question in row["questions"]:
        assert question["row"] in row["positives"] + row["negatives"], row
        assert question["evidence"] in rows[question["row"]]["text"] and question["answer"] in question["evidence"], row
PY

"$app" read "$story" --adapter "$out.whole" -o "$out.doc" --json --quiet | grep -q '"ingest":"window"' || fail "the adapter's way of reading is not the default"
refuses 1 ", here none" "$app" generate --document "$out.doc" --prompt x

# The factor on memory scores, too: an option says otherwise, and what a document holds does not hang on it.
rm -rf "$out.silent" && cp -r "$out.whole" "$out.silent"
sed -i 's/"longc_memory_temperature":"log:0.5:64",//' "$out.silent/adapter_config.json"
judged() { "$app" eval perplexity-vs-context --text "$story" --lengths 256 --count 1 --json --quiet "$@" | sed 's/"seconds":[^,}]*//'; } # of text behind 256 tokens of memory
judged --adapter "$out.whole" >"$work/cross-rows.recorded"
judged --adapter "$out.silent" --memory-temperature log:0.5:64 >"$work/cross-rows.given"
judged --adapter "$out.silent" >"$work/cross-rows.usual"
judged --adapter "$out.whole" --memory-temperature fixed:1 >"$work/cross-rows.other"
cmp "$work/cross-rows.recorded" "$work/cross-rows.given" || fail "the adapter's temperature is not the default"
cmp "$work/cross-rows.usual" "$work/cross-rows.other" || fail "a temperature that is given does not count"
grep -q '"memory_temperature":"log:0.5:64"' "$work/cross-rows.recorded" || fail "the temperature is not told: $(cat "$work/cross-rows.recorded")"
[ "$(grep -o '"perplexity":.*' "$work/cross-rows.recorded")" != "$(grep -o '"perplexity":.*' "$work/cross-rows.usual")" ] || fail "the temperature changes nothing"
"$app" info --adapter "$out.whole" | grep -q "ingest window, memory temperature log:0.5:64" || fail "info does not say how a memory is used"
"$app" read "$story" --adapter "$out.silent" -o "$out.silent.doc" --quiet
cmp "$out.doc" "$out.silent.doc" || fail "a document hangs on the temperature that the adapter records"
rm -rf "$out.peft" && "$longc" convert test/golden/fot_tiny.gguf --adapter "$out.whole" --to peft -o "$out.peft" --quiet
grep -q '"longc_memory_temperature":"log:0.5:64"' "$out.peft/adapter_config.json" || fail "a conversion loses the temperature"

# Of several adapters each is asked as it says: a sequence beside another's has the tokens that it has alone. A document is of one.
python3 - "$app" "$story" "$out.whole" "$out.silent" "$work/cross-rows.asked" <<'PY'
import json, subprocess, sys
app, story, whole, silent, asked = sys.argv[1:]
text = open(story).read()[:1500]
with open(asked, "w") as file:
    file.writelines(json.dumps({"prompt": text} | more) + "\n" for more in ({}, {"adapter": whole}, {"adapter": silent}, {"adapter": None}))
def told(*words):
    output = subprocess.run([app, "generate", *words, "--tokens", "24", "--ignore-eos", "--temperature", "0.9", "--seed", "3", "--json", "--quiet"], check=True, capture_output=True, text=True).stdout
    return [one["token_ids"] for one in map(json.loads, output.splitlines())]
together = told("--prompts", asked, "--adapter", whole, "--adapter", silent)
alone = [told("--prompt", text, *words)[0] for words in (["--adapter", whole], ["--adapter", silent], [])]
assert together == alone[:1] + alone and alone[0] != alone[1], (together, alone)
PY
refuses 2 "line 3: its \"adapter\" is not the one that --document is read with" "$app" generate --prompts "$work/cross-rows.asked" --adapter "$out.whole" --adapter "$out.silent" --document "$out.doc" --json
sed -i 's/"longc_ingest"/"longc_memory_temperature":"hot","longc_ingest"/' "$out.silent/adapter_config.json"
refuses 1 "longc_memory_temperature is 'hot'" "$app" generate --prompts "$work/cross-rows.asked" --adapter "$out.whole" --adapter "$out.silent" --json
refuses 1 "longc_memory_temperature is 'hot'" "$app" generate --adapter "$out.silent" --prompt x

# What it needs is said before it is started.
"$longc" plan "$app" --train --chunk 2048 >"$work/cross-rows.plan"
grep -q "training, fast .* for 2048 tokens a call" "$work/cross-rows.plan" || fail "no plan of training: $(cat "$work/cross-rows.plan")"
refuses 1 "does not train" "$longc" plan "$(tiny cross-rows-untrained --variants avx2)" --train

# Samples on the same program read no others.
printf '{"text": "the story of a long word"}\n{"text": "that is not there"}\n' >"$work/cross-rows.jsonl"
"$app" train --data "$work/cross-rows.jsonl" --steps 2 --seq-len 64 --batch 1 --out "$out.data" --quiet >/dev/null

"$app" dump-batch --data "$work/cross-rows.jsonl" --seq-len 64 --batch 1 --step 1 --quiet >"$work/cross-rows.dump"
grep -q "see themselves alone: line [12]" "$work/cross-rows.dump" || fail "who reads whom is not said: $(cat "$work/cross-rows.dump")"

facts="--facts $story --seq-len 512 --batch 4 --steps 2 --out $out.none"
refuses 2 "expected ROWS:STEPS" "$app" train $facts --cross-rows 1:2,x
refuses 2 "at most the 3 others" "$app" train $facts --cross-rows 4:2
refuses 2 "samples of --data read no others" "$app" train --data "$work/cross-rows.jsonl" --cross-rows 1:2 --out "$out.none"
refuses 2 "trains no adapter of a memory" "$(tiny cross-rows-none --train --lora rank=4,alpha=8,targets=all --variants avx2)" train --data "$work/cross-rows.jsonl" --steps 1 --memory-temperature fixed:2 --out "$out.none"
refuses 1 "no room for" "$app" train --facts "$story" --seq-len 64 --batch 4 --steps 2 --out "$out.none"
refuses 1 "are fewer than a row's" "$app" train --facts "$work/cross-rows.jsonl" --seq-len 512 --batch 4 --steps 2 --out "$out.none"
refuses 1 "no row reads another" "$work/cross-rows-none" train $facts
[ ! -e "$out.none" ] || fail "a refused training made its folder"
echo "rows that read rows are windows with a memory, and are trained"
