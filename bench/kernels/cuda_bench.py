#!/usr/bin/env python3
"""Packed attention and GEMM of a compiled program on a GPU: correctness against float64, then time beside torch's peers.

usage: cuda_bench.py PROGRAM        (longc compile bench/kernels/cuda_functions.mlir --target cpu,cuda:sm_90a -o PROGRAM)

Correctness first: no pass, no number. Ours (the program's own `run`) and the peer take turns; medians of 20 timed calls.
Ours is host time around one launch and its wait, the peer's is device events: the difference, some 10 us, is against us.
"""
import json, os, subprocess, sys, tempfile

import numpy as np
import torch
from torch.nn.attention.varlen import varlen_attn

DEVICE, D, H = "cuda:sm_90a", 128, 16
DOCUMENTS = [278, 307, 327, 439, 599, 696, 882, 1286, 1861, 2352, 3036, 3869, 3932, 4250, 4301, 4353]
ODD = [1, 3, 63, 0, 64, 65, 127, 0, 1000, 200]
program = os.path.abspath(sys.argv[1])
folder = tempfile.mkdtemp()
failures = 0


def save(name, tensor):
    path = os.path.join(folder, name + ".npy")
    tensor = tensor.cpu()
    if tensor.dtype == torch.bfloat16:
        tensor = tensor.view(torch.uint16)
    np.save(path, tensor.numpy())
    return path


