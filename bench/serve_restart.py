#!/usr/bin/env python3
"""A server's long document over restarts: from the start of the process to the first token of an answer that knows it.

    bench/serve_restart.py APP TEXT [--tokens 100000] [--question TEXT] [--documents FOLDER] [-- OPTION...]

So many tokens of a text are read once. Then servers are started and asked: three times as they come, once with the document's file out of
the page cache. All answers are compared with that of before. What lies in FOLDER is not read again. Standard library only.
"""
import argparse
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time


class Server:
    def __init__(self, command):
        self.start = time.perf_counter()
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if match := re.fullmatch(r"listening on http://127\.0\.0\.1:(\d+)\n", line):
                self.port = int(match.group(1))
                break
        else:
            raise SystemExit("serve_restart.py: the server did not begin to serve")
        self.listens = time.perf_counter() - self.start

    def ask(self, method, path, body=None, type_="application/json"):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=36000)
        connection.request(method, path, body, {"Content-Type": type_})
        return connection.getresponse()

    def answer(self, question, document):
        """The text, the seconds from the start of the process to its first token, and from the request."""
        asked = time.perf_counter()
        response = self.ask("POST", "/v1/chat/completions", json.dumps({"messages": [{"role": "user", "content": question}], "documents": [document], "max_tokens": 24,
                                                                        "temperature": 0, "stream": True}))
        text, first = "", None
        for line in response:
            if line.startswith(b"data: {"):
                for choice in json.loads(line[6:])["choices"]:
                    first = first or time.perf_counter()
                    text += choice["delta"].get("content", "")
        return text, first - self.start, first - asked

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate()


def leaveCache(folder):
    for root, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(root, name), "rb") as file:
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("app")
    parser.add_argument("text")
    parser.add_argument("--tokens", type=int, default=100_000)
    parser.add_argument("--question", default="Who is Anne?")
    parser.add_argument("--documents")
    end = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    args = parser.parse_args(sys.argv[1:end])
    args.options = sys.argv[end + 1:]
    with open(args.text, encoding="utf-8") as file:
        text = file.read(6 * args.tokens)
    with tempfile.TemporaryDirectory(dir=os.path.dirname(os.path.abspath(args.app))) as folder:
        shelf = args.documents or folder
        command = [args.app, "serve", "--port", "0", "--documents", shelf, *args.options]
        server = Server(command)
        ids = json.loads(server.ask("POST", "/tokenize", json.dumps({"content": text})).read())["tokens"][: args.tokens]
        text = json.loads(server.ask("POST", "/detokenize", json.dumps({"tokens": ids})).read())["content"]
        asked = time.perf_counter()
        document = json.loads(server.ask("POST", "/v1/documents", text.encode(), "text/plain").read())
        server.ask("GET", f"/v1/documents/{document['id']}/events").read()
        row = json.loads(server.ask("GET", f"/v1/documents/{document['id']}").read())
        print(f"read: {row['tokens']} tokens, {row['memory_bytes'] / 1e6:.0f} MB, {row['status']} after {time.perf_counter() - asked:.1f} s", flush=True)
        want, _, seconds = server.answer(args.question, document["id"])
        print(f"answered before any restart: first token after {seconds:.3f} s: {want!r}", flush=True)
        server.end()
        print(f"{'file':<18} {'listens, s':>10} {'first token of the process, s':>30} {'of the request, s':>18} {'answer':>10}")
        for cache in ("in the page cache",) * 3 + ("on the disk",):
            if cache == "on the disk":
                leaveCache(shelf)
            server = Server(command)
            got, first, seconds = server.answer(args.question, document["id"])
            print(f"{cache:<18} {server.listens:>10.3f} {first:>30.3f} {seconds:>18.3f} {'the same' if got == want else 'ANOTHER':>10}", flush=True)
            server.end()
            if got != want:
                raise SystemExit("serve_restart.py: another answer")


if __name__ == "__main__":
    sys.exit(main())
