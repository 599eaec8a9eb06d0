#!/usr/bin/env bash
# Distance of a compiled SmolLM2 from the float64 reference on 24 prompts, in exact and default mode, with the kernels of
# prefill (tokens at once) and of decoding (one by one).
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
    -h | --help) sed -n '2,7p' "$0" | cut -c3-; exit 0 ;;
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
python3 test/golden/check_logits.py --write-requests "$work/at-once.jsonl" >/dev/null
python3 test/golden/check_logits.py --write-requests "$work/one-by-one.jsonl" --one-by-one >/dev/null
status=0
for case in "exact at-once" "default at-once" "exact one-by-one" "default one-by-one"; do
  read -r mode tokens <<<"$case"
  flag=()
  [ $mode = exact ] && flag=(--exact)
  "$app" logits --requests "$work/$tokens.jsonl" --output "$work/results.jsonl" --window 8192 --last-context 8192 --quiet \
    "${flag[@]}" "$@"
  {
    echo "== $mode mode, tokens taken in ${tokens//-/ }"
    python3 test/golden/check_logits.py "$work/results.jsonl" --mode $mode || status=1
    echo
  } | tee -a "$record"
done
# The status of the check is lost in the pipe: the verdicts stand in the record.
grep -q '^FAIL' "$record" && status=1
[ $keep = 1 ] && echo "recorded in $record" >&2
exit $status
