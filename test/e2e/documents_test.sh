#!/usr/bin/env bash
# Windows that are read alone, in a compiled program, against what they must equal; documents: put together, cited, refused.
source "$(dirname "$0")/programs.sh"
one=$(tiny documents-first --method fot --mem-layers 0 --window 64 --last-context 16 --variants avx2)
all=$(tiny documents-all --method fot --mem-layers all --window 64 --last-context 16 --variants avx2)
last=$(tiny documents-last --method fot --mem-layers 2 --window 64 --last-context 16 --variants avx2)

# The keys and values of layer 0 are the embeddings': with memory there alone, and in the first window of any layer, both
# ways of reading see the same. Where logits of windows are wanted, prefill reads them, else ingest: equal.
python3 - "$work" "$one" "$all" "$last" <<'PY'
import array, base64, json, random, subprocess, sys
work, first, all_layers, last = sys.argv[1:]
random.seed(1)
text = [random.randrange(100) for _ in range(64 * 5 + 30)]

def logits(app, tokens, ingest, positions, exact=True):
    with open(f"{work}/documents.jsonl", "w") as file:
        file.write(json.dumps({"prompt": 0, "tokens": tokens, "positions": positions, "greedy": 0}) + "\n")
    subprocess.run([app, "logits", "--requests", f"{work}/documents.jsonl", "--output", f"{work}/documents.out", "--quiet",
                    "--ingest", ingest] + (["--exact"] if exact else []), check=True)
    result = json.loads(open(f"{work}/documents.out").read())
    numbers = array.array("f", base64.b64decode(result["logits"]))
    return numbers[-len(numbers) // len(positions):]

def same(name, a, b, limit):
    worst = max(abs(x - y) for x, y in zip(a, b)) / max(abs(x) for x in a)
    assert worst <= limit, f"{name}: {worst}"

end = [len(text) - 1]
same("memory in layer 0", logits(first, text, "memory", end), logits(first, text, "window", end), 1e-5)
for app in (all_layers, last):
    short = text[: 64 + 16]
    same("one window", logits(app, short, "memory", [79]), logits(app, short, "window", [79]), 1e-5)
    same("ingest and prefill", logits(app, text, "window", list(range(len(text)))), logits(app, text, "window", end), 1e-5)
    same("the fast mode", logits(app, text, "window", end), logits(app, text, "window", end, exact=False), 0.1)
different = [abs(x - y) for x, y in zip(logits(all_layers, text, "memory", end), logits(all_layers, text, "window", end))]
assert max(different) > 1e-4, "reading with memory and without gave the same"
PY

# Judged window by window, a text has the perplexity of windows that are emptied when they are full, where memory is layer 0's.
python3 - "$work" "$one" <<'PY'
import json, subprocess, sys
work, app = sys.argv[1:]
open(f"{work}/judged.txt", "w").write(" ".join(str(i * 7919 % 1000) for i in range(300)))
def perplexity(ingest):
    return json.loads(subprocess.run([app, "perplexity", "--file", f"{work}/judged.txt", "--exact", "--json", "--quiet", "--eviction", "flush",
                                      "--ingest", ingest], check=True, capture_output=True, text=True).stdout)["perplexity"]
assert abs(perplexity("window") / perplexity("memory") - 1) < 1e-5, (perplexity("window"), perplexity("memory"))
PY

# Parts of a text at window boundaries, put together, are the text read as a whole.
python3 - "$work" <<'PY'
import sys
work = sys.argv[1]
text = "".join(f"{i * 7919 % 1000} lines of text. " for i in range(400)).encode()[:4096]
open(f"{work}/whole.txt", "wb").write(text)
PY
"$all" read "$work/whole.txt" --ingest window -o "$work/whole.doc" --exact --quiet
tokens=$("$all" read "$work/whole.txt" --ingest window -o "$work/again.doc" --exact --quiet --json | python3 -c 'import json,sys; print(json.load(sys.stdin)["tokens"])')
cmp "$work/whole.doc" "$work/again.doc" || fail "a text read twice is not the same document"
ask() { "$all" generate --prompt "of text" --tokens 12 --exact --quiet --json "$@" | python3 -c 'import json,sys; o=json.load(sys.stdin); print(o["token_ids"], o["memory"]["tokens_in_memory"])'; }
once=$(ask --document "$work/whole.doc")
[ "$once" = "$(ask --document "$work/whole.txt" --ingest window)" ] || fail "a document and its text give other answers"
[ "${once##* }" = "$tokens" ] || fail "not all of the document is memory: $once of $tokens"
twice=$(ask --document "$work/whole.doc" --document "$work/whole.txt")
[ "${twice##* }" = $((2 * tokens)) ] || fail "two documents are not put together: $twice"
"$all" chat --document "$work/whole.doc" --document "$work/whole.doc" --prompt "What?" --tokens 4 --exact --quiet >/dev/null

# Many prompts about one document, which is read or mapped once: each is what it is alone.
python3 - "$work" "$all" <<'PY'
import json, subprocess, sys
work, app = sys.argv[1:]
prompts = ["of text", "a line, and what comes behind it: " * 5, "7"]
with open(f"{work}/about.jsonl", "w") as file:
    file.writelines(json.dumps({"prompt": prompt}) + "\n" for prompt in prompts)
def told(*words):
    output = subprocess.run([app, "generate", *words, "--tokens", "12", "--ignore-eos", "--exact", "--json", "--quiet"], check=True, capture_output=True, text=True).stdout
    return [(one["token_ids"], one["memory"]["tokens_in_memory"]) for one in map(json.loads, output.splitlines())]
def about(*documents):
    return [word for document in documents for word in ("--document", f"{work}/{document}")]
for known in (about("whole.doc"), about("whole.txt") + ["--ingest", "window"], about("whole.doc", "whole.txt")):
    alone = [told("--prompt", prompt, *known)[0] for prompt in prompts]
    for parallel in "12":
        assert told("--prompts", f"{work}/about.jsonl", "--parallel", parallel, *known) == alone, known
assert told("--prompts", f"{work}/about.jsonl")[0] != alone[0]
PY

# Windows that overlap: the entries of a window are those of a text that begins with what it sees before it, and each token is kept once.
python3 - "$work" <<'PY'
import random, sys
random.seed(2)
letters = "".join(random.choice("BCDFGHJKLMNPQRSTVWXZ") for _ in range(300))
open(f"{sys.argv[1]}/letters.txt", "w").write(letters)
open(f"{sys.argv[1]}/second.txt", "w").write(letters[32:128])
PY
overlapping=$("$all" read "$work/letters.txt" --ingest window --overlap 32 -o "$work/overlapping.doc" --exact --quiet --json)
"$all" read "$work/letters.txt" --ingest window -o "$work/apart.doc" --exact --quiet
"$all" read "$work/second.txt" --ingest window --window 96 -o "$work/second.doc" --exact --quiet
python3 - "$work" "$overlapping" <<'PY'
import json, sys
said = json.loads(sys.argv[2])
assert said["tokens"] == 300 and said["overlap"] == 32, said
overlapping, apart, second = (open(f"{sys.argv[1]}/{name}.doc", "rb").read() for name in ("overlapping", "apart", "second"))
row = 2 * 16 * 4  # two heads of 16 floats
parts = [second[begin + 32 * row:begin + 96 * row] for begin in range(len(second) - 6 * 96 * row, len(second), 96 * row)]  # at its end, whole pages
shared = [sum(part in whole for part in parts) for whole in (overlapping, apart)]
assert shared == [6, 2], shared  # keys and values of three layers; those of the first are of the token alone
assert len(overlapping) == len(apart), "tokens were kept twice"
PY
ask --document "$work/overlapping.doc" >/dev/null
refuses 1 "ingest window+32, here window" "$all" generate --document "$work/overlapping.doc" --ingest window --exact --prompt x
refuses 2 "of windows that are read alone" "$all" read "$work/whole.txt" -o "$work/x.doc" --overlap 32
refuses 2 "--overlap 65: expected 0 to 64" "$all" read "$work/whole.txt" -o "$work/x.doc" --ingest window --overlap 65

# What is of another window, way of reading, program or kind, cut off or empty.
refuses 1 "window 64, here 32" "$all" generate --document "$work/whole.doc" --exact --window 32 --prompt x
refuses 1 "ingest window, here memory" "$all" generate --document "$work/whole.doc" --exact --ingest memory --prompt x
refuses 1 "precision exact, here fast" "$all" generate --document "$work/whole.doc" --prompt x
refuses 1 "memory layers 0-2, here 2" "$last" generate --document "$work/whole.doc" --exact --prompt x
refuses 1 "give it as --document" "$all" generate --load-memory "$work/whole.doc" --prompt x
head -c 9000 "$work/whole.doc" >"$work/cut.doc"
refuses 1 "LC7114" "$all" generate --document "$work/cut.doc" --prompt x
: >"$work/empty.txt"
refuses 1 "is empty" "$all" read "$work/empty.txt" -o "$work/empty.doc"
[ ! -e "$work/empty.doc" ] || fail "a document of nothing was written"
refuses 1 "is empty" "$all" generate --document "$work/empty.txt" --document "$work/whole.doc" --prompt x
refuses 2 "there is no document to write" "$all" read "$work/whole.txt"
refuses 2 "unexpected argument" "$all" read "$work/whole.txt" "$work/whole.txt" -o "$work/x.doc"
refuses 2 "expected memory or window" "$all" read "$work/whole.txt" -o "$work/x.doc" --ingest sideways
refuses 2 "exclude each other" "$all" generate --document "$work/whole.doc" --save-memory "$work/x.mem" --prompt x

# What was read once is put together as it would have been read: to the last bit, where windows are whole pages.
"$all" eval passkey --lengths 600,1500 --count 2 --seed 3 --window 256 --last-context 64 --ingest window --plot "$work/keys.svg" --json --quiet >"$work/keys.json"
"$all" eval passkey --lengths 1500 --count 1 --seed 3 --window 256 --last-context 64 --ingest window --overlap 48 --json --quiet | grep -q '"whole_read_equal":true' || fail "windows that overlap are not put together as they are read"
"$all" eval needle --lengths 600 --count 1 --seed 3 --window 256 --ingest window --quiet | grep -c 'depth' | grep -qx 5 || fail "not five depths"
"$all" eval dictionary --records 3,40 --count 5 --seed 3 --window 256 --ingest window --plot "$work/dictionary.svg" --json --quiet >"$work/dictionary.json"
"$all" eval distraction --among 1,4 --count 3 --length 700 --seed 3 --window 256 --ingest window --json --quiet >"$work/distraction.json"
"$all" eval two-hop --among 2 --count 3 --length 700 --seed 3 --window 256 --ingest window --json --quiet >"$work/hops.json"
"$all" eval needle --lengths 600 --depths 10,90 --count 2 --seed 3 --window 256 --retrieve 2 --json --quiet >"$work/pieces.json"
"$all" eval perplexity-vs-context --text "$work/whole.txt" --lengths 0,200,700 --count 3 --ingest window --json --quiet >"$work/context.json"
python3 - "$work" <<'PY'
import json, sys
from xml.dom import minidom
keys = json.load(open(f"{sys.argv[1]}/keys.json"))
assert keys["whole_read_equal"] is True, keys
assert [row["length"] for row in keys["lengths"]] == [600, 1500] and all(row["log_probability"] < 0 for row in keys["lengths"]), keys
assert keys["windows_read"] < 2 * 2 + 5 + 2 * 4, keys  # each prompt exchanges a window or two
minidom.parse(f"{sys.argv[1]}/keys.svg")
minidom.parse(f"{sys.argv[1]}/dictionary.svg")
few, many = json.load(open(f"{sys.argv[1]}/dictionary.json"))["rows"]
assert (few["facts"], few["count"], many["facts"], many["count"]) == (3, 5, 40, 5) and many["tokens"] > 8 * few["tokens"], (few, many)
one, four = json.load(open(f"{sys.argv[1]}/distraction.json"))["rows"]
assert (one["facts"], one["count"], four["facts"], four["count"]) == (1, 3, 4, 3), (one, four)
assert 700 < one["tokens"] < four["tokens"] < 1000 and one["log_probability"] < 0, (one, four)  # what is planted comes on top
hops, = json.load(open(f"{sys.argv[1]}/hops.json"))["rows"]
assert (hops["facts"], hops["count"]) == (2, 3) and 700 < hops["tokens"] < 900 and hops["log_probability"] < 0, hops
pieces = json.load(open(f"{sys.argv[1]}/pieces.json"))
assert [row["depth"] for row in pieces["lengths"]] == [0.1, 0.9] and pieces["retrieve"] == 2 and pieces["windows_read"] < 4, pieces
context = json.load(open(f"{sys.argv[1]}/context.json"))
rows = context["lengths"]
assert [row["context"] for row in rows] == [0, 200, 700] and len({row["tokens"] for row in rows}) == 1, context
assert len({row["perplexity"] for row in rows}) == 3, context
PY
refuses 2 "whole numbers with commas" "$all" eval passkey --lengths 4k
refuses 2 "numbers from 1 to" "$all" eval dictionary --records 0
refuses 2 "numbers from 1 to 50,000" "$all" eval two-hop --among 50001
refuses 2 "percents from 0 to 100" "$all" eval needle --depths 101
refuses 1 "--length asks for 9,000" "$all" eval distraction --text "$work/whole.txt" --length 9000
refuses 1 "a context of 9,000,000" "$all" eval perplexity-vs-context --text "$work/whole.txt" --lengths 9000000
