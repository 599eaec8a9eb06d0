#!/usr/bin/env bash
# PEFT adapters: logits against PEFT, kept beside the weights and merged, and those that do not fit refused by name.
source "$(dirname "$0")/programs.sh"
folder=$work/adapter.d
rm -rf "$folder"
mkdir -p "$folder/tmp"
export TMPDIR=$folder/tmp
python3 test/golden/check_peft.py "$longc" "$folder/check"

# folders CASE [PYTHON]: base and adapter of a golden case, after a change to the case.
base=$folder/base adapter=$folder/adapter none=$folder/none
folders() {
  rm -rf "$base" "$adapter"
  python3 - "$base" "$adapter" "$1" "${2:-pass}" <<'PY'
import sys
sys.path.insert(0, "test/golden")
import peft_adapters
case = peft_adapters.readCases()[sys.argv[3]]
config, tensors = case["adapter"], case["tensors"]
shape = {name: shape for name, shape in tensors}
exec(sys.argv[4])
peft_adapters.writeFolders(case, *sys.argv[1:3])
PY
}
compile=("$longc" compile "$base" --adapter "$adapter" -o "$none")
first=base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight

folders paths 'config["peft_type"] = "LOHA"'
refuses 1 "key 'peft_type': 'LOHA' is not supported" "${compile[@]}"
folders paths 'config["use_dora"] = True'
refuses 1 "key 'use_dora' is not supported" "${compile[@]}"
folders paths 'config["trainable_token_indices"] = [1, 2]'
refuses 1 "key 'trainable_token_indices' is not supported" "${compile[@]}"
folders paths 'config["a_key_of_tomorrow"] = 3'
refuses 1 "key 'a_key_of_tomorrow' is not supported" "${compile[@]}"
for kind in pissa pissa_niter_4 olora corda loftq mica; do
  folders paths "config['init_lora_weights'] = '$kind'"
  refuses 1 "'$kind' changes the base when the adapter is loaded" "${compile[@]}"
done
folders paths 'config["r"] = 5'
refuses 1 "tensor '$first': expected shape [5, 32] by base and configuration, the file has [4, 32]" "${compile[@]}"
folders paths 'config["r"] = 0'
refuses 1 "key 'r'" "${compile[@]}"
folders paths 'case["base"] = "llama-odd"'
refuses 1 "the adapter belongs to another base" "${compile[@]}"
folders paths 'tensors[:] = [t for t in tensors if "layers.1.self_attn.v_proj" not in t[0]]'
refuses 1 "module 'model.layers.1.self_attn.v_proj' of the base has no tensors" "${compile[@]}"
folders paths 'tensors[:] = [t for t in tensors if t[0] != "'$first'"]'
refuses 1 "module 'model.layers.0.self_attn.q_proj' has one of its two tensors only" "${compile[@]}"
folders paths 'tensors.append(["base_model.model.model.layers.9.mlp.up_proj.lora_A.weight", [4, 32]]); tensors.append(["base_model.model.model.layers.9.mlp.up_proj.lora_B.weight", [48, 4]])'
refuses 1 "the base has no product 'model.layers.9.mlp.up_proj'" "${compile[@]}"
folders paths 'config["target_modules"] = "("'
refuses 1 "pattern '(' cannot be read" "${compile[@]}"
folders paths 'config["target_modules"] = ["k_proj"]'
refuses 1 "is of a module that 'target_modules' does not name" "${compile[@]}"
folders paths
head -c 400 "$adapter/adapter_model.safetensors" >"$folder/cut"
mv "$folder/cut" "$adapter/adapter_model.safetensors"
refuses 1 "adapter_model.safetensors" "${compile[@]}"
rm "$adapter/adapter_model.safetensors"
touch "$adapter/adapter_model.bin"
refuses 1 "is a pickle" "${compile[@]}"
refuses 1 "no adapter_config.json" "$longc" compile "$base" --adapter "$base" -o "$none"
refuses 2 "--adapter-mode 'sum' is not known" "${compile[@]}" --adapter-mode sum

