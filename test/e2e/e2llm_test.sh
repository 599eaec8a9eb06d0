#!/usr/bin/env bash
# An encoder and a decoder in one program: beside PyTorch, from a text to an answer, trained and taken up again, and what is refused.
source "$(dirname "$0")/programs.sh"
folder=$work/e2llm
python3 test/golden/check_e2llm.py "$longc" "$folder"
models=$folder/models app=$folder/program
both=(--method e2llm "--module=encoder=$models/encoder" "--module=decoder=$models/decoder")

# What cannot be compiled together.
none=$folder/none
refuses 2 "two modules have the name 'encoder'" "$longc" compile "${both[@]}" --module encoder="$models/encoder" -o "$none"
refuses 2 "the decoder is missing" "$longc" compile --method e2llm --module encoder="$models/encoder" -o "$none"
refuses 2 "expected encoder=PATH or decoder=PATH" "$longc" compile --method e2llm --module reader="$models/encoder" -o "$none"
refuses 2 "module 'decoder': '$models/encoder' is an encoder" "$longc" compile --method e2llm --module encoder="$models/encoder" --module decoder="$models/encoder" -o "$none"
refuses 2 "module 'encoder': '$models/decoder' is a decoder" "$longc" compile --method e2llm --module encoder="$models/decoder" --module decoder="$models/decoder" -o "$none"
refuses 2 "--module is for methods that join models" "$longc" compile "$models/decoder" --module encoder="$models/encoder" -o "$none"
refuses 2 "is given without a name" "$longc" compile "$models/decoder" "${both[@]}" -o "$none"
refuses 2 "--topk does not go with" "$longc" compile "${both[@]}" --topk 4 -o "$none"
refuses 2 "was trained with mean" "$longc" compile "${both[@]}" --adapter "$models/adapter" --pool pma -o "$none"
refuses 2 "--pool 'max' is not known" "$longc" compile "${both[@]}" --pool max -o "$none"
cp -r "$models/adapter" "$folder/products" && rm -r "$folder/products/encoder" "$folder/products/decoder"
refuses 2 "expected [64, 24]: the encoder's rows have 32 columns, the decoder's 64" "$longc" compile --method e2llm --module encoder="$models/encoder" --module decoder=test/golden/fot_tiny.gguf --adapter "$folder/products" -o "$none"
[ ! -e "$none" ] || fail "a refused compilation left something behind"

