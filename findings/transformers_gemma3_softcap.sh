#!/usr/bin/env bash
# transformers 5.17.0: a Gemma 3 configuration takes `attn_logit_softcapping`, documents it and keeps it, and the model does not do it.
#
# Gemma 2 bends attention scores by tanh before the softmax; the number stands in its configuration. Gemma3TextConfig has the same field with the same
# documentation ("tanh softcapping on the attention scores"), its attention layer copies the number, save_pretrained writes it, and logits are the same
# to the bit whatever it is, without a word. `final_logit_softcapping`, two lines further, is done in both. A checkpoint that was trained with a cap (as one
# is who goes on from Gemma 2's recipe) is run without it. Seen, two random layers of width 32, the same weights, a cap of 0.05 beside none, eager:
#
#                    attn_logit_softcapping   final_logit_softcapping   (largest difference of logits)
#   Gemma2ForCausalLM    over 1                    over 1
#   Gemma3ForCausalLM    0                         over 1
#
# For us: `longc compile` reads the field and refuses a Gemma 3 folder that names one, rather than leave out arithmetic that the file asks for.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check torch==2.11.0 transformers==5.17.0 numpy==2.4.6

venv/bin/python - 2>/dev/null <<'PYTHON'
import json
import torch, transformers
from transformers import Gemma2Config, Gemma2ForCausalLM, Gemma3ForCausalLM, Gemma3TextConfig

SHAPE = dict(vocab_size=64, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, head_dim=8,
             max_position_embeddings=64)


def model(Config, Model, **caps):
    torch.manual_seed(0)
    made = Model._from_config(Config(**SHAPE, **{"attn_logit_softcapping": None, "final_logit_softcapping": None, **caps}), attn_implementation="eager").eval()
    for weights in made.parameters():
        if weights.dim() == 2:
            torch.nn.init.normal_(weights, std=0.5)
    return made


def apart(Config, Model, name):
    with torch.no_grad():
        one, other = (model(Config, Model, **{name: cap})(torch.arange(20)[None]).logits for cap in (None, 0.05))
    return (one - other).abs().max().item()


print(f"transformers {transformers.__version__}, largest difference of logits between a cap of 0.05 and none")
for Config, Model in ((Gemma2Config, Gemma2ForCausalLM), (Gemma3TextConfig, Gemma3ForCausalLM)):
    scores, logits = (apart(Config, Model, name) for name in ("attn_logit_softcapping", "final_logit_softcapping"))
    print(f"  {Model.__name__}: attn_logit_softcapping {scores:.3f}, final_logit_softcapping {logits:.3f}")
    assert logits > 1
    assert (scores == 0) == (Model is Gemma3ForCausalLM), "it is done now, or no longer"
model(Gemma3TextConfig, Gemma3ForCausalLM, attn_logit_softcapping=0.05).save_pretrained("capped")
assert json.load(open("capped/config.json"))["attn_logit_softcapping"] == 0.05
PYTHON
