#!/usr/bin/env bash
# tokenizers 0.23.3: BPE dropout, a regulariser of training, is saved in tokenizer.json and applied whenever that file encodes.
#
# There is no mode of use without it: the library that loads the file gives other ids at every call, for encode and encode_batch alike, and
# nothing on the way (save, load, encode) says so; the model's own `dropout` must be set to None by hand. Seen with 0.23.3: 100 encodings of
# one sentence gave dozens of different id sequences after loading, and one after `model.dropout = None`. Files with 0.0 are steady.
#
# For us: a tokenizer.json with a dropout other than null or 0 has no one right tokenization; the ids of a compiled program do not drop
# merges, and importing such a file says so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check tokenizers==0.23.3

venv/bin/python - <<'PYTHON'
import tokenizers
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

sentence = "the quick brown fox jumps over the lazy dog"
trained = Tokenizer(models.BPE(dropout=0.1))
trained.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
trained.train_from_iterator([sentence] * 50, trainers.BpeTrainer(vocab_size=400, show_progress=False))
trained.save("tokenizer.json")

loaded = Tokenizer.from_file("tokenizer.json")
def different():
    return len({tuple(loaded.encode(sentence).ids) for _ in range(100)})
before = different()
loaded.model.dropout = None
after = different()
print(f"tokenizers {tokenizers.__version__}: {before} different encodings of one sentence as loaded, {after} with dropout taken away")
assert before > 1 and after == 1
PYTHON
