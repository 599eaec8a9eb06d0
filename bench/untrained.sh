#!/usr/bin/env bash
# What memory in every layer does without training: a pass key in 32,000 tokens, and a question about a passage of the King James Bible.
#
#   bench/untrained.sh [APP]
#
# APP is SmolLM2-135M-Instruct with memory in all layers (default build/quickstart/smollm2, which the quickstart leaves).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
app=${1:-build/quickstart/smollm2}
[ -x "$app" ] || { echo "untrained.sh: no program '$app'; models/quickstart.sh makes one" >&2; exit 2; }

echo "== a pass key hidden in 32,000 tokens (the model's window is 8,192; the local window used here is 1,024)" >&2
"$app" passkey --length 32000 --count 1
echo "== a question about a passage of the King James Bible" >&2
passage=$(mktemp)
trap 'rm -f "$passage"' EXIT
bible -f '1sam17:40-1sam17:51' | sed -E 's/^[0-9A-Za-z]+:[0-9]+ //' >"$passage"
"$app" chat --document "$passage" --prompt "How did David kill the Philistine?" --tokens 96
