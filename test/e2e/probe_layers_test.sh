#!/usr/bin/env bash
# probe-layers hides the memory of layers in one program; what it says of its list is what a program compiled for that
# list does, and `compile --mem-layers probe` compiles for the list that it finds.
source "$(dirname "$0")/programs.sh"
sizes=(--window 64 --last-context 32)
"$longc" probe-layers test/golden/fot_tiny.gguf "${sizes[@]}" --prompts 2 --length 700 --seed 1 --tolerance 100 --keep "$work/probe-all" --json --quiet >"$work/probe.json"
layers=$(python3 -c 'import json, sys; print(*json.load(open(sys.argv[1]))["layers"], sep=",")' "$work/probe.json")
app=$(tiny probed --method fot --mem-layers "$layers" "${sizes[@]}")
"$app" probe --count 2 --length 700 --seed 1 --json --quiet >"$work/probed.json"
python3 - "$work/probe.json" "$work/probed.json" <<'PY'
import json, sys
hidden, compiled = (json.load(open(path)) for path in sys.argv[1:])
print(hidden["layers"], hidden["log_probability"], compiled["all"]["log_probability"], hidden["all"]["log_probability"])
assert abs(hidden["log_probability"] - compiled["all"]["log_probability"]) < 0.05, "hiding is not the same as leaving out"
assert abs(hidden["log_probability"] - hidden["all"]["log_probability"]) > 0.05, "the other layers' memory changed nothing"
assert len(hidden["without"]) == 3
assert len(hidden["layers"]) == 1, "the tolerance lets every layer but one go"
PY

# This model needs every layer for its answers to stay as probable.
"$work/probe-all" probe --count 2 --length 700 --seed 1 --tolerance 0.01 --quiet >"$work/strict.txt"
grep -qF "without" "$work/strict.txt" && grep -qF "refused" "$work/strict.txt" || fail "expected refused attempts in $(cat "$work/strict.txt")"
grep -qxF -- "--mem-layers 0,1,2" "$work/strict.txt" || fail "expected all layers in $(cat "$work/strict.txt")"

# Out of time before the first attempt: all layers, and it says so.
"$work/probe-all" probe --count 1 --length 700 --seconds 0.000001 --quiet >"$work/hasty.txt"
grep -qF "time was up" "$work/hasty.txt" || fail "expected 'time was up' in $(cat "$work/hasty.txt")"
grep -qxF -- "--mem-layers 0,1,2" "$work/hasty.txt" || fail "expected all layers in $(cat "$work/hasty.txt")"

# The same search inside compile: its list is printed and compiled.
"$longc" compile test/golden/fot_tiny.gguf -o "$work/self-probed" --method fot --mem-layers probe "${sizes[@]}" 2>"$work/stderr"
printed=$(sed -n 's/^memory layers: //p' "$work/stderr")
[ -n "$printed" ] || fail "expected 'memory layers: ...' in $(cat "$work/stderr")"
held=$("$work/self-probed" info --json | python3 -c 'import json, sys; print(*json.load(sys.stdin)["memory_layers"], sep=",")')
[ "$held" = "$printed" ] || fail "expected the program to hold layers $printed, it holds $held"
refuses 2 "--method fot" "$longc" compile test/golden/fot_tiny.gguf -o "$work/none" --mem-layers probe
refuses 1 "/no-such-folder/program" "$longc" compile test/golden/fot_tiny.gguf -o /no-such-folder/program --method fot --mem-layers probe
