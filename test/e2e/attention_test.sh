#!/usr/bin/env bash
# Packed attention with its log-sums, compiled as a function: sequences of any lengths, also of no keys or no queries.
source "$(dirname "$0")/programs.sh"
python3 test/e2e/attention.py "$longc" "$work/attention"