# A text that grows: what is known of it is not compressed again, and is what it is when read at once.
document=$folder/document text=$folder/grown
reading() { "$app" read "$text" -o "$document" --chunk 40 --json -q "$@" | python3 -c "import json, sys; print(*map(json.load(sys.stdin).get, sys.argv[1:]))" chunks soft_tokens chunks_known; }
cp "$folder/text" "$text"
[ "$(reading)" = "3 3 0" ] || fail "three chunks were expected"
echo "The fox came late." >>"$text"
[ "$(reading)" = "4 4 3" ] || fail "three of four chunks were known"
cp "$document" "$folder/in_steps" && rm "$document"
[ "$(reading)" = "4 4 0" ] || fail "four chunks were expected"
cmp "$folder/in_steps" "$document" || fail "a document that grew differs from one that was read at once"
ask() { "$app" ask --document "$document" -p "Where?" -n 6 --temperature 0 -q "$@"; }
[ "$(ask)" = "$("$app" ask --document "$text" --chunk 40 -p "Where?" -n 6 --temperature 0 -q)" ] || fail "a document is not its text"
[ "$(printf 'Where?\n\nWhere?\n' | "$app" chat --document "$document" -n 6 --temperature 0 --json -q | grep -c '^{"question":"Where?","prompt_token_ids"')" = 2 ] || fail "a chat asks each line"
echo one >"$folder/word" && "$app" ask --document "$folder/word" -p "Where?" -n 1 -q >"$folder/out"
: >"$folder/empty"
refuses 1 "is empty" "$app" compress "$folder/empty" -o "$none" -q
printf ' \n\n' >"$folder/blank"
refuses 1 "is empty" "$app" compress "$folder/blank" -o "$none" -q
refuses 1 "4 soft tokens and" ask -w 40
refuses 1 "it has an encoder beside its decoder" "$app" lift fit README.md -o "$none" -q
[ "$(ask --document "$document" --json | python3 -c 'import json, sys; print(sum(id < 0 for id in json.load(sys.stdin)["prompt_token_ids"]))')" = 8 ] || fail "two documents are not read one behind the other"
words() { "$app" ask -p "Where?" -n 1 --json -q "$@" | python3 -c 'import json, sys; answer = json.load(sys.stdin); print(sum(id < 0 for id in answer["prompt_token_ids"]), len(answer["word_chunks"]), answer["words"] > 0)'; }
[ "$(words --document "$document" --words 45)" = "4 1 True" ] || fail "the nearest of four chunks was expected beside soft tokens"
[ "$(words --document "$folder/word" --words 45)" = "0 1 True" ] || fail "a text that fits is compressed"
nearest() { "$app" ask -p "Where?" -n 1 --json -q --document "$document" --nearest "$1" | python3 -c 'import json, sys; answer = json.load(sys.stdin); print(sum(id < 0 for id in answer["prompt_token_ids"]), answer.get("soft_chunks"))'; }
case "$(nearest 2)" in "2 [0, "[123]"]" | "2 [1, "[23]"]" | "2 [2, 3]") ;; *) fail "two of four chunks were expected: $(nearest 2)" ;; esac
[ "$(nearest 9)" = "4 None" ] || fail "all chunks were expected"
rm "$document"
[ "$(reading --chunk 12t) $(reading --chunk 12t)" = "12 12 0 12 12 12" ] || fail "chunks of 12 tokens: $(reading --chunk 12t)"
for wrong in 0t t 12x 0 -3; do refuses 2 "expected a number of bytes" "$app" read "$text" -o "$none" --chunk "$wrong" -q; done
rm "$document" && reading >"$folder/out"
refuses 1 "the encoder reads 128 at most" "$app" compress README.md -o "$none" --chunk 400 -q
refuses 1 "was saved in another precision" ask --exact
refuses 2 "there is no document" "$app" ask -p "Where?" -q
refuses 1 "this program compresses no texts" "$(tiny e2llm_not)" ask --document "$text" -p "Where?" -q
[ ! -e "$none" ] || fail "a refused text left a document"

# Vectors from outside: those that the encoder alone gives of two chunks are read as the chunks are.
"$longc" compile "${both[@]}" --adapter "$folder/products" -o "$folder/plain" --variants avx2 --quiet
"$longc" compile "$models/encoder" -o "$folder/embedder" --variants avx2 --quiet
printf 'The fox ran home.' >"$folder/fox" && printf 'A hen sat on an egg.' >"$folder/hen"
printf '{"text": "%s"}\n' "$(cat "$folder/fox")" "$(cat "$folder/hen")" | "$folder/embedder" embed -f - --pooling mean --normalize off --exact --json -q >"$folder/vectors"
answered() { "$folder/plain" ask -p "Where?" -n 8 --exact --json -q "$@" | python3 -c 'import json, sys; print(json.load(sys.stdin)["token_ids"])'; }
[ "$(answered --vectors "$folder/vectors")" = "$(answered --document "$folder/fox" --document "$folder/hen")" ] || fail "vectors of chunks are not read as the chunks"
sed 's/\[[^,]*/[3/' "$folder/vectors" >"$folder/others"
[ "$(answered --vectors "$folder/others")" != "$(answered --vectors "$folder/vectors")" ] || fail "other vectors have the same answer"
[ "$(answered --document "$folder/fox" --vectors "$folder/vectors")" = "$(answered --document "$folder/fox" --document "$folder/fox" --document "$folder/hen")" ] || fail "vectors do not stand behind documents"
sed 's/,[^,]*]/]/' "$folder/vectors" >"$folder/others"
refuses 1 "line 1 is no vector of 32 numbers" "$folder/plain" ask --vectors "$folder/others" -p "Where?" -q
refuses 1 "has no vectors" "$folder/plain" ask --vectors "$folder/empty" -p "Where?" -q
refuses 2 "--nearest does not go with --vectors" "$folder/plain" ask --vectors "$folder/vectors" --nearest 1 -p "Where?" -q

