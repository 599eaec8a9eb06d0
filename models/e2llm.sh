#!/usr/bin/env bash
# E2LLM from a clean checkout: installs, builds longc, gets all-MiniLM-L6-v2 and SmolLM2-135M-Instruct, and compiles them into one
# executable that compresses texts and answers from soft tokens, with an adapter inside: that of models/e2llm if it is there, else one
# that is trained first, for twenty minutes; so too with --train, whose further arguments go to `train`. Leaves build/e2llm/e2.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\n== %s\n' "$*" >&2; }

say "installing what is missing"
bash test/install.sh

say "building longc"
cmake --preset dev >/dev/null
ninja -C build/dev longc longc-runtime
ln -sfn dev/bin build/bin

say "getting the models"
encoder=$(bash models/get-minilm.sh)
decoder=$(bash models/get-smollm2.sh)

app=build/e2llm/e2 adapter=models/e2llm
mkdir -p build/e2llm
compile() { build/bin/longc compile --method e2llm --module encoder="$encoder" --module decoder="$decoder" --train "$@"; }

if [ "${1:-}" = --train ] || [ ! -d "$adapter" ]; then
  [ $# -gt 0 ] && shift
  adapter=build/e2llm/learnt
  say "training an adapter"
  compile -o build/e2llm/untrained
  rm -rf build/e2llm/facts "$adapter"
  build/e2llm/untrained make-facts --documents 2000 --facts 4 --seed 1 --out build/e2llm/facts
  build/e2llm/untrained train --data build/e2llm/facts/facts.jsonl --out "$adapter" --seed 1 --objective both --restate 1 --seq-len 512 --batch 2 \
    --lr 1e-3 --warmup 10 --steps 100000 --seconds 1200 "$@"
fi

say "compiling them with the adapter of $adapter"
compile --adapter "$adapter" -o "$app"

say "questions about documents of invented facts: from soft tokens, from the beginning of the text, from its nearest chunks"
"$app" eval facts --documents 4 --facts 4 --seed 99
