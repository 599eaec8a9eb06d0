// XXH3-64: the checksum of program sections, weights and saved memories.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace longc {

uint64_t hashBytes(const void *data, size_t size);

/// The same hash over pieces in order.
class StreamingHash {
public:
  StreamingHash();
  ~StreamingHash();
  void add(const void *data, size_t size);
  uint64_t value() const;

private:
  struct State;
  std::unique_ptr<State> state_;
};

/// 16 lower-case hexadecimal digits.
std::string hashText(uint64_t hash);

} // namespace longc