# Blocks take an adapter beside them, and no sum.
python3 - "$folder" <<'PY'
import json, random, sys
sys.path[:0] = ["test/golden", "test/e2e"]
import peft_adapters, random_llama
shape = random_llama.Shape(width=64, heads=2, kvHeads=1, head=32, feed=96, vocabulary=263, layers=2, tied=True, format="Q8_0")
random_llama.write(f"{sys.argv[1]}/blocks.gguf", shape, random.Random(1))
case = {"case": "blocks", "base": "llama", "type": "F32", "adapter": {"peft_type": "LORA", "r": 4, "lora_alpha": 32, "target_modules": ["q_proj"]}}
tensors = [[f"base_model.model.model.layers.{i}.self_attn.q_proj.lora_{p}.weight", s] for i in (0, 1) for p, s in (("A", [4, 64]), ("B", [64, 4]))]
peft_adapters.writeAdapter(f"{sys.argv[1]}/adapter", case, tensors)
PY
blocks=("$longc" compile "$folder/blocks.gguf" --adapter "$adapter" --variants avx2 --quiet)
refuses 1 "tensor 'blk.0.attn_q.weight' is quantised to Q8_0: an adapter cannot be merged" "${blocks[@]}" -o "$none" --adapter-mode merge
refuses 1 "is quantised to Q8_0" "$longc" convert "$folder/blocks.gguf" --adapter "$adapter" --to hf -o "$none"
# The rows of a GGUF file lie otherwise than those of the folder it converts to; the adapter is of the one model that both are.
"${blocks[@]}" -o "$folder/program"
"$longc" inspect "$folder/program" >"$folder/inspected"
grep -q "blocks.gguf with the adapter adapter" "$folder/inspected" || fail "the adapter is not recorded"
"$longc" convert "$folder/blocks.gguf" --to hf -o "$folder/converted" --quiet
"$longc" convert "$folder/converted" --adapter "$adapter" --to hf -o "$folder/merged" --quiet
"$longc" compile "$folder/merged" -o "$folder/merged.program" --variants avx2 --quiet
"$longc" compile "$folder/blocks.gguf" -o "$folder/plain.program" --variants avx2 --quiet
"$longc" compile "$folder/blocks.gguf" -o "$folder/training.program" --variants avx2 --quiet --train --lora rank=4,targets=q_proj
echo '{"prompt": 0, "tokens": [5, 77, 130, 201, 9, 66, 210, 14], "positions": [7], "greedy": 0}' >"$folder/tokens.jsonl"
for program in program merged.program plain.program; do
  "$folder/$program" logits --exact --quiet --requests "$folder/tokens.jsonl" --output "$folder/$program.logits"
done
python3 - "$folder" <<'PY'
import json, sys
sys.path.insert(0, "test/golden")
from check_logits import unpack
beside, merged, plain = (unpack(json.load(open(f"{sys.argv[1]}/{name}.logits"))["logits"], "f") for name in ("program", "merged.program", "plain.program"))
apart = lambda a, b: max(abs(x - y) for x, y in zip(a, b))
assert apart(beside, merged) < 1e-4 < 1e-2 < apart(beside, plain), (apart(beside, merged), apart(beside, plain))
PY

# Any program takes adapters when it runs: of any rank and modules, and each prompt of a file its own; so does one that trains an adapter.
python3 - "$folder" <<'PY'
import random, sys
sys.path[:0] = ["test/golden", "test/e2e"]
import peft_adapters
sizes = {"self_attn.q_proj": (64, 64), "self_attn.v_proj": (32, 64), "self_attn.o_proj": (64, 64), "mlp.gate_proj": (96, 64), "mlp.down_proj": (64, 96)}
modules = {f"model.layers.{i}.{name}": size for i in (0, 1) for name, size in sizes.items()} | {"lm_head": (263, 64)}
config = {"peft_type": "LORA", "r": 40, "lora_alpha": 9, "use_rslora": True, "rank_pattern": {"down_proj": 3},
          "target_modules": sorted({name.rsplit(".", 1)[-1] for name in modules})}
case = {"case": "wide", "base": "llama", "type": "F32", "adapter": config}
tensors = []
for name, (outputs, inputs) in modules.items():
    rank = 3 if name.endswith("down_proj") else 40
    tensors += [[f"base_model.model.{name}.lora_A.weight", [rank, inputs]], [f"base_model.model.{name}.lora_B.weight", [outputs, rank]]]
tensors.append(["base_model.model.lm_head.base_layer.weight", [263, 64]])  # a copy of the head that PEFT keeps
peft_adapters.writeAdapter(f"{sys.argv[1]}/wide", case, tensors)
table = "base_model.model.model.embed_tokens.lora_embedding_"
peft_adapters.writeAdapter(f"{sys.argv[1]}/table", case | {"adapter": config | {"target_modules": ["embed_tokens"]}}, [[table + "A", [40, 263]], [table + "B", [64, 40]]])
PY
python3 - "$folder" "$longc" <<'PY'
import json, subprocess, sys
sys.path.insert(0, "test/golden")
from check_logits import unpack
folder, longc = sys.argv[1:]
program = f"{folder}/plain.program"
def run(*options):
    return subprocess.run([program, *options, "--exact", "--quiet"], check=True, capture_output=True, text=True).stdout
def logits(name, program, *options, mode=("--exact",)):
    subprocess.run([program, "logits", *mode, "--quiet", "--requests", f"{folder}/tokens.jsonl", "--output", f"{folder}/{name}", *options], check=True)
    return unpack(json.load(open(f"{folder}/{name}"))["logits"], "f")
