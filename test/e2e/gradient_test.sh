#!/usr/bin/env bash
# Programs that train: loss and gradients of every parameter of tiny models against PyTorch's in float64.
source "$(dirname "$0")/programs.sh"
python3 test/golden/check_gradients.py "$longc" "$work/gradients"

# An adapter that is not there yet changes nothing, and what it is made of is said.
model=$work/gradients/model
"$longc" compile "$model" --train --lora rank=4,alpha=8,targets=all -o "$work/gradients/lora" --quiet --variants avx2
refuses 2 "no product of the model is named 'q_projj'" "$longc" compile "$model" --train --lora targets=q_projj -o "$work/gradients/no"
refuses 2 "rank of 1 to 4096" "$longc" compile "$model" --train --lora rank=0 -o "$work/gradients/no"
refuses 2 "none of rank=, alpha=, targets= and layers=" "$longc" compile "$model" --train --lora ranks=4 -o "$work/gradients/no"
refuses 2 "numbers of layers or memory" "$longc" compile "$model" --train --lora layers=x -o "$work/gradients/no"
refuses 2 "no layer has a memory" "$longc" compile "$model" --train --lora layers=memory -o "$work/gradients/no"
refuses 2 "there is no layer 99" "$longc" compile "$model" --train --lora rank=4,layers=0,99 -o "$work/gradients/no"
[ ! -e "$work/gradients/no" ] || fail "a refused program was written"
