// Writes GGUF files for tests: any file, well-formed or not, and complete random-weight llama checkpoints.
//
//   GgufWriter writer;
//   writer.addString("general.architecture", "llama");
//   writer.addTensor("output_norm.weight", 0 /* F32 */, {64}, bytes);
//   writer.writeFile(path);
//
// Counts, alignment and version can be set to anything, which is what hostile files are made of.
#pragma once

#include "runtime/io/GgufTypes.h"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace longc::test {

class GgufWriter {
public:
  uint32_t version = 3;
  uint32_t alignment = 32; // where data is really put; the key is written only by the caller
  std::optional<uint64_t> claimedTensors, claimedKeys; // instead of the true counts

  void addUint32(std::string_view key, uint32_t value) { scalar(key, GgufValueType::Uint32, value); }
  void addInt32(std::string_view key, int32_t value) { scalar(key, GgufValueType::Int32, value); }
  void addUint64(std::string_view key, uint64_t value) { scalar(key, GgufValueType::Uint64, value); }
  void addFloat(std::string_view key, float value) { scalar(key, GgufValueType::Float32, value); }
  void addBool(std::string_view key, bool value) { scalar(key, GgufValueType::Bool, uint8_t{value}); }
  void addString(std::string_view key, std::string_view value) {
    begin(key, GgufValueType::String);
    text(pairs_, value);
  }
  void addStrings(std::string_view key, const std::vector<std::string> &values) {
    beginArray(key, GgufValueType::String, values.size());
    for (const std::string &value : values)
      text(pairs_, value);
  }
  void addInt32s(std::string_view key, const std::vector<int32_t> &values) {
    beginArray(key, GgufValueType::Int32, values.size());
    for (int32_t value : values)
      put(pairs_, value);
  }
  void addFloats(std::string_view key, const std::vector<float> &values) {
    beginArray(key, GgufValueType::Float32, values.size());
    for (float value : values)
      put(pairs_, value);
  }
  // A pair with any type number and any bytes after it.
  void addRaw(std::string_view key, uint32_t type, std::string_view payload) {
    begin(key, static_cast<GgufValueType>(type));
    pairs_ += payload;
  }

  // `shape` is outermost first ([rows, columns]); the file gets it reversed. Data follows the data of the tensor
  // before.
  void addTensor(std::string_view name, uint32_t type, std::vector<uint64_t> shape, std::string data) {
    data_.resize((data_.size() + alignment - 1) / alignment * alignment);
    addTensorAt(name, type, std::move(shape), data_.size());
    data_ += data;
  }
  // Only the description, with any offset.
  void addTensorAt(std::string_view name, uint32_t type, std::vector<uint64_t> shape, uint64_t offset) {
    text(infos_, name);
    put(infos_, static_cast<uint32_t>(shape.size()));
    for (size_t i = shape.size(); i-- > 0;)
      put(infos_, shape[i]);
    put(infos_, type);
    put(infos_, offset);
    ++tensors_;
  }

  // The header alone, up to the padding before the data.
  std::string header() const {
    std::string out = "GGUF";
    put(out, version);
    put(out, claimedTensors.value_or(tensors_));
    put(out, claimedKeys.value_or(keys_));
    return out + pairs_ + infos_;
  }
  std::string bytes() const {
    std::string out = header();
    out.resize((out.size() + alignment - 1) / alignment * alignment);
    return out + data_;
  }
  bool writeFile(const std::string &path) const {
    std::FILE *file = std::fopen(path.c_str(), "wb");
    if (!file)
      return false;
    std::string all = bytes();
    bool written = std::fwrite(all.data(), 1, all.size(), file) == all.size();
    return std::fclose(file) == 0 && written;
  }

  template <typename T> static void put(std::string &out, T value) {
    char raw[sizeof value];
    std::memcpy(raw, &value, sizeof value);
    out.append(raw, sizeof value);
  }
  static void text(std::string &out, std::string_view value) {
    put(out, uint64_t{value.size()});
    out += value;
  }

private:
  void begin(std::string_view key, GgufValueType type) {
    text(pairs_, key);
    put(pairs_, static_cast<uint32_t>(type));
    ++keys_;
  }
  void beginArray(std::string_view key, GgufValueType element, uint64_t count) {
    begin(key, GgufValueType::Array);
    put(pairs_, static_cast<uint32_t>(element));
    put(pairs_, count);
  }
  template <typename T> void scalar(std::string_view key, GgufValueType type, T value) {
    begin(key, type);
    put(pairs_, value);
  }

  std::string pairs_, infos_, data_;
  uint64_t keys_ = 0, tensors_ = 0;
};

inline std::span<const std::byte> asBytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

} // namespace longc::test
