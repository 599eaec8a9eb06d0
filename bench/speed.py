#!/usr/bin/env python3
"""Tokens a second of a compiled program beside llama.cpp's, in turns on one file. Standard library only.

    bench/speed.py APP --gguf FILE --peer LLAMA_BENCH --roofs ROOFS [--threads 2] [--rounds 3] [--fill 0] [-- OPTION...]

Peer, program, peer, program, ..., peer: prefill of 512 tokens, decode of 64. Floors: the linear layers' operations over
the measured int8 roof, the bytes of all weights over a measured plain read. Then the first token of a 16-token prompt
after the start of the process, and with --fill N the time of reading N tokens into memory. bench/speed.sh does it all.
"""
import argparse
import json
import statistics
import subprocess
import sys
import time

PREFILL, DECODE = 512, 64
OPERATIONS_PER_TOKEN = 212.4e6  # linear layers of SmolLM2-135M, multiply and add count as two
WEIGHT_BYTES = 98e6
PROMPT_TOKENS = 16
PROMPT = "The quick brown fox jumps over the lazy dog and then it sleeps in the"


def output(command):
    ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if ran.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: exit code {ran.returncode}: {ran.stderr.strip()[-500:]}")
    return ran.stdout


def runPeer(args):
    lines = output([args.peer, "-m", args.gguf, "-p", str(PREFILL), "-n", str(DECODE), "-t", str(args.threads), "-r", "3",
                    "-o", "jsonl"]).splitlines()
    rates = {}
    for line in lines:
        row = json.loads(line)
        rates["prefill" if row["n_prompt"] else "decode"] = max(row.get("samples_ts") or [row["avg_ts"]])
    return rates


def runOurs(args):
    row = json.loads(output([args.app, "bench", "--prefill", str(PREFILL), "--decode", str(DECODE), "--threads",
                             str(args.threads), "--json", "--quiet", *args.options]))
    return {"prefill": row["prefill_tokens_per_second"], "decode": row["decode_tokens_per_second"],
            "variant": row["variant"]}


def firstToken(args):
    """Seconds from the start of the process to its end after one token, and as the program itself counts."""
    words = PROMPT.split()
    command = lambda prompt: [args.app, "generate", "--prompt", prompt, "-n", "1", "--temperature", "0", "--ignore-eos",
                              "--threads", str(args.threads), "--json", "--quiet", *args.options]
    prompt = PROMPT
    for _ in range(8):  # as many words as make 16 tokens
        tokens = len(json.loads(output(command(prompt)))["prompt_token_ids"])
        if tokens == PROMPT_TOKENS:
            break
        words = words[:-1] if tokens > PROMPT_TOKENS else words + ["sun"]
        prompt = " ".join(words)
    walls, inside = [], []
    for _ in range(7):
        start = time.perf_counter()
        row = json.loads(output(command(prompt)))
        walls.append(time.perf_counter() - start)
        inside.append(row["timings"]["first_token_seconds"])
    return tokens, walls, inside


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("app")
    parser.add_argument("--gguf", required=True)
    parser.add_argument("--peer", required=True, help="llama-bench")
    parser.add_argument("--roofs", required=True, help="program built from bench/roofs.cpp")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--fill", type=int, default=0, help="also time reading this many tokens into memory")
    parser.add_argument("--json", action="store_true")
    # What stands after -- are more options of the program.
    end = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    args = parser.parse_args(sys.argv[1:end])
    args.options = sys.argv[end + 1:]

    peers, ours, roofs = [runPeer(args)], [], []
    for _ in range(args.rounds):
        roofs.append(json.loads(output([args.roofs, str(args.threads)])))
        ours.append(runOurs(args))
        peers.append(runPeer(args))
    roof = {key: max(row[key] for row in roofs) for key in roofs[0]}
    floors = {"prefill": roof["int8_gops"] * 1e9 / OPERATIONS_PER_TOKEN,
              "decode": statistics.median(row["read_gbps"] for row in roofs) * 1e9 / WEIGHT_BYTES}

    result = {"threads": args.threads, "variant": ours[0]["variant"], "roofs": roofs}
    print(f"{args.threads} threads, variant {ours[0]['variant']}, {args.rounds} rounds in turns, tokens/s\n")
    print(f"{'':10}{'':8}{'ours':>9}{'peer':>9}{'ratio':>8}{'floor':>9}{'of it':>7}")
    for name in ("prefill", "decode"):
        a, b = [row[name] for row in ours], [row[name] for row in peers]
        result[name] = {"ours": a, "peer": b, "floor": floors[name]}
        for kind, pick in (("median", statistics.median), ("best", max)):
            mine, other = pick(a), pick(b)
            result[name][kind + "_ratio"] = mine / other
            print(f"{name:10}{kind:8}{mine:9.1f}{other:9.1f}{mine / other:8.2f}{floors[name]:9.0f}{mine / floors[name]:7.0%}")
        print(f"{'':10}ours by round {', '.join(f'{x:.0f}' for x in a)}; peer {', '.join(f'{x:.0f}' for x in b)}")
    print("\nEach round's figure is the best of three. Floor of prefill: 212.4 MOP a token (linear layers) at "
          f"{roof['int8_gops']:.0f} GOP/s of int8\nout of registers (bf16: {roof['bf16_gflops']:.0f} GFLOP/s); of decode: "
          f"98 MB at a plain read of {', '.join(str(row['read_gbps']) for row in roofs)} GB/s.")

    tokens, walls, inside = firstToken(args)
    result["first_token"] = {"tokens": tokens, "wall_seconds": walls, "inside_seconds": inside}
    print(f"\nfirst token of {tokens} tokens, file in the page cache: process start to end best {min(walls):.3f} s, median "
          f"{statistics.median(walls):.3f} s; to the token by the program's clock {min(inside):.3f} s, "
          f"{statistics.median(inside):.3f} s")
    if args.fill:
        row = json.loads(output([args.app, "bench", "--prefill", "0", "--decode", "0", "--fill", str(args.fill), "--repeat",
                                 "1", "--threads", str(args.threads), "--json", "--quiet", *args.options]))
        result["fill"] = {"tokens": args.fill, "seconds": row["fill_seconds"]}
        print(f"{args.fill} tokens read into memory: {row['fill_seconds'][0]:.1f} s, "
              f"{row['fill_tokens_per_second']:.0f} tokens/s")
    if args.json:
        print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
