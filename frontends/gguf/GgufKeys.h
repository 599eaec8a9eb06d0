// The keys of one architecture in a GGUF file: names with their prefix, typed values with their ranges. Private to this
// folder.
#pragma once

#include "runtime/core/Status.h"
#include "runtime/io/Gguf.h"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace longc {

class GgufKeys {
public:
  GgufKeys(const GgufFile &file, std::string architecture) : file_(file), architecture_(std::move(architecture)) {}

  const GgufFile &file() const { return file_; }
  const std::string &architecture() const { return architecture_; }
  // "block_count" -> "llama.block_count"
  std::string name(std::string_view key) const { return architecture_ + "." + std::string(key); }
  bool has(std::string_view key) const { return file_.find(name(key)) != nullptr; }

  // Reads a whole number from `least` to `most`. An absent key keeps what `out` has if that is not 0, else is an error.
  Status readSize(std::string_view key, uint64_t least, uint64_t most, int64_t &out) const;
  // The same for a finite number above 0.
  Status readPositive(std::string_view key, double &out) const;
  // A text, or "" for an absent key.
  Result<std::string> text(std::string_view key) const;

  // Refuses the first key of the architecture whose value changes the arithmetic in a way that nothing here computes, and
  // every key that is not known: it might. `more`: keys that only some architectures read.
  Status refuseArithmetic(std::initializer_list<std::string_view> more = {}) const;

  Status invalid(std::string_view key, const std::string &expected, const std::string &found) const;
  Status unsupported(std::string_view key, const std::string &what) const;

private:
  const GgufFile &file_;
  std::string architecture_;
};

} // namespace longc
