#!/usr/bin/env bash
# probe-layers hides the memory of layers in one program; what it says of its list is what a program compiled for that list does.
source "$(dirname "$0")/programs.sh"
sizes=(--window 64 --last-context 32)
"$longc" probe-layers test/golden/fot_tiny.gguf "${sizes[@]}" --prompts 2 --length 700 --seed 1 --json --quiet >"$work/probe.json"
layers=$(python3 -c 'import json, sys; print(*json.load(open(sys.argv[1]))["layers"], sep=",")' "$work/probe.json")
app=$(tiny probed --method fot --mem-layers "$layers" "${sizes[@]}")
"$app" probe --count 2 --length 700 --seed 1 --json --quiet >"$work/probed.json"
python3 - "$work/probe.json" "$work/probed.json" <<'PY'
import json, sys
hidden, compiled = (json.load(open(path)) for path in sys.argv[1:])
print(hidden["layers"], hidden["log_probability"], compiled["all"]["log_probability"], hidden["all"]["log_probability"])
assert abs(hidden["log_probability"] - compiled["all"]["log_probability"]) < 0.05, "hiding is not the same as leaving out"
assert abs(hidden["log_probability"] - hidden["all"]["log_probability"]) > 0.5, "the other layers' memory changed nothing"
assert len(hidden["without"]) == 3
PY
