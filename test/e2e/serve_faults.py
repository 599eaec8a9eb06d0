"""A served session in which one system call fails, for many of its calls: an error is answered or the program ends with one;
nothing hangs, nothing dies, and the documents that were there before are there afterwards.

    test/e2e/serve_faults.py PROGRAM FOLDER SHIM [all | HOW_MANY]
"""
import http.client
import json
import os
import random
import shutil
import signal
import subprocess
import sys

from serve import Server, text


class Session:
    """`PROGRAM serve` with a failing call, and requests of which any may be cut off."""

    def __init__(self, program, shelf, shim, call, log):
        environment = {**os.environ, "LD_PRELOAD": shim, "LONGC_FAILING_CALL": str(call), "LONGC_FAILING_LOG": log}
        self.process = subprocess.Popen([program, "serve", "--port", "0", "--exact", "--documents", shelf], stderr=subprocess.PIPE, text=True, env=environment)
        self.port, self.said, self.answers = None, "", []
        for line in self.process.stderr:
            self.said += line
            if line.startswith("listening on "):
                self.port = int(line.rsplit(":", 1)[1])
                break

    def ask(self, method, path, body=None):
        """Status and body; None where the connection was cut off."""
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
            connection.request(method, path, json.dumps(body) if isinstance(body, dict) else body, {"Content-Type": "application/json"} if isinstance(body, dict) else {})
            response = connection.getresponse()
            answer = response.status, response.read()
            connection.close()
        except (http.client.HTTPException, ConnectionError):
            answer = None
        self.answers.append((method, path, answer))
        return answer

    def run(self, kept):
        added = self.ask("POST", "/v1/documents", {"text": text * 8, "ttl": 1000})
        if added and added[0] in (200, 202):
            path = "/v1/documents/" + json.loads(added[1])["id"]
            self.ask("GET", path + "/events")
            self.ask("PATCH", path, {"ttl": 2000})
            exported = self.ask("POST", path + "/export")
            self.ask("POST", "/v1/completions", {"prompt": "a", "max_tokens": 2, "documents": [path.rsplit("/", 1)[1]]})
            self.ask("DELETE", path)
            if exported and exported[0] == 200:
                self.ask("POST", "/v1/documents/import", exported[1])
        self.ask("POST", "/v1/completions", {"prompt": "a", "max_tokens": 2, "documents": [kept], "stream": True})
        self.ask("GET", "/v1/documents")
        last = [self.ask("GET", "/health") for _ in range(2)]
        assert (200, b'{"status":"ok"}') in last, (last, self.answers)

    def end(self):
        for patience in (15, 30):  # the call that fails may be the one by which the handler tells of the signal: it is sent again
            self.process.send_signal(signal.SIGTERM)
            try:
                self.said += self.process.communicate(timeout=patience)[1]
                return self.process.returncode
            except subprocess.TimeoutExpired:
                pass
        raise AssertionError(f"it does not end: {self.said}")


def answerOf(server, kept):
    return server.answer("/v1/completions", {"prompt": "once upon", "max_tokens": 12, "temperature": 0, "documents": [kept]})["choices"]


def main():
    program, folder, shim, count = sys.argv[1:]
    shelf, log, saved = (os.path.join(folder, name) for name in ("fault-shelf", "fault-log", "fault-saved"))
    for path in (shelf, saved):
        shutil.rmtree(path, ignore_errors=True)
    with Server(program, "--exact", "--documents", shelf) as server:
        kept = server.read(text * 5)
        want = answerOf(server, kept)
    shutil.copytree(shelf, saved)

    def session(call):
        """Whether so many calls were made."""
        if os.path.exists(log):
            os.remove(log)
        run = Session(program, shelf, shim, call, log)
        try:
            if run.port:
                run.run(kept)
                code = run.end()
            else:
                run.said += run.process.communicate(timeout=30)[1]
                code = run.process.returncode
                assert "error: LC" in run.said, (call, code, run.said)
        finally:
            run.process.kill()
        reached = os.path.exists(log)
        name = open(log, encoding="ascii").read().strip() if reached else ""
        assert code in ((0,) if run.port else (1, 70, 71)), (call, name, code, run.said, run.answers)
        for _, path, answer in run.answers:
            assert answer is None or answer[0] in (200, 202, 404, 409, 413, 422, 500, 503, 507), (call, name, path, answer, run.said)
        with Server(program, "--exact", "--documents", shelf) as server:
            rows = {row["id"]: row for row in server.answer("/v1/documents", None)["data"]}
            assert all(row["status"] == "ready" for row in rows.values()), (call, name, rows, run.said)
            assert answerOf(server, kept) == want, (call, name, "another answer")
        names = os.listdir(os.path.join(shelf, "public"))
        assert not [each for each in names if each.endswith(".partial")], (call, name, names)
        shutil.rmtree(shelf)
        shutil.copytree(saved, shelf)
        return name

    if count == "all":
        call = int(os.environ.get("FIRST", "1"))
        while name := session(call):
            print(call, name, flush=True)
            call += 1
        return
    calls = 1
    while session(calls):  # how many there are, about
        calls *= 2
    draw = random.Random(7)
    for call in sorted(draw.sample(range(1, calls // 2 + calls // 4), int(count))):
        session(call)


if __name__ == "__main__":
    main()
