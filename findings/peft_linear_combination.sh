#!/usr/bin/env bash
# peft 0.21.2: a "linear" combination of two LoRA adapters is not the linear combination of what they do, and is as far from it as it is long.
#
# An adapter adds s B A to a weight. `add_weighted_adapter(["a", "b"], [0.5, 0.5], "both", combination_type="linear")` combines the factors, A with A and
# B with B, each with the root of its weight: the product then has the terms B_a A_b and B_b A_a as well, which belong to neither. The mean of an adapter and
# its own copy is twice the adapter. "svd", the default, keeps the rank of the largest and loses the rest; "cat", which makes the rank the sum of both,
# is exact. Nothing is said. Seen, rank 4 of 16, random factors, distance to 0.5 s B_a A_a + 0.5 s B_b A_b over its length:
#
#   linear, a with its copy  1.00
#   linear, a with b         1.04
#   svd (the default)        0.37
#   cat                      0.0000
#
# For us: adapters that are bound together add what each does, with the sum of their ranks; the reference for that is "cat" (or the weights' own sum).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check torch==2.11.0 transformers==5.17.0 peft==0.21.2 numpy==2.4.6

venv/bin/python - 2>/dev/null <<'PYTHON'
import peft, torch
from peft import LoraConfig, get_peft_model

torch.manual_seed(0)
config = LoraConfig(r=4, target_modules=["0"], init_lora_weights=False)
model = get_peft_model(torch.nn.Sequential(torch.nn.Linear(16, 16, bias=False)), config, adapter_name="a")
for name in "b", "twin":
    model.add_adapter(name, config)
layer = model.base_model.model[0]
for factors in layer.lora_A, layer.lora_B:
    factors["twin"].weight.data.copy_(factors["a"].weight.data)


def apart(kind, first, second):
    model.add_weighted_adapter([first, second], [0.5, 0.5], f"{kind}_{second}", combination_type=kind)
    wanted = 0.5 * layer.get_delta_weight(first) + 0.5 * layer.get_delta_weight(second)
    distance = ((layer.get_delta_weight(f"{kind}_{second}") - wanted).norm() / wanted.norm()).item()
    print(f"  {kind:6} of {first} and {second:4}: {distance:.4f} of its length from the weighted sum")
    return distance


print(f"peft {peft.__version__}")
assert apart("linear", "a", "twin") > 0.5, "the mean of an adapter and its copy is that adapter now"
assert apart("linear", "a", "b") > 0.5, "linear is linear now"
assert apart("svd", "a", "b") > 0.1, "svd keeps everything now"
assert apart("cat", "a", "b") < 1e-5
PYTHON
