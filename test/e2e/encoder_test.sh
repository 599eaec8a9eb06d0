#!/usr/bin/env bash
# Encoders of every family, tiny and random, against transformers; what their programs do with texts of all lengths, and refuse.
source "$(dirname "$0")/programs.sh"
python3 test/golden/check_encoders.py "$longc" "$work/encoders"
python3 test/golden/check_encoders.py "$longc" "$work/encoders" --gguf
python3 test/golden/check_shared_scales.py "$longc" "$work/encoders"

folder=$work/encoders/folder app=$work/encoders/app
rm -f "$app"
# folder CASE [PYTHON]: the folder of a golden case, after a change to the case.
folder() {
  rm -rf "$folder"
  python3 - "$folder" "$1" "${2:-pass}" <<'PY'
import sys
sys.path.insert(0, "test/golden")
import encoder_models, hf_models
case = hf_models.readCases(encoder_models.GOLDEN)[sys.argv[2]]
exec(sys.argv[3])
encoder_models.writeFolder(sys.argv[1], case)
PY
}
compile=("$longc" compile "$folder" -o "$app" --variants avx2)

folder bert 'case["pool"] = "max"'
refuses 1 "1_Pooling/config.json: key 'pooling_mode_max_tokens'" "${compile[@]}"
folder bert
sed -i 's/models.Normalize/models.Dense/' "$folder/modules.json"
refuses 1 "modules.json: module 'sentence_transformers.models.Dense' is not supported" "${compile[@]}"
folder bert 'case["tensors"] = [t for t in case["tensors"] if "LayerNorm.bias" not in t[0]]'
refuses 1 "tensor 'embeddings.LayerNorm.bias'" "${compile[@]}"
folder bert 'case["tensors"].append(["bert.encoder.layer.1.output.dense.bias", [32]])'
refuses 1 "stands twice under different names" "${compile[@]}"
folder bert 'case["tensors"].append(["encoder.layer.2.output.dense.bias", [32]])'
refuses 1 "tensor 'encoder.layer.2.output.dense.bias' has no place in a model of the family 'bert'" "${compile[@]}"
folder bert
for option in "--method fot" "--window 64" "--rope-theta 5"; do
  refuses 2 "${option% *} is for decoders" "${compile[@]}" $option
done
[ ! -e "$app" ] || fail "a refused compilation left something behind"

echo '{"prompts": {"query": "query: "}, "default_prompt_name": "query"}' >"$folder/config_sentence_transformers.json"
"${compile[@]}" 2>"$work/stderr"
grep -q "note: 'default_prompt_name' 'query' of config_sentence_transformers.json is not applied" "$work/stderr" || fail "no note: $(cat "$work/stderr")"
grep -q "note: 'max_seq_length' 64 of sentence_bert_config.json is not applied" "$work/stderr" || fail "no note: $(cat "$work/stderr")"

# What it is not, and what is no text.
for command in "generate -p a" "chat -p a" "perplexity --file $0" "passkey"; do
  refuses 1 "this program is an encoder" "$app" $command
done
refuses 1 "this program is a decoder" "$(tiny encoder_not)" embed --file /dev/null
lines() { printf '%s\n' "$@" >"$work/encoders/lines"; }
embed() { "$app" embed --file "$work/encoders/lines" --json --quiet "$@"; }
lines '{"text": "a"' && refuses 1 "line 1 of" embed
lines '{"text": "a"}' '{"words": "a"}' && refuses 1 "line 2 of '$work/encoders/lines' says no text" embed
lines '{"token_ids": []}' && refuses 1 "line 1 of '$work/encoders/lines' has no tokens" embed
lines '{"token_ids": [267]}' && refuses 1 "line 1 of '$work/encoders/lines': token id 267 is outside the vocabulary of 267" embed
refuses 2 "--pooling 'max': expected mean, cls or last" embed --pooling max
refuses 2 "--long 'drop': expected error or split" embed --long drop

# A text over the positions is refused with both numbers, or read in pieces.
python3 - "$work/encoders/lines" <<'PY'
import json, random, sys
random.seed(1)
with open(sys.argv[1], "w") as file:
    file.writelines(json.dumps({"text": "".join(random.choice("abcdefg ") for _ in range(n))}) + "\n\n" for n in [9, 128, 300, 1, 40] * 30)
