#!/usr/bin/env bash
# The main job from a clean checkout: installs, builds longc, gets SmolLM2-135M-Instruct, compiles it, trains a memory for it in
# minutes on facts planted in the Jargon File, reads the first 262,144 tokens of the King James Bible once, in linear time, and
# asks for a pass key and a fact that were hidden there. Trained on were neither the Bible nor the sentence of the pass key.
# Leaves build/bin/longc and in build/quickstart: smollm2 (memory in every layer, without training), smollm2-train, adapter.
set -euo pipefail
cd "$(dirname "$0")/.."

begin=$SECONDS
say() { printf '\n== %s [%d s]\n' "$*" $((SECONDS - begin)) >&2; }

say "installing what is missing"
bash test/install.sh

say "building longc"
cmake --preset dev >/dev/null
ninja -C build/dev longc longc-runtime
ln -sfn dev/bin build/bin

say "getting the model"
model=$(bash models/get-smollm2.sh)

say "compiling it: with memory in every layer, and to be trained with memory in four"
folder=build/quickstart
mkdir -p "$folder"
build/bin/longc compile "$model" --method fot --mem-layers all --window 1024 --last-context 512 -o "$folder/smollm2"
app=$folder/smollm2-train
build/bin/longc compile "$model" --train --method fot --mem-layers 7,8,18,20 --lora rank=16,alpha=32,targets=all \
  --window 1024 --last-context 512 -o "$app"

say "training the memory: 30 steps of 8 rows of 512 tokens that read 1, 2, 4, then 7 rows before them"
# Images of Debian may leave /usr/share/doc out.
jargon=/usr/share/doc/jargon-text/jargon.txt.gz
if [ ! -e "$jargon" ]; then
  (cd "$folder" && apt-get download -qq jargon-text && dpkg-deb -x jargon-text_*.deb jargon)
  jargon=$folder/jargon$jargon
fi
gzip -dc "$jargon" >"$folder/jargon.txt"
# Among many entries the right one's weight thins out: scores are to grow with the logarithm of how many there are, which the adapter says.
recipe=(--cross-rows 1:5,2:7,4:8,7:10 --steps 30 --seq-len 512 --batch 8 --lr 3e-3 --schedule cosine --warmup 6 --seed 1 --memory-temperature log:0.15:1024)
made=$(cksum <"$app")" ${recipe[*]}"
if [ "$(cat "$folder/adapter/of" 2>/dev/null)" != "$made" ]; then # once for each program
  rm -rf "$folder/adapter"
  "$app" train --facts "$folder/jargon.txt" "${recipe[@]}" --out "$folder/adapter"
  echo "$made" >"$folder/adapter/of"
fi
echo "trained: $(wc -l <"$folder/adapter/train.jsonl") steps of 8 x 512 tokens, seed 1; adapter $(sha256sum <"$folder/adapter/adapter_model.safetensors" | cut -c1-16)" >&2

say "hiding a pass key and a fact, both drawn now, in the King James Bible"
seed=$(od -An -N3 -tu4 /dev/urandom | tr -d ' ')
key=$((10000 + seed % 40000))
bible -f 'gen1:1-rev22:21' | sed -E 's/^[0-9A-Za-z]+:[0-9]+ //' >"$folder/bible.txt"
head -n 7200 "$folder/bible.txt" >"$folder/beginning.txt" # less than is read
rm -rf "$folder/planted"
"$app" make-facts --text "$folder/beginning.txt" --count 1 --seed "$seed" --out "$folder/planted" --quiet >/dev/null
{
  awk -v line=$((1 + seed % 7000)) -v key="$key" \
    '{ print } NR == line { print "The pass key is " key ". Remember it. " key " is the pass key." }' "$folder/planted/document.txt"
  tail -n +7201 "$folder/bible.txt"
} >"$folder/hidden.txt"
python3 - "$folder" <<'PY'
import json, sys
fact = json.loads(open(f"{sys.argv[1]}/planted/questions.jsonl").readline())
asked = fact["evidence"].split(" " + fact["answer"])[0] # as in training, the answer goes on in the words of what was told
open(f"{sys.argv[1]}/question.txt", "w").write("\n" + fact["question"] + " " + asked)
open(f"{sys.argv[1]}/answer.txt", "w").write(fact["answer"])
PY
fact=$(cat "$folder/answer.txt")

say "reading the first 262,144 tokens of it"
# Windows overlap, so that a key that a border cuts is seen as a whole; 1,008 tokens and 16 before them are as many as kernels take at once.
"$app" read "$folder/hidden.txt" --length 262144 --adapter "$folder/adapter" --ingest window --window 1008 --overlap 16 -o "$folder/hidden.doc"

say "asking"
ask() { # EXPECTED PROMPT [OPTION]...
  local expected=$1 prompt=$2 answer
  shift 2
  answer=$("$app" generate --prompt "$prompt" --tokens 8 --quiet "$@" | tr -d '\n')
  case "$answer" in
    " $expected" | " $expected"[!0-9]*) echo "  $prompt$answer   [right: $expected]" ;;
    *) echo "  $prompt$answer   [wrong: $expected]" && return 1 ;;
  esac
}
failed=0
known=(--adapter "$folder/adapter" --document "$folder/hidden.doc" --window 1008)
ask "$key" $'\nWhat is the pass key? The pass key is' "${known[@]}" || failed=1
ask "$fact" "$(cat "$folder/question.txt")" "${known[@]}" || failed=1

say "the same program at 32,768 tokens of the Bible, with the adapter and without"
echo "with the adapter:"
"$app" eval passkey --text "$folder/bible.txt" --lengths 32768 --count 4 --seed "$seed" --adapter "$folder/adapter" --ingest window --quiet
echo "without:"
"$app" passkey --text "$folder/bible.txt" --length 32768 --count 1 --seed "$seed" --quiet
say "done"
exit "$failed"
