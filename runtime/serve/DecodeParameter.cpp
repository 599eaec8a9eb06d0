// Panels and floats to rows.
#include "runtime/serve/DecodeParameter.h"

#include "runtime/abi/Messages.h"
#include "runtime/core/ThreadPool.h"
#include "runtime/io/Panels.h"
#include "runtime/serve/CheckProgram.h"
#include "runtime/serve/Program.h"

#include <cstring>
#include <mutex>
#include <vector>

namespace longc {
namespace {

uint16_t roundedToBf16(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  if ((bits & 0x7fffffff) > 0x7f800000) // a NaN stays one
    return static_cast<uint16_t>(bits >> 16 | 0x40);
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

void writeRow(const std::vector<float> &row, abi::ElementType wanted, std::byte *to) {
  if (wanted == abi::F32)
    std::memcpy(to, row.data(), row.size() * sizeof(float));
  else
    roundToBf16(row, to);
}

} // namespace

void roundToBf16(std::span<const float> numbers, std::byte *to) {
  for (size_t i = 0; i < numbers.size(); ++i) {
    const uint16_t half = roundedToBf16(numbers[i]);
    std::memcpy(to + 2 * i, &half, 2);
  }
}

bool needsDecoding(const abi::Parameter &parameter, abi::ElementType wanted) {
  return isInPanels(parameter) || parameter.type() != wanted;
}

uint64_t decodedBytes(const abi::Parameter &parameter, abi::ElementType wanted) {
  uint64_t bytes = static_cast<uint64_t>(elementBytes(wanted));
  for (int64_t size : parameter.shape())
    bytes *= static_cast<uint64_t>(size);
  return bytes;
}

Status decodeParameter(const abi::Parameter &parameter, const std::byte *stored, abi::ElementType wanted,
                       std::span<std::byte> rows) {
  if (!isInPanels(parameter) && parameter.type() == abi::F32 && wanted == abi::BF16) {
    roundToBf16({reinterpret_cast<const float *>(stored), rows.size() / 2}, rows.data());
    return {};
  }
  auto format = storedFormat(parameter.type());
  if (!format || !isInPanels(parameter) || (wanted != abi::F32 && wanted != abi::BF16))
    return Status::error(4124, "parameter '" + parameter.name() + "' is stored as " + elementName(parameter.type()) +
                                   " and wanted as " + elementName(wanted) + ", which this runtime does not make of it",
                         "compile the program again");
  const int64_t count = parameter.shape(0), columns = parameter.shape(1);
  const std::span<const std::byte> panels(stored, parameter.bytes());
  static std::mutex turn; // one parameter at a time, by threads that are made once
  const std::lock_guard mine(turn);
  static const auto pool = ThreadPool::create(0);
  if (!pool.ok())
    return pool.status();
  Status failed;
  std::mutex mutex;
  (*pool)->forRanges(count, [&](int, int64_t begin, int64_t end) {
    std::vector<float> row(static_cast<size_t>(columns));
    for (int64_t index = begin; index < end; ++index) {
      Status status = decodePanelRow(*format, count, columns, panels, index, row.data());
      if (!status.ok()) {
        std::lock_guard lock(mutex);
        failed = status;
        return;
      }
      writeRow(row, wanted, rows.data() + static_cast<size_t>(index * columns * elementBytes(wanted)));
    }
  });
  return failed;
}

} // namespace longc
