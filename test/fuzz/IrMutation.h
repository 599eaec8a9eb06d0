// Mutations of IR text that often still parse: words are changed for words, lines for lines.
#pragma once

#include <cstddef>
#include <cstdint>

namespace longc::fuzz {

/// libFuzzer's custom mutator: changes `data` in place, gives the new size.
size_t mutateIr(uint8_t *data, size_t size, size_t largest, unsigned seed);

} // namespace longc::fuzz
