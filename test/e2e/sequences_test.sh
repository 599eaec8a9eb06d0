#!/usr/bin/env bash
# Prompts of a file run together give what each gives alone: bit for bit in exact mode, with memory, of uneven lengths, some
# ending early, more of them than there are places.
source "$(dirname "$0")/programs.sh"
app=$(tiny sequences --method fot --window 64)
folder=$work/sequences-files
mkdir -p "$folder"
python3 - "$app" "$folder" <<'PY'
import json, subprocess, sys

app, folder = sys.argv[1:]
text = "in the beginning was a long text that went on and on until nobody knew how it had begun "
long = ["a", text * 3, "once upon", text[:70], text * 2 + "the", "z" * 63, "zq", text[5:40]]
short = ["a", "once upon", "zq", text[:30], "b" * 50]


def run(*options):
    out = subprocess.run([app, "generate", "--json", "-q", "--seed", "5", *options], check=True, capture_output=True, text=True)
    return [json.loads(line) for line in out.stdout.splitlines()]


def without_times(row):
    return {key: value for key, value in row.items() if key != "timings"}


finishes = set()
for prompts, options in ((long, ["--exact", "-n", "24"]), (long, ["-n", "24", "--temperature", "0.8"]),
                         (long, ["--exact", "-n", "90", "--memory", "off", "--truncate", "--ignore-eos"]),
                         (short, ["--exact", "-n", "40", "--memory", "off", "--ignore-eos"]),
                         (long, ["--exact", "-n", "40", "--eviction", "flush", "--memory-temperature", "log:0.5:20",
                                 "--last-context", "16"])):
    with open(f"{folder}/prompts.jsonl", "w") as file:
        file.write("\n\n".join(json.dumps({"prompt": prompt}) for prompt in prompts) + "\n")
    alone = [run("--prompt", prompt, *options)[0] for prompt in prompts]
    for parallel in ("3", "32"):
        together = run("--prompts", f"{folder}/prompts.jsonl", "--parallel", parallel, *options)
        assert len(together) == len(prompts), len(together)
        for one, other in zip(alone, together):
            assert list(one) == list(other) and list(one["timings"]) == list(other["timings"]), (one, other)
            assert without_times(one) == without_times(other), (options, parallel, one, other)
    finishes |= {row["finish_reason"] for row in alone}
assert {"length", "window"} <= finishes, finishes
PY
echo '{"prompt": "a"}' >"$folder/one"
for bad in '{"prompt": 3}' '{"text": "a"}' '[1]' '{"prompt": "a"' '{"prompt": ""}'; do
  { cat "$folder/one"; echo "$bad"; } >"$folder/bad"
  refuses 1 "line 2" "$app" generate --prompts "$folder/bad" --json -q
done
: >"$folder/none"
refuses 1 "holds no prompt" "$app" generate --prompts "$folder/none" --json -q
refuses 1 "/nonexistent" "$app" generate --prompts /nonexistent --json -q
refuses 2 "exclude" "$app" generate --prompts "$folder/one" -p a --json -q
refuses 2 "--json" "$app" generate --prompts "$folder/one" -q
refuses 2 "--parallel" "$app" generate --prompts "$folder/one" --json --parallel 0
python3 -c 'import json; print(json.dumps({"prompt": "a" * 200}))' >>"$folder/one"
refuses 1 "line 2" "$app" generate --prompts "$folder/one" --json -q --memory off
"$app" bench --sequences 3 --decode 4 --prefill 0 --repeat 1 --json -q | python3 -c 'import json, sys
row = json.load(sys.stdin)
assert row["sequences"] == 3 and row["decode_tokens"] == 12 and row["decode_tokens_per_second"] > 0, row'
refuses 71 "do not fit" "$app" bench --sequences 1000000 --decode 100000 -q
fits() { "$longc" plan "$app" --ctx "$1" | sed -nE 's/^sequences, exact +([0-9]+) of .*/\1/p'; }
[ "$(fits 1000)" -gt "$(fits 100000)" ] || fail "the plan does not say how many sequences fit"
