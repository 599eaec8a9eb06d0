#!/usr/bin/env bash
# A compiled SmolLM2 as a server beside llama.cpp's llama-server in the same run: 1, 8 and 32 streaming clients.
#
#   bench/serve.sh [--threads 2] [--rounds 1] [--tokens 32] [--alone] [--no-record] APP MODEL.gguf [-- more options of APP]
#
# Peer, program, peer, program, ...; the best of the rounds counts. --alone leaves the peer out. Needs python3 and what
# bench/peers/llama_cpp.sh needs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source bench/record.sh

threads=2 rounds=1 tokens=32 keep=1 alone=0 app="" gguf=""
while [ $# -gt 0 ]; do
  case "$1" in
    --threads) threads=${2:?--threads needs a number}; shift ;;
    --rounds) rounds=${2:?--rounds needs a number}; shift ;;
    --tokens) tokens=${2:?--tokens needs a number}; shift ;;
    --alone) alone=1 ;;
    --no-record) keep=0 ;;
    -h | --help) sed -n '2,7p' "$0" | cut -c3-; exit 0 ;;
    --) shift; break ;;
    -*) echo "serve.sh: unknown flag $1; see --help" >&2; exit 2 ;;
    *) if [ -z "$app" ]; then app=$1; else gguf=$1; fi ;;
  esac
  shift
done
[ -x "$app" ] || { echo "serve.sh: expected a compiled program, got '$app'" >&2; exit 2; }
[ -f "$gguf" ] || { echo "serve.sh: expected the GGUF file that the program was made from, got '$gguf'" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
peer=()
if [ $alone = 0 ]; then
  server=$(bash bench/peers/llama_cpp.sh --build-only --server 2>&1 | sed -n 's/^llama-server: //p')
  [ -x "$server" ] || { echo "serve.sh: llama-server was not built; run bench/peers/llama_cpp.sh --build-only --server" >&2; exit 1; }
  peer=(--gguf "$gguf" --peer "$server")
fi

[ $# -eq 0 ] || set -- -- "$@" # more options of the program
beginRecord serve "bench/serve.sh --threads $threads --rounds $rounds --tokens $tokens APP $(basename "$gguf") $*"
[ $keep = 1 ] || { rm -f "$record"; record=$work/record.txt; }
python3 bench/serve.py "$app" "${peer[@]}" --threads "$threads" --rounds "$rounds" --tokens "$tokens" "$@" | tee -a "$record"
[ $keep = 1 ] && echo "recorded in $record" >&2
exit 0
