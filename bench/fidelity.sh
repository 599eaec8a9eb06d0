#!/usr/bin/env bash
# Distance of a compiled SmolLM2 from the float64 reference on 24 prompts, in exact and default mode.
#
#   bench/fidelity.sh [--no-record] APP [-- more options of APP, such as --variant avx2]
#
# Prints what test/golden/check_logits.py says of both modes; exit code 1 if one of them fails its limits.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source bench/record.sh

keep=1 app=""
while [ $# -gt 0 ]; do
  case "$1" in
    --no-record) keep=0 ;;
    -h | --help) sed -n '2,6p' "$0" | cut -c3-; exit 0 ;;
    --) shift; break ;;
    -*) echo "fidelity.sh: unknown flag $1; see --help" >&2; exit 2 ;;
    *) app=$1 ;;
  esac
  shift
done
[ -x "$app" ] || { echo "fidelity.sh: expected a compiled program, got '$app'" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
beginRecord fidelity "bench/fidelity.sh APP $*"
[ $keep = 1 ] || { rm -f "$record"; record=$work/record.txt; }
python3 test/golden/check_logits.py --write-requests "$work/requests.jsonl" >/dev/null
status=0
for mode in exact default; do
  flag=()
  [ $mode = exact ] && flag=(--exact)
  "$app" logits --requests "$work/requests.jsonl" --output "$work/results.jsonl" --window 8192 --last-context 8192 --quiet \
    "${flag[@]}" "$@"
  {
    echo "== $mode mode"
    python3 test/golden/check_logits.py "$work/results.jsonl" --mode $mode || status=1
    echo
  } | tee -a "$record"
done
# The status of the check is lost in the pipe: the verdicts stand in the record.
grep -q '^FAIL' "$record" && status=1
[ $keep = 1 ] && echo "recorded in $record" >&2
exit $status
