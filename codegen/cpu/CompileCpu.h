// Tile kernels to object files that hold every CPU variant.
#pragma once

#include "codegen/KernelTable.h"
#include "passes/Target.h"

namespace longc {

const Target &cpuTarget();

} // namespace longc
