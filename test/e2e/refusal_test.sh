#!/usr/bin/env bash
# Bad input gets one clear line, a non-zero exit code, and nothing on stdout.
source "$(dirname "$0")/programs.sh"
app=$(tiny refusal)
refuses 2 "unknown option" "$app" generate --no-such-option
refuses 2 "" "$longc" compile
refuses 1 "no-such-file.gguf" "$longc" compile no-such-file.gguf -o "$work/none"
refuses 1 "no-such-method" "$longc" compile test/golden/fot_tiny.gguf -o "$work/none" --method no-such-method
refuses 1 "window" "$longc" compile test/golden/fot_tiny.gguf -o "$work/none" --window 100000
refuses 1 "layer" "$longc" compile test/golden/fot_tiny.gguf -o "$work/none" --method fot --mem-layers 99
refuses 1 "cannot" "$longc" compile test/golden/fot_tiny.gguf -o /no-such-folder/program

# A checkpoint cut short, and one that is no checkpoint.
head -c 300000 test/golden/fot_tiny.gguf >"$work/short.gguf"
refuses 1 "short.gguf" "$longc" compile "$work/short.gguf" -o "$work/none"
echo "not a model" >"$work/text.gguf"
refuses 1 "text.gguf" "$longc" compile "$work/text.gguf" -o "$work/none"

# A program cut short, and one with a flipped byte in its message.
size=$(stat -c %s "$app")
head -c $((size - 1000)) "$app" >"$work/cut"
chmod +x "$work/cut"
refuses 1 "" "$work/cut" info

# Past the window without memory: both numbers are named.
head -c 4000 /dev/zero | tr '\0' a >"$work/long.txt"
refuses 1 "window" "$app" generate --prompt-file "$work/long.txt" --memory off --window 64
echo "all refused as they should"