PY
refuses 1 "line 5 of '$work/encoders/lines' has 300 tokens: this encoder reads 128 at most" embed
grep -q "hint: --long split" "$work/stderr" || fail "no hint: $(cat "$work/stderr")"
# 150 texts in a few calls are what they are one by one, in their order; pieces are averaged by their tokens.
embed --long split --exact >"$work/encoders/all"
python3 - "$app" "$work/encoders" <<'PY'
import json, subprocess, sys
sys.path.insert(0, "test/golden")
from check_encoders import cosine
app, work = sys.argv[1:]
texts = [json.loads(line)["text"] for line in open(f"{work}/lines") if line.strip()]
vectors = [json.loads(line)["embedding"] for line in open(f"{work}/all")]
assert len(vectors) == len(texts) == 150, len(vectors)
def embed(lines, *options):
    out = subprocess.run([app, "embed", "--file", "-", "--exact", "--json", "-q", *options], input="".join(json.dumps({"text": t}) + "\n" for t in lines),
                         check=True, stdout=subprocess.PIPE, text=True).stdout
    return [json.loads(line)["embedding"] for line in out.splitlines()]
for at in (0, 1, 3, 4, 148, 149):
    alone = embed([texts[at]])[0]
    assert max(abs(a - b) for a, b in zip(alone, vectors[at])) < 1e-6, at
    assert abs(sum(x * x for x in alone) - 1) < 1e-5
long = texts[2]
pieces = embed([long[:100], long[100:200], long[200:]], "--normalize", "off")
assert cosine([sum(column) for column in zip(*pieces)], vectors[2]) > 1 - 1e-10
assert len(embed([long], "--long", "split")) == 1 and embed([]) == []
PY
"$app" bench --texts 4 --text-tokens 16 --repeat 1 --json --quiet | grep '"texts_per_second"' >/dev/null || fail "bench measures nothing"
"$longc" inspect "$folder" | grep "^positions  *128, token types 2" >/dev/null || fail "inspect says nothing of an encoder"
refuses 2 "--exact and --int8 exclude each other" embed --exact --int8
refuses 1 "no function 'encode' in fast precision for the GPU" embed --device cuda:0
refuses 2 "--device 'gpu': expected auto, cpu or cuda:N" embed --device gpu
"$app" info | grep "^embedding  *mean, length 1" >/dev/null || fail "info does not say what an embedding is: $("$app" info)"

# What a tokenizer puts around a text stands around it: [CLS] 2 and [SEP] 3.
folder bert 'case["config"]["vocab_size"] = 512; case["tensors"] = [[n, [512, 32] if "word_emb" in n else shape] for n, shape in case["tensors"]]'
cp test/golden/tokenizers/bert.json "$folder/tokenizer.json"
echo '{"cls_token": "[CLS]", "sep_token": "[SEP]", "unk_token": "[UNK]"}' >"$folder/tokenizer_config.json"
"${compile[@]}" --quiet
printf 'The mill wheel, 1234 Flour' >"$work/encoders/text"
ids=$("$app" tokenize --file "$work/encoders/text" --json | tr -dc '0-9,')
lines '{"text": "The mill wheel, 1234 Flour"}' "{\"token_ids\": [2,$ids,3]}" "{\"token_ids\": [$ids]}"
embed --exact >"$work/encoders/framed"
python3 - "$work/encoders/framed" <<'PY' || fail "the frame is not [CLS] and [SEP]: $ids"
import json, sys
text, framed, bare = (json.loads(line)["embedding"] for line in open(sys.argv[1]))
far = lambda a, b: max(abs(x - y) for x, y in zip(a, b))
sys.exit(far(text, framed) > 1e-6 or far(text, bare) < 1e-3)
PY

# The same kinds of tokenizers out of GGUF files: tokens as the library has them.
for kind in bert bert_cased bge; do
  python3 - "$kind" "$work/encoders" <<'PY'
import json, sys
sys.path.insert(0, "test/golden")
import encoder_models, gguf_models, hf_models
kind, work = sys.argv[1:]
tokenizer = json.load(open(f"test/golden/tokenizers/{kind}.json"))
keys = gguf_models.tokenizerKeys(tokenizer)
case, count = hf_models.readCases(encoder_models.GOLDEN)["bert"], len(keys["tokenizer.ggml.tokens"])
case["config"]["vocab_size"] = count
case["tensors"] = [[name, [count, 32] if "word_emb" in name else shape] for name, shape in case["tensors"]]
gguf_models.writeEncoder(f"{work}/pieces.gguf", case, keys)
added = [token["content"] for token in tokenizer["added_tokens"]]
with open(f"{work}/cases", "w") as out:
    for line in open(f"test/golden/tokenizers/{kind}.txt"):
        text, ids, plain, _ = line.split()
        shown = bytes.fromhex(text.replace("-", "")).decode()
        apart = any("\u3400" <= letter <= "\u9fff" for letter in shown)  # the cased golden leaves ideographs in their words
        if plain == "=" and not any(one.lower() in shown.lower() for one in added) and not (apart and kind == "bert_cased"):
            out.write(f"{text} {ids}\n")
