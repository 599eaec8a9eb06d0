"""A compiled program's functions on a GPU, and what times torch beside them."""
import json, os, subprocess, tempfile

import numpy as np
import torch

DEVICE = "cuda:sm_90a"


class Program:
    def __init__(self, path):
        self.path, self.folder = os.path.abspath(path), tempfile.mkdtemp()

    def save(self, name, tensor):
        """The tensor as a .npy; bf16 as its bits."""
        path = os.path.join(self.folder, name + ".npy")
        tensor = tensor.detach().cpu()
        np.save(path, (tensor.view(torch.uint16) if tensor.dtype == torch.bfloat16 else tensor).numpy())
        return path

    def run(self, function, inputs, results, repeat=1):
        """Results of a function on saved inputs, bf16 where numpy has u2, and what it says of its time."""
        outputs = [os.path.join(self.folder, f"out{i}.npy") for i in range(results)]
        command = [self.path, "run", "--device", DEVICE, "--function", function, "--inputs", ",".join(inputs), "--repeat", str(repeat), "--json"]
        done = subprocess.run(command + (["--outputs", ",".join(outputs)] if outputs else []), capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        tensors = [torch.from_numpy(np.load(path)).cuda() for path in outputs]
        return [t.view(torch.bfloat16) if t.dtype == torch.uint16 else t for t in tensors], json.loads(done.stdout)


def events(call, count=20):
    """Milliseconds of a call: the median of `count`."""
    for _ in range(5):
        call()
    times = []
    for _ in range(count):
        start, stop = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        call()
        stop.record()
        stop.synchronize()
        times.append(start.elapsed_time(stop))
    return sorted(times)[count // 2]


def relative(got, want):
    """How far `got` is from `want`, as a part of it; NaN stays NaN."""
    return ((got.double() - want.double()).norm() / want.double().norm()).item()
