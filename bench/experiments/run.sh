#!/usr/bin/env bash
# Small experiments of the methods, by name: lift/L3 is one of experiments/lift.py, and so on. Prints a table and writes the figures
# beside it, so that a stopped one goes on.
#
#   bench/experiments/run.sh FAMILY/NAME [--app PROGRAM] [--folder F] [--seeds 0,1,2] [--seconds S] [--device D]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
case "${1:-}" in
  */*) ;;
  *) sed -n '2,6p' "$0" | cut -c3- >&2; exit 2 ;;
esac
family=${1%%/*}
grep -qs "^EXPECTED" "bench/experiments/$family.py" || { echo "run.sh: no experiments of '$family'; there are: $(cd bench/experiments && grep -l '^EXPECTED' -- *.py | sed 's/\.py$//' | paste -sd' ')" >&2; exit 2; }
exec python3 "bench/experiments/$family.py" "$@"
