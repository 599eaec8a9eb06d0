#!/usr/bin/env bash
# A text is absorbed: what it says is answered from the adapter alone, what another text says is not; runs are equal to the
# last bit, with any number of threads and after a kill.
source "$(dirname "$0")/programs.sh"
app=$(tiny lift --train --lora rank=8,alpha=16,targets=all --variants avx2)
texts=$work/lift.d
rm -rf "$texts" && mkdir "$texts"
python3 - "$texts" <<'PY'
import json, sys
words = "the story of a long word that is not there".split()
for name, shift in (("one", 0), ("other", 5)):
    text, asked = "", []
    for i, word in enumerate(words[:6]):
        answer = words[(i + shift + 3) % len(words)]
        text += f"the {word} of story {i} is {answer}. "
        asked.append({"question": f"the {word} of story {i} is", "answer": answer})
    open(f"{sys.argv[1]}/{name}.txt", "w").write(text * 2)
    open(f"{sys.argv[1]}/{name}.jsonl", "w").write("".join(json.dumps(line) + "\n" for line in asked))
PY
fit=("$app" lift fit "$texts/one.txt" --train-questions "$texts/one.jsonl" --epochs 60 --lr 0.01 --seed 2 --quiet -o)
"${fit[@]}" "$texts/whole" --threads 1 --json >"$work/fit"
"${fit[@]}" "$texts/threads" --threads 2 >/dev/null
cmp "$texts/whole/adapter_model.safetensors" "$texts/threads/adapter_model.safetensors" || fail "two threads absorb otherwise than one"

"${fit[@]}" "$texts/killed" --save-every 5 >/dev/null 2>&1 & # no function: a shell between would be what is killed
until [ -e "$texts/killed.fit/checkpoint-00000010.safetensors" ]; do
  kill -0 $! 2>/dev/null || break
  sleep 0.01
done
kill -9 $! 2>/dev/null || true
wait $! 2>/dev/null || true
[ ! -e "$texts/killed" ] || fail "a fit that was killed left a folder"
"${fit[@]}" "$texts/killed" --resume >/dev/null
cmp "$texts/whole/adapter_model.safetensors" "$texts/killed/adapter_model.safetensors" || fail "a fit that was killed went on otherwise"

answers() { # QUESTIONS: how many the adapter of the text `one` answers
  python3 - "$app" "$texts" "$1" <<'PY'
import json, subprocess, sys
app, texts, name = sys.argv[1:]
right = 0
for line in open(f"{texts}/{name}.jsonl"):
    asked = json.loads(line)
    reply = json.loads(subprocess.run([app, "lift", "ask", "--adapter", f"{texts}/whole", "--prompt", asked["question"], "-n", "8",
                                       "--temperature", "0", "--json", "--quiet"], check=True, capture_output=True).stdout)
    right += reply["text"].split("\n")[0].strip() == asked["answer"]
print(right)
PY
}
own=$(answers one) foreign=$(answers other)
[ "$own" = 6 ] || fail "of six answers that were learnt $own are right"
[ "$foreign" = 0 ] || fail "the adapter of one text answers $foreign questions about another as that does"
python3 - "$work/fit" <<'PY'
import json, sys
fit = json.load(open(sys.argv[1]))
assert fit["loss_last"] < 0.5 * fit["loss_first"] and fit["epochs"] == 60, fit
PY
fot=$(tiny lift-fot --train --method fot --mem-layers 1,2 --lora rank=4,alpha=8,targets=all --variants avx2 --window 64 --last-context 64)
"$fot" lift fit "$texts/one.txt" -o "$texts/fot" --epochs 1 --quiet >/dev/null
for how in cut memory; do # of a program with a memory: as much as the window holds, or all of the text through it
  more=() && [ $how = cut ] || more=(--memory on)
  "$fot" lift ask --adapter "$texts/fot" --document "$texts/one.txt" "${more[@]}" --prompt "the word" -n 2 --json --quiet >"$work/fot-$how"
done
"$fot" lift eval --adapter "$texts/fot" --document "$texts/one.txt" --questions "$texts/one.jsonl" --memory on --window 64 --json --quiet >"$work/fot-eval"
python3 - "$work" <<'PY'
import json, sys
cut, memory, judged = (json.load(open(f"{sys.argv[1]}/fot-{name}")) for name in ("cut", "memory", "eval"))
assert cut["memory"]["tokens_in_memory"] == 0 and len(cut["prompt_token_ids"]) <= 62, cut["memory"]
assert memory["memory"]["tokens_in_memory"] > 0 and len(memory["prompt_token_ids"]) > 64, memory["memory"]
assert judged["memory"] is True and judged["questions"] == 6, judged
PY
refuses 1 "does not train" "$(tiny lift-plain --variants avx2)" lift fit "$texts/one.txt" -o "$texts/none"
refuses 1 "not empty" "$app" lift fit "$texts/one.txt" -o "$texts/whole" --quiet
printf ' \n' >"$texts/blank.txt"
refuses 1 "blank.txt' is empty" "$app" lift ask --adapter "$texts/whole" --document "$texts/blank.txt" --prompt "Who?" --quiet
refuses 2 "needs a second word: fit, ask" "$app" lift
echo "a text is absorbed, and no other"
