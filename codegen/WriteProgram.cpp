// Writes the program file behind a linked executable.
#include "codegen/WriteProgram.h"

#include "runtime/abi/longc_abi.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

namespace longc {
namespace {

constexpr uint64_t kPage = 4096, kParameterAlignment = 64;

uint64_t alignUp(uint64_t value, uint64_t alignment) { return (value + alignment - 1) / alignment * alignment; }

std::vector<std::string> partsOf(const abi::Parameter &parameter, const ParameterParts &parts) {
  auto found = parts.find(parameter.name());
  return found == parts.end() ? std::vector<std::string>{parameter.name()} : found->second;
}

// Whether its bytes are in the program: others begin as their initializer says.
bool isStored(const abi::Parameter &parameter) { return parameter.initializer() == abi::Parameter::NONE; }

Status copyInto(OutputFile &file, const std::string &path) {
  std::ifstream source(path, std::ios::binary);
  std::vector<char> block(1 << 16);
  while (source) {
    source.read(block.data(), static_cast<std::streamsize>(block.size()));
    LONGC_TRY(file.append(block.data(), static_cast<size_t>(source.gcount())));
  }
  return source.eof() ? Status()
                      : Status::error(4003, "cannot read the linked executable '" + path + "': " + std::strerror(errno));
}

// Writes all parameters; returns the hash of the section.
Result<uint64_t> writeWeights(OutputFile &file, const abi::Program &program, const ParameterParts &parts,
                              const WeightSource &weights) {
  std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> hash(XXH3_createState(), XXH3_freeState);
  XXH3_64bits_reset(hash.get());
  std::vector<std::byte> bytes;
  uint64_t start = file.position();
  for (const abi::Parameter &parameter : program.parameters()) {
    if (!isStored(parameter))
      continue;
    uint64_t before = file.position();
    LONGC_TRY(file.pad(kParameterAlignment));
    static const char zeros[kParameterAlignment] = {};
    XXH3_64bits_update(hash.get(), zeros, file.position() - before);
    if (file.position() != start + parameter.offset())
      return Status::error(4002, "parameter '" + parameter.name() + "' was not placed where it is written");
    bytes.resize(parameter.bytes());
    LONGC_TRY(weights.write(partsOf(parameter, parts), parameter, bytes));
    XXH3_64bits_update(hash.get(), bytes.data(), bytes.size());
    LONGC_TRY(file.append(bytes.data(), bytes.size()));
  }
  return static_cast<uint64_t>(XXH3_64bits_digest(hash.get()));
}

} // namespace

Result<uint64_t> placeParameters(abi::Program &program, const ParameterParts &parts, const WeightSource &weights) {
  uint64_t end = 0;
  for (abi::Parameter &parameter : *program.mutable_parameters()) {
    Result<uint64_t> bytes = isStored(parameter) ? weights.bytes(partsOf(parameter, parts), parameter) : Result<uint64_t>(0);
    if (!bytes.ok())
      return bytes.status();
    parameter.set_offset(alignUp(end, kParameterAlignment));
    parameter.set_bytes(*bytes);
    if (isStored(parameter))
      end = parameter.offset() + *bytes;
    else
      parameter.set_offset(0);
  }
  return end;
}

Status writeProgram(const std::string &executable, abi::Program &program, const ParameterParts &parts,
                    const WeightSource &weights, OutputFile &file) {
  LONGC_TRY(copyInto(file, executable));

  longc_footer footer = {};
  LONGC_TRY(file.pad(kPage));
  footer.weights_offset = file.position();
  Result<uint64_t> hash = writeWeights(file, program, parts, weights);
  if (!hash.ok())
    return hash.status();
  footer.weights_size = file.position() - footer.weights_offset;
  footer.weights_hash = *hash;
  char fingerprint[17];
  std::snprintf(fingerprint, sizeof fingerprint, "%016llx", static_cast<unsigned long long>(*hash));
  program.set_fingerprint(fingerprint);

  LONGC_TRY(file.pad(kParameterAlignment));
  std::string message = program.SerializeAsString();
  footer.program_offset = file.position();
  footer.program_size = message.size();
  footer.program_hash = XXH3_64bits(message.data(), message.size());
  LONGC_TRY(file.append(message.data(), message.size()));

  footer.file_size = file.position() + sizeof footer;
  footer.abi_version = LONGC_ABI_VERSION;
  std::memcpy(footer.magic, LONGC_FOOTER_MAGIC, sizeof footer.magic);
  LONGC_TRY(file.append(&footer, sizeof footer));
  LONGC_TRY(file.makeExecutable());
  return file.complete();
}

} // namespace longc
