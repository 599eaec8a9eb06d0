#!/usr/bin/env bash
# Checkpoints of 42 random shapes and all element formats against plain double-precision arithmetic: whole logits of a
# prompt and of single tokens, with memory and without, exact and fast.
source "$(dirname "$0")/programs.sh"
python3 test/e2e/shapes.py "$longc" "$work/shapes"
