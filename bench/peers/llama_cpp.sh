#!/usr/bin/env bash
# Builds llama.cpp's llama-bench and llama-batched-bench from the source package of llama-cpp-python and measures the
# first on one GGUF.
#
#   bench/peers/llama_cpp.sh [--build-only] [--server] [--jobs J] [GGUF] [-- arguments of llama-bench]
#
# The default run is the one the project is compared with: prefill of 512 tokens, decode of 64, two threads, five
# repetitions. --server builds llama-server too. The build lives in a cache folder outside the repository and is made once. The last lines of a build
# name the binaries; a run prints llama-bench's own JSON lines and then one line of tokens per second.
set -euo pipefail

version="${LLAMA_CPP_PYTHON_VERSION:-0.3.36}"
cache="${LONGC_PEERS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/longc/peers}/llama-cpp-python-$version"
python="${PYTHON:-python3}"
jobs=1
build_only=0 server=0
gguf=""
while [ $# -gt 0 ]; do
  case "$1" in
    --build-only) build_only=1 ;;
    --server) server=1 ;;
    --jobs) jobs="${2:?--jobs needs a number}"; shift ;;
    -h|--help) sed -n '2,9p' "$0" | cut -c3-; exit 0 ;;
    --) shift; break ;;
    -*) echo "llama_cpp.sh: unknown flag $1; see --help" >&2; exit 2 ;;
    *) gguf="$1" ;;
  esac
  shift
done
if [ "$build_only" = 0 ] && [ ! -f "$gguf" ]; then
  echo "llama_cpp.sh: expected a GGUF file, got '${gguf}'; give the checkpoint as the first argument" >&2
  exit 2
fi

binary="$cache/build/bin/llama-bench"
batched="$cache/build/bin/llama-batched-bench"
if [ ! -x "$binary" ] || [ ! -x "$batched" ]; then
  mkdir -p "$cache"
  if [ ! -d "$cache/source" ]; then
    "$python" - "$version" "$cache" <<'PY'
import hashlib, json, pathlib, subprocess, sys, tarfile
version, cache = sys.argv[1], pathlib.Path(sys.argv[2])
subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
                "--no-binary", ":all:", "--dest", str(cache), f"llama-cpp-python=={version}"], check=False)
found = sorted(cache.glob("llama_cpp_python-*.tar.gz")) + sorted(cache.glob("llama-cpp-python-*.tar.gz"))
if not found:
    sys.exit("llama_cpp.sh: no source archive of llama-cpp-python: pip download failed; is an index reachable?")
archive = found[-1]
print("archive", archive.name, "sha256", hashlib.sha256(archive.read_bytes()).hexdigest(), file=sys.stderr)
with tarfile.open(archive) as tar:
    tar.extractall(cache / "unpack", filter="data")
inner = next((cache / "unpack").iterdir())
inner.rename(cache / "source")
PY
  fi
  # Release, native instructions, no other back ends, nothing fetched while building.
  cmake -S "$cache/source/vendor/llama.cpp" -B "$cache/build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DGGML_NATIVE=ON -DGGML_OPENMP=ON -DGGML_CCACHE=OFF -DBUILD_SHARED_LIBS=OFF -DLLAMA_CURL=OFF \
    -DLLAMA_OPENSSL=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_SERVER=OFF \
    -DLLAMA_BUILD_TOOLS=ON -DLLAMA_BUILD_COMMON=ON >"$cache/configure.log" 2>&1 ||
    { tail -20 "$cache/configure.log" >&2; exit 1; }
  nice -n 10 cmake --build "$cache/build" --target llama-bench llama-batched-bench -- -j"$jobs" >"$cache/build.log" 2>&1 ||
    { tail -20 "$cache/build.log" >&2; exit 1; }
fi
served="$cache/build/bin/llama-server"
if [ "$server" = 1 ] && [ ! -x "$served" ]; then
  cmake -S "$cache/source/vendor/llama.cpp" -B "$cache/build" -DLLAMA_BUILD_SERVER=ON >"$cache/configure.log" 2>&1 ||
    { tail -20 "$cache/configure.log" >&2; exit 1; }
  nice -n 10 cmake --build "$cache/build" --target llama-server -- -j"$jobs" >"$cache/build.log" 2>&1 ||
    { tail -20 "$cache/build.log" >&2; exit 1; }
fi
[ "$server" = 1 ] && echo "llama-server: $served" >&2
echo "llama-bench: $binary" >&2
echo "llama-batched-bench: $batched" >&2
[ "$build_only" = 1 ] && exit 0

if [ $# -eq 0 ]; then set -- -p 512 -n 64 -t 2 -r 5; fi
"$binary" -m "$gguf" "$@" -o jsonl 2>/dev/null | tee "$cache/last.jsonl"
"$python" - "$cache/last.jsonl" <<'PY'
import json, sys
for line in open(sys.argv[1]):
    row = json.loads(line)
    kind = f"pp{row['n_prompt']}" if row["n_prompt"] else f"tg{row['n_gen']}"
    print(f"{kind}: {row['avg_ts']:.1f} +- {row['stddev_ts']:.1f} tokens/s, {row['n_threads']} threads, "
          f"build {row.get('build_commit', '?')}, {row.get('cpu_info', '?')}")
PY
