# Sourced by the end-to-end tests: where the tools are, and programs compiled once for all of them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export LONGC_PROGRESS=none
build=${LONGC_BUILD:-build/dev}
longc=$build/bin/longc
work=$build/e2e
mkdir -p "$work"

fail() { echo "$*" >&2; exit 1; }

# smollm2 [options of compile]: path of SmolLM2-135M-Instruct compiled with FoT memory in every layer.
smollm2() {
  local app=$work/smol
  if [ ! -x "$app" ] || [ "$longc" -nt "$app" ]; then
    local model
    model=$(bash models/get-smollm2.sh)
    "$longc" compile "$model" --method fot -o "$app" >&2
  fi
  echo "$app"
}

# tiny NAME [options of compile]: path of the committed three-layer checkpoint, compiled with the given options.
tiny() {
  local app=$work/$1
  shift
  "$longc" compile test/golden/fot_tiny.gguf -o "$app" --quiet "$@" >&2
  echo "$app"
}

# refuses CODE TEXT COMMAND...: the command exits with CODE, prints nothing on stdout, and ends its stderr with one line
# that has an error code and one hint line; TEXT stands in what it said.
refuses() {
  local code=$1 text=$2 status=0 out
  shift 2
  out=$("$@" 2>"$work/stderr") || status=$?
  [ "$status" = "$code" ] || fail "expected exit code $code, got $status: $* ($(head -c 300 "$work/stderr"))"
  [ -z "$out" ] || fail "expected nothing on stdout, got '$out': $*"
  grep -qF -- "$text" "$work/stderr" || fail "expected '$text' in the message of '$*', got: $(cat "$work/stderr")"
  tail -n 2 "$work/stderr" | head -n 1 | grep -qE '^error: LC[0-9]{4}: .' || fail "no error line: $* ($(cat "$work/stderr"))"
  tail -n 1 "$work/stderr" | grep -qE '^  hint: .' || fail "no hint line: $* ($(cat "$work/stderr"))"
}
