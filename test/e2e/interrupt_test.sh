#!/usr/bin/env bash
# ^C while a text is judged: exit code 130, and the message counts the whole text, not the piece that was being read.
source "$(dirname "$0")/programs.sh"
app=$(tiny interrupt --method fot --variants avx2 --window 64 --last-context 32)
head -c 150000 test/golden/fot_tiny.gguf | base64 -w 0 >"$work/interrupt.txt"
for options in "--memory on" "--memory off" "--memory off --last 150000"; do
  # Interrupted when it has said twice how far it is, however long this machine takes for that.
  : >"$work/stderr"
  "$app" perplexity --file "$work/interrupt.txt" -q --threads 1 --progress json $options >"$work/stdout" 2>"$work/stderr" &
  until [ "$(grep -c '"progress"' "$work/stderr")" -ge 2 ]; do
    kill -0 $! 2>/dev/null || fail "it ended by itself: $options ($(cat "$work/stderr"))"
    sleep 0.05
  done
  kill -INT $!
  status=0
  wait $! || status=$?
  [ "$status" = 130 ] || fail "expected exit code 130, got $status: $options ($(cat "$work/stderr"))"
  [ ! -s "$work/stdout" ] || fail "a result was printed: $options"
  python3 - "$work/stderr" "$options" <<'PY'
import re, sys
text = open(sys.argv[1]).read()
found = re.search(r"LC5301: cancelled after reading ([\d,]+) of ([\d,]+) tokens: ([\d,]+) judged, perplexity [\d.]+ so far", text)
assert found, text
read, total, judged = (int(number.replace(",", "")) for number in found.groups())
assert 1000 < read < total and read - 128 <= judged <= read, text
assert total > 190000 if "--last" not in sys.argv[2] else 150000 < total < 150200, text
PY
done
echo "every interruption said what was done"
