// Diagnostics on stderr: errors and warnings always, notes unless quiet.
#pragma once

#include "runtime/core/Status.h"

#include <string>

namespace longc {

/// Hides notes. Set once, in main.
void setQuiet(bool quiet);
bool isQuiet();

void logNote(const std::string &text);
void logWarning(const std::string &text);
/// One line with the code, one hint line.
void logError(const Status &status);

} // namespace longc
