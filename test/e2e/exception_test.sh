#!/usr/bin/env bash
# What throws in a compiled program is caught there: unit tests are linked by the C++ compiler and cannot tell. A template
# that refuses is the user's error in its own words; exhausted memory has its exit code in whatever layer it is noticed.
source "$(dirname "$0")/programs.sh"
folder=$work/exception.d
rm -rf "$folder"
mkdir -p "$folder"

# program NAME TEMPLATE: the tiny checkpoint with another chat template, compiled.
program() {
  python3 test/e2e/edit_gguf.py test/golden/fot_tiny.gguf "$folder/$1.gguf" "tokenizer.chat_template=$(python3 -c 'import json, sys; print(json.dumps(sys.argv[1]))' "$2")"
  "$longc" compile "$folder/$1.gguf" --variants avx2 --quiet -o "$folder/$1"
}
program raises "{% if messages[0].role == 'system' %}{{ raise_exception('this model wants no system text') }}{% endif %}x"
refuses 1 "this model wants no system text" "$folder/raises" chat --system s -p hi -n 1 -q
program fails "{{ messages[0].content + 1 }}"
refuses 1 "chat template, line 1" "$folder/fails" chat -p hi -n 1 -q
program endless "{% for a in range(9999) %}{% for b in range(9999) %}{{ b }}{% endfor %}{% endfor %}"
refuses 1 "chat template, line 1" "$folder/endless" chat -p hi -n 1 -q
# One that cannot be read is refused when it is compiled, or says so when it runs.
unreadable() { program unreadable "{% for m in messages %}{{ m.content" && "$folder/unreadable" chat -p hi -n 1 -q; }
refuses 1 "chat template, line 1" unreadable

# Every amount of address space between too little for the loader and enough: done, or out of memory, and never a signal.
app=$(tiny exception --method fot --variants avx2)
head -c 1500 test/golden/fot_tiny.gguf | base64 -w 0 >"$folder/text"
python3 -c 'import json; print(json.dumps({"tokens": [5] * 2000, "positions": list(range(0, 2000, 10)), "greedy": 2}))' >"$folder/requests"
limited() { (ulimit -v "$1"; shift; exec "$@") >/dev/null 2>"$work/stderr"; }
for command in "info" "generate --prompt-file $folder/text -n 2" "chat -d $folder/text -p hi -n 2" "perplexity --file $folder/text" \
  "logits --requests $folder/requests -o $folder/results"; do
  exhausted=0
  for kilobytes in $(seq 7000 2300 24000) $(seq 40000 2300 48000); do
    status=0
    [ "$command" = info ] || options="-q --threads 2"
    limited "$kilobytes" "$app" $command ${options:-} || status=$?
    # Too little for the system to load the program at all: nothing of ours has run.
    [ $status = 127 ] && grep "error while loading shared libraries" "$work/stderr" >/dev/null && continue
    [[ $status =~ ^(0|71)$ ]] || fail "exit code $status with $kilobytes KB: $command ($(head -c 300 "$work/stderr"))"
    [ $status = 0 ] || grep -qE '^error: LC7[0-9]{3}: .' "$work/stderr" || fail "no error line with $kilobytes KB: $command"
    [ $status = 0 ] || exhausted=1
  done
  [ $exhausted = 1 ] || fail "memory was never exhausted: $command"
done

# A prompt and a JSON request that are larger than the memory there is.
endless() { head -c 150000000 /dev/zero | tr '\0' "$1"; }
status=0
endless a | limited 250000 "$app" generate --prompt-file - -n 1 -q || status=$?
[ $status = 71 ] || fail "expected exit code 71 for a prompt larger than memory, got $status"
status=0
(printf '{"tokens": ['; endless 1) | limited 400000 "$app" logits --requests - -o "$folder/results" -q || status=$?
[ $status = 71 ] || fail "expected exit code 71 for a request larger than memory, got $status ($(head -c 300 "$work/stderr"))"
echo "everything thrown was caught"
