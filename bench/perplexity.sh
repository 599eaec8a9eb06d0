#!/usr/bin/env bash
# Perplexity of the last 20,000 tokens of a novel: window only, with memory, with full attention up to 8k.
#
#   bench/perplexity.sh [--novel FILE] [--lines N] [--last N] [--no-record] APP [APP...]
#
# APP is a compiled SmolLM2-135M-Instruct; of further programs (memory in fewer layers) only the row with memory is
# measured. The novel is Jane Austen's Persuasion (116,000 tokens) of Debian's r-cran-janeaustenr, fetched by apt-get
# (bench/novel.py reads it), or --novel FILE. With --lines N only its last N lines are read: time grows with the square of
# the length where there is memory, about 12 minutes for the whole novel on 2 idle Zen 5 cores and 1.5 for 2,900 lines.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source bench/record.sh

novel="" lines=0 last=20000 records=1 programs=()
while [ $# -gt 0 ]; do
  case "$1" in
    --novel) novel=${2:?--novel needs a file}; shift ;;
    --lines) lines=${2:?--lines needs a number}; shift ;;
    --last) last=${2:?--last needs a number}; shift ;;
    --no-record) records=0 ;;
    -h | --help) sed -n '2,9p' "$0" | cut -c3-; exit 0 ;;
    -*) echo "perplexity.sh: unknown flag $1; see --help" >&2; exit 2 ;;
    *) programs+=("$(realpath "$1")") ;;
  esac
  shift
done
[ ${#programs[@]} -gt 0 ] || { echo "perplexity.sh: expected a compiled program; see --help" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ -z "$novel" ]; then
  (cd "$work" && apt-get -qq download -o APT::Sandbox::User=root r-cran-janeaustenr)
  novel=$work/novel.txt
  python3 bench/novel.py "$work"/r-cran-janeaustenr_*.deb Persuasion >"$novel"
fi
if [ "$lines" -gt 0 ]; then tail -n "$lines" "$novel"; else cat "$novel"; fi >"$work/text.txt"

# measure TITLE PROGRAM OPTION...: one row of the table.
measure() {
  local title=$1 program=$2
  shift 2
  "$program" perplexity --file "$work/text.txt" --last "$last" --json --quiet "$@" >"$work/result.json"
  python3 - "$title" "$work/result.json" <<'PY' | tee -a "$work/table.txt"
import json, sys
result = json.load(open(sys.argv[2]))
print(f"{sys.argv[1]:44} {result['perplexity']:10.3f} {result['mean_surprise']:10.4f} {result['tokens']:8} {result['seconds']:8.0f}")
PY
}

printf '%-44s %10s %10s %8s %8s\n' "seen of the text before a token" perplexity nats tokens seconds >"$work/table.txt"
cat "$work/table.txt"
measure "window only: 512 to 1,024 tokens" "${programs[0]}" --memory off --window 1024
measure "full attention: 4,096 to 8,192 tokens" "${programs[0]}" --memory off --window 8192
for program in "${programs[@]}"; do
  layers=$("$program" info --json | python3 -c 'import json, sys; print(len(json.load(sys.stdin)["memory_layers"]))')
  measure "window 1,024 and memory in $layers layers: all" "$program" --window 1024 --last-context 512
done
[ $records = 1 ] || exit 0
beginRecord perplexity "bench/perplexity.sh$([ "$lines" = 0 ] || echo " --lines $lines") APP"
{
  echo "Text: $(wc -w <"$work/text.txt") words, the end of Persuasion; the last $last tokens are judged."
  echo
  cat "$work/table.txt"
} >>"$record"
echo "recorded in $record" >&2
