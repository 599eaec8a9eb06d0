#!/usr/bin/env python3
"""Tokens a second and waiting times of a server with many clients, a compiled program and llama.cpp's in turns. Standard library only.

    bench/serve.py APP [--gguf FILE --peer LLAMA_SERVER] [--threads 2] [--rounds 1] [--tokens 32] [--requests 2] [-- OPTION...]

Clients stream completions of prompts of their own (of 30 to 200 words), greedily, each one request after the other. Tokens are
those that the servers count; time to the first token is measured by the clients.
bench/serve.sh does it all.
"""
import argparse
import http.client
import json
import random
import socket
import subprocess
import sys
import threading
import time

COUNTS = (1, 8, 32)
WORDS = "the sea was calm and a ship from far away came into the harbour with letters and salt and stories of old towns".split()


def prompts(count, seed):
    """Others each time: whoever keeps prompts shall know none of them."""
    choose = random.Random(seed)
    return [" ".join(choose.choice(WORDS) for _ in range(choose.randint(30, 200))) for _ in range(count)]


def freePort():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Running:
    """A server as a context."""

    def __init__(self, command, port):
        self.port = port
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self):
        for _ in range(600):
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                connection.request("GET", "/health")
                if connection.getresponse().status == 200:
                    return self
            except OSError:
                pass
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise SystemExit(f"serve.py: {self.process.args[0]} did not begin to serve")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)


def client(port, texts, tokens, out):
    for text in texts:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        start = time.perf_counter()
        connection.request("POST", "/v1/completions", json.dumps(
            {"prompt": text, "max_tokens": tokens, "temperature": 0, "stream": True, "stream_options": {"include_usage": True},
             "ignore_eos": True}), {"Content-Type": "application/json"})
        response = connection.getresponse()
        first, made = None, 0
        for line in response:
            if not line.startswith(b"data: {"):
                continue
            event = json.loads(line[len(b"data: "):])
            if first is None and event.get("choices"):
                first = time.perf_counter() - start
            if event.get("usage"):
                made = event["usage"]["completion_tokens"]
        out.append((first, made))
        connection.close()


def measure(port, count, args, seed):
    texts = prompts(count * args.requests, seed)
    out = []
    threads = [threading.Thread(target=client, args=(port, texts[index::count], args.tokens, out)) for index in range(count)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - start
    if len(out) != len(texts) or any(made != args.tokens for _, made in out):
        raise SystemExit(f"serve.py: {len(out)} of {len(texts)} answers came, with {sorted({made for _, made in out})} tokens")
    firsts = sorted(first for first, _ in out)
    return len(texts) * args.tokens / seconds, firsts[int(0.95 * (len(firsts) - 1))]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("app")
    parser.add_argument("--gguf")
    parser.add_argument("--peer", help="llama-server; without it the program is measured alone")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--tokens", type=int, default=32)
    parser.add_argument("--requests", type=int, default=2, help="of each client")
    end = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    args = parser.parse_args(sys.argv[1:end])
    args.options = sys.argv[end + 1:]
    most = max(COUNTS)
    best = {}
    for round_ in range(args.rounds):
        port = freePort()
        servers = [("longc", [args.app, "serve", "--port", str(port), "--threads", str(args.threads), "--parallel", str(most), *args.options])]
        if args.peer:
            servers.insert(0, ("llama.cpp", [args.peer, "-m", args.gguf, "--port", str(port), "-t", str(args.threads), "-tb", str(args.threads),
                                             "-np", str(most), "-c", str(most * 1024), "--no-webui"]))
        for name, command in servers:
            with Running(command, port):
                measure(port, 1, args, "warm")  # pages of the weights come in
                for count in COUNTS:
                    speed, first = measure(port, count, args, f"{round_} {count}")
                    known = best.get((name, count), (0, float("inf")))
                    best[name, count] = max(speed, known[0]), min(first, known[1])
    print(f"{'clients':>7} {'server':<10} {'tokens/s':>9} {'first token p95, s':>19}")
    for count in COUNTS:
        for name in ("llama.cpp", "longc"):
            if (name, count) in best:
                print(f"{count:>7} {name:<10} {best[name, count][0]:>9.1f} {best[name, count][1]:>19.3f}")
        if ("llama.cpp", count) in best:
            (peer, peerFirst), (ours, first) = best["llama.cpp", count], best["longc", count]
            print(f"{'':>7} ratio      {ours / peer:>9.2f} {first / peerFirst:>19.2f}")


if __name__ == "__main__":
    sys.exit(main())
