// The tail of an executable, checked.
#include "runtime/serve/ProgramFile.h"

#include "runtime/core/Checked.h"
#include "runtime/core/Format.h"
#include "runtime/core/Hash.h"
#include "runtime/io/MappedFile.h"

#include <cstring>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/stubs/logging.h>

namespace longc {
namespace {

// A program message holds the tokenizer and step lists, never weights.
constexpr uint64_t maxMessageBytes = uint64_t{512} << 20;
constexpr int maxMessageDepth = 64;

const char *const compileAgain = "compile the program again";

Status checkFooter(const longc_footer &footer, const std::string &path, uint64_t fileSize) {
  if (std::memcmp(footer.magic, LONGC_FOOTER_MAGIC, sizeof footer.magic) != 0)
    return Status::error(4101, "'" + path + "' does not end with a longc program",
                         "the file is truncated or was never written by `longc compile`");
  if (footer.abi_version != LONGC_ABI_VERSION)
    return Status::error(4102, formatText("'%s' has ABI version %u; this runtime has %u", path.c_str(),
                                          footer.abi_version, LONGC_ABI_VERSION),
                         compileAgain);
  if (footer.file_size != fileSize)
    return Status::error(4103, formatText("'%s' has %llu bytes; expected %llu", path.c_str(),
                                          static_cast<unsigned long long>(fileSize),
                                          static_cast<unsigned long long>(footer.file_size)),
                         "the file is truncated or something was appended: copy it again");
  uint64_t payload = fileSize - sizeof footer;
  if (!(Checked(footer.weights_offset) + footer.weights_size).atMost(payload) ||
      !(Checked(footer.program_offset) + footer.program_size).atMost(payload) ||
      footer.program_size > maxMessageBytes)
    return Status::error(4104, "'" + path + "': its footer points outside the file", compileAgain);
  return {};
}

} // namespace

Result<longc_footer> readFooter(const std::string &path) {
  auto file = MappedFile::open(path);
  if (!file.ok())
    return file.status();
  auto bytes = file->bytes();
  longc_footer footer = {};
  if (bytes.size() >= sizeof footer)
    std::memcpy(&footer, bytes.data() + bytes.size() - sizeof footer, sizeof footer);
  LONGC_TRY(checkFooter(footer, path, bytes.size()));
  return footer;
}

Status readMessage(const std::string &path, const longc_footer &footer, abi::Program &message) {
  auto section = MappedFile::open(path, footer.program_offset, footer.program_size);
  if (!section.ok())
    return section.status();
  auto bytes = section->bytes();
  if (hashBytes(bytes.data(), bytes.size()) != footer.program_hash)
    return Status::error(4105, "'" + path + "': the checksum of its program section does not match",
                         "the file is damaged: copy it again");
  google::protobuf::SetLogHandler(nullptr); // what is wrong is said below, in one line
  google::protobuf::io::CodedInputStream stream(reinterpret_cast<const uint8_t *>(bytes.data()),
                                                static_cast<int>(bytes.size()));
  stream.SetRecursionLimit(maxMessageDepth);
  if (!message.ParseFromCodedStream(&stream) || !stream.ConsumedEntireMessage())
    return Status::error(4106, "'" + path + "': its program section cannot be parsed", compileAgain);
  return {};
}

} // namespace longc
