"""The tokenizer and the chat template of a GGUF, by the `tokenizers` and `jinja2` packages: for the makers of goldens."""
import gguf
import jinja2.sandbox

from tokenizer_oracle import Oracle, Vocabulary


class GgufTokenizer:
    def __init__(self, path):
        vocabulary = Vocabulary.from_gguf(path)
        self.tokens = vocabulary.tokens
        self.oracle = Oracle(vocabulary)
        environment = jinja2.sandbox.ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
        self.template = environment.from_string(gguf.GGUFReader(path).fields["tokenizer.chat_template"].contents())

    def encode(self, text):
        return self.oracle.encode(text)

    def render(self, messages):
        return self.template.render(messages=messages, add_generation_prompt=True, bos_token=self.tokens[1],
                                    eos_token=self.tokens[2])
