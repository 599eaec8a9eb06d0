#!/usr/bin/env bash
# Outputs are whole files of their own: whoever else writes the name, wherever it leads, whatever ends the writer. Devices,
# pipes and standard output are written and stay what they are.
source "$(dirname "$0")/programs.sh"
folder=$work/output.d
rm -rf "$folder"
mkdir -p "$folder/sub"
app=$PWD/$(tiny output --method fot --variants avx2)
longc=$PWD/$longc
model=$PWD/test/golden/fot_tiny.gguf
work=$PWD/$work
cd "$folder"
head -c 6000 "$model" | base64 -w 0 >text
echo '{"tokens": [5, 6, 7], "positions": [0, 2], "greedy": 2}' >requests
export LONGC_THREADS=1

# only FILE...: nothing else is in the folder.
only() { [ "$(ls -A | tr '\n' ' ')" = "$* " ] || fail "expected $*, found: $(ls -A | tr '\n' ' ')"; }
save() { "$app" generate "${@:2}" -n 0 -q --save-memory "$1"; }

# Savers of one name, at once: each succeeds, and what stays is a memory.
savers=()
for length in 100 2000 4000 8000; do
  head -c "$length" text >"sub/$length"
  save memory --prompt-file "sub/$length" >/dev/null & savers+=($!)
done
for saver in "${savers[@]}"; do wait "$saver" || fail "one of several savers failed"; done
"$app" generate -p x -n 1 -q --load-memory memory >/dev/null || fail "the memory that several wrote is none"
only memory requests sub text

# Killed and interrupted before it is done: the old memory stays, nothing else is there.
for signal in TERM INT KILL; do
  for seconds in 0.03 0.1 0.2; do
    status=0
    timeout -s $signal $seconds "$app" generate --prompt-file text -n 0 -q --save-memory memory >/dev/null 2>&1 || status=$?
    only memory requests sub text
    [ $status = 0 ] || interrupted=1
  done
done
[ "${interrupted:-}" ] || fail "no saver was interrupted"
"$app" generate -p x -n 1 -q --load-memory memory >/dev/null || fail "an interrupted saver left no memory"

# Through a pipe and into standard output comes what a file would hold.
save whole -p abc >/dev/null
save >(cat >piped) -p abc >/dev/null
"$app" logits --requests requests -o results -q
"$app" logits --requests requests -o /dev/stdout -q | cat >printed
{ echo first; "$app" logits --requests requests -o /dev/stdout -q; echo last; } >redirected
cmp results printed
[ "$(cat redirected)" = "$(echo first; cat results; echo last)" ] || fail "standard output was replaced"
save /dev/null -p abc >/dev/null && [ -c /dev/null ] || fail "a device was replaced"
for _ in $(seq 50); do cmp -s whole piped && break; sleep 0.1; done
cmp whole piped

# A program, where the name is a link, a file that may not be written, one in the current folder, a device.
ln -s sub/program link
echo old >readonly
chmod 444 readonly
for target in link readonly here /dev/null; do
  "$longc" compile "$model" --variants avx2 --quiet -o $target || fail "cannot compile to $target"
done
[ -L link ] && [ -c /dev/null ] || fail "a link or a device was replaced"
for program in sub/program readonly here; do
  [ "$("./$program" info --json)" = "$(./here info --json)" ] || fail "$program is no program"
done
only here link memory piped printed readonly redirected requests results sub text whole
echo "every output was whole"
