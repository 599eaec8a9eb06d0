"""The judge of runtime/text/Tokenizer: Hugging Face tokenizers built from a vocabulary, and strings to try on it."""
import random

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

NORMAL, CONTROL = 1, 3


class Vocabulary:
    def __init__(self, pre, tokens, types, merges):
        self.pre, self.tokens, self.types, self.merges = pre, tokens, types, merges

    @staticmethod
    def from_gguf(path):
        import gguf

        fields = gguf.GGUFReader(path).fields
        read = lambda key: fields["tokenizer.ggml." + key].contents()
        return Vocabulary(read("pre"), read("tokens"), read("token_type"), read("merges"))

    def specials(self):
        return [token for token, kind in zip(self.tokens, self.types) if kind == CONTROL]

    def write(self, path):
        """The text form that the tests read: a header, one `type token` a line, one merge a line."""
        assert not any("\n" in token for token in self.tokens)
        with open(path, "w", encoding="utf-8", newline="\n") as out:
            out.write(f"longc-vocabulary 1 {self.pre} {len(self.tokens)} {len(self.merges)}\n")
            out.writelines(f"{kind} {token}\n" for kind, token in zip(self.types, self.tokens))
            out.writelines(merge + "\n" for merge in self.merges)


def pre_tokenizer(name):
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    if name == "gpt-2":
        return byte_level
    assert name == "smollm"
    return pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), byte_level])


class Oracle:
    def __init__(self, vocabulary, pre=None):
        ids = {token: i for i, token in enumerate(vocabulary.tokens)}
        merges = [tuple(merge.split(" ")) for merge in vocabulary.merges]
        self.tokenizer = Tokenizer(models.BPE(vocab=ids, merges=merges))
        self.tokenizer.pre_tokenizer = pre_tokenizer(pre or vocabulary.pre)
        self.tokenizer.decoder = decoders.ByteLevel()
        self.tokenizer.add_special_tokens([AddedToken(token, special=True) for token in vocabulary.specials()])

    def encode(self, text, parse_special=True):
        self.tokenizer.encode_special_tokens = not parse_special
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    def decode(self, ids, skip_special=False):
        return self.tokenizer.decode(ids, skip_special_tokens=skip_special)


# Kinds of pieces a random string is made of. Between them they reach every branch of the word pattern, both Unicode
# versions involved, every length of UTF-8, and bytes that SmolLM2's vocabulary lacks.
WORDS = "the of and to in is was he it that for you I'm we've they're don't he'll she'd it's O'Neil 'tis 'S 'LL 're".split()
SPACES = [" ", "  ", "   ", "\n", "\n\n", "\t", "\r\n", " \n ", "\u00a0", "\u3000", "\u2028", "\u202f", "\x0b", "\x85", "\x1c", "\u200b"]
DIGITS = list("0123456789") + ["2026", "3.14", "1,000", "٣٤", "४२", "１２", "Ⅷ", "½", "²", "\U00010d40", "\U00011de0", "\U0001d7d8", "〇", "一二三"]
PUNCTUATION = list("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~") + ["...", "->", "==", "!=", "//", "/*", "*/", "«", "»", "、", "。", "「", "」", "،", "؟", "—", "€"]
SCRIPTS = [
    (0x41, 0x5A), (0x61, 0x7A), (0xC0, 0x17F), (0x370, 0x3FF), (0x400, 0x45F), (0x5D0, 0x5EA), (0x620, 0x652),
    (0x904, 0x94D), (0xE01, 0xE3A), (0x1100, 0x11FF), (0x3041, 0x3096), (0x30A1, 0x30FA), (0x4E00, 0x9FA5),
    (0xAC00, 0xD7A3), (0x10900, 0x1091B), (0x1F300, 0x1F64F), (0x20000, 0x20100), (0x300, 0x36F),
]
EMOJI = ["😀", "👍🏽", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇯🇵", "❤️", "☃", "🧑‍💻", "\ufe0f", "\u200d"]
CODE = ["int main(){", "def f(x):\n    return x", "std::vector<int>", "a[i] += 1;", "#include <a.h>", "x_1", "camelCase", "0xFF", "&&", "||", "\t\t"]
RARE = ["\x00", "\x04", "\x06", "\x13", "\x1d", "\x7f", "\x80", "\ufffd", "\ufeff", "\ue000", "\uffff", "\U0010ffff", "\U00040000", "\U000f0000", "\u0378"]


def random_piece(rng, specials):
    kind = rng.randrange(12)
    if kind == 0:
        return rng.choice(specials) if specials else "<"
    if kind == 1:
        token = rng.choice(specials) if specials else "<|"
        return token[: rng.randrange(1, len(token) + 1)]
    if kind in (2, 3, 4):
        low, high = rng.choice(SCRIPTS)
        return "".join(chr(rng.randint(low, high)) for _ in range(rng.randrange(1, 9)))
    if kind == 5:
        return "".join(chr(rng.randrange(0x20, 0x7F)) for _ in range(rng.randrange(1, 9)))
    if kind == 6:
        code_point = rng.randrange(0x110000)
        return chr(code_point) if not 0xD800 <= code_point < 0xE000 else "?"
    return rng.choice((WORDS, WORDS, SPACES, SPACES, DIGITS, PUNCTUATION, EMOJI, CODE, RARE)[rng.randrange(9)])


def random_string(rng, specials, most_pieces=20):
    parts = []
    for _ in range(rng.randrange(1, most_pieces)):
        parts.append(random_piece(rng, specials))
        if rng.random() < 0.5:
            parts.append(rng.choice(SPACES[:4]))
    return "".join(parts)


def random_strings(count, seed, specials):
    rng = random.Random(seed)
    return [random_string(rng, specials) for _ in range(count)]
