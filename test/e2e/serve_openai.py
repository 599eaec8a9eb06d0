"""Asks a running server with the official client.

    test/e2e/serve_openai.py PROGRAM
"""
import sys

import openai

from serve import Server, text


def refused(kind, call):
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"expected {kind.__name__}")


def main():
    with Server(sys.argv[1], "--exact", "--parallel", "4", "--model-name", "tiny") as server:
        client = openai.OpenAI(base_url=f"http://127.0.0.1:{server.port}/v1", api_key="none", max_retries=0)
        model = client.models.list().data[0].id
        assert client.models.retrieve(model).id == model == "tiny"
        messages = [{"role": "system", "content": "be short"}, {"role": "user", "content": "hello"}]
        common = {"model": model, "messages": messages, "max_tokens": 12, "seed": 5}
        chat = client.chat.completions.create(**common)
        assert chat.object == "chat.completion" and chat.choices[0].message.role == "assistant"
        assert chat.usage.total_tokens == chat.usage.prompt_tokens + chat.usage.completion_tokens
        parts = list(client.chat.completions.create(**common, stream=True, stream_options={"include_usage": True}))
        assert "".join(part.choices[0].delta.content or "" for part in parts if part.choices) == chat.choices[0].message.content
        assert parts[-1].usage.completion_tokens == chat.usage.completion_tokens and parts[-1].choices == []
        many = client.chat.completions.create(**common, n=3, logprobs=True, top_logprobs=2, temperature=0, logit_bias={"65": 10},
                                              stop=["\n"], presence_penalty=0.5, user="me")
        assert [choice.index for choice in many.choices] == [0, 1, 2]
        assert all(len(token.top_logprobs) == 2 for token in many.choices[0].logprobs.content)
        told = client.completions.create(model=model, prompt=["once", "upon"], max_tokens=4, logprobs=1, echo=False, temperature=0)
        assert len(told.choices) == 2 and len(told.choices[0].logprobs.tokens) == 4
        streamed = client.completions.create(model=model, prompt="once", max_tokens=4, temperature=0, stream=True)
        assert "".join(part.choices[0].text for part in streamed) == told.choices[0].text
        with client.chat.completions.create(**{**common, "max_tokens": 10000}, stream=True) as stream:
            next(iter(stream))  # and leaves
        assert refused(openai.NotFoundError, lambda: client.chat.completions.create(**{**common, "model": "other"})).code == "model_not_found"
        error = refused(openai.BadRequestError, lambda: client.completions.create(model=model, prompt=text * 10, extra_body={"memory": "off"}))
        assert error.code == "context_length_exceeded" and error.param == "prompt"
        refused(openai.BadRequestError, lambda: client.chat.completions.create(**{**common, "temperature": 9}))
        refused(openai.NotFoundError, lambda: client.models.retrieve("other"))
        memory = client.completions.create(model=model, prompt=text * 10, max_tokens=2)
        assert memory.usage.longc["tokens_in_memory"] > 0, memory


if __name__ == "__main__":
    main()