# What compressing takes stands in profiles.
for command in "read $text -o $folder/profiled" "eval facts --documents 1 --facts 1 --fillers 0 --chunk 200 --seed 1 --soft-only"; do
  # shellcheck disable=SC2086 # words of a command
  "$app" $command --profile --trace "$folder/trace.json" >"$folder/out" 2>"$folder/profile"
  grep -q "^packed_attention" "$folder/profile" && grep -q '"ph":"X"' "$folder/trace.json" || fail "$command: no profile ($(head -c 300 "$folder/profile"))"
done

# Both objectives are learnt; a training that is taken up again goes on bit for bit; what was learnt is of use.
rm -rf "$folder/facts" "$folder"/learnt*
"$app" make-facts --documents 3 --facts 2 --seed 3 --out "$folder/facts" -q >"$folder/out"
train() { "$app" train --data "$folder/facts/facts.jsonl" --seq-len 700 --batch 2 --lr 3e-3 --chunk 100 --restate 1 --json -q "$@"; }
train --out "$folder/learnt" --steps 8 >"$folder/whole.json"
train --out "$folder/learnt_again" --steps 4 >"$folder/out"
train --out "$folder/learnt_again" --steps 8 --resume >"$folder/again.json"
python3 - "$folder" <<'PY'
import json, sys
folder = sys.argv[1]
whole, again = (json.load(open(f"{folder}/{name}.json")) for name in ("whole", "again"))
assert whole["hash"] == again["hash"], (whole, again)
steps = [json.loads(line) for line in open(f"{folder}/learnt/train.jsonl")]
assert json.load(open(f"{folder}/learnt/e2llm_config.json"))["chunk_size"] == 100
assert {"reason_loss", "understand_loss"} <= set().union(*steps), steps[0]
assert whole["loss_last"] < whole["loss_first"], whole
PY
"$app" ask --adapter "$folder/learnt" --document "$text" -p "Where?" -n 4 -q >"$folder/out"

# What is learnt by heart is foretold, of each objective by itself.
printf '%s\n' '{"context": "A fox ran. ", "prompt": "What ran?", "answer": "a fox"}' '{"context": "The hen sat on it. "}' >"$folder/two"
judged() { "$app" train --data "$folder/two" --eval-data "$folder/two" --out "$folder/judged_$1" --steps "$1" --eval-every "$1" --understand-weight 1 --seq-len 700 --batch 1 -q "${@:2}" >"$folder/out"; }
rm -rf "$folder"/judged_* && judged 1 --lr 0 && judged 200 --lr 1e-2
python3 - "$folder" <<'PY'
import json, math, sys
first, last = (json.loads(open(f"{sys.argv[1]}/judged_{steps}/train.jsonl").read().splitlines()[-1]) for steps in (1, 200))
for name in ("reason", "understand"):
    for step in (first, last): # a token that is not foretold has half of the probability at most
        assert 0 <= step[f"eval_{name}_accuracy"] <= 1 and 1 - step[f"eval_{name}_accuracy"] <= step[f"eval_{name}_loss"] / math.log(2), step
    assert first[f"eval_{name}_accuracy"] < 0.5 < last[f"eval_{name}_accuracy"], (first, last)
PY

# A server has such documents too.
PYTHONPATH=test/e2e python3 test/e2e/serve_soft.py "$app" "$text" "$folder" "$folder/learnt"
refuses 2 "joins two models by one" "$app" serve --adapter a="$folder/learnt" --adapter b="$folder/learnt" --port 0 -q

# Texts are restated from their soft tokens, from those of others and from none, which are three losses.
"$app" eval restate --data "$folder/facts/facts.jsonl" --adapter "$folder/learnt" --chunk 100 --restate 1 --json -q | python3 -c "
import json, sys
result = json.load(sys.stdin)
nll, shuffled, without = (result[name] for name in ('nll', 'nll_shuffled', 'nll_without'))
assert result['samples'] > 10 and 0 < nll < without and nll != shuffled, result"
refuses 1 "compresses no texts" "$(tiny e2llm_not)" eval restate --data "$folder/facts/facts.jsonl" -q