apart = lambda a, b: max(abs(x - y) for x, y in zip(a, b))
plain, narrow, wide = logits("a", program), logits("b", program, "--adapter", f"{folder}/adapter"), logits("c", program, "--adapter", f"{folder}/wide")
subprocess.run([longc, "convert", f"{folder}/converted", "--adapter", f"{folder}/wide", "--to", "hf", "-o", f"{folder}/wide.merged", "--quiet"], check=True)
subprocess.run([longc, "compile", f"{folder}/wide.merged", "-o", f"{folder}/wide.program", "--variants", "avx2", "--quiet"], check=True)
assert apart(narrow, logits("d", f"{folder}/merged.program")) < 1e-4 < 1e-2 < apart(narrow, plain)
assert apart(wide, logits("e", f"{folder}/wide.program")) < 2e-4 < 1e-2 < min(apart(wide, plain), apart(wide, narrow))
# The default precision, which multiplies a rounded copy in panels.
for exact, adapter in ((narrow, "adapter"), (wide, "wide")):
    assert 0 < apart(exact, logits("i", program, "--adapter", f"{folder}/{adapter}", mode=())) < 0.1 * apart(exact, plain)

texts = ["a long way", "from here", "to", "there and back", "again"]
ask = [{"prompt": texts[0]}, {"prompt": texts[1], "adapter": "w"}, {"prompt": texts[2], "adapter": None},
       {"prompt": texts[3], "adapter": "adapter"}, {"prompt": texts[4], "adapter": f"{folder}/wide"}]
with open(f"{folder}/prompts.jsonl", "w") as file:
    file.writelines(json.dumps(line) + "\n" for line in ask)
options = ["--tokens", "12", "--ignore-eos", "--temperature", "0.9", "--seed", "7", "--json"]
together = [json.loads(line) for line in run("generate", "--prompts", f"{folder}/prompts.jsonl", "--adapter", f"{folder}/adapter", "--adapter", f"w={folder}/wide", *options).splitlines()]
given = [["--adapter", f"{folder}/adapter"], ["--adapter", f"{folder}/wide"], [], ["--adapter", f"{folder}/adapter"], ["--adapter", f"{folder}/wide"]]
alone = [json.loads(run("generate", "--prompt", text, *adapter, *options)) for text, adapter in zip(texts, given)]
for one, other in zip(together, alone):
    assert one["token_ids"] == other["token_ids"], (one, other)
assert json.loads(run("generate", "--prompt", texts[4], *options))["token_ids"] != alone[4]["token_ids"]

# A program that trains rank 4 of q_proj: in its own form where that has room, else beside all its products.
program = f"{folder}/training.program"
assert apart(plain, logits("f", program)) < 1e-4
assert apart(narrow, logits("g", program, "--adapter", f"{folder}/adapter")) < 1e-4
assert apart(wide, logits("h", program, "--adapter", f"{folder}/wide")) < 2e-4
again = [json.loads(line) for line in run("generate", "--prompts", f"{folder}/prompts.jsonl", "--adapter", f"{folder}/adapter", "--adapter", f"w={folder}/wide", *options).splitlines()]
assert [one["token_ids"] for one in again] == [one["token_ids"] for one in together]
PY
bound=("$folder/plain.program" logits --requests "$folder/tokens.jsonl" --output "$none" --adapter)
refuses 1 "no_such_folder" "${bound[@]}" "$folder/no_such_folder"
cp -r "$folder/wide" "$folder/other" && sed -i 's/"r": *40/"r": 39/' "$folder/other/adapter_config.json"
refuses 1 "expected shape" "${bound[@]}" "$folder/other"
cp "$folder/wide/adapter_config.json" "$folder/other/" && sed -i 's/gate_proj"/up_proj"/' "$folder/other/adapter_config.json"
refuses 1 "though 'target_modules' names it" "${bound[@]}" "$folder/other"
refuses 1 "compile the model with --adapter" "${bound[@]}" "$folder/table"
refuses 1 "'base_model.model.lm_head.base_layer.weight' is another head than the program's" "$folder/merged.program" logits --requests "$folder/tokens.jsonl" --output "$none" --adapter "$folder/wide"
python3 test/golden/peft_adapters.py prefix "$folder/prefix.base" "$folder/prefix"
refuses 1 "keys and values of every layer of the program" "${bound[@]}" "$folder/prefix"
refuses 1 "a program takes it when it runs" "$longc" compile "$folder/prefix.base" --adapter "$folder/prefix" -o "$none"

# Out again: from the program that carries it and from its folder, whatever its spelling; numbers as they were.
python3 test/e2e/write_adapters.py "$longc" "$folder"
refuses 2 "--to peft writes an adapter" "$longc" convert "$folder/blocks.gguf" --to peft -o "$none"
refuses 1 "plain.program carries no adapter" "$longc" convert "$folder/plain.program" --to peft -o "$none"
[ ! -e "$none" ] && [ -z "$(ls -A "$TMPDIR")" ] || fail "something was left behind"
echo "adapters as they should be"
