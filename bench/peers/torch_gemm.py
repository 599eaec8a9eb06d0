#!/usr/bin/env python3
"""GF/s of torch's matrix product (oneDNN) on the CPU: the peer of our GEMM kernels.

    python bench/peers/torch_gemm.py [--shape 512x2048x2048] [--seconds 3] [--threads 1 2] [--json]

One line per dtype and number of threads: the best and the median of many calls. Both operands are random normal, the
second one is what a linear layer holds (N x K, transposed in the product), so the weight layout is torch's own.
"""
import argparse
import json
import statistics
import time

import torch


def measure(shape, dtype, threads, seconds):
    m, n, k = shape
    torch.set_num_threads(threads)
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(m, k, generator=generator).to(dtype)
    weight = torch.randn(n, k, generator=generator).to(dtype)
    for _ in range(5):
        torch.nn.functional.linear(x, weight)
    times = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        torch.nn.functional.linear(x, weight)
        times.append(time.perf_counter() - start)
    work = 2.0 * m * n * k / 1e9
    return work / min(times), work / statistics.median(times), len(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--shape", default="512x2048x2048", help="MxNxK of x[M,K] times weight[N,K] transposed")
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    shape = tuple(int(part) for part in args.shape.split("x"))
    if len(shape) != 3:
        parser.error(f"expected --shape MxNxK, got {args.shape}")
    for dtype in (torch.bfloat16, torch.float32):
        for threads in args.threads:
            best, median, calls = measure(shape, dtype, threads, args.seconds)
            row = {"peer": "torch", "version": torch.__version__, "dtype": str(dtype).split(".")[1],
                   "shape": args.shape, "threads": threads, "best_gflops": round(best, 1),
                   "median_gflops": round(median, 1), "calls": calls}
            if args.json:
                print(json.dumps(row), flush=True)
            else:
                print("torch {version} {dtype} {shape} {threads} threads: best {best_gflops} median {median_gflops} "
                      "GF/s ({calls} calls)".format(**row), flush=True)


if __name__ == "__main__":
    main()
