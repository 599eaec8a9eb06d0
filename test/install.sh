#!/usr/bin/env bash
# Installs what building and testing longc needs on Debian 12. Does nothing when everything is there.
set -euo pipefail

packages=(
  libmlir-22-dev mlir-22-tools llvm-22-dev llvm-22-tools llvm-22 clang-22 libclang-rt-22-dev lld-22
  cmake ninja-build ccache g++ git python3 python3-venv python3-yaml python3-pygments python3-jinja2
  libgtest-dev libbenchmark-dev libcli11-dev protobuf-compiler libprotobuf-dev libpcre2-dev libxxhash-dev libboost1.81-dev nlohmann-json3-dev
  bible-kjv bible-kjv-text jargon-text
)

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

sudo=""
[ "$(id -u)" = 0 ] || sudo="sudo"
echo "installing: ${missing[*]}" >&2
$sudo apt-get update -qq
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
