// A JSON value as text that a person can read and that gives the same value back: numbers with all their digits.
#pragma once

#include "runtime/core/JsonReader.h"

#include <string>

namespace longc {

/// Indented by two blanks a level, a line break at the end. Numbers that JSON cannot say (NaN, infinity) are null.
std::string jsonText(const JsonValue &value);

} // namespace longc
