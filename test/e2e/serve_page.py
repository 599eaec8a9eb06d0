"""The page at / in a headless Chromium, driven as a person would: by keyboard, by labels, by what is to be read.

    test/e2e/serve_page.py PROGRAM FOLDER
"""
import http.client
import json
import os
import re
import subprocess
import sys
import time

from serve import Server, text

ENTER, ESCAPE, TAB, SPACE = "\ue007", "\ue00c", "\ue004", " "


class Browser:
    """A page under chromedriver (W3C WebDriver), as a context."""

    def __init__(self):
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for line in self.driver.stdout:
            if match := re.search(r"started successfully on port (\d+)", line):
                self.port = int(match.group(1))
                break
        options = {"args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]}
        self.path = "/session"
        self.path = "/session/" + self.call("POST", "", {"capabilities": {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options}}})["sessionId"]

    def call(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, self.path + path, json.dumps(body if body is not None else {}) if method == "POST" else None, {"Content-Type": "application/json"})
        value = json.loads(connection.getresponse().read())["value"]
        assert not (isinstance(value, dict) and "error" in value), value
        return value

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.call("DELETE", "")
        finally:
            self.driver.kill()
            self.driver.wait()

    def open(self, address):
        self.call("POST", "/url", {"url": address})

    def run(self, script, *arguments):
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def element(self, selector):
        return next(iter(self.call("POST", "/element", {"using": "css selector", "value": selector}).values()))

    def type(self, selector, keys):
        self.call("POST", f"/element/{self.element(selector)}/value", {"text": keys})

    def press(self, key):
        """On whatever has the focus."""
        keys = [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        self.call("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": keys}]})

    def until(self, script, what):
        for _ in range(600):
            if value := self.run(script):
                return value
            time.sleep(0.05)
        raise AssertionError(f"this never came: {what}; the page says {self.run('return document.body.innerText')!r}")


def everythingHasAName(browser):
    """As a screen reader tells it: each control has a label, regions that change are announced."""
    unnamed = browser.run("""
        return [...document.querySelectorAll("input, textarea, button, [role=log], ul")].filter(it =>
            !(it.labels && it.labels.length) && !it.getAttribute("aria-label") && !it.getAttribute("aria-labelledby") && !it.textContent.trim())
            .map(it => it.outerHTML)""")
    assert not unnamed, unnamed
    live = browser.run("return [...document.querySelectorAll('[aria-live]')].map(it => it.id)")
    assert set(live) >= {"news", "talk"}, live
    assert browser.run("return document.documentElement.lang") and browser.run("return document.title")


def theKeyboardReachesEverything(browser):
    browser.run("document.body.focus()")
    reached = set()
    for _ in range(12):
        browser.press(TAB)
        reached.add(browser.run("return document.activeElement.id || document.activeElement.textContent"))
    assert reached >= {"key", "file", "question", "send", "talk", "Delete"}, reached


def main():
    program, folder = sys.argv[1:]
    path = os.path.abspath(os.path.join(folder, "a novel.txt"))
    sentence = "The lighthouse keeper was called Ambrose Quill."
    with open(path, "w", encoding="utf-8") as file:
        file.write(text * 20 + sentence + " " + text * 20)
    with Server(program) as server, Browser() as browser:
        browser.open(f"http://127.0.0.1:{server.port}/")
        browser.until("return document.getElementById('model').textContent", "the model's name")
        browser.type("#file", path)
        browser.until("return document.querySelector('#documents li')?.dataset.status === 'ready'", "a document that is read")
        assert "a novel.txt" in browser.run("return document.querySelector('#documents').innerText")
        everythingHasAName(browser)
        theKeyboardReachesEverything(browser)
        browser.type("#question", "What was the lighthouse keeper called?" + ENTER)
        cited = browser.until("return document.querySelector('blockquote')?.textContent", "a passage")
        assert "lighthouse keeper" in cited, cited
        marks = browser.run("return [...document.querySelectorAll('blockquote mark')].map(it => it.textContent)")
        assert {"lighthouse", "keeper", "called"} <= set(marks), marks
        browser.until("return document.activeElement.id === 'question' && document.getElementById('stop').disabled", "the focus back at the question")
        # An answer that does not end by itself ends by the Escape key, and its place is free.
        browser.run("const plain = JSON.stringify; JSON.stringify = it => plain(it && it.messages ? {...it, max_tokens: 1000000, ignore_eos: true} : it)")
        browser.type("#question", "and then?" + ENTER)
        browser.until("return document.querySelectorAll('.words')[1]?.textContent.length > 20", "the beginning of an answer")
        browser.press(ESCAPE)
        browser.until("return document.getElementById('talk').innerText.includes('stopped')", "the end of the answer")
        for _ in range(600):
            if server.metric("num_requests_running") == 0:
                break
            time.sleep(0.05)
        assert server.metric("num_requests_running") == 0
        # Deleted by keyboard; the page says so.
        browser.run("document.querySelector('#documents button').focus()")
        browser.press(SPACE)
        browser.until("return !document.querySelector('#documents li') && document.getElementById('news').textContent === 'Deleted.'", "an empty list")
        assert server.answer("/v1/documents", None)["data"] == []


if __name__ == "__main__":
    main()
