// Index and shards, each checked against the other.
#include "runtime/io/SafetensorsFolder.h"

#include "runtime/core/Checked.h"
#include "runtime/core/Format.h"
#include "runtime/io/JsonFile.h"
#include "runtime/io/ModelFileError.h" // longc::quoted: <filesystem> brings another one along

#include <algorithm>
#include <filesystem>
#include <map>

namespace longc {
namespace {

using Shards = std::map<std::string, std::vector<std::string>>; // tensors of each file

const char *const mixedHint = "index and shards are of different models, or one of them is damaged; fetch them again";

// A file beside the index and nothing else: no way to other folders.
bool isPlainName(const std::string &name) {
  return !name.empty() && name != "." && name != ".." && name.find_first_of("/\\") == name.npos;
}

Result<Shards> readWeightMap(const std::string &index, const JsonValue &json) {
  const JsonValue *map = json.find("weight_map");
  if (!map || !map->object() || map->object()->empty())
    return Status::error(ShardsInvalid, index + ": expected 'weight_map' as an object of file names", mixedHint);
  Shards shards;
  for (const JsonMember &entry : *map->object()) {
    const std::string *file = entry.value.text();
    if (!file || !isPlainName(*file))
      return Status::error(ShardsInvalid,
                           index + ": tensor " + longc::quoted(entry.name) + ": expected the name of a file beside the index, found " +
                               (file ? longc::quoted(*file) : entry.value.describe()),
                           "shards lie in the folder of their index");
    shards[*file].push_back(entry.name);
  }
  return shards;
}

// Every tensor of the list is in the file, and no other.
Status checkShard(const std::string &index, const SafetensorsFile &file, const std::vector<std::string> &names) {
  for (const std::string &name : names)
    if (!file.find(name))
      return Status::error(ShardsInvalid, file.path() + ": tensor " + longc::quoted(name) + " is missing, " + index + " says it is here",
                           mixedHint);
  std::vector<std::string_view> sorted(names.begin(), names.end());
  std::sort(sorted.begin(), sorted.end());
  for (const SafetensorsTensor &tensor : file.tensors())
    if (!std::binary_search(sorted.begin(), sorted.end(), std::string_view(tensor.name)))
      return Status::error(ShardsInvalid, file.path() + ": tensor " + longc::quoted(tensor.name) + " is not here by " + index, mixedHint);
  return {};
}

Status checkTotal(const std::string &index, const JsonValue &json, const std::vector<SafetensorsFile> &files) {
  const JsonValue *metadata = json.find("metadata");
  const JsonValue *total = metadata ? metadata->find("total_size") : nullptr;
  if (!total || total->isNull())
    return {};
  Checked bytes(0u);
  for (const SafetensorsFile &file : files)
    for (const SafetensorsTensor &tensor : file.tensors())
      bytes += tensor.data.size();
  if (total->isNumber() && bytes.ok() && total->number() == static_cast<double>(bytes.value()))
    return {};
  return Status::error(ShardsInvalid,
                       index + ": 'total_size' is " + total->describe() + ", the tensors of the shards have " +
                           (bytes.ok() ? std::to_string(bytes.value()) : "too many") + " bytes",
                       mixedHint);
}

} // namespace

Result<SafetensorsFolder> SafetensorsFolder::open(const std::string &folder, const std::string &stem) {
  SafetensorsFolder result;
  const std::string single = folder + "/" + stem + ".safetensors", index = single + ".index.json";
  std::error_code ignored;
  if (std::filesystem::exists(single, ignored) || !std::filesystem::exists(index, ignored)) {
    Result<SafetensorsFile> file = SafetensorsFile::open(single);
    if (!file.ok())
      return file.status();
    result.files_.push_back(std::move(*file));
  } else {
    Result<JsonValue> json = readJsonFile(index);
    if (!json.ok())
      return json.status();
    Result<Shards> shards = readWeightMap(index, *json);
    if (!shards.ok())
      return shards.status();
    for (const auto &[name, tensors] : *shards) {
      const std::string path = folder + "/" + name;
      if (!std::filesystem::exists(path, ignored))
        return Status::error(ShardsInvalid, "'" + path + "' is missing: " + index + " names it for tensor " + longc::quoted(tensors.front()),
                             "fetch all files of the model");
      Result<SafetensorsFile> file = SafetensorsFile::open(path);
      if (!file.ok())
        return file.status();
      LONGC_TRY(checkShard(index, *file, tensors));
      result.files_.push_back(std::move(*file));
    }
    LONGC_TRY(checkTotal(index, *json, result.files_));
  }
  for (const SafetensorsFile &file : result.files_)
    for (const SafetensorsTensor &tensor : file.tensors())
      result.tensors_.push_back(&tensor);
  return result;
}

const SafetensorsTensor *SafetensorsFolder::find(std::string_view name) const {
  for (const SafetensorsFile &file : files_)
    if (const SafetensorsTensor *tensor = file.find(name))
      return tensor;
  return nullptr;
}

} // namespace longc
