#!/usr/bin/env bash
# A compiled SmolLM2 as a server under a thousand rude clients: nothing lost, nothing kept, places free at once.
#
#   bench/serve_load.sh [--clients 1000] [--seconds 60] [--aborts 10000] [--no-record] APP [-- more options of APP]
#
# What the clients do and what is checked: test/e2e/serve_load.py. Needs python3.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source bench/record.sh

clients=1000 seconds=60 aborts=10000 keep=1 app=""
while [ $# -gt 0 ]; do
  case "$1" in
    --clients) clients=${2:?--clients needs a number}; shift ;;
    --seconds) seconds=${2:?--seconds needs a number}; shift ;;
    --aborts) aborts=${2:?--aborts needs a number}; shift ;;
    --no-record) keep=0 ;;
    -h | --help) sed -n '2,6p' "$0" | cut -c3-; exit 0 ;;
    --) shift; break ;;
    -*) echo "serve_load.sh: unknown flag $1; see --help" >&2; exit 2 ;;
    *) app=$1 ;;
  esac
  shift
done
[ -x "$app" ] || { echo "serve_load.sh: expected a compiled program, got '$app'" >&2; exit 2; }

[ $# -eq 0 ] || set -- -- "$@"
beginRecord serve-load "bench/serve_load.sh --clients $clients --seconds $seconds --aborts $aborts APP $*"
[ $keep = 1 ] || { rm -f "$record"; record=/dev/null; }
python3 test/e2e/serve_load.py "$app" --clients "$clients" --seconds "$seconds" --aborts "$aborts" "$@" | tee -a "$record"
[ $keep = 1 ] && echo "recorded in $record" >&2
exit 0