PY
  "$longc" compile "$work/encoders/pieces.gguf" -o "$app" --variants avx2 --quiet
  count=0
  while read -r text expected; do
    printf "%b" "$(sed 's/-//; s/../\\x&/g' <<<"$text")" >"$work/encoders/text"
    [ "$("$app" tokenize --file "$work/encoders/text" --json | tr -dc '0-9,')" = "${expected/#-/}" ] || fail "$kind as GGUF: other tokens than the library for $text"
    count=$((count + 1))
  done < <(head -n 40 "$work/encoders/cases")
  [ $count = 40 ] || fail "$kind: $count texts"
done
python3 - "$work/encoders/pieces.gguf" <<'PY'
import sys
sys.path.insert(0, "test/golden")
import encoder_models, gguf_models, hf_models
gguf_models.writeEncoder(sys.argv[1], hf_models.readCases(encoder_models.GOLDEN)["bert"], change=lambda keys, _: keys.update({"bert.pooling_type": 4}))
PY
refuses 1 "key 'bert.pooling_type': pool 4" "$longc" compile "$work/encoders/pieces.gguf" -o "$app.none"
python3 - "$work/encoders/pieces.gguf" <<'PY'
import sys
sys.path.insert(0, "test/golden")
import encoder_models, gguf_models, hf_models
again = lambda _, tensors: tensors.extend([(b"pos_embd.weight", *one[1:]) for one in tensors if one[0] == b"position_embd.weight"])
gguf_models.writeEncoder(sys.argv[1], hf_models.readCases(encoder_models.GOLDEN)["bert"], change=again)
PY
refuses 1 "tensor 'pos_embd.weight' stands twice under different names" "$longc" compile "$work/encoders/pieces.gguf" -o "$app.none"

printf 'The mill wheel, 1234 Flour' >"$work/encoders/text"
# Out again, from a folder (with prefixes and old names) and from a file: the same embeddings, the same tokens, to the last bit.
lines '{"text": "the mill wheel"}' '{"token_ids": [5, 77, 130, 201, 9]}'
python3 - "$work/encoders/pieces.gguf" <<'PY'
import sys
sys.path.insert(0, "test/golden")
import encoder_models, gguf_models, hf_models
gguf_models.writeEncoder(sys.argv[1], hf_models.readCases(encoder_models.GOLDEN)["xlm-roberta"])
PY
for source in bert-odd roberta "$work/encoders/pieces.gguf"; do
  [ -f "$source" ] || { folder "$source"; source=$folder; }
  rm -rf "$work/encoders/out"
  "$longc" convert "$source" --to hf -o "$work/encoders/out" >/dev/null 2>"$work/stderr"
  heads=$([ -d "$source" ] && echo 1 || echo 0)
  [ "$(grep -c "heads that the encoder was trained with" "$work/stderr")" = $heads ] || fail "$source: notes of heads: $(cat "$work/stderr")"
  for one in "$source" "$work/encoders/out"; do
    "$longc" compile "$one" -o "$app" --variants avx2 --quiet
    embed --exact >"$work/encoders/vectors.$(basename "$one")"
  done
  cmp "$work/encoders/vectors.$(basename "$source")" "$work/encoders/vectors.out" || fail "$source: other vectors behind convert"
done

folder bert 'case["config"]["vocab_size"] = 512; case["tensors"] = [[n, [512, 32] if "word_emb" in n else shape] for n, shape in case["tensors"]]'
cp test/golden/tokenizers/bert.json "$folder/tokenizer.json"
echo '{"cls_token": "[CLS]", "sep_token": "[SEP]", "unk_token": "[UNK]"}' >"$folder/tokenizer_config.json"
# Texts that sentence-transformers puts into lower case for a tokenizer that does not.
python3 - "$folder" <<'PY'
import json, sys
path = f"{sys.argv[1]}/tokenizer.json"
tokenizer = json.load(open(path))
tokenizer["normalizer"]["lowercase"] = False
json.dump(tokenizer, open(path, "w"))
json.dump({"do_lower_case": True}, open(f"{sys.argv[1]}/sentence_bert_config.json", "w"))
PY
"${compile[@]}" --quiet
[ "$("$app" tokenize --file "$work/encoders/text" --json | tr -dc '0-9,')" = "$ids" ] || fail "do_lower_case is not applied"
echo '{"do_lower_case": false}' >"$folder/sentence_bert_config.json"
"${compile[@]}" --quiet
[ "$("$app" tokenize --file "$work/encoders/text" --json | tr -dc '0-9,')" != "$ids" ] || fail "the text has no capital letter that counts"
echo "encoders give embeddings"
