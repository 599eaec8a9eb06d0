#!/usr/bin/env bash
# google-benchmark 1.9.5: a benchmark that says its result is wrong takes 0 ns and the program exits with 0; so does a filter that names nothing.
#
# `skip_with_error` is how a benchmark reports a failed check. The run goes on and ends well; in the JSON the entry has "error_occurred" beside
# "real_time": 0 and "iterations": 1, so that whatever compares times sees the fastest program of all. A counter that is no number is written as NaN or
# Infinity, which no JSON parser need accept (Python's does, RFC 8259 has neither). Seen:
#
#   run                             exit code   its JSON
#   a check that fails              0           "error_occurred": true, "real_time": 0
#   --benchmark_filter=no_such      0           nothing at all
#   a counter 0.0 / 0.0             0           NaN, refused by a strict parser
#
# For us: a bench's exit code is its own business. longc-bench-cpu ends with 1 where its filter names nothing or a kernel could not be judged.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check google-benchmark==1.9.5
cat >bench.py <<'PYTHON'
import google_benchmark as benchmark


@benchmark.register
def wrong_result(state):
    state.skip_with_error("the result is wrong")
    while state:
        pass


@benchmark.register
def no_ratio(state):
    while state:
        pass
    state.counters["ratio"] = float("nan")


benchmark.main()
PYTHON
run() { # name, options: the exit code, the JSON in NAME.json
  local name=$1 code=0
  shift
  venv/bin/python bench.py --benchmark_min_time=0.01s --benchmark_format=json "$@" >"$name.json" 2>"$name.txt" || code=$?
  echo "$name: exit code $code"
  [ "$code" = 0 ] || { echo "it tells by its exit code now"; exit 1; }
}
run wrong --benchmark_filter=wrong_result
run nothing --benchmark_filter=no_such
run ratio --benchmark_filter=no_ratio
venv/bin/python - <<'PYTHON'
import json

entry = json.load(open("wrong.json"))["benchmarks"][0]
print("wrong:", {key: entry[key] for key in ("error_occurred", "error_message", "iterations", "real_time")})
assert entry["error_occurred"] and entry["real_time"] == 0, "a failed check has no time now"
assert not open("nothing.json").read().strip()


def refuse(constant):
    raise ValueError(f"{constant} is no JSON")


try:
    json.load(open("ratio.json"), parse_constant=refuse)
except ValueError as error:
    print("ratio:", error)
else:
    raise SystemExit("counters are JSON now")
PYTHON
