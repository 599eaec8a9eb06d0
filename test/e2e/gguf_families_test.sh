#!/usr/bin/env bash
# GGUF files of every family, tiny and random, with the numbers of the Hugging Face folders: logits against transformers.
# Files whose tensors do not fit their metadata are refused by the names that the file has.
source "$(dirname "$0")/programs.sh"
python3 test/golden/check_hf.py "$longc" "$work/gguf" --gguf

file=$work/gguf_families.gguf
app=$work/gguf_families
rm -f "$app"
# changed CASE PYTHON: the file of a golden case, after a change of its keys and tensors.
changed() {
  python3 - "$file" "$1" "$2" <<'PY'
import sys
sys.path.insert(0, "test/golden")
import gguf_models, hf_models
def change(keys, tensors):
    by = {tensor[0].decode(): tensor for tensor in tensors}
    exec(sys.argv[3])
gguf_models.writeFile(sys.argv[1], hf_models.readCases()[sys.argv[2]], change)
PY
}
refused() { changed "$1" "$2"; refuses 1 "$3" "$longc" compile "$file" -o "$app"; }

refused llama 'tensors.remove(by["blk.1.attn_q.weight"])' "tensor 'blk.1.attn_q.weight' is missing"
refused gemma3 'tensors.remove(by["blk.2.post_ffw_norm.weight"])' "tensor 'blk.2.post_ffw_norm.weight' is missing"
refused qwen2 'tensors.remove(by["blk.1.attn_k.bias"])' "tensor 'blk.1.attn_k.bias' is missing"
refused llama 'tensors.append((b"blk.1.attn_q_norm.weight", [8], 0, bytes(32)))' \
  "tensor 'blk.1.attn_q_norm.weight' has no place in a model of the family 'llama' as it is configured"
refused llama 'keys["llama.feed_forward_length"] = 44' \
  "tensor 'blk.0.ffn_gate.weight': expected shape [44, 32] from the configuration, the file has [48, 32]"
refused qwen3 'keys["general.architecture"] = "bloom"' "architecture 'bloom' is not supported: expected one of 'bert', 'gemma3', 'llama'"
refused gemma3 'keys["gemma3.final_logit_softcapping"] = 30.0' "key 'gemma3.final_logit_softcapping': a cap on logits"
refused gemma3 'tensors.append((b"rope_freqs.weight", [8], 0, bytes(32)))' "tensor 'rope_freqs.weight' has no place"
[ ! -e "$app" ] && [ ! -e "$app.partial" ] || fail "a refused compilation left something behind"
