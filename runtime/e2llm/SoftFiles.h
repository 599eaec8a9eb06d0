// What the training of an E2LLM program makes, in a folder: encoder/ and decoder/ as PEFT saves adapters, each where that model
// learns; adapter.safetensors, the products between the two; e2llm_config.json, how texts were cut and pooled. Numbers are bf16.
#pragma once

#include "runtime/abi/program.pb.h"
#include "runtime/e2llm/Chunks.h"
#include "runtime/train/ParameterList.h"

#include <string>

namespace longc {

/// Writes all parts into FOLDER, which is there; texts were cut into chunks of size `chunk`.
Status writeSoftTrained(const std::string &folder, const abi::Program &program, const ParameterList &list, const ParameterArray &values, const ChunkSize &chunk);

/// Fills `values` from a folder of the same modules, ranks, factors and pool. Errors name folder and tensor.
Status readSoftTrained(const std::string &folder, const abi::Program &program, const ParameterList &list, ParameterArray &values);

} // namespace longc
