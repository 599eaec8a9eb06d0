// What a saved memory depends on in the program that made it.
#pragma once

#include "runtime/serve/MemoryFile.h"
#include "runtime/serve/Program.h"

#include <vector>

namespace longc {

/// Everything of the program that changes a key, a token or what is said, by name: weights, arithmetic, memory, tokenizer,
/// chat template, precision; of programs that take adapters `adapter`, which tells them apart ("" in others).
std::vector<abi::Trait> memoryTraits(const Program &program, const char *precision, const std::string &adapter);

/// Refuses a file that was saved with other traits than `ours`, naming them with both values.
Status checkTraits(const MemoryFile &file, const std::vector<abi::Trait> &ours);

} // namespace longc
