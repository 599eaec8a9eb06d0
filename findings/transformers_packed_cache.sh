#!/usr/bin/env bash
# transformers 5.17.0: texts packed into one row attend to each other unless the cache is off *and* no mask is given, without a word.
#
# `DataCollatorWithFlattening` puts texts one behind the other and tells them apart by `position_ids` that begin again at 0; the model's mask is to be
# made from those. It is, when `attention_mask` is None and there is no cache. But `use_cache` is True in a model's configuration, for a forward pass
# in training mode too: then the second text reads the first. A mask of ones, which says nothing, does the same. `Trainer` turns the cache off; a
# training loop of one's own, a check of packed against unpacked losses, or `model(**batch)` of the collator's own batch does not. Seen, a random
# Llama in training mode, texts of 7 and 9 tokens, largest difference of the second's logits to the same text alone:
#
#   model(**collated)                                   0.445
#   model(**collated, use_cache=False)                  0.0000001
#   the same with attention_mask=ones                   0.445
#
# For us: twins that judge packed batches call with use_cache=False and without a mask (or build the mask themselves); our packs need neither, the
# segments of a pack are a part of the call.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check torch==2.11.0 transformers==5.17.0 numpy==2.4.6

venv/bin/python - 2>/dev/null <<'PYTHON'
import torch, transformers
from transformers import DataCollatorWithFlattening, LlamaConfig, LlamaForCausalLM

torch.manual_seed(0)
model = LlamaForCausalLM(LlamaConfig(vocab_size=64, hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=128)).train()
texts = [torch.randint(0, 64, (count,)).tolist() for count in (7, 9)]
batch = dict(DataCollatorWithFlattening(return_tensors="pt")([{"input_ids": text} for text in texts]))
print(f"transformers {transformers.__version__}, the collator gives {', '.join(batch)}; positions {batch['position_ids'][0].tolist()}")
with torch.no_grad():
    alone = model(torch.tensor([texts[1]])).logits[0]


def apart(said, **options):
    with torch.no_grad():
        second = model(**batch, **options).logits[0, 7:]
    difference = (second - alone).abs().max().item()
    print(f"  {said}: the second text is {difference:.7f} from what it is alone")
    return difference


assert apart("model(**collated)") > 0.01, "packed texts are kept apart now"
assert apart("model(**collated, use_cache=False)", use_cache=False) < 1e-5
assert apart("the same with attention_mask of ones", use_cache=False, attention_mask=torch.ones_like(batch["input_ids"])) > 0.01
PYTHON
