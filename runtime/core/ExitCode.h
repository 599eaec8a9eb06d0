// What a Status means to the shell: one table for the compiler and for compiled programs.
#pragma once

#include "runtime/core/Status.h"

namespace longc {

inline constexpr int exitOk = 0, exitUser = 1, exitUsage = 2, exitInternal = 70, exitMemory = 71, exitInterrupted = 130;

/// Code of the Status of work that the user stopped.
inline constexpr int cancelledCode = 5301;

/// 1xxx is usage, 9xxx internal, what memory cannot hold is memory; every other error is the user's.
int exitCodeOf(const Status &status);

} // namespace longc
