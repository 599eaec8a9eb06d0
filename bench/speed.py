#!/usr/bin/env python3
"""Tokens a second of a compiled program beside llama.cpp's, in turns on one file. Standard library only.

    bench/speed.py APP --gguf FILE --peer LLAMA_BENCH --roofs ROOFS [--threads 2] [--rounds 3] [--fill 0] [-- OPTION...]

Peer, program, peer, program, ..., peer: prefill of 512 tokens, decode of 64. Floors: the linear layers' operations over
the measured int8 roof, the bytes of all weights over a measured plain read. Then the first token of a 16-token prompt
after the start of the process, and with --fill N the time of reading N tokens into memory. bench/speed.sh does it all.

    bench/speed.py APP --before OLDER [--texts FILE,...] [--threads 2] [--rounds 3] [--fill 0] [-- OPTION...]

The same beside an older program of the same checkpoint, in turns; and decoding behind the memory of each text, which both
programs save beside it (FILE.before, FILE.now) unless it is there.
"""
import argparse
import json
import os
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


def savedMemory(app, text, name, args):
    memory = f"{text}.{name}"
    if not os.path.exists(memory):
        output([app, "generate", "--prompt-file", text, "--save-memory", memory, "-n", "1", "--threads", str(args.threads), "--quiet", *args.options])
    return memory


def decodeBehind(app, memory, args):
    """Entries of the memory, and tokens a second behind it."""
    row = json.loads(output([app, "generate", "--load-memory", memory, "--prompt", "The", "-n", str(DECODE + 1), "--temperature", "0",
                             "--ignore-eos", "--threads", str(args.threads), "--json", "--quiet", *args.options]))
    return row["memory"]["tokens_in_memory"], DECODE / row["timings"]["decode_seconds"]


def readingRate(app, args):
    row = json.loads(output([app, "bench", "--prefill", "0", "--decode", "0", "--fill", str(args.fill), "--repeat", "1", "--threads",
                             str(args.threads), "--json", "--quiet", *args.options]))
    return row["fill_tokens_per_second"]


def besideBefore(args):
    """Tokens a second of both programs (of the first token: a second over its time), and the ratio of the best."""
    programs = {"before": argparse.Namespace(**{**vars(args), "app": args.before}), "now": args}
    rates, entries = {}, {}
    add = lambda what, name, rate: rates.setdefault(what, {"before": [], "now": []})[name].append(rate)
    memories = {(text, name): savedMemory(one.app, text, name, args) for text in args.texts for name, one in programs.items()}
    for _ in range(args.rounds):
        for name, one in programs.items():
            row = runOurs(one)
            add(f"prefill {PREFILL}", name, row["prefill"])
            add(f"decode {DECODE}", name, row["decode"])
            _, walls, inside = firstToken(one)
            add("first token, process", name, 1 / min(walls))
            add("first token, inside", name, 1 / min(inside))
        for text in args.texts:
            for name, one in programs.items():
                entries[text, name], rate = decodeBehind(one.app, memories[text, name], args)
                add(f"decode behind {os.path.basename(text)}", name, rate)
    if args.fill:
        for name, one in [*programs.items()] * 2:
            add(f"read {args.fill} into memory", name, readingRate(one.app, args))
    print(f"{args.threads} threads, variant {row['variant']}, {args.rounds} rounds in turns, a second; the best of each\n")
    print(f"{'':26}{'before':>10}{'now':>10}{'ratio':>8}")
    for what, rate in rates.items():
        before, now = max(rate["before"]), max(rate["now"])
        print(f"{what:26}{before:10.1f}{now:10.1f}{now / before:8.3f}   before {', '.join(f'{x:.1f}' for x in rate['before'])}; "
              f"now {', '.join(f'{x:.1f}' for x in rate['now'])}")
    for text in args.texts:
        print(f"{os.path.basename(text)}: {entries[text, 'before']} entries in memory before, {entries[text, 'now']} now")
    if args.json:
        print(json.dumps(rates))
    return 0


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
    parser.add_argument("--before", help="an older program, in place of the peer")
    parser.add_argument("--texts", default=[], type=lambda names: names.split(","), help="with --before: decode behind these, too")
    parser.add_argument("--gguf")
    parser.add_argument("--peer", help="llama-bench")
    parser.add_argument("--roofs", help="program built from bench/roofs.cpp")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--fill", type=int, default=0, help="also time reading this many tokens into memory")
    parser.add_argument("--json", action="store_true")
    # What stands after -- are more options of the program.
    end = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    args = parser.parse_args(sys.argv[1:end])
    args.options = sys.argv[end + 1:]
    if args.before:
        return besideBefore(args)
    if not (args.gguf and args.peer and args.roofs):
        parser.error("expected --before, or --gguf, --peer and --roofs")

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
        rate = readingRate(args.app, args)
        result["fill"] = {"tokens": args.fill, "seconds": [args.fill / rate]}
        print(f"{args.fill} tokens read into memory: {args.fill / rate:.1f} s, {rate:.0f} tokens/s")
    if args.json:
        print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
