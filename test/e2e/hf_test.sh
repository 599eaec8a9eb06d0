#!/usr/bin/env bash
# Hugging Face folders of every family, tiny and random: logits against transformers, in exact and default mode.
source "$(dirname "$0")/programs.sh"
python3 test/golden/check_hf.py "$longc" "$work/hf"
