"""Small tokenizers of every kind that tokenizer.json can hold, made and judged by Hugging Face tokenizers (0.23.3)."""
import glob
import os

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
SPACE = "\u2581"
WORDS = "Mühle Größe café naïve résumé Übung 水 風車 小麦粉を売る 磨坊主 мельник мука טחנה طاحونة 😀 👩‍🌾 ½ Ⅷ ٣٤ ①".split()
NUMBERS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}%s| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def corpus():
    texts = [open(path, encoding="utf-8").read() for path in sorted(glob.glob(ROOT + "/*.md"))]
    return texts + [" ".join(WORDS) + "\n" for _ in range(20)]


def added():
    return [
        AddedToken("<|begin|>", special=True, normalized=False),
        AddedToken("<|end|>", special=True, normalized=False, rstrip=True),
        AddedToken("<mask>", special=True, normalized=False, lstrip=True),
        AddedToken("<think>", normalized=False),
        AddedToken("mill wheel", normalized=True),
        AddedToken("the flour", normalized=True, single_word=True),
    ]


def bpe(tokenizer, size, unknown=None, fallback=False, fuse=False, alphabet=(), **options):
    """Trains, then puts the options in that training does not take."""
    bytes_ = [f"<0x{byte:02X}>" for byte in range(256)] if fallback else []
    special = ([unknown] if unknown else []) + bytes_
    trainer = trainers.BpeTrainer(vocab_size=size + len(special), special_tokens=special, initial_alphabet=list(alphabet),
                                  show_progress=False, limit_alphabet=160)
    tokenizer.train_from_iterator(corpus(), trainer)
    import json
    model = json.loads(tokenizer.to_str())["model"]
    merges = [tuple(merge) for merge in model["merges"]]
    made = Tokenizer(models.BPE(vocab=model["vocab"], merges=merges, unk_token=unknown, byte_fallback=fallback,
                                fuse_unk=fuse, **options))
    for part in ("normalizer", "pre_tokenizer", "decoder"):
        if getattr(tokenizer, part) is not None:
            setattr(made, part, getattr(tokenizer, part))
    made.add_tokens(added())
    return made


def sentencePiece(normalizer=None, words=None, strip=True, unknown="<unk>", fallback=True):
    tokenizer = Tokenizer(models.BPE(unk_token=unknown))
    if normalizer:
        tokenizer.normalizer = normalizer
    if words:
        tokenizer.pre_tokenizer = words
    steps = [decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse()]
    tokenizer.decoder = decoders.Sequence(steps + ([decoders.Strip(" ", 1, 0)] if strip else []))
    return bpe(tokenizer, 420, unknown, fallback, True)


def llama():
    return sentencePiece(normalizers.Sequence([normalizers.Prepend(SPACE), normalizers.Replace(" ", SPACE)]),
                         pre_tokenizers.Split(" ", "merged_with_previous"))


def mistral():
    return sentencePiece(words=pre_tokenizers.Metaspace(SPACE, "first", False))


def gemma():
    return sentencePiece(normalizers.Replace(" ", SPACE), pre_tokenizers.Split(" ", "merged_with_previous"), strip=False)


def metaspace():
    return sentencePiece(words=pre_tokenizers.Metaspace(SPACE, "always", True), fallback=False)


def byteLevel(words, prefix=False, **options):
    tokenizer = Tokenizer(models.BPE())
    last = pre_tokenizers.ByteLevel(add_prefix_space=prefix, use_regex=words is None)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([words, last]) if words else last
    tokenizer.decoder = decoders.ByteLevel()
    return bpe(tokenizer, 500, alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), **options)


def split(pattern):
    return pre_tokenizers.Split(Regex(pattern), "isolated")


def llama3():
    tokenizer = byteLevel(split(NUMBERS % "{1,3}"), ignore_merges=True)
    tokenizer.post_processor = processors.TemplateProcessing(single="<|begin|> $A", pair="<|begin|> $A $B",
                                                             special_tokens=[("<|begin|>", tokenizer.token_to_id("<|begin|>"))])
    return tokenizer


def qwen2():
    return byteLevel(split(NUMBERS % ""))


def roberta():
    return byteLevel(None, prefix=True)


KINDS = {make.__name__: make for make in (gemma, llama, llama3, metaspace, mistral, qwen2, roberta)}
