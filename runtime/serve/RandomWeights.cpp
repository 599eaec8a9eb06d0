// Random weights, each parameter's from the seed and its own number.
#include "runtime/serve/RandomWeights.h"

#include "runtime/abi/longc_abi.h"
#include "runtime/core/Format.h"
#include "runtime/io/MappedFile.h"
#include "runtime/serve/CheckProgram.h"
#include "runtime/serve/ProgramFile.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <sys/mman.h>
#include <unistd.h>

namespace longc {
namespace {

constexpr float most = 0.035f;

/// splitmix64: the next of a stream of numbers.
uint64_t next(uint64_t &state) {
  uint64_t value = state += 0x9e3779b97f4a7c15ull;
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9ull;
  value = (value ^ value >> 27) * 0x94d049bb133111ebull;
  return value ^ value >> 31;
}

void fill(std::span<float> numbers, uint64_t state) {
  for (float &number : numbers)
    number = (static_cast<float>(next(state) >> 40) * 0x1p-23f - 1.0f) * most;
}

// Four a draw: there may be billions. Cut off, not rounded; none is near enough to zero to matter.
void fill(std::span<uint16_t> numbers, uint64_t state) {
  for (size_t at = 0; at < numbers.size(); at += 4) {
    uint64_t drawn = next(state);
    for (size_t i = at; i < std::min(at + 4, numbers.size()); ++i, drawn >>= 16) {
      const float number = (static_cast<float>(drawn & 0xffff) * 0x1p-15f - 1.0f) * most;
      numbers[i] = static_cast<uint16_t>(std::bit_cast<uint32_t>(number) >> 16);
    }
  }
}

} // namespace

Status makeRandomWeights(const abi::Program &program, uint64_t seed, std::span<std::byte> weights) {
  for (int index = 0; index < program.parameters_size(); ++index) {
    const abi::Parameter &parameter = program.parameters(index);
    if (parameter.initializer() != abi::Parameter::NONE)
      continue;
    std::byte *const data = weights.data() + parameter.offset(); // aligned to 64
    const uint64_t state = seed + (static_cast<uint64_t>(index) << 32);
    if (parameter.type() == abi::F32) {
      std::span numbers(reinterpret_cast<float *>(data), parameter.bytes() / sizeof(float));
      if (parameter.shape_size() > 1)
        fill(numbers, state);
      else
        std::fill(numbers.begin(), numbers.end(), 1.0f);
    } else if (parameter.type() == abi::BF16) {
      fill(std::span(reinterpret_cast<uint16_t *>(data), parameter.bytes() / sizeof(uint16_t)), state);
    } else {
      return Status::error(4124, "parameter '" + parameter.name() + "' is quantised: there are no random blocks", "compile a checkpoint of floats with --embed-weights no");
    }
  }
  return {};
}

Result<std::string> withRandomWeights(const std::string &path, uint64_t seed) {
  auto read = readFooter(path);
  if (!read.ok())
    return read.status();
  longc_footer footer = *read;
  abi::Program program;
  LONGC_TRY(readMessage(path, footer, program));
  if (footer.weights_size > 0)
    return Status::error(4114, "'" + path + "' has weights of its own", "run it without --random-weights, or compile it with --embed-weights no");
  uint64_t end = 0;
  for (const abi::Parameter &parameter : program.parameters())
    end = std::max(end, parameter.offset() + parameter.bytes());
  auto message = MappedFile::open(path, footer.program_offset, footer.program_size);
  if (!message.ok())
    return message.status();
  // Weights, message and footer, as behind an executable.
  footer.weights_offset = 0;
  footer.weights_size = footer.program_offset = (end + 63) / 64 * 64;
  footer.file_size = footer.program_offset + footer.program_size + sizeof footer;
  LONGC_TRY(checkProgram(program, footer.weights_size)); // all places lie inside
  const int memory = memfd_create("random weights", MFD_CLOEXEC);
  void *mapped = MAP_FAILED;
  if (memory >= 0 && ftruncate(memory, static_cast<off_t>(footer.file_size)) == 0)
    mapped = mmap(nullptr, footer.file_size, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
  if (mapped == MAP_FAILED)
    return Status::error(7001, "out of memory: " + formatBytes(static_cast<double>(footer.file_size)) + " for random weights: " + std::strerror(errno), "close other programs");
  const std::span<std::byte> all(static_cast<std::byte *>(mapped), footer.file_size);
  Status status = makeRandomWeights(program, seed, all.first(footer.weights_size));
  std::memcpy(&all[footer.program_offset], message->bytes().data(), footer.program_size);
  std::memcpy(&all[footer.file_size - sizeof footer], &footer, sizeof footer);
  munmap(mapped, footer.file_size);
  if (!status.ok())
    return status;
  return "/proc/self/fd/" + std::to_string(memory);
}

} // namespace longc
