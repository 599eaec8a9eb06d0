#!/usr/bin/env bash
# Hugging Face folders that do not fit together are refused by name; what a checkpoint says of itself is the default, also of how tokens are drawn.
source "$(dirname "$0")/programs.sh"
folder=$work/hf_folder app=$work/hf_folder_app
rm -f "$app"
# folder CASE [PYTHON]: the folder of a golden case, after a change to the case or its tensors.
folder() {
  rm -rf "$folder"
  python3 - "$folder" "$1" "${2:-pass}" <<'PY'
import sys
sys.path.insert(0, "test/golden")
import hf_models
case = hf_models.readCases()[sys.argv[2]]
config, tensors = case["config"], case["tensors"]
shape = {name: shape for name, shape in tensors}
exec(sys.argv[3])
hf_models.writeFolder(sys.argv[1], case)
PY
}
compile=("$longc" compile "$folder" -o "$app")

folder llama 'case["tensors"] = [t for t in tensors if "layers.1.mlp" not in t[0]]'
refuses 1 "tensor 'model.layers.1.mlp.gate_proj.weight', 'model.layers.1.mlp.up_proj.weight', 'model.layers.1.mlp.down_proj.weight' are missing" "${compile[@]}"
folder llama 'case["tensors"] = [t for t in tensors if t[0] != "model.embed_tokens.weight"]'
refuses 1 "$folder: tensor 'model.embed_tokens.weight' is missing" "${compile[@]}"
folder llama 'shape["model.norm.weight"][0] = 31'
refuses 1 "tensor 'model.norm.weight': expected shape [32] from the configuration, the file has [31]" "${compile[@]}"
folder llama 'tensors.append(["model.layers.0.self_attn.q_proj.bias", [32]])'
refuses 1 "tensor 'model.layers.0.self_attn.q_proj.bias' has no place in a model of the family 'llama'" "${compile[@]}"
folder qwen2-4x 'config["num_hidden_layers"] = 2'
refuses 1 "'model.layers.2.input_layernorm.weight'" "${compile[@]}"
folder llama-odd
rm "$folder/model-00002-of-00003.safetensors"
refuses 1 "model-00002-of-00003.safetensors' is missing" "${compile[@]}"
folder llama 'config["rope_parameters"]["rope_type"] = "dynamic"'
refuses 1 "key 'rope_parameters.rope_type': rotary scaling 'dynamic' is not supported" "${compile[@]}"
refuses 1 "holds tensors alone" "$longc" compile "$folder/model.safetensors" -o "$app"
refuses 1 "is a pickle" "$longc" compile "$folder/pytorch_model.bin" -o "$app"
[ ! -e "$app" ] && [ ! -e "$app.partial" ] || fail "a refused compilation left something behind"

# LongLLaMA's layers and last context are the defaults of its program; a short context is the default window, which is said.
folder longllama
echo '{"eos_token_id": [0, 1], "do_sample": true, "temperature": 0.6, "top_p": 0.95, "repetition_penalty": 1.1, "no_repeat_ngram_size": 3}' >"$folder/generation_config.json"
"${compile[@]}" --method fot --variants avx2 2>"$work/stderr"
grep -q "note: the default window is all that the model has, 128 tokens" "$work/stderr" || fail "no note: $(cat "$work/stderr")"
grep -q "unless told otherwise: temperature 0.6, top-k 50, top-p 0.95, repetition penalty 1.1" "$work/stderr" || fail "sampling is not noted: $(cat "$work/stderr")"
grep -q "generation_config.json: 'no_repeat_ngram_size' is not supported here and without effect" "$work/stderr" || fail "no note: $(cat "$work/stderr")"
"$app" info >"$work/info"
grep -q "temperature 0.6, top-k 50, top-p 0.95" "$work/info" || fail "expected how tokens are drawn: $(cat "$work/info")"
grep -qE "^memory layers +1," "$work/info" || fail "expected memory in layer 1: $(cat "$work/info")"
grep -q "last context 24" "$work/info" || fail "expected a last context of 24: $(cat "$work/info")"
# Its tokens are those of tokenizer.json: nothing is added, special tokens are found.
printf 'the<|end|>\n' >"$work/text"
ids=$("$app" tokenize --file "$work/text" --json)
expected=$(python3 -c 'import json, sys; v = json.load(open(sys.argv[1]))["model"]["vocab"]; print(json.dumps({"token_ids": [v["the"], 0, v["\u010a"]]}))' "$folder/tokenizer.json")
[ "$ids" = "$expected" ] || fail "tokenize: $ids, expected $expected"
refuses 2 "expected --file FILE" "$app" tokenize --json
# Another base of rotary positions is another model, and the program says so.
"${compile[@]}" --rope-theta 77 --variants avx2 --quiet
"$longc" inspect "$app" | grep "hf_folder with --rope-theta 77" >/dev/null || fail "the base is not recorded"
# Without its weights a program measures, and does nothing else.
folder llama
"$longc" compile "$folder" --variants avx2 --quiet --embed-weights no -o "$app"
"$app" bench --random-weights 7 --prefill 8 --decode 2 --repeat 1 --json -q | grep '"decode_tokens_per_second":[0-9]*[1-9]' >/dev/null || fail "bench measures nothing"
refuses 1 "was compiled without weights" "$app" bench --prefill 8
refuses 1 "was compiled without weights" "$app" generate -p a
"${compile[@]}" --variants avx2 --quiet
refuses 1 "has weights of its own" "$app" bench --random-weights 7
refuses 2 "--embed-weights" "$longc" compile "$folder" --embed-weights maybe -o "$app"
# A folder is inspected like a file.
"$longc" inspect "$folder" | grep "^family  *llama" >/dev/null || fail "inspect does not show the family"