def run(function, inputs, repeat=1, device=DEVICE):
    out = os.path.join(folder, "out.npy")
    command = [program, "run", "--device", device, "--function", function, "--inputs", ",".join(inputs), "--outputs", out,
               "--repeat", str(repeat), "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    result = torch.from_numpy(np.load(out)).view(torch.bfloat16).cuda()
    return result, json.loads(done.stdout)


def events(call, count=20):
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
    times.sort()
    return times[count // 2], times[count // 10], times[-1 - count // 10]


def packed(lengths, key_heads=H, poison=None):
    """Random tensors; document `poison` is NaN throughout, and so are rows behind the last document."""
    bounds = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    rows = int(bounds[-1]) + (0 if poison is None else 70)
    make = lambda heads: torch.randn(rows, heads, D, device="cuda").to(torch.bfloat16)
    q, k, v = make(H), make(key_heads), make(key_heads)
    if poison is not None:
        for begin, end in ((bounds[poison], bounds[poison + 1]), (bounds[-1], rows)):
            for tensor in (q, k, v):
                tensor[begin:end] = float("nan")
    return q, k, v, torch.from_numpy(bounds)


def reference(q, k, v, bounds, cap=0.0, heads=range(H)):
    out = torch.zeros(q.shape, dtype=torch.float64, device="cuda")
    group = q.shape[1] // k.shape[1]
    for begin, end in zip(bounds[:-1].tolist(), bounds[1:].tolist()):
        for h in heads if end > begin else ():
            s = q[begin:end, h].double() @ k[begin:end, h // group].double().T * 0.08838834764831845
            if cap:
                s = cap * torch.tanh(s / cap)
            n = end - begin
            s.masked_fill_(torch.triu(torch.ones(n, n, dtype=torch.bool, device="cuda"), 1), -torch.inf)
            out[begin:end, h] = torch.softmax(s, 1) @ v[begin:end, h // group].double()
    return out


def check(name, got, want, bound, peer=None):
    global failures
    relative = ((got.double() - want).norm() / want.norm()).item()
    worst = (got.double() - want).abs().max().item()
    line = f"{name:58s} relative {relative:.2e}  max {worst:.2e}"
    ok = relative <= bound and not torch.isnan(got).any().item()
    if peer is not None:
        peer_worst = (peer.double() - want).abs().max().item()
        line += f"  (varlen_attn max {peer_worst:.2e})"
        ok = ok and worst <= 2 * peer_worst
    failures += not ok
    print(line, "ok" if ok else "WRONG", flush=True)
    return ok


def attention_peer(q, k, v, bounds):
    cu, longest = bounds.cuda(), int((bounds[1:] - bounds[:-1]).max())
    return lambda: varlen_attn(q, k, v, cu, cu, longest, longest, window_size=(-1, 0))


def attention():
    for function, key_heads, cap in (("attention", H, 0.0), ("attention_grouped", 4, 5.0)):
        for title, lengths, poison in (("odd lengths, empty sequences", ODD, None), ("a neighbour of NaN", ODD, 4),
                                       ("one token", [1], None), ("nothing but empty", [0, 0, 5], None)):
            q, k, v, bounds = packed(lengths, key_heads, poison)
            got, _ = run(function, [save("q", q), save("k", k), save("v", v), save("cu", bounds), save("cu", bounds)])
            want = reference(q, k, v, bounds, cap)
            keep = torch.ones(q.shape[0], dtype=torch.bool, device="cuda")
            if poison is not None:
                keep[bounds[poison]:bounds[poison + 1]] = False
                keep[bounds[-1]:] = False
            peer = attention_peer(q, k, v, bounds)()[keep] if not cap and poison is None else None
            check(f"{function}: {title}", got[keep], want[keep], 1e-2, peer)
    for title, lengths in (("16 documents, 32,768 tokens", DOCUMENTS), ("one sequence of 16,384", [16384]),
                           ("256 of 128", [128] * 256)):
        q, k, v, bounds = packed(lengths)
        inputs = [save("q", q), save("k", k), save("v", v), save("cu", bounds), save("cu", bounds)]
        peer = attention_peer(q, k, v, bounds)
        got, _ = run("attention", inputs)
        heads = (0, 7)
        want = reference(q, k, v, bounds, heads=heads)[:, heads]
        if not check(f"attention: {title}, 2 heads", got[:, heads], want, 1e-2, peer()[:, heads]):
            continue
        flops = sum(4 * D * H * n * (n + 1) / 2 for n in lengths)
        report(f"attention D128 H16, {title}", flops, lambda: run("attention", inputs, 20)[1], peer, "varlen_attn")


def gemm():
    w = torch.randn(8192, 8192, device="cuda").to(torch.bfloat16)
    bias = torch.randn(8192, device="cuda")
    saved = [save("w", w), save("bias", bias)]
    for rows in (1, 3, 63, 64, 65, 127, 1000, 8192):
        x = torch.randn(rows, 8192, device="cuda").to(torch.bfloat16)
        r = torch.randn(rows, 8192, device="cuda").to(torch.bfloat16)
        sx, sr = save("x", x), save("r", r)
        product = x.double() @ w.double().T if rows <= 1000 else None
        columns = slice(None)
        if product is None:
            columns = slice(1000, 1400)
            product = x.double() @ w[columns].double().T
        got, _ = run("gemm", [sx, saved[0]])
        ok = check(f"gemm: {rows} rows", got[:, columns], product, 5e-3)
        got, _ = run("gemm_epilogue", [sx, saved[0], saved[1], sr])
        want = product + bias[columns].double() + r[:, columns].double()
        ok = check(f"gemm_epilogue (bias, residual): {rows} rows", got[:, columns], want, 5e-3) and ok
    if ok:
        flops = 2 * 8192**3
        report("gemm 8192^3", flops, lambda: run("gemm", [sx, saved[0]], 20)[1], lambda: x @ w.T, "cuBLAS")
        report("gemm_epilogue 8192^3", flops, lambda: run("gemm_epilogue", [sx, saved[0], saved[1], sr], 20)[1],
               torch.compile(lambda: (x @ w.T + bias + r).to(torch.bfloat16)) if "--compile" in sys.argv
               else lambda: torch.addmm(r, x, w.T), "cuBLAS addmm (residual alone)")


def report(name, flops, ours, peer, peer_name):
    """Takes turns, twice."""
    for turn in range(2):
        mine = ours()
        other = events(peer)
        a, b = mine["milliseconds"], other[0]
        print(f"{name}: ours {a:.4f} ms ({mine['milliseconds_p10']:.4f}-{mine['milliseconds_p90']:.4f}) "
              f"{flops / a / 1e9:.1f} TFLOP/s; {peer_name} {b:.4f} ms ({other[1]:.4f}-{other[2]:.4f}) "
              f"{flops / b / 1e9:.1f} TFLOP/s; ratio {b / a:.2f}", flush=True)


torch.manual_seed(7)
print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}")
attention()
gemm()
print("all right" if not failures else f"{failures} WRONG")
sys.exit(failures != 0)
