#!/bin/sh
# Interesting (exit 1) while the IR holds an rms_norm.
if grep -q lm.rms_norm "$1"; then exit 1; fi
exit 0
