"""What `longc convert --to hf` wrote, read by other means: the standard library alone.

    convert.py gguf LONGC WORK         GGUF files of every format of random_llama.py to folders, tensor by tensor
    convert.py families LONGC WORK     GGUF files of every family to the folders that they would come from
    convert.py folders LONGC WORK      the folders of hf_models.jsonl to folders again: the same bytes
"""
import json
import os
import random
import shutil
import struct
import subprocess
import sys

sys.path.insert(0, "test/golden")
import gguf_models
import hf_models
import random_llama

SIZES = {"F32": 4, "F16": 2, "BF16": 2}


def readSafetensors(path):
    """Name -> (type, shape, bytes)."""
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    return {name: (info["dtype"], info["shape"], data[slice(*info["data_offsets"])])
            for name, info in header.items() if name != "__metadata__"}


def readFolder(folder):
    index = f"{folder}/model.safetensors.index.json"
    if not os.path.exists(index):
        return readSafetensors(f"{folder}/model.safetensors"), 1
    index = json.load(open(index, encoding="utf-8"))
    files = {name: readSafetensors(f"{folder}/{name}") for name in set(index["weight_map"].values())}
    tensors = {name: files[file].pop(name) for name, file in index["weight_map"].items()}
    assert not any(files.values()), "a shard holds a tensor that the index does not name"
    assert index["metadata"]["total_size"] == sum(len(data) for _, _, data in tensors.values())
    return tensors, len(files)


def values(kind, data):
    if kind == "BF16":
        data = b"".join(b"\0\0" + data[i:i + 2] for i in range(0, len(data), 2))
        kind = "F32"
    return list(struct.unpack(f"<{len(data) // SIZES[kind]}{'e' if kind == 'F16' else 'f'}", data))


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True)


