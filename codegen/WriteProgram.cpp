// Writes the program file behind a linked executable.
#include "codegen/WriteProgram.h"

#include "runtime/abi/longc_abi.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace longc {
namespace {

constexpr uint64_t kPage = 4096, kParameterAlignment = 64;

uint64_t alignUp(uint64_t value, uint64_t alignment) { return (value + alignment - 1) / alignment * alignment; }

std::vector<std::string> partsOf(const abi::Parameter &parameter, const ParameterParts &parts) {
  auto found = parts.find(parameter.name());
  return found == parts.end() ? std::vector<std::string>{parameter.name()} : found->second;
}

Status placeParameters(abi::Program &program, const ParameterParts &parts, const WeightSource &weights) {
  uint64_t offset = 0;
  for (abi::Parameter &parameter : *program.mutable_parameters()) {
    uint64_t bytes = 0;
    for (const std::string &part : partsOf(parameter, parts)) {
      Result<uint64_t> size = weights.bytes(part);
      if (!size.ok())
        return size.status();
      bytes += *size;
    }
    parameter.set_offset(offset);
    parameter.set_bytes(bytes);
    offset = alignUp(offset + bytes, kParameterAlignment);
  }
  return {};
}

// A file that is removed unless it was completed.
class TemporaryFile {
public:
  explicit TemporaryFile(std::string path) : path_(std::move(path)), stream_(path_, std::ios::binary | std::ios::trunc) {}
  ~TemporaryFile() {
    if (!path_.empty())
      std::remove(path_.c_str());
  }
  std::ofstream &stream() { return stream_; }
  Status failure(const std::string &what) const {
    return Status::error(4001, what + " '" + path_ + "': " + std::strerror(errno), "check free space and permissions");
  }
  Status complete(const std::string &target) {
    stream_.close();
    if (!stream_)
      return failure("cannot write");
    std::error_code error;
    std::filesystem::permissions(path_, std::filesystem::perms(0755), error);
    if (!error)
      std::filesystem::rename(path_, target, error);
    if (error)
      return Status::error(4001, "cannot write '" + target + "': " + error.message(), "check the path and permissions");
    path_.clear();
    return {};
  }

private:
  std::string path_;
  std::ofstream stream_;
};

void pad(std::ofstream &stream, uint64_t &position, uint64_t alignment) {
  static const char zeros[kPage] = {};
  uint64_t next = alignUp(position, alignment);
  stream.write(zeros, next - position);
  position = next;
}

// Writes all parameters; returns the hash of the section.
Result<uint64_t> writeWeights(std::ofstream &stream, uint64_t &position, const abi::Program &program,
                              const ParameterParts &parts, const WeightSource &weights) {
  std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> hash(XXH3_createState(), XXH3_freeState);
  XXH3_64bits_reset(hash.get());
  std::vector<std::byte> bytes;
  uint64_t start = position;
  for (const abi::Parameter &parameter : program.parameters()) {
    uint64_t before = position;
    pad(stream, position, kParameterAlignment);
    static const char zeros[kParameterAlignment] = {};
    XXH3_64bits_update(hash.get(), zeros, position - before);
    if (position != start + parameter.offset())
      return Status::error(4002, "parameter '" + parameter.name() + "' was not placed where it is written");
    for (const std::string &part : partsOf(parameter, parts)) {
      Result<uint64_t> size = weights.bytes(part);
      if (!size.ok())
        return size.status();
      bytes.resize(*size);
      LONGC_TRY(weights.write(part, bytes));
      XXH3_64bits_update(hash.get(), bytes.data(), bytes.size());
      stream.write(reinterpret_cast<const char *>(bytes.data()), bytes.size());
      position += bytes.size();
    }
  }
  return static_cast<uint64_t>(XXH3_64bits_digest(hash.get()));
}

} // namespace

Status writeProgram(const std::string &executable, abi::Program &program, const ParameterParts &parts,
                    const WeightSource &weights, const std::string &output) {
  LONGC_TRY(placeParameters(program, parts, weights));
  std::ifstream source(executable, std::ios::binary);
  if (!source)
    return Status::error(4003, "cannot read the linked executable '" + executable + "': " + std::strerror(errno));
  TemporaryFile file(output + ".partial");
  if (!file.stream())
    return file.failure("cannot create");
  std::ofstream &stream = file.stream();
  stream << source.rdbuf();
  uint64_t position = stream.tellp();

  longc_footer footer = {};
  pad(stream, position, kPage);
  footer.weights_offset = position;
  Result<uint64_t> hash = writeWeights(stream, position, program, parts, weights);
  if (!hash.ok())
    return hash.status();
  footer.weights_size = position - footer.weights_offset;
  footer.weights_hash = *hash;
  char fingerprint[17];
  std::snprintf(fingerprint, sizeof fingerprint, "%016llx", static_cast<unsigned long long>(*hash));
  program.set_fingerprint(fingerprint);

  pad(stream, position, kParameterAlignment);
  std::string message = program.SerializeAsString();
  footer.program_offset = position;
  footer.program_size = message.size();
  footer.program_hash = XXH3_64bits(message.data(), message.size());
  stream.write(message.data(), message.size());
  position += message.size();

  footer.file_size = position + sizeof footer;
  footer.abi_version = LONGC_ABI_VERSION;
  std::memcpy(footer.magic, LONGC_FOOTER_MAGIC, sizeof footer.magic);
  stream.write(reinterpret_cast<const char *>(&footer), sizeof footer);
  if (!stream)
    return file.failure("cannot write");
  return file.complete(output);
}

} // namespace longc
