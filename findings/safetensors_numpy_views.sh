#!/usr/bin/env bash
# safetensors 0.8.0: `safetensors.numpy.save_file` writes a transposed or cut array with the right shape and the wrong numbers, without a word.
#
# Its documentation asks for contiguous arrays, and nothing checks it: bytes are written as they lie in memory. Of an array that is a view (`weight.T`, `weight[:, :2]`, `weight[::2]`, `np.asfortranarray(weight)`) the file
# then has the view's shape and the elements of memory in their order. `safetensors.torch.save_file` refuses such a tensor and says so; NumPy's own
# `np.save` writes it right. Who converts checkpoints turns matrices (GPT-2's lie the other way round), so that a checkpoint which loads, of right
# names, types and shapes, answers nonsense. Seen, a matrix of 3 x 4 numbers:
#
#   saved                     read back equal
#   weight                    yes
#   weight.T                  no
#   weight[:, :2]             no
#   weight[::2]               no
#   np.asfortranarray(weight) no
#   weight.T.copy()           yes
#
# For us: scripts that make test files save with torch, or `np.ascontiguousarray(x)`; a checkpoint that loads and answers nonsense may have been
# written so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check safetensors==0.8.0 numpy==2.4.6

venv/bin/python - <<'PYTHON'
import io
import numpy as np, safetensors
from safetensors.numpy import load_file, save_file

print(f"safetensors {safetensors.__version__}, numpy {np.__version__}")
weight = np.arange(12, dtype=np.float32).reshape(3, 4)
views = {"weight.T": weight.T, "weight[:, :2]": weight[:, :2], "weight[::2]": weight[::2], "np.asfortranarray(weight)": np.asfortranarray(weight)}


def equal(said, array):
    save_file({"weight": array}, "weight.safetensors")
    back = load_file("weight.safetensors")["weight"]
    assert back.shape == array.shape and back.dtype == array.dtype
    print(f"  {said}: {'equal' if np.array_equal(back, array) else 'other numbers'}")
    return np.array_equal(back, array)


assert equal("weight", weight) and equal("weight.T.copy()", weight.T.copy())
for said, view in views.items():
    assert not equal(said, view), f"{said} is saved right now"
    stream = io.BytesIO()
    np.save(stream, view)
    stream.seek(0)
    assert np.array_equal(np.load(stream), view)
PYTHON
