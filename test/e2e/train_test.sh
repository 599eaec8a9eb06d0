#!/usr/bin/env bash
# Fine-tuning with gradients that the compiler made: the loss falls, threads and kills change no bit, what was learnt goes back
# into the program that learnt it and into a compiled one alike.
source "$(dirname "$0")/programs.sh"
app=$(tiny train --train --lora rank=4,alpha=8,targets=all --variants avx2)
data=$work/train.jsonl out=$work/train.d
rm -rf "$out".*
python3 - "$data" <<'PY'
import json, random, sys
random.seed(4)
words = "the story of a long word that is not there".split()
with open(sys.argv[1], "w") as file:
    for i in range(40):
        begin = random.randrange(len(words))
        text = " ".join(words[(begin + n) % len(words)] for n in range(random.randint(4, 20)))
        file.write(json.dumps({"text": text}) + "\n")
PY
train=("$app" train --data "$data" --steps 20 --seq-len 128 --batch 2 --lr 0.01 --seed 1 --quiet --out)
"${train[@]}" "$out.whole" --threads 1 --json >"$work/summary"
"${train[@]}" "$out.threads" --threads 2 >/dev/null
cmp "$out.whole/adapter_model.safetensors" "$out.threads/adapter_model.safetensors" || fail "two threads learn otherwise than one"
python3 - "$work/summary" "$out.whole/train.jsonl" <<'PY'
import json, sys
summary, log = json.load(open(sys.argv[1])), [json.loads(line) for line in open(sys.argv[2])]
assert [line["step"] for line in log] == list(range(1, 21)), log
assert summary["steps"] == 20 and summary["tokens"] == sum(line["tokens"] for line in log), summary
first, last = (sum(line["loss"] for line in part) / 4 for part in (log[:4], log[-4:]))
assert last < 0.8 * first, (first, last)
PY

# Killed when its log has so many lines, then gone on with.
for lines in 3 11; do
  "${train[@]}" "$out.killed" --resume --save-every 2 >/dev/null 2>&1 & # no function: a shell between would be what is killed
  until [ "$(cat "$out.killed/train.jsonl" 2>/dev/null | wc -l)" -ge "$lines" ]; do
    kill -0 $! 2>/dev/null || break
    sleep 0.01
  done
  kill -9 $! 2>/dev/null || true
  wait $! 2>/dev/null || true
done
"${train[@]}" "$out.killed" --resume >/dev/null
cmp "$out.whole/adapter_model.safetensors" "$out.killed/adapter_model.safetensors" || fail "a training that was killed went on otherwise"

# The loss before and after; the same adapter in the program that trains and compiled into another one.
judge="$app loss --data $data --seq-len 128 --json --quiet"
$judge >"$work/before"
$judge --adapter "$out.whole" >"$work/after"
compiled=$(tiny train-adapted --adapter "$out.whole" --variants avx2)
python3 -c 'import json, sys; print(" ".join(json.loads(line)["text"] for line in open(sys.argv[1]))[:400])' "$data" >"$work/train.txt"
"$app" perplexity --file "$work/train.txt" --exact --json --quiet >"$work/plain"
"$app" perplexity --file "$work/train.txt" --exact --json --quiet --adapter "$out.whole" >"$work/adapted"
"$compiled" perplexity --file "$work/train.txt" --exact --json --quiet >"$work/compiled"
python3 - "$work" <<'PY'
import json, sys
before, after, plain, adapted, compiled = (json.load(open(f"{sys.argv[1]}/{name}"))
                                           for name in ("before", "after", "plain", "adapted", "compiled"))
