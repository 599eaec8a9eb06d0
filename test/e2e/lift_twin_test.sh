#!/usr/bin/env bash
# Eight steps of LIFT as published, with a LoRA and with a gated memory: losses and values of PyTorch in float64.
source "$(dirname "$0")/programs.sh"
python3 test/golden/check_lift.py "$longc" "$work/lift-twin"
