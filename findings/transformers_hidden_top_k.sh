#!/usr/bin/env bash
# transformers 5.17.0: `generate(do_sample=True)` draws from the 50 likeliest tokens alone, and nothing that can be read says so.
#
# In 4.x `GenerationConfig()` held `top_k=50`, for all to see. 5.x holds None there: the object prints as `{}`, `model.generation_config.top_k` is None,
# `generation_config.json` is written without it. But `generate` still puts 50 wherever it finds None, also when the file of the checkpoint asks for
# sampling and names a temperature and no top_k. Only `top_k=None` or `top_k=0` *in the call* draws from all: the same None in the configuration does
# not. Seen, a random model of 1,000 tokens whose distribution is nearly flat, 3,000 draws of one token:
#
#   generation_config.json                call                                  distinct tokens   generation_config.top_k
#   {"do_sample": true, "temperature": 1}  generate()                            50                None
#   the same                              generate(do_sample=True, top_p=0.9999) 50                None
#   the same                              generate(top_k=None)                  more than 900     None
#
# For us: where a checkpoint asks for drawing and names no top-k, `chat` and `generate` take 50 as well and say so when it is compiled; `--top-k 0`
# draws from all. Who compares programs by what they draw names top-k in both.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check torch==2.11.0 transformers==5.17.0 numpy==2.4.6

venv/bin/python - 2>/dev/null <<'PYTHON'
import json
import torch, transformers
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

torch.manual_seed(0)
shape = dict(vocab_size=1000, hidden_size=32, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2, max_position_embeddings=64)
LlamaForCausalLM(LlamaConfig(**shape)).save_pretrained("tiny")
assert "top_k" not in json.load(open("tiny/generation_config.json"))
json.dump({"do_sample": True, "temperature": 1.0, "eos_token_id": 2}, open("tiny/generation_config.json", "w"))
model = LlamaForCausalLM.from_pretrained("tiny").eval()
print(f"transformers {transformers.__version__}: GenerationConfig().top_k {GenerationConfig().top_k}, the model's {model.generation_config.top_k}")
assert model.generation_config.top_k is None and GenerationConfig().top_k is None


def distinct(**options):
    drawn = model.generate(torch.tensor([[5]]), max_new_tokens=1, num_return_sequences=3000, **options)[:, 1]
    number = len(set(drawn.tolist()))
    print(f"  generate({', '.join(f'{name}={value}' for name, value in options.items())}): {number} distinct tokens of 3,000 drawn")
    return number


assert distinct() == 50, "the file is taken at its word now"
assert distinct(do_sample=True, top_p=0.9999) == 50
assert distinct(top_k=None) > 900
PYTHON
