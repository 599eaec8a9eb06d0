"""A tiny program of two models: the encoder and the decoder of two cases, and a folder of the adapter between them. Standard library only."""
import json
import os

import encoder_models
import hf_models

GOLDEN = os.path.join(hf_models.HERE, "e2llm.jsonl")
ENCODER, DECODER = "bert", "llama"
RANK, ALPHA, HIDDEN = 4, 8, 24
TEMPLATE = ("{% for message in messages %}{{ message.role }}: {{ message.content }}\n{% endfor %}"
            "{% if add_generation_prompt %}assistant: {% endif %}")
TARGETS = {"encoder": ("query", "value"), "decoder": ("q_proj", "v_proj")}
CONFIG = {"chunk_size": 40, "overlap": 0, "pooling": "mean", "tokens_per_chunk": 1, "adapter": "mlp"}


def cases():
    return {"encoder": hf_models.readCases(encoder_models.GOLDEN)[ENCODER], "decoder": hf_models.readCases()[DECODER]}


def adapted(part):
    """Names and shapes of the matrices of a model that have an adapter beside them."""
    return [(name[: -len(".weight")], shape) for name, shape in cases()[part]["tensors"]
            if name.endswith(tuple(f".{target}.weight" for target in TARGETS[part]))]


def loraTensors(part):
    tensors = []
    for module, (outputs, inputs) in adapted(part):
        tensors += [[f"base_model.model.{module}.lora_A.weight", [RANK, inputs]], [f"base_model.model.{module}.lora_B.weight", [outputs, RANK]]]
    return tensors


def productTensors():
    encoder, decoder = (cases()[part]["config"]["hidden_size"] for part in ("encoder", "decoder"))
    return [["mlp.0.weight", [HIDDEN, encoder]], ["mlp.0.bias", [HIDDEN]], ["mlp.2.weight", [decoder, HIDDEN]], ["mlp.2.bias", [decoder]]]


def values(part, name, shape):
    """The numbers of an adapter's tensor."""
    return hf_models.numbers({"case": f"e2llm/{part}", "config": {}}, name, shape)


def writeAdapter(folder):
    for part in TARGETS:
        os.makedirs(f"{folder}/{part}", exist_ok=True)
        hf_models.writeSafetensors(f"{folder}/{part}/adapter_model.safetensors", {"case": f"e2llm/{part}", "config": {}, "type": "F32"}, loraTensors(part))
        hf_models.writeJson(f"{folder}/{part}/adapter_config.json", {"peft_type": "LORA", "r": RANK, "lora_alpha": ALPHA, "target_modules": list(TARGETS[part]),
                                                                     "bias": "none", "fan_in_fan_out": False})
    hf_models.writeSafetensors(f"{folder}/adapter.safetensors", {"case": "e2llm/adapter", "config": {}, "type": "F32"}, productTensors())
    hf_models.writeJson(f"{folder}/e2llm_config.json", CONFIG)


def writeFolders(folder):
    """FOLDER/encoder, FOLDER/decoder, FOLDER/adapter."""
    for part, case in cases().items():
        (encoder_models if part == "encoder" else hf_models).writeFolder(f"{folder}/{part}", case)
    path = f"{folder}/decoder/tokenizer_config.json"
    with open(path, encoding="utf-8") as file:
        config = json.load(file)
    hf_models.writeJson(path, {**config, "chat_template": TEMPLATE})
    writeAdapter(f"{folder}/adapter")
