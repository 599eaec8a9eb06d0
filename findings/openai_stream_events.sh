#!/usr/bin/env bash
# openai 3.57.0 (Python): a stream of chat completions takes every server-sent event for a chunk, whatever its name.
#
# A server that reports its progress by `event: progress`, or a failure by `event: error`, as the event-stream format offers, hands the
# client objects with `choices` None (the fields of the foreign event in `model_extra`): the usual loop `chunk.choices[0].delta` then ends in
# a TypeError, and a named error is never raised. And a stream that ends without `data: [DONE]` (a server that died, with the connection
# closed at the end of an event) ends the loop as a whole answer does. Seen with 3.57.0:
#
#   progress event   -> chunk with choices None, {'read': 10, 'of': 100}
#   content          -> 'first'
#   error event      -> chunk with choices None, {'message': 'out of memory'}
#   content          -> 'second'
#   end without [DONE]: no exception; an object with the key `error` in a plain `data:` line: APIError
#
# For us: progress travels in comments (`: …`) or in fields of whole chunks, errors as a plain `data: {"error": …}`, and a complete answer
# is known by its finish_reason, not by the end of the stream.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check openai==3.57.0

venv/bin/python - <<'PYTHON'
import http.server, json, threading
import openai

def chunk(text):
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
    return "data: " + json.dumps({"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}) + "\n\n"

STREAMS = {
    "named events": [": a comment\n\n", 'event: progress\ndata: {"read": 10, "of": 100}\n\n', chunk("first"),
                     'event: error\ndata: {"message": "out of memory"}\n\n', chunk("second"), "data: [DONE]\n\n"],
    "cut": [chunk("first")],
    "plain error": [chunk("first"), 'data: {"error": {"message": "out of memory"}}\n\n'],
}

class Server(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass
    def do_POST(self):
        model = json.loads(self.rfile.read(int(self.headers["content-length"])))["model"]
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for event in STREAMS[model]:
            self.wfile.write(event.encode())

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = openai.OpenAI(base_url=f"http://127.0.0.1:{server.server_port}/v1", api_key="none", max_retries=0)

def read(model):
    seen = []
    try:
        for part in client.chat.completions.create(model=model, messages=[{"role": "user", "content": "?"}], stream=True):
            seen.append(part.choices[0].delta.content if part.choices else (part.choices, part.model_extra))
    except openai.APIError as error:
        seen.append(type(error).__name__)
    print(f"{model}: {seen}")
    return seen

print("openai", openai.__version__)
assert read("named events") == [(None, {"read": 10, "of": 100}), "first", (None, {"message": "out of memory"}), "second"]
assert read("cut") == ["first"]
assert read("plain error") == ["first", "APIError"]
PYTHON
