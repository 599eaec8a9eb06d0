#!/usr/bin/env bash
# datasets 5.2.0 with pyarrow 26.0.1: a JSONL file whose answers are dates is loaded as timestamps, and written back as numbers.
#
# Text that looks like a day is taken for a time when *every* line of the column does; a set of questions "when was it?" is just that. Loaded, an answer is
# a datetime and no text; saved by `to_json`, it is the count of milliseconds since 1970. One line of another form keeps the whole column as text, so
# that cutting, shuffling or filtering a file changes its types. A table also gives every line every key of any line, as null, and turns the whole numbers
# of a list that holds one fraction into floats. Seen, two lines each:
#
#   written                                                       after load_dataset("json") and to_json
#   {"question": "When was it?", "answer": "1999-01-02"}          {"question":"When was it?","answer":915235200000}
#   the same beside {"answer": "in May"}                          as they were
#   {"text": "abc", "weights": [[0, 5, 1.5]]} beside a question   {"text":"abc","weights":[[0.0,5.0,1.5]],"question":null}
#
# For us: training data and question files take null as absent and 0.0 as a place in a text; an answer that is a number is refused by its line.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check datasets==5.2.0 pyarrow==26.0.1 pandas==3.1.1 numpy==2.4.6

HF_HOME=$folder/cache venv/bin/python - 2>errors.txt <<'PYTHON' || { cat errors.txt; exit 1; }
import datasets, json, pyarrow

datasets.disable_progress_bars()


def seen(name, rows):
    with open(f"{name}.jsonl", "w") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    datasets.load_dataset("json", data_files=f"{name}.jsonl", split="train").to_json(f"{name}-back.jsonl")
    back = [json.loads(line) for line in open(f"{name}-back.jsonl")]
    print(f"  {name}:", *map(json.dumps, back), sep="\n    ")
    return back


when = {"question": "When was it?", "answer": "1999-01-02"}
print(f"datasets {datasets.__version__}, pyarrow {pyarrow.__version__}")
back = seen("dates", [when, {"question": "And then?", "answer": "2001-05-06"}])
assert back[0]["answer"] == 915235200000, "dates stay text now"
rows = [when, {"question": "And then?", "answer": "in May"}]
assert seen("a date beside words", rows) == rows
back = seen("two forms of line", [{"text": "abc", "weights": [[0, 5, 1.5]]}, {"question": "q", "answer": "a"}])
assert back[0]["question"] is None and isinstance(back[0]["weights"][0][0], float), "lines keep their keys and whole numbers now"
PYTHON
