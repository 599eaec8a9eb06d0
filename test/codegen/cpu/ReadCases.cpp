// Reading and judging cases.
#include "test/codegen/cpu/ReadCases.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

namespace longc {
namespace {

template <typename T> void take(std::FILE *file, T *to, size_t count) {
  if (std::fread(to, sizeof(T), count, file) != count)
    std::exit(2);
}

int64_t number(std::FILE *file) {
  int64_t value = 0;
  take(file, &value, 1);
  return value;
}

double element(const char *data, int64_t type, int64_t at) {
  if (type == 0) {
    float value;
    std::memcpy(&value, data + 4 * at, 4);
    return value;
  }
  if (type == 1) {
    uint32_t bits = 0;
    std::memcpy(reinterpret_cast<char *>(&bits) + 2, data + 2 * at, 2);
    float value;
    std::memcpy(&value, &bits, 4);
    return value;
  }
  if (type == 2)
    return static_cast<signed char>(data[at]);
  if (type == 4) {
    int16_t value;
    std::memcpy(&value, data + 2 * at, 2);
    return value;
  }
  int32_t value;
  std::memcpy(&value, data + 4 * at, 4);
  return value;
}

char *aligned(std::vector<char> &bytes) { return bytes.data() + (64 - reinterpret_cast<uintptr_t>(bytes.data()) % 64); }

} // namespace

bool KernelCase::read(std::FILE *file) {
  int64_t size = 0;
  if (std::fread(&size, 8, 1, file) != 1)
    return false;
  symbol.assign(static_cast<size_t>(size), ' ');
  take(file, symbol.data(), symbol.size());
  scratchBytes = number(file);
  blocks = number(file);
  gridRank = number(file);
  scalars.resize(static_cast<size_t>(number(file)));
  take(file, scalars.data(), scalars.size());
  views.assign(static_cast<size_t>(number(file)), {});
  memories.assign(views.size(), {});
  bytes.clear();
  for (size_t i = 0; i < views.size(); ++i) {
    take(file, views[i].size, 4);
    take(file, views[i].stride, 4);
    bytes.push_back(number(file));
    memories[i].resize(static_cast<size_t>(bytes[i]) + 128);
    views[i].data = aligned(memories[i]);
    take(file, aligned(memories[i]), static_cast<size_t>(bytes[i]));
  }
  outputs.clear();
  for (int64_t left = number(file); left > 0; --left) {
    Output output{};
    output.at = number(file);
    output.type = number(file);
    take(file, &output.limit, 1);
    output.expected.resize(static_cast<size_t>(number(file)));
    take(file, output.expected.data(), output.expected.size());
    outputs.push_back(std::move(output));
  }
  return true;
}

bool KernelCase::judge(double &error) const {
  bool good = true;
  error = 0;
  for (const Output &output : outputs) {
    double worst = 0, magnitude = 0;
    const char *data = static_cast<const char *>(views[static_cast<size_t>(output.at)].data);
    for (size_t i = 0; i < output.expected.size(); ++i) {
      double got = element(data, output.type, static_cast<int64_t>(i)), expected = output.expected[i];
      if (std::isnan(expected) && std::isnan(got))
        continue;
      double difference = got == expected ? 0 : std::abs(got - expected);
      worst = std::isnan(difference) ? difference : std::max(worst, difference);
      if (std::isfinite(expected))
        magnitude = std::max(magnitude, std::abs(expected));
      if (std::isnan(worst))
        break;
    }
    good &= worst <= std::max(output.type == 2 || output.type == 4 ? 1.0 : 0.0, output.limit * magnitude);
    error = std::isnan(worst) || std::isnan(error) ? NAN : std::max(error, magnitude > 0 ? worst / magnitude : worst);
  }
  return good;
}

} // namespace longc
