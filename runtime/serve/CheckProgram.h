// The one validation of a program message: after it, no index, size or offset in it needs another look.
#pragma once

#include "runtime/abi/program.pb.h"
#include "runtime/core/Status.h"
#include "runtime/io/Quantized.h"

#include <optional>
#include <string>

namespace longc {

/// The most dimensions of a tensor, and entries of a list.
inline constexpr int maxRank = 4, maxEntries = 1 << 20;

/// LC4108: what is wrong with a message.
Status wrongMessage(const std::string &what);

/// How a parameter of an element type is stored; nothing for types that no parameter has.
std::optional<ElementFormat> storedFormat(abi::ElementType type);

/// `weightsBytes` is the size of the weights section that parameters point into.
Status checkProgram(const abi::Program &program, uint64_t weightsBytes);

} // namespace longc