assert after["loss"] < 0.8 * before["loss"] and after["tokens"] == before["tokens"], (before, after)
assert adapted["perplexity"] < 0.8 * plain["perplexity"], (plain, adapted)
assert abs(adapted["perplexity"] / compiled["perplexity"] - 1) < 1e-4, (adapted, compiled)
PY
# With little memory for what gradients read, products are computed again: the same to the last digit in exact mode.
little=$work/train-little exact="loss --data $data --seq-len 128 --json --quiet --exact --adapter $out.whole"
"$longc" compile test/golden/fot_tiny.gguf -o "$little" --train --lora rank=4,alpha=8,targets=all --variants avx2 --memory-budget 9MB >/dev/null 2>"$work/stderr"
grep -q "the budget is 9.000 MB: computing .* products again" "$work/stderr" || fail "what is computed again is not said: $(cat "$work/stderr")"
[ "$("$app" $exact)" = "$("$little" $exact)" ] || fail "gradients of values that are computed again are others"
peak() { "$longc" plan "$1" --train | sed -n 's/^training, exact *\([0-9]*\).*/\1/p'; }
[ "$(peak "$little")" -lt "$(peak "$app")" ] || fail "a budget of memory saves none: $(peak "$little"), $(peak "$app")"
refuses 2 "--memory-budget 'much' is no size" "$longc" compile test/golden/fot_tiny.gguf -o "$work/none" --train --memory-budget much

# All weights: in float32, into a file with the names of the checkpoint.
full=$(tiny train-full --train --variants avx2)
"$full" train --data "$data" --out "$out.full" --steps 8 --seq-len 128 --batch 2 --lr 1e-3 --seed 1 --quiet --json >"$work/full"
python3 - "$work/full" "$out.full/model.safetensors" <<'PY'
import json, struct, sys
summary = json.load(open(sys.argv[1]))
assert summary["loss_last"] < 0.8 * summary["loss_first"], summary
with open(sys.argv[2], "rb") as file:
    header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
assert header["model.norm.weight"]["dtype"] == "F32" and "model.layers.0.self_attn.q_proj.weight" in header, list(header)
PY

# They take the place of the base's in what is compiled, and of what is converted, bit for bit; the text is the less surprising for it.
rm -rf "$work/train.hf"
"$longc" convert test/golden/fot_tiny.gguf --adapter "$out.full" --to hf -o "$work/train.hf" --quiet
for name in plain trained; do
  given=()
  [ $name = plain ] || given=(--adapter "$out.full")
  whole=$(tiny "train-$name" "${given[@]}" --variants avx2)
  "$whole" perplexity --file "$work/train.txt" --exact --json --quiet >"$work/whole.$name"
done
"$longc" compile "$work/train.hf" -o "$work/train-converted" --variants avx2 --quiet
"$work/train-converted" perplexity --file "$work/train.txt" --exact --json --quiet >"$work/whole.converted"
python3 - "$work" "$out.full" <<'PY'
import json, struct, sys
def tensors(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        body = file.read()
    return {name: (one["dtype"], one["shape"], body[slice(*one["data_offsets"])]) for name, one in header.items() if name != "__metadata__"}
trained, converted = tensors(f"{sys.argv[2]}/model.safetensors"), tensors(f"{sys.argv[1]}/train.hf/model.safetensors")
assert trained and all(converted[name] == tensor for name, tensor in trained.items())
plain, compiled, again = (json.load(open(f"{sys.argv[1]}/whole.{name}"))["perplexity"] for name in ("plain", "trained", "converted"))
assert compiled < 0.8 * plain and compiled == again, (plain, compiled, again)
PY
mkdir -p "$out.foreign"
head -c 200 "$work/train.hf/model.safetensors" >"$out.foreign/model.safetensors"
refuses 1 "model.safetensors" "$longc" compile test/golden/fot_tiny.gguf --adapter "$out.foreign" -o "$work/none"
refuses 1 "compiled in" "$full" perplexity --file "$work/train.txt" --adapter "$out.full"
refuses 1 "does not train" "$compiled" train --data "$data" --out "$out.none" --steps 1
refuses 1 "holds the state of a training" "${train[@]}" "$out.whole"
refuses 1 "--lr 0.01" "${train[@]}" "$out.whole" --resume --lr 0.02
[ ! -e "$out.none" ] || fail "a refused training made its folder"
echo "what is trained is learnt, whatever kills it"
