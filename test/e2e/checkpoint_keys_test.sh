#!/usr/bin/env bash
# What a checkpoint says of its texts is what its program does: where replies end, what texts begin with, which tokens are
# special. A split checkpoint is the whole one. What a program would refuse of its text, compile refuses.
source "$(dirname "$0")/programs.sh"
model=test/golden/fot_tiny.gguf
folder=$work/checkpoint_keys.d
rm -rf "$folder"
mkdir -p "$folder"

# made NAME [CHANGE]...: compiles the tiny checkpoint with its keys changed; prints the program's path.
made() {
  python3 test/e2e/edit_gguf.py $model "$folder/$1.gguf" "${@:2}"
  compiled "$1" "$folder/$1.gguf"
}
compiled() {
  "$longc" compile "$2" --method fot --window 64 --last-context 32 --variants avx2 -o "$folder/$1" 2>"$folder/$1.notes" ||
    fail "$(cat "$folder/$1.notes")"
  echo "$folder/$1"
}
field() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
ids() { "$1" generate -p "$2" -n 0 --json -q | field prompt_token_ids; }

plain=$(made plain)
"$plain" generate -p abc -n 8 --json -q >"$folder/generated"
"$plain" chat -p abc -n 8 --json -q >"$folder/replied"

# A reply ends at a token that ends a turn, a message or a text, whichever key names it or its text tells.
ends=$(python3 -c '
import json, sys
generated, replied = (json.load(open(f"{sys.argv[1]}/{name}"))["token_ids"] for name in ("generated", "replied"))
print(generated[2], replied[1])' "$folder")
read -r turn message <<<"$ends"
stops=$(made stops tokenizer.ggml.eot_token_id="$turn" tokenizer.ggml.eom_token_id="$message")
python3 - "$folder" "$turn" "$message" <<'END' || fail "a reply did not end where the file says: $("$stops" chat -p abc -n 8 --json -q)"
import json, subprocess, sys
folder, ends = sys.argv[1], {0, 2, int(sys.argv[2]), int(sys.argv[3])}
for command, name in (("generate", "generated"), ("chat", "replied")):
    tokens = json.load(open(f"{folder}/{name}"))["token_ids"]
    stop = next(i for i, token in enumerate(tokens) if token in ends)
    told = json.loads(subprocess.check_output([f"{folder}/stops", command, "-p", "abc", "-n", "8", "--json", "-q"]))
    if told["token_ids"] != tokens[: stop + 1] or told["finish_reason"] != "stop":
        sys.exit(1)
END
[ "$("$stops" generate -p abc -n 8 --json -q --ignore-eos | field finish_reason)" = length ] || fail "--ignore-eos stopped"

# Texts begin with bos_token_id (here <|im_start|>, 1), once, and those that nothing follows end with eos_token_id (2).
bos=$(made bos tokenizer.ggml.add_bos_token=true tokenizer.ggml.add_eos_token=true)
[ "$(ids "$bos" abc)" = "[1, 100, 101, 102]" ] || fail "begins otherwise: $(ids "$bos" abc)"
[ "$(ids "$bos" "<|im_start|>abc")" = "[1, 100, 101, 102]" ] || fail "begins twice: $(ids "$bos" "<|im_start|>abc")"
[ "$(ids "$plain" abc)" = "[100, 101, 102]" ] || fail "begins without being told to"
[ "$("$bos" generate --prompt-file /dev/null -n 0 --json -q | field prompt_token_ids)" = "[1]" ] || fail "an empty text has no beginning"
printf 'one two three %.0s' {1..20} >"$folder/text"
read_by() { "$1" chat -d "$folder/text" -p abc -n 1 --window 1024 --last-context 1024 2>&1 >/dev/null | grep -o '[0-9,]* local tokens'; }
[ -n "$(read_by "$plain")" ] && [ "$(read_by "$bos")" = "$(read_by "$plain")" ] || fail "the template has the beginning already: $(read_by "$bos")"
other=$(made other tokenizer.ggml.add_bos_token=true tokenizer.ggml.bos_token_id=0)
[ "$(read_by "$other")" != "$(read_by "$plain")" ] || fail "the template has no beginning: $(read_by "$other")"
echo "1 $("$plain" generate --prompt-file "$folder/text" -n 0 --json -q | field prompt_token_ids | tr -d '[],') 2" >"$folder/ids"
for memory in on off; do
  judged() { "$bos" perplexity --memory $memory --json -q "$@" | python3 -c '
import json, sys
told = json.load(sys.stdin)
print(told["tokens"], told["perplexity"])'; }
  [ "$(judged --file "$folder/text")" = "$(judged --tokens-file "$folder/ids")" ] ||
    fail "perplexity, memory $memory: $(judged --file "$folder/text"), with ids $(judged --tokens-file "$folder/ids")"
done
"$bos" generate -p abc -n 0 -q --save-memory "$folder/saved"
[ "$("$bos" generate -p de -n 0 --json -q --load-memory "$folder/saved" | field prompt_token_ids)" = "$(ids "$bos" abcde)" ] ||
  fail "a text that goes on begins again"
# A saved memory is refused by every program that computes or cuts otherwise, by the name of what differs.
rope=$(made rope llama.rope.freq_base=500000.0)
norm=$(made norm llama.attention.layer_norm_rms_epsilon=0.01)
"$plain" generate -p abc -n 0 -q --save-memory "$folder/saved"
"$plain" generate -p de -n 0 -q --load-memory "$folder/saved" || fail "its own memory is refused"
while read -r app differs; do
  "$app" generate -p de -n 0 -q --load-memory "$folder/saved" 2>"$folder/refusal" && fail "a memory of another $differs is taken"
  grep -q "LC7113: .*$differs" "$folder/refusal" || fail "refused otherwise: $(cat "$folder/refusal")"
done <<END
$rope rope theta
$norm rms norm epsilon
$bos special tokens
END
[ "$("$bos" passkey --length 300 --count 1 --seed 1 --json -q | field length)" = 300 ] || fail "passkey has another length"

# Token types that are missing are said, and special tokens stay single tokens.
untyped=$(made untyped tokenizer.ggml.token_type=null)
grep -q "note: .*untyped.gguf: key 'tokenizer.ggml.token_type' is missing: 3 tokens" "$untyped.notes" || fail "types: $(cat "$untyped.notes")"
[ "$(ids "$untyped" "<|im_start|>a")" = "[1, 100]" ] || fail "a special token was cut: $(ids "$untyped" "<|im_start|>a")"

# Any part of a split checkpoint compiles to the same program.
python3 test/e2e/edit_gguf.py $model "$folder/split" --split 3
"$longc" inspect "$folder/split-00003-of-00003.gguf" | grep "parts *3 files" >/dev/null || fail "inspect does not see the parts"
parts=$(compiled parts "$folder/split-00002-of-00003.gguf")
[ "$("$parts" generate -p abc -n 8 --json -q | field token_ids)" = "$(field token_ids <"$folder/generated")" ] || fail "the parts compute otherwise"
rm "$folder/split-00002-of-00003.gguf"
for command in "compile -o $folder/none" inspect; do
  refuses 1 "part 2 of 3" "$longc" $command "$folder/split-00001-of-00003.gguf"
done

# What the program would refuse, compile refuses, and names the key.
tokens=$(python3 -c 'import json; print(json.dumps(["a"] * 272))')
while IFS='|' read -r change text; do
  python3 test/e2e/edit_gguf.py $model "$folder/bad.gguf" "$change"
  refuses 1 "$text" "$longc" compile "$folder/bad.gguf" -o "$folder/none"
  grep -q "bad.gguf: key 'tokenizer" "$work/stderr" || fail "no key: $(cat "$work/stderr")"
done <<END
tokenizer.ggml.pre="no-such-rule"|key 'tokenizer.ggml.pre': tokenizer: unknown pre-tokenizer 'no-such-rule'
tokenizer.ggml.tokens=$tokens|key 'tokenizer.ggml.tokens': tokenizer: token 1 repeats 'a'
tokenizer.ggml.merges=["t h", "zq zq"]|key 'tokenizer.ggml.merges': tokenizer: merge 1
tokenizer.chat_template="{% for m in messages %}{{ m.content"|key 'tokenizer.chat_template': chat template, line 1
tokenizer.chat_template="{% call f() %}x{% endcall %}"|key 'tokenizer.chat_template': chat template
END
refuses 1 "--topk" "$longc" compile $model --method fot --topk 200000 --variants avx2 -o "$folder/none"
refuses 2 "--topk" "$longc" compile $model --method fot --topk 99999999999999 -o "$folder/none"
[ ! -e "$folder/none" ] || fail "an output was left behind"
echo "programs do what their checkpoints say"