# Questions of one line are a conversation: the same targets in one sequence, and of one question the same sample.
lines() { printf '%s\n' "$@" >"$folder/lines"; }
trained() {
  rm -rf "$folder/learnt_lines"
  "$app" train --data "$folder/lines" --out "$folder/learnt_lines" --steps 1 --lr 1e-3 --seq-len 700 --batch 1 --objective reason -q >"$folder/out"
  python3 -c "import json, sys; step = json.loads(open(sys.argv[1]).readline()); print(*map(step.get, ('sequences', 'target_tokens', 'loss')))" "$folder/learnt_lines/train.jsonl"
}
one='{"context": "A fox ran. ", "prompt": "What ran?", "answer": "a fox"}' two='{"context": "A fox ran. ", "prompt": "Who?", "answer": "the fox ran"}'
lines "$one" && alone=$(trained)
lines '{"context": "A fox ran. ", "questions": [{"prompt": "What ran?", "answer": "a fox"}]}'
[ "$(trained)" = "$alone" ] || fail "a question of a list is another sample than a question"
lines "$one" "$two" && apart=$(trained)
lines '{"context": "A fox ran. ", "questions": [{"prompt": "What ran?", "answer": "a fox"}, {"prompt": "Who?", "answer": "the fox ran"}]}'
together=$(trained)
[ "$(echo "$apart" | cut -d' ' -f2)" = "$(echo "$together" | cut -d' ' -f2)" ] && [ "${together%% *}" = 1 ] || fail "two questions of a line: $together, apart: $apart"
lines "${one%\}}, \"words\": \"A hen sat on it.\"}"
[ "$(trained | cut -d' ' -f1,2)" = "${alone% *}" ] && [ "$(trained)" != "$alone" ] || fail "words beside soft tokens are not read, or are to be said"
lines "${one%\}}, \"words\": 3}"
refuses 1 "line 1: words is" "$app" train --data "$folder/lines" --out "$none" --steps 1 -q
refuses 1 "by another program: adapter" ask --adapter "$folder/learnt"
refuses 1 "cannot open" train --out "$none" --steps 1 --adapter "$models/encoder"
refuses 2 "--patience does not go with" train --out "$none" --steps 1 --patience 2
refuses 2 "expected both, reason or understand" train --out "$none" --steps 1 --objective answers
echo '{"context": "A fox.", "questions": []}' >"$folder/lines"
refuses 1 "line 1: questions is a list" "$app" train --data "$folder/lines" --out "$none" --steps 1 -q
echo '{"prompt": "a", "answer": "b"}' >"$folder/lines"
refuses 1 "line 1 has no context" "$app" train --data "$folder/lines" --out "$none" --steps 1 -q
[ ! -e "$none" ] || fail "a refused training left something behind"

# What was learnt goes into another program, and is there by itself.
"$longc" compile "${both[@]}" --adapter "$folder/learnt" -o "$folder/with" --variants avx2 --quiet
for precision in "--exact" ""; do
  # shellcheck disable=SC2086 # an option or none
  [ "$("$folder/with" ask --document "$text" -p "Where?" -n 6 $precision -q)" = "$("$app" ask --adapter "$folder/learnt" --document "$text" -p "Where?" -n 6 $precision --chunk 100 -q)" ] ||
    fail "an adapter in the program answers otherwise than beside it ($precision)"
done

# An adapter begins fitted to the decoder's words unless it is drawn; what is frozen stays as it began.
"$longc" compile "${both[@]}" --train -o "$folder/fresh" --variants avx2 --quiet
begun() { rm -rf "$folder/begun_$1" && "$folder/fresh" train --data "$folder/facts/facts.jsonl" --out "$folder/begun_$1" --steps 1 --seq-len 700 --chunk 100 --restate 1 -q "${@:2}" >"$folder/out"; }
begun fitted --lr 0 && begun drawn --lr 0 --begin drawn && begun frozen --lr 1e-2 --freeze encoder,decoder
same() { cmp -s "$folder/begun_fitted/$2" "$folder/begun_$1/$2"; }
same drawn adapter.safetensors && fail "a fitted adapter is as a drawn one"
same frozen adapter.safetensors && fail "nothing was trained"
same frozen encoder/adapter_model.safetensors && same frozen decoder/adapter_model.safetensors || fail "what is frozen was trained"
begun again --lr 0 --begin fitted --adapter "$folder/begun_frozen" # whose encoder is as it began
same again adapter.safetensors && ! same frozen adapter.safetensors || fail "an adapter is not fitted again"

