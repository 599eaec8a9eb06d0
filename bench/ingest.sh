#!/usr/bin/env bash
# Reading windows into memory alone beside plain prefill, the end of a long text beside its beginning, and what a last context costs that sees all of it.
#
#   bench/ingest.sh [--tokens 1048576] [--no-record] APP [more options of bench]
#
# APP is a program with FoT memory; with an adapter, add --adapter FOLDER.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source bench/record.sh
tokens=1048576 keep=1
while [ $# -gt 0 ]; do
  case "$1" in
    --tokens) tokens=${2:?--tokens needs a number}; shift 2 ;;
    --no-record) keep=0; shift ;;
    -h | --help) sed -n '2,6p' "$0" | cut -c3-; exit 0 ;;
    *) break ;;
  esac
done
app=${1:?expected a program}
shift
[ -x "$app" ] || { echo "ingest.sh: no program '$app'" >&2; exit 2; }
beginRecord ingest "bench/ingest.sh --tokens $tokens $(basename "$app") $*"
[ $keep = 1 ] || { rm -f "$record"; record=/dev/null; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# 512 tokens are a last context: prefill alone reads them.
"$app" bench --prefill 512 --decode 0 --repeat 5 --ingest memory --json --progress none "$@" >"$work/plain.json"
"$app" bench --prefill 0 --decode 0 --repeat 1 --fill "$tokens" --ingest window --json --progress none "$@" >"$work/windows.json"
python3 - "$work" <<'PY' | tee -a "$record"
import json, sys
plain, windows = (json.load(open(f"{sys.argv[1]}/{name}.json")) for name in ("plain", "windows"))
prefill, fill = plain["prefill_tokens_per_second"], windows["fill_tokens_per_second"]
first, last = (windows[f"fill_{place}_quarter_tokens_per_second"] for place in ("first", "last"))
print(f"plain prefill of 512 tokens: {prefill:.0f} tokens/s")
print(f"windows into memory alone, {windows['fill_tokens']:,} tokens: {fill:.0f} tokens/s, {fill / prefill:.2f} x")
print(f"first quarter {first:.0f}, last quarter {last:.0f} tokens/s: {last / first:.3f} x")
print(f"{windows['fill_last_context_tokens']} tokens that see all of it: {windows['fill_last_context_seconds']:.1f} s")
PY
[ $keep = 1 ] && echo "recorded in $record" >&2
exit 0
