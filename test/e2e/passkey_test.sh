#!/usr/bin/env bash
# Four pass keys at 4,096 tokens: found with memory in every layer, refused without memory.
source "$(dirname "$0")/programs.sh"
app=$(smollm2)
"$app" passkey --length 4096 --count 4 --seed 0 --window 1024 --last-context 512 --json >"$work/passkey.json"
python3 - "$work/passkey.json" <<'PY'
import json, sys
result = json.load(open(sys.argv[1]))
print(result)
assert result["correct"] >= 3, "expected at least 3 of 4 pass keys"
PY
