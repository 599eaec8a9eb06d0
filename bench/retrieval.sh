#!/usr/bin/env bash
# Pass-key table: compiles the programs it needs, runs them (bench/retrieval.py) and records the result.
#
#   bench/retrieval.sh [--quick] [--folder F] [--longc L] [--layers LIST] MODEL.gguf [-- more options of retrieval.py]
#
# The folder (default build/bench/retrieval) keeps programs, text and finished prompts: a stopped run goes on. It can be
# copied to another machine, where `bench/retrieval.py --programs F --results F/prompts.jsonl --text F/bible.txt` needs
# only python3. A quick run is not recorded. --layers adds a row for a list, such as probe-layers prints. Real text is
# the King James Bible of Debian's bible-kjv; without it those rows are left out.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source bench/record.sh

folder=build/bench/retrieval
longc=""
model=""
layers=""
quick=()
while [ $# -gt 0 ]; do
  case "$1" in
    --quick) quick=(--quick) ;;
    --folder) folder=${2:?--folder needs a path}; shift ;;
    --longc) longc=${2:?--longc needs a path}; shift ;;
    --layers) layers=${2:?--layers needs a list}; shift ;;
    -h | --help) sed -n '2,9p' "$0" | cut -c3-; exit 0 ;;
    --) shift; break ;;
    -*) echo "retrieval.sh: unknown flag $1; see --help" >&2; exit 2 ;;
    *) model=$1 ;;
  esac
  shift
done
[ -f "$model" ] || { echo "retrieval.sh: expected a GGUF file, got '$model'; give the checkpoint" >&2; exit 2; }
for place in build/bin/longc build/dev/bin/longc; do
  [ -n "$longc" ] || { [ -x "$place" ] && longc=$place; } || true
done
[ -x "$longc" ] || { echo "retrieval.sh: no longc found; build it or give --longc" >&2; exit 2; }

mkdir -p "$folder"
twelve=1,5,6,7,8,9,13,15,16,17,18,20
# program NAME OPTION...: compiles it unless it is there and newer than the compiler.
program() {
  local name=$1
  shift
  if [ ! -x "$folder/$name" ] || [ "$longc" -nt "$folder/$name" ]; then
    rm -f "$folder/prompts.jsonl" # of another compiler
    "$longc" compile "$model" --method fot --window 1024 --last-context 512 -o "$folder/$name" --quiet "$@"
  fi
}
program all
program twelve --mem-layers $twelve
if [ -n "$layers" ]; then
  [ "$(cat "$folder/given.layers" 2>/dev/null)" = "$layers" ] || rm -f "$folder/given" # of another list
  program given --mem-layers "$layers"
  echo "$layers" >"$folder/given.layers"
fi
if [ ${#quick[@]} = 0 ]; then
  program twelve-top32 --mem-layers $twelve --topk 32
  program twelve-top128 --mem-layers $twelve --topk 128
fi
text=()
if command -v bible >/dev/null; then
  [ -s "$folder/bible.txt" ] || bible -f 'gen1:1-rev22:21' | sed -E 's/^[0-9A-Za-z]+:[0-9]+ //' >"$folder/bible.txt"
  text=(--text "$folder/bible.txt")
fi
status=0
python3 bench/retrieval.py --programs "$folder" --results "$folder/prompts.jsonl" "${text[@]}" "${quick[@]}" "$@" \
  >"$folder/table.txt" || status=$?
cat "$folder/table.txt"
[ $status = 0 ] || exit $status
[ ${#quick[@]} = 0 ] || exit 0
beginRecord retrieval "bench/retrieval.sh $(basename "$model")"
cat "$folder/table.txt" >>"$record"
echo "recorded in $record" >&2
