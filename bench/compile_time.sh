#!/usr/bin/env bash
# Compile time of a model for all CPU variants, cold, and where it goes.
#
#   bench/compile_time.sh [--no-record] [--longc L] MODEL.gguf [-- more options of longc compile]
#
# Three runs; the first one also drops nothing but its own results: longc keeps no cache. Prints wall and processor
# seconds of each, and --time-passes of the last.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source bench/record.sh

keep=1 longc="" model=""
while [ $# -gt 0 ]; do
  case "$1" in
    --no-record) keep=0 ;;
    --longc) longc=${2:?--longc needs a path}; shift ;;
    -h | --help) sed -n '2,7p' "$0" | cut -c3-; exit 0 ;;
    --) shift; break ;;
    -*) echo "compile_time.sh: unknown flag $1; see --help" >&2; exit 2 ;;
    *) model=$1 ;;
  esac
  shift
done
[ -f "$model" ] || { echo "compile_time.sh: expected a GGUF file, got '$model'" >&2; exit 2; }
for place in build/bin/longc build/dev/bin/longc; do
  [ -n "$longc" ] || { [ -x "$place" ] && longc=$place; } || true
done
[ -x "$longc" ] || { echo "compile_time.sh: no longc found; build it or give --longc" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
beginRecord compile-time "bench/compile_time.sh $(basename "$model") $*"
[ $keep = 1 ] || { rm -f "$record"; record=$work/record.txt; }
{
  TIMEFORMAT='%R s wall, %U s user, %S s system'
  for round in 1 2 3; do
    echo -n "compile $round, all variants: "
    { time "$longc" compile "$model" --method fot -o "$work/program" --time-passes "$@" 2>"$work/log"; } 2>&1
  done
  echo "program: $(stat -c %s "$work/program") bytes"
  echo
  sed "s#$work/##" "$work/log"
} | tee -a "$record"
[ $keep = 1 ] && echo "recorded in $record" >&2
exit 0
