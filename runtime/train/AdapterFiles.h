// Trained parameters in files that other tools read: a LoRA adapter as PEFT saves it, or whole weights.
#pragma once

#include "runtime/abi/program.pb.h"
#include "runtime/io/PeftConfig.h"
#include "runtime/io/SafetensorsTypes.h"
#include "runtime/train/ParameterList.h"

#include <string>

namespace longc {

/// Codes of its errors: a folder that is no adapter; an adapter of another shape.
inline constexpr int notAnAdapter = 8051, adapterOfOtherShape = 8052;

/// Whether all that is trained are low-rank products, whose names end in `.lora_A` and `.lora_B`, or a gated memory.
bool isAdapter(const ParameterList &list);

/// Writes FOLDER/adapter_model.safetensors and FOLDER/adapter_config.json for an adapter, FOLDER/model.safetensors (the names
/// of the checkpoint) otherwise, as `type`: F32, F16 or BF16. Each file is there as a whole or not at all. What `memory` says is recorded.
Status writeTrained(const std::string &folder, const abi::Program &program, const ParameterList &list, const ParameterArray &values,
                    const MemoryUse &memory = {}, SafetensorsType type = SafetensorsType::F32);

/// Fills `values` from an adapter: LoRA as readLora says, a gated memory of the same shapes. Errors name folder and tensor.
Status readTrained(const std::string &folder, const abi::Program &program, const ParameterList &list, ParameterArray &values);

/// How a memory is to be used with an adapter, as its configuration says.
Result<MemoryUse> recordedMemoryUse(const std::string &folder);

/// 16 hexadecimal digits that tell values apart.
std::string fingerprintOf(const ParameterArray &values);

} // namespace longc