def halves(rows, size):
    """Rows of rotary pairs side by side as rows with the halves of a head apart."""
    return [rows[head + 2 * (i % (size // 2)) + i // (size // 2)] for head in range(0, len(rows), size) for i in range(size)]


def checkGguf(longc, work):
    names = {"attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
             "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj", "ffn_norm": "post_attention_layernorm",
             "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj"}
    whole = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}
    for number, format in enumerate(["F32", "F16", "BF16", "Q4_0", "Q4_1", "Q8_0"]):
        blocks = format in random_llama.BLOCK
        shape = random_llama.Shape(width=64 if blocks else 42, heads=3, kvHeads=1, head=32 if blocks else 10,
                                   feed=96 if blocks else 33, vocabulary=263, layers=2, tied=number % 2 == 0, format=format)
        source, folder = f"{work}/{format}.gguf", f"{work}/{format}"
        rows = random_llama.write(source, shape, random.Random(format))
        shutil.rmtree(folder, ignore_errors=True)
        more = ["--max-shard-size", "20KB"] if number % 2 else []
        run(longc, "convert", source, "--to", "hf", "-o", folder, "--quiet", *more)
        tensors, files = readFolder(folder)
        assert (files > 3) == bool(more), files
        for name, expected in rows.items():
            part = name.removesuffix(".weight").split(".")
            target = f"model.layers.{part[1]}.{names[part[2]]}" if part[0] == "blk" else whole[part[0]]
            kind, size, data = tensors.pop(target + ".weight")
            if part[-1] in ("attn_q", "attn_k"):
                expected = halves(expected, shape.head)
            vector = name.endswith("norm.weight")
            assert size == ([len(expected[0])] if vector else [len(expected), len(expected[0])]), (name, size)
            assert kind == ("F32" if vector or blocks else format), (name, kind)
            wanted = [struct.unpack("<f", struct.pack("<f", x))[0] for row in expected for x in row]
            assert values(kind, data) == wanted, f"{format}: {target} differs"
        assert not tensors, f"{format}: {list(tensors)} were not in the file"
        config = json.load(open(f"{folder}/config.json", encoding="utf-8"))
        assert config["tie_word_embeddings"] == shape.tied and config["head_dim"] == shape.head
        assert config["torch_dtype"] == "float32", config["torch_dtype"]  # norms of these files are no short floats
        tokenizer = json.load(open(f"{folder}/tokenizer.json", encoding="utf-8"))
        assert [t["content"] for t in tokenizer["added_tokens"]] == random_llama.SPECIAL
        assert open(f"{folder}/chat_template.jinja").read() == "{% for m in messages %}{{ m['content'] }}{% endfor %}"
        ends = json.load(open(f"{folder}/generation_config.json", encoding="utf-8"))["eos_token_id"]
        assert ends == [0, 2], ends
        # In another type every number is the nearest.
        short = f"{work}/{format}-bf16"
        shutil.rmtree(short, ignore_errors=True)
        run(longc, "convert", source, "--to", "hf", "-o", short, "--quiet", "--dtype", "bf16")
        wide, narrow = readFolder(folder)[0], readFolder(short)[0]
        assert json.load(open(f"{short}/config.json", encoding="utf-8"))["torch_dtype"] == "bfloat16"
        for name, (kind, _, data) in wide.items():
            assert narrow[name][0] == "BF16" and narrow[name][2] == hf_models.packed(values(kind, data), "BF16"), name


def checkFamilies(longc, work):
    for name in gguf_models.CASES:
        case, source, folder, original = hf_models.readCases()[name], f"{work}/{name}.gguf", f"{work}/{name}.from-gguf", f"{work}/{name}.original"
        gguf_models.writeFile(source, case)
        for path in (folder, original):
            shutil.rmtree(path, ignore_errors=True)
        hf_models.writeFolder(original, case)
        run(longc, "convert", source, "--to", "hf", "-o", folder, "--quiet")
        expected, written = readFolder(original)[0], readFolder(folder)[0]
        assert expected.keys() == written.keys(), (name, expected.keys() ^ written.keys())
        for tensor, (kind, shape, data) in written.items():
            wanted = values(expected[tensor][0], expected[tensor][2])
            assert shape == expected[tensor][1] and kind == ("F32" if len(shape) == 1 else case["type"]), (name, tensor, kind)
            # Gemma's norms are stored there as 1 + w: the last bits of w are lost.
            loss = 1.2e-7 if name.startswith("gemma") and tensor.endswith("norm.weight") else 0
            assert all(abs(a - b) <= loss for a, b in zip(values(kind, data), wanted)), f"{name}: {tensor} differs"
        config = json.load(open(f"{folder}/config.json", encoding="utf-8"))
        assert config["model_type"] == case["config"]["model_type"], (name, config["model_type"])


# Tokens of spaces, as Gemma has them, are no part of a merge: two tokens with a space between them.
def checkSpaces(longc, work):
    case, source, folder = hf_models.readCases()["gemma3"], f"{work}/spaces.gguf", f"{work}/spaces.from-gguf"

    def scored(keys, _):
        pieces = ["▁", "a", "b", "ab", "▁ab"]
        tokens = ["<pad>", "<unk>"] + [f"<0x{byte:02X}>" for byte in range(256)] + ["  ", "   ", "    "] + pieces
        tokens += [f"<unused{i}>" for i in range(case["config"]["vocab_size"] - len(tokens))]
        del keys["tokenizer.ggml.merges"], keys["tokenizer.ggml.pre"]
        keys.update({"tokenizer.ggml.model": "llama", "tokenizer.ggml.tokens": tokens, "tokenizer.ggml.scores": [-1.0 * i for i in range(len(tokens))],
                     "tokenizer.ggml.token_type": [3, 2] + [6] * 256 + [4] * 3 + [1] * len(pieces) + [5] * (len(tokens) - 261 - len(pieces)),
                     "tokenizer.ggml.unknown_token_id": 1})

    gguf_models.writeFile(source, case, scored)
    run(longc, "convert", source, "--to", "hf", "-o", folder, "--quiet")
    model = json.load(open(f"{folder}/tokenizer.json", encoding="utf-8"))["model"]
    assert [merge.split(" ") for merge in model["merges"]] == [["a", "b"], ["▁", "ab"]], model["merges"]


def checkFolders(longc, work):
    for name, case in hf_models.readCases().items():
        source, folder = f"{work}/{name}", f"{work}/{name}.again"
        for path in (source, folder):
            shutil.rmtree(path, ignore_errors=True)
        hf_models.writeFolder(source, case)
        run(longc, "convert", source, "--to", "hf", "-o", folder, "--quiet")
        assert readFolder(source)[0] == readFolder(folder)[0], f"{name}: tensors differ"
        for file in ("tokenizer.json", "tokenizer_config.json", "generation_config.json"):
            assert open(f"{source}/{file}", "rb").read() == open(f"{folder}/{file}", "rb").read(), f"{name}: {file}"
        config = json.load(open(f"{folder}/config.json", encoding="utf-8"))
        for key, value in case["config"].items():
            assert config[key] == value or key == "architectures" and value in ([], None), f"{name}: {key} is {config[key]}, was {value}"


if __name__ == "__main__":
    if sys.argv[1] == "gguf":
        checkGguf(*sys.argv[2:])
    elif sys.argv[1] == "families":
        checkFamilies(*sys.argv[2:])
        checkSpaces(*sys.argv[2:])
    elif sys.argv[1] == "folders":
        checkFolders(*sys.argv[2:])
