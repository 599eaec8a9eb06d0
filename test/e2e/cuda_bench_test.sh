#!/usr/bin/env bash
# bench/cuda.sh with programs that only look so: rows of its table, what is left out, and its exit codes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "cuda_bench_test.sh: $*" >&2; cat "$work/out" >&2; exit 1; }
mkdir "$work/programs"
cat >"$work/programs/app" <<'P'
#!/usr/bin/env bash
case "$1" in
  logits) while [ $# -gt 0 ]; do [ "$1" = --output ] && : >"$2"; shift; done ;;
  bench) [ -n "${BENCH_FAILS:-}" ] && { echo "error: LC5110: no memory" >&2; exit 71; }
    echo '{"prefill_tokens_per_second": 655000, "decode_tokens_per_second": 1832, "fill_tokens_per_second": 1500000}' ;;
  generate) echo Paris ;;
esac
P
chmod +x "$work/programs/app"
# Logits that are not there are wrong: the table comes all the same.
status=0; bench/cuda.sh --no-record --quick "$work/programs" >"$work/out" 2>&1 || status=$?
[ $status = 1 ] || fail "exit code $status for missing logits, expected 1"
grep -Eq "^SmolLM2: decoding at a depth of 1,024 +1,832 tokens/s +916 llama.cpp \(quoted\) +2\.00 +14,300 +2,700$" "$work/out" || fail "no row of decoding"
grep -Eq "^SmolLM2: start of the program to the first token +[0-9.]+ s +- +- +- +1\.000$" "$work/out" || fail "no row of the first token"
grep -Eq "^kNN attention as above, T 128 +- ms +9\.400 torch \(quoted\) +- " "$work/out" || fail "no row of what is not measured"
grep -q "llama 1.1B" "$work/out" && fail "a row of a program that is not there"
status=0; BENCH_FAILS=1 bench/cuda.sh --no-record --quick "$work/programs/app" >"$work/out" 2>&1 || status=$?
[ $status = 1 ] && grep -q "LC5110" "$work/out" || fail "exit code $status for a failing program, expected 1 and its message"
status=0; bench/cuda.sh "$work" >"$work/out" 2>&1 || status=$?
[ $status = 2 ] || fail "exit code $status without a program, expected 2"
echo "cuda_bench_test.sh: ok"
