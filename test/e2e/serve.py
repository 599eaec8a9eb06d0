"""Runs a compiled program as a server and asks it, with Python's own library alone.

    test/e2e/serve.py PROGRAM FOLDER
"""
import http.client
import json
import os
import random
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time


class Server:
    """`PROGRAM serve` on a free port, as a context: it ends by SIGTERM and must end well. `limits`: what the system gives it."""

    def __init__(self, program, *options, limits=None):
        limit = (lambda: [resource.setrlimit(kind, (most, most)) for kind, most in limits.items()]) if limits else None
        self.process = subprocess.Popen([program, "serve", "--port", "0", *options], stderr=subprocess.PIPE, text=True, preexec_fn=limit)
        self.port, self.said = None, ""
        for line in self.process.stderr:
            self.said += line
            if match := re.fullmatch(r"listening on http://127\.0\.0\.1:(\d+)\n", line):
                self.port = int(match.group(1))
                break
        assert self.port, self.said
        threading.Thread(target=self._drain, daemon=True).start()

    def _drain(self):
        for line in self.process.stderr:
            self.said += line

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        if kind is None:
            assert code == 0, (code, self.said)

    def ask(self, path, body=None, method=None, headers=(), raw=None):
        """Status, headers and body, which is JSON where it says so."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        data = raw if raw is not None else json.dumps(body).encode() if body is not None else None
        connection.request(method or ("GET" if data is None else "POST"), path, data,
                           {"Content-Type": "application/json", **dict(headers)})
        response = connection.getresponse()
        text = response.read()
        connection.close()
        isJson = response.headers.get("Content-Type", "").startswith("application/json") and text
        return response.status, response.headers, json.loads(text) if isJson else text

    def answer(self, path, body, status=200, **options):
        got, _, json_ = self.ask(path, body, **options)
        assert got == status, (path, body, got, json_)
        return json_

    def events(self, path, body):
        """The events of a stream; the last is [DONE]."""
        _, _, text = self.ask(path, {**body, "stream": True})
        parts = text.decode().split("\n\n")
        assert parts.pop() == "", text
        events = [part[len("data: "):] for part in parts if not part.startswith(":")]
        assert events[-1] == "[DONE]", text
        return [json.loads(event) for event in events[:-1]]

    def read(self, text, **more):
        """The id of a document, which is ready or failed."""
        status, _, added = self.ask("/v1/documents", {"text": text, **more})
        assert status in (200, 202), (status, added)
        self.ask(f"/v1/documents/{added['id']}/events")
        return added["id"]

    def metric(self, name):
        return float(re.search(rf"^longc:{name} (.*)$", self.ask("/metrics")[2].decode(), re.M).group(1))

    def socket(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def memory(self):
        """Resident KiB."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1))

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))


