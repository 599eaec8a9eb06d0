// Diagnostics on stderr.
#include "runtime/core/Log.h"

#include <cstdio>

namespace longc {
namespace {
bool quietNotes = false;
}

void setQuiet(bool quiet) { quietNotes = quiet; }
bool isQuiet() { return quietNotes; }

void logNote(const std::string &text) {
  if (!quietNotes)
    std::fprintf(stderr, "%s\n", text.c_str());
}

void logWarning(const std::string &text) { std::fprintf(stderr, "warning: %s\n", text.c_str()); }

void logError(const Status &status) { std::fprintf(stderr, "error: %s\n", status.text().c_str()); }

} // namespace longc
