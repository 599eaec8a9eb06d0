// JSON files of a model folder: config.json, indices, generation_config.json.
#pragma once

#include "runtime/core/JsonReader.h"
#include "runtime/core/Status.h"

#include <string>

namespace longc {

// Reads a file whole; errors begin with its path. Files over runtime/io/Limits.h's jsonFileBytes are refused.
Result<JsonValue> readJsonFile(const std::string &path);

bool fileExists(const std::string &path);

// An error of what a file or folder says, which begins with its path.
Status inFile(const std::string &path, const Status &error);

} // namespace longc