# Learned queries attend to chunks: they begin as the mean, are learnt, and go into another program.
"$longc" compile "${both[@]}" --train --pool pma -o "$folder/queries" --variants avx2 --quiet
attending() { rm -rf "$folder/$1" && "$folder/queries" train --data "$folder/facts/facts.jsonl" --out "$folder/$1" --seq-len 700 --chunk 100 --restate 1 --exact -q "${@:2}" >"$folder/out"; }
attending begun_queries --steps 1 --lr 0 && begun fitted --lr 0 --exact && attending learnt_queries --steps 8 --lr 3e-2
python3 - "$folder" <<'PY'
import json, sys
losses = {name: [json.loads(line)["loss"] for line in open(f"{sys.argv[1]}/{name}/train.jsonl")] for name in ("begun_queries", "begun_fitted", "learnt_queries")}
assert abs(losses["begun_queries"][0] / losses["begun_fitted"][0] - 1) < 1e-4, losses
assert losses["learnt_queries"][-1] < losses["learnt_queries"][0], losses
assert json.load(open(f"{sys.argv[1]}/learnt_queries/e2llm_config.json"))["pooling"] == "pma"
PY
"$longc" compile "${both[@]}" --adapter "$folder/learnt_queries" -o "$folder/with_queries" --variants avx2 --quiet
[ "$("$folder/with_queries" ask --document "$text" -p "Where?" -n 6 --exact -q)" = "$("$folder/queries" ask --adapter "$folder/learnt_queries" --document "$text" -p "Where?" -n 6 --exact --chunk 100 -q)" ] ||
  fail "learned queries in the program answer otherwise than beside it"
refuses 1 "does not say \"pooling\": \"mean\"" "$folder/fresh" ask --adapter "$folder/learnt_queries" --document "$text" -p "Where?" -q
refuses 2 "expected fitted or drawn" begun none --begin random
refuses 2 "expected parts of encoder, adapter and decoder" begun none --freeze words

"$longc" compile --method e2llm --module encoder="$models/encoder" --module decoder=test/golden/fot_tiny.gguf --chunk 100 -o "$folder/untrained" --variants avx2 --quiet
"$folder/untrained" eval facts --documents 1 --facts 2 --seed 5 -o "$folder/replies.jsonl" --json -q | python3 -c "
import json, sys
result = json.load(sys.stdin)
replies = [json.loads(line) for line in open('$folder/replies.jsonl')]
assert [sorted(reply) for reply in replies] == 2 * [['answer', 'question', 'retrieval', 'soft_tokens', 'truncated_icl']], replies
assert sum(reply['soft_tokens']['right'] for reply in replies) == 2 * result['accuracy'], (replies, result)
assert sorted(result) == ['accuracy', 'compression', 'questions', 'retrieval', 'truncated_icl', 'window'], result
assert result['questions'] == 2 and result['window'] == 512 and result['compression'] > 20, result"
"$folder/untrained" eval facts --documents 1 --facts 2 --seed 5 --soft-only -o "$folder/soft.jsonl" --json -q | python3 -c "
import json, sys
assert sorted(json.load(sys.stdin)) == ['accuracy', 'compression', 'questions', 'window']
for alone, reply in zip(*([json.loads(line) for line in open('$folder/%s.jsonl' % name)] for name in ('soft', 'replies'))):
    assert alone == {key: reply[key] for key in ('question', 'answer', 'soft_tokens')}, (alone, reply)"
refuses 1 "does not train" "$folder/untrained" train --data "$folder/facts/facts.jsonl" --out "$none" --steps 1 -q
