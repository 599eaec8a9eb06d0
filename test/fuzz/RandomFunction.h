// Small valid functions of lm ops, in text: sizes, types, attributes and the ops themselves are drawn.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

namespace longc::fuzz {

/// Choices made by a string of bytes; once they are spent, always the first one.
class Choices {
public:
  explicit Choices(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  bool spent() const { return bytes_.empty(); }
  /// In [0, bound), bound at most 256.
  int64_t below(int64_t bound) {
    if (bytes_.empty())
      return 0;
    int64_t chosen = bytes_.front() % bound;
    bytes_ = bytes_.subspan(1);
    return chosen;
  }
  bool maybe() { return below(2); }
  template <typename T> T of(std::initializer_list<T> values) {
    return values.begin()[below(static_cast<int64_t>(values.size()))];
  }

private:
  std::span<const uint8_t> bytes_;
};

/// A module that verifies, with one function @f. Its inputs have the roles that RandomInputs draws values for.
std::string randomFunction(Choices &choices);

} // namespace longc::fuzz
