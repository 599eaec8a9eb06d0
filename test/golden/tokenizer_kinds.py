"""Small tokenizers of every kind that tokenizer.json can hold, made and judged by Hugging Face tokenizers (0.23.3)."""
import glob
import os
import unicodedata

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
SPACE = "\u2581"
WORDS = "Mühle Größe café naïve résumé Übung 水 風車 小麦粉を売る 磨坊主 мельник мука טחנה طاحونة 😀 👩‍🌾 ½ Ⅷ ٣٤ ①".split()
NUMBERS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}%s| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


TEXTS, SCALE = [], 1  # what to train on besides the texts of this repository; and how much larger vocabularies are


def corpus():
    texts = [open(path, encoding="utf-8").read() for path in sorted(glob.glob(ROOT + "/*.md"))]
    return texts + [" ".join(WORDS) + "\n" for _ in range(20)] + TEXTS


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
    trainer = trainers.BpeTrainer(vocab_size=size * SCALE + len(special), special_tokens=special, initial_alphabet=list(alphabet),
                                  show_progress=False, limit_alphabet=160 * SCALE)
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
    if SCALE > 1:  # where a text is one word, training on a large one takes hours
        tokenizer.normalizer, tokenizer.pre_tokenizer = None, pre_tokenizers.Metaspace(SPACE, "always", True)
    made = bpe(tokenizer, 420, unknown, fallback, True)
    for part, value in (("normalizer", normalizer), ("pre_tokenizer", words)):
        if SCALE > 1 and value:
            setattr(made, part, value)
    return made


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


def words():
    """Added tokens that are words or characters: no text is made of them where they are not found."""
    tokenizer = byteLevel(split(NUMBERS % "{1,3}"), ignore_merges=True)
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.add_tokens([AddedToken("flour", special=True, normalized=False), AddedToken("水", normalized=False, single_word=True),
                          AddedToken("The", normalized=True), AddedToken("e\u0301", special=True, normalized=False, single_word=True)])
    return tokenizer


def some_bytes(fuse=True):
    """Characters become bytes where all of theirs have tokens, spaces as well if `fuse`; an added token stands for none."""
    letters = [*"<unk> themillourw.|x=1;", *([] if fuse else [SPACE])]
    tokens = ["<unk>", *(f"<0x{byte:02X}>" for byte in range(256) if byte % 3), *dict.fromkeys(letters), "th", "the", "ll"]
    tokenizer = Tokenizer(models.BPE(vocab={token: id for id, token in enumerate(dict.fromkeys(tokens))}, unk_token="<unk>", fuse_unk=fuse,
                                     byte_fallback=True, merges=[("t", "h"), ("th", "e"), ("l", "l")]))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(SPACE, "first", False)
    tokenizer.decoder = decoders.Sequence([decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse()])
    tokenizer.add_tokens([AddedToken("é", normalized=False, single_word=True), AddedToken("風車", special=True, normalized=False)])
    return tokenizer


def some_bytes_apart():
    return some_bytes(fuse=False)


def joined():
    """Tokens that go on behind a space, as one of Gemma's does: there no word ends."""
    merges = [("e", SPACE), ("t", "h"), ("e" + SPACE, "th"), ("th", "e"), (">", SPACE), (SPACE, SPACE), (SPACE, "th")]
    letters = [*"<unk> themillourw.|x=1;'DONTLab0234", SPACE]
    tokens = ["<unk>", *(f"<0x{byte:02X}>" for byte in range(256)), *letters, *(left + right for left, right in merges)]
    tokenizer = Tokenizer(models.BPE(vocab={token: id for id, token in enumerate(dict.fromkeys(tokens))}, unk_token="<unk>", fuse_unk=True,
                                     byte_fallback=True, merges=merges))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizers.Replace(" ", SPACE), pre_tokenizers.Split(" ", "merged_with_previous")
    tokenizer.decoder = decoders.Sequence([decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse()])
    return tokenizer


def qwen2():
    return byteLevel(split(NUMBERS % ""))


def roberta():
    return byteLevel(None, prefix=True)


def bert():
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(corpus(), trainers.WordPieceTrainer(vocab_size=500 * SCALE, special_tokens=special, show_progress=False,
                                                                      limit_alphabet=160 * SCALE))
    tokenizer.add_tokens(added())
    ids = [(token, tokenizer.token_to_id(token)) for token in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1",
                                                             special_tokens=ids)
    return tokenizer


def bert_cased():
    tokenizer = bert()
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False, handle_chinese_chars=False)
    tokenizer.decoder = decoders.WordPiece(cleanup=False)
    tokenizer.post_processor = processors.BertProcessing(*((token, tokenizer.token_to_id(token)) for token in ("[SEP]", "[CLS]")))
    return tokenizer


