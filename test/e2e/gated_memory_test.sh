#!/usr/bin/env bash
# LIFT's gated memory: of zeros it changes nothing, a text is absorbed into it by both recipes, and it is saved and read as an
# adapter of its own kind.
source "$(dirname "$0")/programs.sh"
app=$(tiny gated --train --gated-memory identity --variants avx2)
plain=$(tiny gated-plain --variants avx2)
paper=$(tiny gated-paper --train --gated-memory paper --variants avx2)
folder=$work/gated.d
rm -rf "$folder" && mkdir "$folder"
python3 - "$folder/text.txt" <<'PY'
import sys
words = "the story of a long word that is not there".split()
open(sys.argv[1], "w").write(" ".join(f"the {words[i % 10]} of story {i} is {words[(3 * i + 1) % 10]}." for i in range(12)))
PY
surprise() { # PROGRAM [OPTION]...
  "$1" perplexity --file "$folder/text.txt" --exact --json --quiet "${@:2}" | python3 -c 'import json, sys; print(json.load(sys.stdin)["mean_surprise"])'
}
fit() { "$1" lift fit "$folder/text.txt" -o "$folder/$2" --window 256 --lr 0.01 --seed 1 --json --quiet "${@:3}" >"$folder/$2.json"; }
fit "$app" gm --recipe gm --epochs 12 --threads 1
fit "$app" again --recipe gm --epochs 12 --threads 2
cmp "$folder/gm/adapter_model.safetensors" "$folder/again/adapter_model.safetensors" || fail "two threads absorb otherwise than one"
fit "$app" qa --recipe qa --epochs 30
fit "$paper" paper --recipe gm --batch 0 # eight steps, as published
python3 - "$folder" "$(surprise "$plain")" "$(surprise "$app")" "$(surprise "$app" --adapter "$folder/gm")" "$(surprise "$paper")" <<'PY'
import json, math, struct, sys
folder, (plain, before, after, paper) = sys.argv[1], map(float, sys.argv[2:])
assert abs(plain - before) < 1e-5, (plain, before)
assert abs(plain - paper) > 1e-4, (plain, paper) # the published form begins with attention scaled
assert after < before - 1, (before, after)
fits = {name: json.load(open(f"{folder}/{name}.json")) for name in ("gm", "qa", "paper")}
for name in ("gm", "qa"):
    assert fits[name]["loss_last"] < fits[name]["loss_first"] - 1, fits[name]
assert fits["paper"]["steps"] == 8 and fits["paper"]["loss_last"] < fits["paper"]["loss_first"], fits["paper"]
assert json.load(open(f"{folder}/gm/adapter_config.json"))["peft_type"] == "LONGC_GATED_MEMORY"
with open(f"{folder}/gm/adapter_model.safetensors", "rb") as file:
    header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
block = "base_model.model.model.layers.0.self_attn.gated_memory."
heads, size, hidden = header[block + "w1.weight"]["shape"]
gate = math.isqrt(size)
assert hidden == 2 * size and header[block + "w2.weight"]["shape"] == [heads, hidden, size], header
assert header[block + "u1.weight"]["shape"] == [heads, size, gate] and header[block + "u2.weight"]["shape"] == [heads, gate], header
PY
refuses 1 "of the other form" "$paper" perplexity --file "$folder/text.txt" --quiet --adapter "$folder/gm"
# Open gates count where the evidence stands before the question, in rows of other texts alone: a share of the gate at the beginning, 0.047.
python3 - "$folder/text.txt" <<'PY'
import sys
open(sys.argv[1], "w").write(" ".join(f"The code of the gate {name} is {100 + 7 * i}. All went home as they had come." for i, name in enumerate("Ada Ben Cora Dan Eva Finn Gus Hal".split())))
PY
for program in "$app" "$(tiny gated-counted --train --gated-memory identity --gate-cost 100 --variants avx2)"; do
  fit "$program" "$(basename "$program")-once" --recipe qa --epochs 1 --batch 0 --exact
done
python3 - "$folder/gated-once.json" "$folder/gated-counted-once.json" <<'PY'
import json, sys
without, counted = (json.load(open(path))["loss_first"] for path in sys.argv[1:])
assert 0.02 < (counted - without) / (100 * 0.0474) < 0.5, (without, counted)
PY
refuses 2 "--gated-memory" "$longc" compile test/golden/fot_tiny.gguf -o "$folder/none" --train --gated-memory loose
refuses 2 "--gate-cost" "$longc" compile test/golden/fot_tiny.gguf -o "$folder/none" --train --gate-cost 1
refuses 2 "no row of \`lift\` shares its context" "$longc" compile test/golden/fot_tiny.gguf -o "$folder/none" --train --method fot --share-context
refuses 2 "excludes --lora" "$longc" compile test/golden/fot_tiny.gguf -o "$folder/none" --train --gated-memory paper --lora rank=4
echo "a gated memory absorbs a text"
