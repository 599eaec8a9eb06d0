#!/usr/bin/env bash
# transformers 5.17.0: a model read from a GGUF file cannot be saved, not even one whose tensors all are F32 there and in memory.
#
# `from_pretrained(..., gguf_file=...)` gives a model of plain float32 parameters, and 4.57.1 writes it by `save_pretrained`, which is how people
# turned a GGUF into a folder. 5.17.0 marks every model that comes from a GGUF as quantized, whatever its blocks were, and refuses to write it, with
# a message that sends the reader to warnings that were never given. Seen, one layer of F32 tensors:
#
#   transformers   parameters in memory   save_pretrained
#   4.57.1         float32                config.json, generation_config.json, model.safetensors
#   5.17.0         float32                ValueError: The model is quantized with QuantizationMethod.GGUF and is not serializable
#
# The parameters written by themselves (`safetensors`, beside a fresh config.json) load with the same logits.
#
# For us: `longc convert MODEL.gguf --to hf` is the way from a GGUF to a folder; our goldens and twins write parameters by themselves.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check torch==2.11.0 transformers==5.17.0 accelerate==1.12.0 numpy==2.4.6 gguf==0.19.0
venv/bin/pip install --quiet --disable-pip-version-check --no-deps --target before transformers==4.57.1 huggingface-hub==0.36.0 tokenizers==0.22.1

venv/bin/python - <<'PYTHON'
import numpy
from gguf import GGUFWriter

writer = GGUFWriter("tiny.gguf", "llama")
writer.add_block_count(1)
writer.add_context_length(64)
writer.add_embedding_length(32)
writer.add_feed_forward_length(64)
writer.add_head_count(4)
writer.add_head_count_kv(2)
writer.add_layer_norm_rms_eps(1e-5)
writer.add_rope_freq_base(1e4)
writer.add_vocab_size(48)
draw = numpy.random.default_rng(1)
shapes = {"token_embd": (48, 32), "output_norm": (32,), "output": (48, 32)} | {f"blk.0.{name}": shape for name, shape in {
    "attn_norm": (32,), "ffn_norm": (32,), "attn_q": (32, 32), "attn_k": (16, 32), "attn_v": (16, 32), "attn_output": (32, 32),
    "ffn_gate": (64, 32), "ffn_up": (64, 32), "ffn_down": (32, 64)}.items()}
for name, shape in shapes.items():
    writer.add_tensor(f"{name}.weight", draw.standard_normal(shape).astype(numpy.float32) * 0.1)
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
PYTHON

cat > save.py <<'PYTHON'
import os, tempfile
import torch, transformers
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, LlamaConfig

model = AutoModelForCausalLM.from_pretrained(".", gguf_file="tiny.gguf", dtype=torch.float32)
assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
folder = tempfile.mkdtemp()
try:
    model.save_pretrained(folder)
    seen = ", ".join(sorted(os.listdir(folder)))
except ValueError as error:
    seen = f"ValueError: {str(error)[:76]}"
print(f"transformers {transformers.__version__}: {seen}")
if transformers.__version__.startswith("4."):
    assert "model.safetensors" in seen
else:
    assert "quantized" in seen and "not serializable" in seen, "it is saved now"
    plain = model.config.to_dict()
    plain.pop("quantization_config")
    LlamaConfig(**plain).save_pretrained(folder)
    save_file({name: value.contiguous() for name, value in model.state_dict().items()}, f"{folder}/model.safetensors", {"format": "pt"})
    again = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    tokens = torch.arange(16)[None]
    with torch.no_grad():
        assert torch.equal(model(tokens).logits, again(tokens).logits)
    print("its parameters, written by themselves, load with the same logits")
PYTHON
PYTHONPATH=before venv/bin/python save.py 2>/dev/null
venv/bin/python save.py 2>/dev/null
