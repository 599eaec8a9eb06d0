#!/usr/bin/env bash
# The page of a server, driven in a headless Chromium (packages chromium and chromium-driver) as a person would.
source "$(dirname "$0")/programs.sh"
command -v chromium >/dev/null && command -v chromedriver >/dev/null || { echo "there is no chromium with its chromedriver here"; exit 77; }
app=$(tiny serve-page --method fot --window 64 --variants avx2)
folder=$work/serve-page-files
mkdir -p "$folder"
PYTHONPATH=test/e2e python3 test/e2e/serve_page.py "$app" "$folder"
