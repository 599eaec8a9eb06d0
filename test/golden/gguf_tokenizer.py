"""The byte-level BPE tokenizer of a GGUF as a `tokenizers` object, and its chat template: used by the makers of goldens.

Independent of the runtime's own tokenizer: everything here is the `tokenizers` and `jinja2` packages fed with the
file's tokens, merges and types.
"""
import gguf
import jinja2.sandbox
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

CONTROL = 3  # tokenizer.ggml.token_type of a special token


class GgufTokenizer:
    def __init__(self, path):
        fields = gguf.GGUFReader(path).fields
        read = lambda key: fields["tokenizer." + key].contents()
        if read("ggml.model") != "gpt2" or read("ggml.pre") != "smollm":
            raise SystemExit(f"{path}: expected a gpt2 vocabulary with pre-tokenizer smollm")
        self.tokens = read("ggml.tokens")
        kinds = read("ggml.token_type")
        bpe = models.BPE(vocab={token: index for index, token in enumerate(self.tokens)},
                         merges=[tuple(merge.split(" ")) for merge in read("ggml.merges")])
        self.tokenizer = Tokenizer(bpe)
        # smollm: every digit alone, then the GPT-2 pattern.
        self.tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)])
        self.tokenizer.decoder = decoders.ByteLevel()
        self.tokenizer.add_special_tokens(
            [AddedToken(token, special=True) for token, kind in zip(self.tokens, kinds) if kind == CONTROL])
        environment = jinja2.sandbox.ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
        self.template = environment.from_string(read("chat_template"))

    def encode(self, text):
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    def decode(self, ids):
        return self.tokenizer.decode(ids, skip_special_tokens=False)

    def render(self, messages):
        return self.template.render(messages=messages, add_generation_prompt=True, bos_token=self.tokens[1],
                                    eos_token=self.tokens[2])
