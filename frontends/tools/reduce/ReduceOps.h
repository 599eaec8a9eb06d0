// Reduction of modules by their ops: what `longc-reduce --longc-reduce-ops=test=SCRIPT` does.
#pragma once

namespace longc {

void registerReduceOpsPass();

} // namespace longc
