#!/usr/bin/env python3
"""Gradients of packed attention, loss with both of its gradients, norm and gated unit of a compiled program on a GPU.

usage: cuda_training_bench.py PROGRAM [--quick]   (longc compile bench/kernels/cuda_training.mlir --target cpu,cuda:sm_90a -o PROGRAM)

Each is compared with float64 first: no pass, no number. Beside them torch's own in the same run: varlen_attn backward, the loss eager (compiled
by torch it is quoted: compiling takes longer than all of this). --quick: ours alone. Times of several kernels are added up, each with its launch and wait:
some 10 us a kernel are against us. Exit code 1 if something is wrong.
"""
import sys

import numpy as np
import torch
import torch.nn.functional as F
from torch.nn.attention.varlen import varlen_attn

from cuda_program import Program, events, relative
from cuda_table import row

DOCUMENTS = [278, 307, 327, 439, 599, 696, 882, 1286, 1861, 2352, 3036, 3869, 3932, 4250, 4301, 4353]
program, quick, wrong, checked = Program(sys.argv[1]), "--quick" in sys.argv, 0, 0


def check(name, got, want, bound):
    global wrong, checked
    errors = [relative(a, b) for a, b in zip(got, want)]
    good = all(error <= bound for error in errors)
    wrong += not good
    checked += 1
    if not good:
        print(f"{name}: relative {' '.join(f'{error:.1e}' for error in errors)} WRONG", flush=True)
    return good


def attention_backward(function, heads, size, quoted):
    bounds = torch.from_numpy(np.concatenate([[0], np.cumsum(DOCUMENTS)]).astype(np.int32))
    tokens, scale, longest = int(bounds[-1]), size**-0.5, max(DOCUMENTS)
    make = lambda: torch.randn(tokens, heads, size, device="cuda").to(torch.bfloat16)
    q, k, v, g = make(), make(), make(), make()
    # Sums of exponentials and <g, out>, document by document in float32.
    lse, delta = torch.empty(heads, tokens, device="cuda"), torch.empty(heads, tokens, device="cuda")
    spans = list(zip(bounds[:-1].tolist(), bounds[1:].tolist()))
    for begin, end in spans:
        hidden = torch.ones(end - begin, end - begin, device="cuda", dtype=torch.bool).triu(1)
        for h in range(heads):
            s = (q[begin:end, h].float() @ k[begin:end, h].float().T * scale).masked_fill_(hidden, -torch.inf)
            lse[h, begin:end] = s.logsumexp(1)
            delta[h, begin:end] = (torch.softmax(s, 1) @ v[begin:end, h].float() * g[begin:end, h].float()).sum(1)
    inputs = [program.save(name, t) for name, t in (("q", q), ("k", k), ("v", v), ("g", g), ("lse", lse), ("delta", delta), ("cu", bounds))]
    inputs.append(inputs[-1])
    got, _ = program.run(function, inputs, 3)
    end = spans[2][1]  # the first three in float64
    want = [torch.zeros(end, heads, size, dtype=torch.float64, device="cuda") for _ in range(3)]
    for begin, last in spans[:3]:
        parts = [t[begin:last].double().transpose(0, 1).requires_grad_() for t in (q, k, v)]
        out = F.scaled_dot_product_attention(*parts, is_causal=True, scale=scale)
        for one, gradient in zip(want, torch.autograd.grad(out, parts, g[begin:last].double().transpose(0, 1))):
            one[begin:last] = gradient.transpose(0, 1)
    if not check(function, [t[:end] for t in got], want, 1e-2):
        return
    flops = sum(2.5 * 4 * size * heads * n * (n + 1) / 2 for n in DOCUMENTS)
    ours, peers = program.run(function, inputs, 0, 10)[1]["milliseconds"], {}
    if not quick:
        parts, cu = [t.clone().requires_grad_() for t in (q, k, v)], bounds.cuda()
        out = varlen_attn(*parts, cu, cu, longest, longest, window_size=(-1, 0))
        peers["varlen_attn"] = events(lambda: torch.autograd.grad(out, parts, g, retain_graph=True))
    peers["FA4 (quoted)"] = flops / quoted / 1e9
    rates = {peer: flops / time / 1e9 for peer, time in peers.items()}
    print(row(f"packed backward D{size} H{heads}, 16 documents", flops / ours / 1e9, "TFLOP/s", rates, 790, 0.95 * quoted), flush=True)


