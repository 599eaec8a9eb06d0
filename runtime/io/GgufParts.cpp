// Finds the parts of a split model by name and by what they say of themselves, and joins them.
#include "runtime/io/GgufParts.h"

#include "runtime/io/Limits.h"
#include "runtime/io/ModelFileError.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <map>
#include <optional>

namespace longc {
namespace {

constexpr const char *numberKey = "split.no", *countKey = "split.count", *tensorsKey = "split.tensors.count";
constexpr const char *allTogether = "all parts of a split model lie in one folder, NAME-00001-of-0000N.gguf and so on";

struct Part {
  uint64_t index = 0, count = 1; // of the model's files; index from 0
  std::string text() const { return "part " + std::to_string(index + 1) + " of " + std::to_string(count); }
};

Result<Part> partOf(const GgufFile &file) {
  Part part;
  for (auto [key, value] : {std::pair(countKey, &part.count), std::pair(numberKey, &part.index)}) {
    if (!file.find(key) && (key == countKey || part.count <= 1))
      continue;
    Result<uint64_t> read = file.unsignedValue(key);
    if (!read.ok())
      return read.status();
    *value = *read;
  }
  part.count = std::max<uint64_t>(part.count, 1); // 0: merged from parts
  if (part.count > limits::parts)
    return Status::error(GgufOverLimit, std::string("key '") + countKey + "': expected at most " +
                                            std::to_string(limits::parts) + ", the file has " +
                                            std::to_string(part.count),
                         "the file is damaged");
  if (part.index >= part.count)
    return Status::error(PartsContradict, std::string("key '") + numberKey + "': expected a number below the " +
                                              std::to_string(part.count) + " of '" + countKey + "', the file has " +
                                              std::to_string(part.index),
                         "the file is damaged, or one part of a split model");
  return part;
}

// "-00002-of-00003.gguf"
std::string nameEnding(const Part &part) {
  char text[48];
  std::snprintf(text, sizeof text, "-%05llu-of-%05llu.gguf", static_cast<unsigned long long>(part.index + 1),
                static_cast<unsigned long long>(part.count));
  return text;
}

// Where the ending of a part's name begins, if there is one.
std::optional<size_t> endingOf(std::string_view path) {
  constexpr std::string_view shape = "-00000-of-00000.gguf";
  if (path.size() < shape.size())
    return std::nullopt;
  std::string_view tail = path.substr(path.size() - shape.size());
  for (size_t i = 0; i < shape.size(); ++i)
    if (shape[i] == '0' ? tail[i] < '0' || tail[i] > '9' : tail[i] != shape[i])
      return std::nullopt;
  return path.size() - shape.size();
}

Status inFile(const std::string &path, const Status &error) {
  return Status::error(error.code(), path + ": " + error.message(), error.hint());
}

// A part that was found by name: it must say of itself what its name says, and the same of the model.
Result<GgufFile> openNamed(const std::string &path, const Part &expected) {
  Result<GgufFile> file = GgufFile::openPart(path);
  if (!file.ok())
    return Status::error(file.status().code(), expected.text() + " of the model: " + file.status().message(),
                         file.status().code() == FileUnreadable ? allTogether : file.status().hint());
  Result<Part> part = partOf(*file);
  if (!part.ok())
    return inFile(path, part.status());
  if (part->index != expected.index || part->count != expected.count)
    return inFile(path, Status::error(PartsContradict, "expected " + expected.text() + " of a split model, the file says " +
                                                           part->text(),
                                      "the file was renamed, or belongs to another model"));
  return file;
}

bool sameValue(const GgufValue &one, const GgufValue &other) {
  return one.type == other.type && one.elementType == other.elementType && one.count == other.count &&
         std::ranges::equal(one.payload, other.payload);
}

// What each file says of itself alone, or was compared as a number when the part was opened.
bool isOfOneFile(std::string_view key) {
  return key == numberKey || key == countKey || key == "general.alignment";
}

} // namespace

bool isPartName(std::string_view path) {
  auto ending = endingOf(path);
  return ending && !path.ends_with("-of-00001.gguf") && !path.ends_with("-of-00000.gguf");
}

Result<GgufFile> withOtherParts(GgufFile file) {
  const std::string path = file.path();
  Result<Part> own = partOf(file);
  if (!own.ok())
    return inFile(path, own.status());
  if (own->count == 1)
    return file;
  auto ending = endingOf(path);
  if (!ending || path.substr(*ending) != nameEnding(*own))
    return inFile(path, Status::error(PartsContradict, own->text() + " of a split model: expected a name that ends in '" +
                                                           nameEnding(*own) + "'",
                                      allTogether));
  std::vector<GgufFile> parts;
  for (Part part = {0, own->count}; part.index < part.count; ++part.index) {
    Result<GgufFile> opened = part.index == own->index ? Result<GgufFile>(std::move(file))
                                                       : openNamed(path.substr(0, *ending) + nameEnding(part), part);
    if (!opened.ok())
      return opened;
    parts.push_back(std::move(*opened));
  }
  Result<GgufFile> joined = GgufFile::join(std::move(parts));
  if (!joined.ok())
    return inFile(path, joined.status());
  return joined;
}

Result<GgufFile> GgufFile::join(std::vector<GgufFile> parts) {
  GgufFile whole = std::move(parts.at(0));
  whole.parts_ = parts.size();
  std::map<std::string_view, GgufValue> known;
  for (const GgufValue &value : whole.values_)
    known.emplace(value.key, value);
  for (size_t index = 1; index < parts.size(); ++index) {
    for (const GgufValue &value : parts[index].values_) {
      if (isOfOneFile(value.key))
        continue;
      auto [first, isNew] = known.emplace(value.key, value);
      if (!isNew && !sameValue(first->second, value))
        return Status::error(PartsContradict, "key " + quoted(value.key) + " of part " + std::to_string(index + 1) +
                                                  ": expected the value of the parts before it",
                             "the files are parts of different models");
      if (isNew)
        whole.values_.push_back(value);
    }
    std::ranges::move(parts[index].tensors_, std::back_inserter(whole.tensors_));
    std::ranges::move(parts[index].mappings_, std::back_inserter(whole.mappings_));
  }
  if (Status status = whole.indexNames(); !status.ok())
    return Status::error(PartsContradict, "parts of a split model: " + status.message(),
                         "the files are parts of different models");
  return whole;
}

Status checkComplete(const GgufFile &file) {
  Result<Part> part = partOf(file);
  if (!part.ok())
    return part.status();
  if (part->count != file.parts())
    return Status::error(PartsContradict, part->text() + " of a split model: expected the other parts too", allTogether);
  if (part->count == 1 && !file.find(tensorsKey))
    return {};
  Result<uint64_t> tensors = file.unsignedValue(tensorsKey);
  if (!tensors.ok())
    return tensors.status();
  if (*tensors != file.tensors().size())
    return Status::error(PartsContradict, std::string("key '") + tensorsKey + "': expected " +
                                              std::to_string(file.tensors().size()) +
                                              ", the tensors of all parts; the file has " + std::to_string(*tensors),
                         "the file is one part of a split model, or its parts are of different models");
  return {};
}

} // namespace longc
