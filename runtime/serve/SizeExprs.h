// Size expressions of the Program message in the flat form that is evaluated.
#pragma once

#include "runtime/abi/program.pb.h"
#include "runtime/core/SizeExpr.h"

#include <optional>

namespace longc {

/// No value when the message is malformed: an unknown operation, missing operands, too deep, or a symbol that is not
/// below `symbols`.
std::optional<SizeExpr> readSizeExpr(const abi::Expr &message, int symbols);

} // namespace longc
