// A LoRA adapter as PEFT saves it, put into the low-rank products of a program.
#pragma once

#include "runtime/core/JsonReader.h"
#include "runtime/core/Status.h"
#include "runtime/train/ParameterList.h"

#include <string>

namespace longc {

/// Fills `values` (all of `list`: MODULE.lora_A [rank, inputs], MODULE.lora_B [outputs, rank]) from FOLDER, whose
/// adapter_config.json is `json`. The adapter's ranks may be lower than the program's, its factors other ones, and modules may be
/// missing: what is over in B becomes 0 and adds nothing; B takes its factor over `scale`, the program's. In A what is over
/// stays as it is, so that it can learn. Refused (adapterOfOtherShape): a higher rank, a module without a low-rank product in the
/// program, a tensor of another shape; else as the configuration's and the file's errors are.
Status readLora(const std::string &folder, const JsonValue &json, const ParameterList &list, double scale, ParameterArray &values);

} // namespace longc