def until(condition, what):
    for _ in range(3000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError(f"this never came: {what}")


text = "in the beginning was a long text that went on and on until nobody knew how it had begun "


def generated(program, prompt, *options):
    out = subprocess.run([program, "generate", "--json", "-q", "--exact", "-n", "24", "-p", prompt, *options], check=True, capture_output=True)
    return json.loads(out.stdout)


def answersAreTheCommandLines(server, program):
    """What is asked together and in pieces is what the program makes of each alone."""
    prompts = ["a", text * 3, "once upon", text[:70], text * 40, "z" * 63]
    alone = [generated(program, prompt) for prompt in prompts]
    answers = [None] * len(prompts)

    def ask(index):
        answers[index] = server.answer("/v1/completions", {"prompt": prompts[index], "max_tokens": 24, "temperature": 0})

    threads = [threading.Thread(target=ask, args=(index,)) for index in range(len(prompts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one, other in zip(alone, answers):
        assert other["choices"][0]["text"] == one["text"], (one, other)
        assert other["usage"]["prompt_tokens"] == len(one["prompt_token_ids"])
        assert other["usage"]["longc"]["tokens_in_memory"] == one["memory"]["tokens_in_memory"], (one, other)


def streamsAreAnswers(server):
    for path, body in (("/v1/completions", {"prompt": text, "max_tokens": 20, "seed": 3, "n": 2}),
                       ("/v1/chat/completions", {"messages": [{"role": "user", "content": text}], "max_tokens": 20, "seed": 3})):
        whole = server.answer(path, body)
        parts = server.events(path, body)
        for index, choice in enumerate(whole["choices"]):
            mine = [event["choices"][0] for event in parts if event["choices"][0]["index"] == index]
            got = "".join(part["text"] if "text" in part else part["delta"].get("content", "") for part in mine)
            assert got == (choice["text"] if "text" in choice else choice["message"]["content"]), (choice, mine)
            assert mine[-1]["finish_reason"] == choice["finish_reason"]


def chatsGoOn(program):
    """A second turn does not read the first one again, and is answered as if it had."""
    turns = [{"role": "user", "content": "hi"}]
    body = {"max_tokens": 3, "temperature": 0, "memory": "off", "logprobs": True}
    with Server(program) as server:
        first = server.answer("/v1/chat/completions", {**body, "messages": turns})
        turns += [first["choices"][0]["message"], {"role": "user", "content": "oh"}]
        second = server.answer("/v1/chat/completions", {**body, "messages": turns})
    assert second["usage"]["prompt_tokens_details"]["cached_tokens"] == first["usage"]["prompt_tokens"], (first, second)
    with Server(program) as server:
        alone = server.answer("/v1/chat/completions", {**body, "messages": turns})
    assert alone["usage"]["prompt_tokens_details"]["cached_tokens"] == 0 and alone["choices"] == second["choices"], (alone, second)


def documentsOutliveTheServer(program, folder):
    """Read once; after a restart the same answer, without the document another; deleted for good."""
    shelf = os.path.join(folder, "shelf")
    shutil.rmtree(shelf, ignore_errors=True)
    said = (text * 60).encode()
    body = {"prompt": "once upon", "max_tokens": 16, "temperature": 0, "citations": True}
    with Server(program, "--exact", "--documents", shelf) as server:
        status, _, added = server.ask("/v1/documents?name=a%20text", raw=said, headers={"Content-Type": "text/plain"})
        assert status == 202 and added["name"] == "a text", (status, added)
        events = server.ask(f"/v1/documents/{added['id']}/events")[2].decode().split("\n\n")
        assert events[-2] == "data: [DONE]" and json.loads(events[-3][len("data: "):])["status"] == "ready", events
        without = server.answer("/v1/completions", body)
        known = server.answer("/v1/completions", {**body, "documents": [added["id"]]})
        assert known["usage"]["longc"]["memory_hits"] > 0 and without["usage"]["longc"]["memory_hits"] == 0
        assert known["choices"][0]["text"] != without["choices"][0]["text"]
        assert server.answer("/v1/documents", {"text": said.decode()})["status"] == "ready"
        exported = server.ask(f"/v1/documents/{added['id']}/export", method="POST")[2]
        assert len(exported) > 10_000
    with Server(program, "--exact", "--documents", shelf, "--max-body", "5000") as server:
        [kept] = server.answer("/v1/documents", None)["data"]
        assert kept["id"] == added["id"] and kept["status"] == "ready" and kept["name"] == "a text", kept
        again = server.answer("/v1/completions", {**body, "documents": [kept["id"]]})
        assert again["choices"] == known["choices"], (known, again)
        assert server.answer(f"/v1/documents/{kept['id']}", None, method="DELETE")["deleted"]
        server.answer("/v1/completions", {**body, "documents": [kept["id"]]}, status=404)
        server.answer("/v1/documents", {"text": said.decode()}, status=413)  # but a file may be larger than what memory takes
        server.answer("/v1/documents/import", None, raw=exported[:-1], status=422)
        assert server.answer("/v1/documents/import", None, raw=exported)["id"] == kept["id"]
        assert sorted(os.listdir(os.path.join(shelf, "public"))) == [kept["id"] + ".document", kept["id"] + ".json"]
        again = server.answer("/v1/completions", {**body, "documents": [kept["id"]]})
        assert again["choices"] == known["choices"], (known, again)
        page = server.ask("/")[2].decode()
        assert "<title>longc</title>" in page and "http" not in page.replace("http-equiv", ""), "the page asks for what lies elsewhere"
    with Server(program, "--documents", shelf, "--exact", "--window", "32") as server:
        assert server.answer("/v1/documents", None)["data"][0]["status"] == "failed"


def documentsTogetherAreOneText(program):
    """Twenty documents of a window each answer as one text of the same windows."""
    with Server(program, "--exact", "--ingest", "window") as server:
        def tokens(said):
            return server.answer("/tokenize", {"content": said, "parse_special": False})["tokens"]

        draw, parts = random.Random(4), []
        while len(parts) < 20:
            part = ""
            while len(tokens(part)) < 64:
                part += draw.choice(["a", " b", "c", " the", " sea", "d", " o", "k"])
            if len(tokens(part)) == 64 and tokens("".join(parts) + part) == [id_ for each in (*parts, part) for id_ in tokens(each)]:
                parts.append(part)
        body = {"prompt": "once upon", "max_tokens": 24, "temperature": 0}
        together = server.answer("/v1/completions", {**body, "documents": [server.read(part) for part in parts]})
        one = server.answer("/v1/completions", {**body, "documents": [server.read("".join(parts))]})
        assert together["choices"] == one["choices"] != server.answer("/v1/completions", body)["choices"], (together, one)
        assert together["usage"]["longc"]["memory_hits"] == one["usage"]["longc"]["memory_hits"] >= 20 * 64


def schemasHold(server):
    schema = {"type": "object", "properties": {"colour": {"enum": ["red", "blue"]}, "size": {"type": "integer"}}, "required": ["colour", "size"],
              "additionalProperties": False}
    body = {"messages": [{"role": "user", "content": "what?"}], "max_tokens": 300, "n": 4, "seed": 1,
            "response_format": {"type": "json_schema", "json_schema": {"name": "thing", "schema": schema}}}
    for choice in server.answer("/v1/chat/completions", body)["choices"]:
        value = json.loads(choice["message"]["content"])
        assert value["colour"] in ("red", "blue") and isinstance(value["size"], int), choice
        assert choice["finish_reason"] == "stop", choice
    schema["properties"]["size"]["minimum"] = 3
    assert "minimum" in server.answer("/v1/chat/completions", body, status=400)["error"]["message"]


def badInputIsAnswered(server):
    for raw, status in ((b"", 400), (b"{", 400), (b"\xff\xfe", 400), (b'{"prompt": "a", "n": 1e6}', 400), (b"[" * 100000, 400),
                        (b'{"prompt": "a", "max_tokens": -1}', 400), (b'{"prompt": [-1]}', 400), (b'{"messages": []}', 400)):
        got, _, json_ = server.ask("/v1/completions", raw=raw)
        assert got == status and json_["error"]["message"] and json_["error"]["type"] == "invalid_request_error", (raw[:50], got, json_)
    json_ = server.answer("/v1/completions", {"prompt": text * 10, "memory": "off"}, status=400)
    assert json_["error"]["code"] == "context_length_exceeded" and "64" in json_["error"]["message"], json_
    assert server.ask("/v1/completions", raw=b"{}", headers={"Content-Type": "text/plain"})[0] == 415
    assert server.ask("/v1/completions", raw=b"x" * 100, headers={"Content-Length": str(1 << 40)})[0] == 413


def main():
    program, folder = sys.argv[1:]
    log = os.path.join(folder, "log.jsonl")
    if os.path.exists(log):
        os.remove(log)
    with Server(program, "--exact", "--parallel", "4", "--log-jsonl", log) as server:
        assert server.ask("/health")[2] == {"status": "ok"} and server.ask("/ready")[0] == 200
        answersAreTheCommandLines(server, program)
        streamsAreAnswers(server)
        badInputIsAnswered(server)
        schemasHold(server)
    with open(log, encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    assert any(row["status"] == 200 and row["generated_tokens"] == 24 for row in rows)
    assert any(row["status"] == 400 and row["error"] for row in rows)
    keys = os.path.join(folder, "keys")
    with open(keys, "w", encoding="utf-8") as file:
        file.write("# of the test\nfirst\nsecond\n")
    os.chmod(keys, 0o600)
    with Server(program, "--api-key-file", keys, "-q") as server:
        assert server.said == f"listening on http://127.0.0.1:{server.port}\n", server.said
        assert server.ask("/v1/models")[0] == 401 and server.ask("/health")[0] == 200
        assert server.ask("/v1/models", headers={"Authorization": "Bearer second"})[0] == 200
    documentsOutliveTheServer(program, folder)
    documentsTogetherAreOneText(program)
    chatsGoOn(program)
    # An answer under way is finished before the server ends.
    with Server(program, "--exact") as server:
        late = []
        thread = threading.Thread(target=lambda: late.append(server.answer("/v1/completions", {"prompt": "a", "max_tokens": 400, "ignore_eos": True})))
        thread.start()
        until(lambda: server.metric("num_requests_running") == 1 or late, "a running request")
        server.process.send_signal(signal.SIGTERM)
        thread.join()
        assert late[0]["usage"]["completion_tokens"] == 400, late


if __name__ == "__main__":
    main()