def loss(columns, words, must, quoted):
    rows = 16384
    x = torch.randn(rows, columns, device="cuda").to(torch.bfloat16)
    w = (torch.randn(words, columns, device="cuda") * 0.02).to(torch.bfloat16)
    targets = torch.randint(words, (rows,), device="cuda", dtype=torch.int32)
    weights = torch.full((rows,), 1 / rows, device="cuda")
    one = torch.ones(1, device="cuda")
    inputs = [program.save(name, t) for name, t in (("x", x), ("w", w), ("targets", targets), ("weights", weights), ("one", one))]
    name = f"loss_{columns}x{words}"
    (value, dx, dw), _ = program.run(name, inputs, 3)
    total, gradient, dw64 = 0.0, [], torch.zeros(words, columns, device="cuda")
    for first in range(0, rows, 2048):  # float32 logits of bf16 numbers: exact products, sums far below the bound
        part = x[first:first + 2048].float()
        logits, chosen = part @ w.float().T, targets[first:first + 2048].long()
        total += F.cross_entropy(logits, chosen, reduction="sum").double().item() / rows
        z = torch.softmax(logits, 1)
        z[torch.arange(len(chosen)), chosen] -= 1
        gradient.append(z @ w.float() / rows)
        dw64 += z.T @ part / rows
    if not check(name, [value, dx, dw], [torch.tensor([total], device="cuda"), torch.cat(gradient), dw64], 1e-2):
        return
    del gradient, dw64, dx, dw
    ours, peers = program.run(name, inputs, 0, 5)[1]["milliseconds"], {}
    if not quick and words < 100000:
        px, pw = x.clone().requires_grad_(), w.clone().requires_grad_()
        def eager():
            torch.autograd.grad(F.cross_entropy((px @ pw.T).float(), targets.long()), (px, pw))
        peers["torch eager"] = events(eager, 5)
    peers["torch.compile (quoted)"] = quoted
    print(row(f"linear + loss 16,384 x {columns} x {words}, gradients", ours, "ms", peers, 6 * rows * columns * words / 745e9, must), flush=True)


def rows_of_numbers():
    make = lambda n: torch.randn(16384, n, device="cuda").to(torch.bfloat16)
    x, y, w = make(2048), make(2048), torch.rand(2048, device="cuda") + 0.5
    inputs = [program.save(name, t) for name, t in (("x", x), ("y", y), ("w", w))]
    got, _ = program.run("residual_norm", inputs, 2)
    total = (x.float() + y.float()).to(torch.bfloat16)
    normed = total.double() * torch.rsqrt(total.double().square().mean(1, keepdim=True) + 1e-5) * w.double()
    if check("residual_norm", got, [total, normed], 5e-3):
        moved = 4 * x.numel() * 2
        report_rows("residual + RMSNorm 16,384 x 2,048", "residual_norm", inputs, moved)
    g, u = make(8192), make(8192)
    inputs = [program.save("g", g), program.save("u", u)]
    got, _ = program.run("gated_unit", inputs, 1)
    if check("gated_unit", got, [F.silu(g.double()) * u.double()], 5e-3):
        report_rows("gated unit 16,384 x 8,192", "gated_unit", inputs, 3 * g.numel() * 2)


def report_rows(name, function, inputs, moved):
    ours = program.run(function, inputs, 0, 20)[1]["milliseconds"]
    print(row(name, moved / ours / 1e9, "TB/s", {}, 4.2, 3.4), flush=True)


torch.manual_seed(7)
rows_of_numbers()
attention_backward("attention_backward", 16, 128, 491)
attention_backward("attention_backward_64", 32, 64, 405)
loss(576, 49152, 5.0, 6.9)
loss(2048, 32000, 9.4, 10.0)
loss(2048, 128256, 39.0, 45.0)
print(f"gradients, losses and rows: {checked} comparisons with float64, {wrong or 'none'} WRONG")
sys.exit(wrong != 0)
