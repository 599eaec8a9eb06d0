// A mapped file as a tree of JSON.
#include "runtime/io/JsonFile.h"

#include "runtime/io/Limits.h"
#include "runtime/io/MappedFile.h"

#include <unistd.h>

namespace longc {

Result<JsonValue> readJsonFile(const std::string &path) {
  Result<MappedFile> file = MappedFile::open(path);
  if (!file.ok())
    return file.status();
  std::span<const std::byte> bytes = file->bytes();
  if (bytes.size() > limits::jsonFileBytes)
    return Status::error(jsonOverLimit,
                         path + ": expected at most " + std::to_string(limits::jsonFileBytes) + " bytes, the file has " +
                             std::to_string(bytes.size()));
  Result<JsonValue> value = JsonValue::read({reinterpret_cast<const char *>(bytes.data()), bytes.size()});
  if (value.ok())
    return value;
  return inFile(path, value.status());
}

bool fileExists(const std::string &path) { return ::access(path.c_str(), F_OK) == 0; }

Status inFile(const std::string &path, const Status &error) { return Status::error(error.code(), path + ": " + error.message(), error.hint()); }

} // namespace longc
