#!/usr/bin/env bash
# E2LLM from a clean checkout: installs, builds longc, gets all-MiniLM-L6-v2 and SmolLM2-135M-Instruct, and compiles them into one
# executable that compresses texts and answers from soft tokens, with an adapter inside: that of models/e2llm, or with --train one that is
# trained first (minutes on a GPU, days on two cores; further arguments go to models/e2llm/train.sh). Leaves build/e2llm/e2.
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

app=build/e2llm/e2 adapter=models/e2llm/adapter
mkdir -p build/e2llm
compile() { build/bin/longc compile --method e2llm --module encoder="$encoder" --module decoder="$decoder" --train "$@"; }

if [ "${1:-}" = --train ]; then
  shift
  targets=cpu
  command -v nvidia-smi >/dev/null && targets=cpu,cuda:sm_90a
  say "compiling them without an adapter, for $targets"
  compile --pool pma --lora rank=16,alpha=32,targets=query,key,value,dense,q_proj,v_proj --target "$targets" -o build/e2llm/untrained
  say "training an adapter"
  bash models/e2llm/train.sh build/e2llm/untrained build/e2llm/learnt "$@"
  adapter=build/e2llm/learnt/adapter
fi

say "compiling them with the adapter of $adapter"
compile --adapter "$adapter" -o "$app"

say "questions about documents of invented facts: from soft tokens, from the text, from its nearest chunks"
"$app" eval facts --documents 10 --facts 2 --seed 7
