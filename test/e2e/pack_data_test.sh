#!/usr/bin/env bash
# pack-data on a compiled program: the packs hold every sample once, weigh what the loss norm says, and what is wrong is refused.
source "$(dirname "$0")/programs.sh"
app=$(tiny pack)
data=$work/chats.jsonl
python3 - "$data" <<'PY'
import json, random, sys
random.seed(4)
words = "the story of a long word that is not there".split()
say = lambda most: " ".join(random.choice(words) for _ in range(random.randint(5, most)))
with open(sys.argv[1], "w") as file:
    for i in range(120):
        text = say(60 if i % 9 == 0 else 8)
        line = {"text": text} if i % 3 else {"text": text, "weights": [[0, 4, 0], [5, 9, 2]]}
        file.write(json.dumps(line) + ("\n\n" if i % 10 == 0 else "\n"))
PY
for batching in naive sorted packed; do
  for norm in sequence token pack; do
    "$app" pack-data --data "$data" --seq-len 256 --batch 4 --batching $batching --loss-norm $norm --seed 3 --output "$work/packs" \
      --json >"$work/summary"
    python3 - "$work" $batching $norm <<'PY'
import json, sys
work, batching, norm = sys.argv[1:]
summary = json.load(open(f"{work}/summary"))
packs = [json.loads(line) for line in open(f"{work}/packs")]
assert summary["samples"] == 120 and summary["packs"] == len(packs) and summary["seed"] == 3, summary
assert sorted(line for pack in packs for line in pack["lines"]) == sorted(
    number for number, line in enumerate(open(f"{work}/chats.jsonl"), 1) if line.strip())
assert summary["tokens"] == sum(len(pack["token_ids"]) for pack in packs)
lengths = []
for pack in packs:
    bounds = pack["cu_seqlens"]
    assert bounds[0] == 0 and bounds[-1] == len(pack["token_ids"]) == len(pack["weights"]) <= 256
    assert all(pack["weights"][begin] == 0 for begin in bounds[:-1]), "a first token is learned"
    lengths += [end - begin for begin, end in zip(bounds, bounds[1:])]
    assert len(bounds) == len(pack["lines"]) + 1 and (batching == "packed" or len(bounds) == 2)
assert (min(lengths), max(lengths)) == (summary["shortest"], summary["longest"]), summary
for step in range(summary["steps"]):
    weights = [pack["weights"] for pack in packs if pack["step"] == step]
    assert 1 <= len(weights) <= 4
    assert abs(sum(map(sum, weights)) - 1) < 1e-4, "the weights of a step are those of a mean"
    if norm == "pack":
        assert all(abs(sum(w) - 1 / len(weights)) < 1e-4 for w in weights)
if batching == "packed": # best fit, longest first, written again
    rooms = []
    for length in sorted(lengths, reverse=True):
        fits = [room for room in rooms if room >= length]
        if fits:
            rooms.remove(min(fits))
        rooms.append((min(fits) if fits else 256) - length)
    assert len(rooms) == len(packs), (len(rooms), len(packs))
    assert summary["least_packs"] == -(-sum(lengths) // 256) <= len(packs)
    assert abs(summary["fill"] - sum(lengths) / (256 * len(packs))) < 1e-5
PY
  done
done

# A program whose kernels do not run on this processor trains elsewhere: all but the time is said, unless the variant was asked for.
if ! grep -q amx_bf16 /proc/cpuinfo; then
  other=$(tiny pack_other --train --variants amx)
  "$other" pack-data --data "$data" --seq-len 256 --json --quiet >"$work/summary"
  grep -q '"operations"' "$work/summary" || fail "no operations: $(cat "$work/summary")"
  ! grep -q seconds_estimate "$work/summary" || fail "a time on a processor that runs none of the kernels"
  refuses 1 "amx" "$other" pack-data --data "$data" --seq-len 256 --variant amx
fi

pack="$app pack-data --output $work/refused"
refuses 1 "tokens, a pack holds 40" $pack --data "$data" --seq-len 40
"$app" pack-data --data "$data" --seq-len 40 --long drop | grep "^dropped" >/dev/null || fail "what is dropped is not said"
"$app" pack-data --data "$data" --seq-len 40 --long split | grep "^split" >/dev/null || fail "what is split is not said"
printf '{"text": "one two"}\n{"text": 7}\n' >"$work/wrong"
refuses 1 "line 2" $pack --data "$work/wrong"
: >"$work/empty"
refuses 1 "no lines" $pack --data "$work/empty"
refuses 1 "nowhere" $pack --data "$work/nowhere"
refuses 2 "--read-alone needs --facts" "$app" dump-batch --data "$data" --read-alone
refuses 2 "--batching 'other'" $pack --data "$data" --batching other
[ ! -e "$work/refused" ] || fail "a refused command wrote its output"
echo "packs hold every sample once"
