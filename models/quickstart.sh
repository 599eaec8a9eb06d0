#!/usr/bin/env bash
# The main job from a clean checkout: installs, builds longc, gets SmolLM2-135M-Instruct, compiles it with FoT memory into
# one executable, and lets that executable find a pass key in 32,000 tokens and answer a question about the King James Bible.
# Leaves build/bin/longc and build/quickstart/smollm2.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\n== %s\n' "$*" >&2; }

say "installing what is missing"
bash test/install.sh

say "building longc"
cmake --preset dev >/dev/null
ninja -C build/dev longc longc-runtime
ln -sfn dev/bin build/bin

say "getting the model"
model=$(bash models/get-smollm2.sh)

say "compiling it with FoT memory in every layer"
app=build/quickstart/smollm2
mkdir -p build/quickstart
build/bin/longc compile "$model" --method fot --mem-layers all --window 1024 --last-context 512 -o "$app"

say "a pass key hidden in 32,000 tokens (the model's window is 8,192; the local window used here is 1,024)"
"$app" passkey --length 32000 --count 1

say "a question about a passage of the King James Bible"
passage=$(mktemp)
trap 'rm -f "$passage"' EXIT
bible -f '1sam17:40-1sam17:51' | sed -E 's/^[0-9A-Za-z]+:[0-9]+ //' >"$passage"
"$app" chat --document "$passage" --prompt "How did David kill the Philistine?" --tokens 96
