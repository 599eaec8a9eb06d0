#!/usr/bin/env python3
"""Tokens a second of decoding several sequences at a time, a compiled program and llama.cpp in turns. Standard library only.

    bench/sequences.py APP --gguf FILE --peer LLAMA_BATCHED_BENCH [--threads 2] [--rounds 2] [--decode 32] [-- OPTION...]

Each sequence has read one token (the peer needs as many to begin with) and decodes greedily; the figures are those of all
sequences together. Before it measures, the program continues a few prompts together and alone, which must be the same.
bench/sequences.sh does it all.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

COUNTS = (1, 8, 32)
PROMPTS = ["The sea", "Once upon a time there was a king who", "def main():", "1, 2, 3,", "It is"]


def output(command, errors=subprocess.PIPE):
    ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=errors, text=True, check=False)
    if ran.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: exit code {ran.returncode}: {(ran.stderr or ran.stdout).strip()[-500:]}")
    return ran.stdout


def checkAnswers(args):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "prompts.jsonl"
        file.write_text("".join(json.dumps({"prompt": prompt}) + "\n" for prompt in PROMPTS))
        options = ["-n", "16", "--json", "--quiet", *args.options]
        together = [json.loads(line) for line in output([args.app, "generate", "--prompts", str(file), *options]).splitlines()]
        alone = [json.loads(output([args.app, "generate", "--prompt", prompt, *options])) for prompt in PROMPTS]
    if [row["token_ids"] for row in together] != [row["token_ids"] for row in alone]:
        raise SystemExit("sequences.py: prompts together give other tokens than alone; not measured")


def runPeer(args):
    context = str(2 * max(COUNTS) * (args.decode + 2))
    lines = output([args.peer, "-m", args.gguf, "-c", context, "-b", "2048", "-ub", "512", "-npp", "1", "-ntg", str(args.decode),
                    "-npl", ",".join(map(str, COUNTS)), "-t", str(args.threads), "-tb", str(args.threads),
                    "--output-format", "jsonl"], subprocess.STDOUT).splitlines()
    rows = [json.loads(line) for line in lines if line.startswith("{")]
    return {row["pl"]: row["speed_tg"] for row in rows}


def runOurs(args, count):
    row = json.loads(output([args.app, "bench", "--sequences", str(count), "--decode", str(args.decode), "--prefill", "0",
                             "--threads", str(args.threads), "--json", "--quiet", *args.options]))
    return row["decode_tokens_per_second"], row["variant"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("app")
    parser.add_argument("--gguf", required=True)
    parser.add_argument("--peer", required=True, help="llama-batched-bench")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--decode", type=int, default=32)
    # What stands after -- are more options of the program.
    end = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    args = parser.parse_args(sys.argv[1:end])
    args.options = sys.argv[end + 1:]
    checkAnswers(args)
    ours, peer, variant = {count: [] for count in COUNTS}, {count: [] for count in COUNTS}, ""
    for _ in range(args.rounds):
        for count, rate in runPeer(args).items():
            peer[count].append(rate)
        for count in COUNTS:
            rate, variant = runOurs(args, count)
            ours[count].append(rate)
    print(f"variant {variant}, {args.threads} threads, {args.decode} tokens a sequence, best of {args.rounds}; tokens/s of all sequences")
    print(f"{'sequences':>9} {'ours':>9} {'llama.cpp':>10} {'ratio':>7} {'of one':>7}   all rounds")
    for count in COUNTS:
        best, other = max(ours[count]), max(peer[count])
        print(f"{count:9d} {best:9.1f} {other:10.1f} {best / other:7.2f} {best / max(ours[1]):7.2f}   "
              f"{' '.join(f'{rate:.1f}' for rate in ours[count])} | {' '.join(f'{rate:.1f}' for rate in peer[count])}")


if __name__ == "__main__":
    main()
