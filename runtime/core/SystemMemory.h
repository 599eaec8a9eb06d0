// What a process of this machine may have.
#pragma once

namespace longc {

/// Bytes: the machine's memory, or less by `ulimit -v`.
double systemMemory();

} // namespace longc