def nfc():
    """As Qwen's real files have it."""
    tokenizer = qwen2()
    tokenizer.normalizer = normalizers.NFC()
    return tokenizer


def patterns():
    """Any patterns, one after the other, as DeepSeek has them."""
    return byteLevel(pre_tokenizers.Sequence([
        split(r"\p{N}{1,3}"), split("[一-龥぀-ゟ゠-ヿ]+"),
        split(r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")]))


def behaviors():
    """What becomes of matches; intervals that repeat; words and their ends."""
    return byteLevel(pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(r"\h{1,2}+|\v"), "contiguous"), pre_tokenizers.Split(Regex(r"\bthe\b|^[a-c]"), "merged_with_next"),
        pre_tokenizers.Split(Regex(r"(?i:x)[^\w\s]?"), "merged_with_previous"), pre_tokenizers.Split("...", "removed"),
        pre_tokenizers.Split(Regex(r"[\s\d]+"), "isolated", invert=True), pre_tokenizers.Digits(individual_digits=False)]))


def blanks():
    """Cut at white space and at punctuation, by steps that have no pattern."""
    return byteLevel(pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation("merged_with_next"), pre_tokenizers.Whitespace()]))


def unigram(words, normalizer=None, fallback=False):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = words
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.decoder = decoders.Metaspace(SPACE, "always")
    special = ["<s>", "<pad>", "</s>", "<unk>"] + ([f"<0x{byte:02X}>" for byte in range(256)] if fallback else [])
    trainer = trainers.UnigramTrainer(vocab_size=500 * SCALE + len(special), special_tokens=special, unk_token="<unk>", show_progress=False,
                                      max_piece_length=8)
    tokenizer.train_from_iterator([text[:20000 * SCALE] for text in corpus()], trainer)
    import json
    model = json.loads(tokenizer.to_str())["model"]
    made = Tokenizer(models.Unigram([tuple(entry) for entry in model["vocab"]], model["unk_id"], fallback))
    for part in ("normalizer", "pre_tokenizer", "decoder"):
        if getattr(tokenizer, part) is not None:
            setattr(made, part, getattr(tokenizer, part))
    made.add_tokens(added())
    return made


def rules():
    """Some of what SentencePiece's own table of 240 kB has."""
    single = [*range(0xFF01, 0xFF5F), *range(0xFB00, 0xFB07), *range(0x2460, 0x2474), 0xA0, 0x3000, 0xBD, 0x3300, 0x212B, 0x1E9B]
    found = {chr(c): unicodedata.normalize("NFKC", chr(c)) for c in single}
    pairs = [letter + mark for letter in "aeiouAEOU" for mark in "\u0300\u0301\u0308"]
    found.update((pair, unicodedata.normalize("NFC", pair)) for pair in pairs)
    found.update({"\r": " ", "\t": " ", "\n": " ", "\u200b": " ", "\u00ad": "", "\u09c7\u09be": "\u09cb"})
    points = lambda text: " ".join(f"{ord(c):X}" for c in text)
    return "".join(f"{points(text)}\t{points(by)}\n" for text, by in found.items())


def charsmap():
    """SentencePiece's table: its own in the large comparison, else a small one."""
    import io
    import sentencepiece
    import tempfile
    from sentencepiece import sentencepiece_model_pb2 as messages
    out = io.BytesIO()
    with tempfile.NamedTemporaryFile("w", suffix=".tsv", encoding="utf-8") as file:
        file.write(rules())
        file.flush()
        options = {} if SCALE > 1 else {"normalization_rule_tsv": file.name}
        sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter([" ".join(WORDS), "the mill wheel and the flour"] * 50),
                                                 model_writer=out, vocab_size=100, model_type="unigram", hard_vocab_limit=False,
                                                 minloglevel=2, **options)
    message = messages.ModelProto()
    message.ParseFromString(out.getvalue())
    return message.normalizer_spec.precompiled_charsmap


def xlmr():
    return unigram(pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(SPACE, "always")]),
                   normalizers.Precompiled(charsmap()))


def bge():
    made = unigram(pre_tokenizers.Metaspace(SPACE, "always"),
                   normalizers.Sequence([normalizers.Precompiled(charsmap()), normalizers.Strip(left=False, right=True),
                                         normalizers.Replace(Regex(" {2,}"), SPACE)]), fallback=True)
    made.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace(SPACE, "always")])
    return made


def letters():
    """Steps that change letters."""
    tokenizer = sentencePiece(normalizers.Sequence([normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase(),
                                                    normalizers.Strip(left=True, right=True), normalizers.Replace(" ", SPACE)]))
    return tokenizer


KINDS = {make.__name__: make for make in (behaviors, bert, bert_cased, bge, blanks, gemma, joined, letters, llama, llama3, metaspace, mistral, nfc, patterns,
                                           qwen2, roberta, some_bytes, some_bytes_apart, words, xlmr)}
