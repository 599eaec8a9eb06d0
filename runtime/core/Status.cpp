// How a Status is shown to a person.
#include "runtime/core/Status.h"

#include <cstdio>

namespace longc {

std::string Status::text() const {
  if (ok())
    return "ok";
  char code[16];
  std::snprintf(code, sizeof code, "LC%04d", error_->code);
  std::string text = std::string(code) + ": " + error_->message;
  if (!error_->hint.empty())
    text += "\n  hint: " + error_->hint;
  return text;
}

} // namespace longc
