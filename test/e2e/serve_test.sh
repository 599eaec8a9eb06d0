#!/usr/bin/env bash
# A compiled program as a server: answers that are those of the command line, streams, rude clients, keys, a clean end; then
# the official client, where it can be installed.
source "$(dirname "$0")/programs.sh"
app=$(tiny serve --method fot --window 64)
folder=$work/serve-files
mkdir -p "$folder"
python3 test/e2e/serve.py "$app" "$folder"
python3 test/e2e/serve_abuse.py "$app" "$folder"
python3 test/e2e/serve_load.py "$app" --clients 64 --seconds 2 --aborts 300
g++ -x c -shared -fPIC -O1 -o "$folder/failing_calls.so" test/runtime/failing_calls.c -ldl
python3 test/e2e/serve_faults.py "$app" "$folder" "$folder/failing_calls.so" 8
refuses 1 "cannot listen" "$app" serve --host 203.0.113.7 --port 0 -q
refuses 1 "holds no key" "$app" serve --api-key-file /dev/null --port 0 -q
refuses 1 "no-such-folder" "$app" serve --log-jsonl "$folder/no-such-folder/x" --port 0 -q
refuses 2 "--port" "$app" serve --port 65536 -q
refuses 2 "--parallel" "$app" serve --parallel 0 -q
refuses 1 "cannot keep documents" "$app" serve --documents /dev/null/x --port 0 -q

# An encoder; a decoder with two adapters, which some steps at a high rate have made very different.
rm -rf "$folder/bert" "$folder/learnt-shelf" "$folder"/train-*
python3 - "$folder/bert" <<'PY'
import sys
sys.path.insert(0, "test/golden")
import encoder_models, hf_models
encoder_models.writeFolder(sys.argv[1], hf_models.readCases(encoder_models.GOLDEN)["bert"])
PY
"$longc" compile "$folder/bert" -o "$folder/encoder" --variants avx2 --quiet 2>/dev/null
trained=$(tiny serve-adapted --method fot --window 64 --train --lora rank=4,alpha=8,targets=all --variants avx2)
printf '{"text": "%s"}\n' "once upon a time there was" "in the beginning was" >"$folder/train.jsonl"
for seed in 1 2; do
  "$trained" train --data "$folder/train.jsonl" --steps 3 --lr 0.1 --seed $seed --seq-len 64 --out "$folder/train-$seed" --quiet >/dev/null
done
refuses 2 "this one is an encoder" "$folder/encoder" serve --adapter "$folder/train-1" --port 0 -q
refuses 2 "two adapters are called 'a'" "$trained" serve --adapter a="$folder/train-1" --adapter a="$folder/train-2" --port 0 -q
refuses 1 "cannot open" "$trained" serve --adapter "$folder/train-3" --port 0 -q
PYTHONPATH=test/e2e python3 test/e2e/serve_others.py "$folder/encoder" "$trained" "$folder" "$folder"/train-{1,2}

venv=$build/venv-openai
if ! "$venv/bin/python" -c 'import openai' 2>/dev/null; then
  rm -rf "$venv"
  if ! { python3 -m venv "$venv" && "$venv/bin/pip" install -q --disable-pip-version-check openai==1.109.1; } >"$folder/pip" 2>&1; then
    rm -rf "$venv"
    echo "the official client cannot be installed here: it was left out" >&2
    exit 0
  fi
fi
PYTHONPATH=test/e2e "$venv/bin/python" test/e2e/serve_openai.py "$app"
