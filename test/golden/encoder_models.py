"""Tiny encoders out of the cases of encoder_models.jsonl as folders, with what sentence-transformers keeps beside them."""
import os

import hf_models

GOLDEN = os.path.join(hf_models.HERE, "encoder_models.jsonl")
POOLS = ("mean", "cls", "last")
FLAGS = {"cls": "pooling_mode_cls_token", "mean": "pooling_mode_mean_tokens", "max": "pooling_mode_max_tokens",
         "lasttoken": "pooling_mode_lasttoken"}


def writeFolder(folder, case):
    hf_models.writeFolder(folder, case)
    if "pool" not in case:
        return
    modules = ["Transformer", "Pooling"] + ["Normalize"] * bool(case.get("normalize"))
    paths = ["" if name == "Transformer" else f"{index}_{name}" for index, name in enumerate(modules)]
    hf_models.writeJson(f"{folder}/modules.json", [
        {"idx": index, "name": str(index), "path": path, "type": f"sentence_transformers.models.{name}"}
        for index, (name, path) in enumerate(zip(modules, paths))])
    hf_models.writeJson(f"{folder}/sentence_bert_config.json", {"max_seq_length": 64, "do_lower_case": False})
    os.makedirs(f"{folder}/1_Pooling", exist_ok=True)
    hf_models.writeJson(f"{folder}/1_Pooling/config.json", {"word_embedding_dimension": case["config"]["hidden_size"],
                                                            **{key: name == case["pool"] for name, key in FLAGS.items()}})
