// What says that a parameter is bound when a program runs: the dialect lets its sizes be open, passes and tables read whose it is.
#pragma once

#include "llvm/ADT/StringRef.h"

namespace longc {

/// On an lm.parameter: the modules whose low-rank products it holds.
inline constexpr llvm::StringLiteral overlayModulesAttribute = "lm.overlay_modules";

} // namespace longc
