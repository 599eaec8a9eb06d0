// Executable, weights, values, message, footer.
#include "runtime/lift/Merge.h"

#include "runtime/abi/longc_abi.h"
#include "runtime/core/Hash.h"
#include "runtime/core/OutputFile.h"
#include "runtime/io/MappedFile.h"
#include "runtime/train/ServedValues.h"

#include <cstring>

namespace longc {
namespace {

constexpr uint64_t alignment = 64;

/// A section of the file whose hash is taken as it is written.
class Weights {
public:
  explicit Weights(OutputFile &file) : file_(file), begin_(file.position()) {}

  Status append(const void *data, size_t bytes) {
    hash_.add(data, bytes);
    return file_.append(data, bytes);
  }
  Status align() {
    static const char zeros[alignment] = {};
    return append(zeros, (alignment - size() % alignment) % alignment);
  }
  uint64_t size() const { return file_.position() - begin_; }
  uint64_t hash() const { return hash_.value(); }

private:
  OutputFile &file_;
  uint64_t begin_;
  StreamingHash hash_;
};

} // namespace

Status writeMerged(const std::string &source, const Program &program, const ParameterList &list, const ParameterArray &values,
                   const std::string &target) {
  auto whole = MappedFile::open(source);
  if (!whole.ok())
    return whole.status();
  const auto bytes = whole->bytes();
  longc_footer footer; // Program::open has checked it
  std::memcpy(&footer, bytes.data() + bytes.size() - sizeof footer, sizeof footer);
  auto file = OutputFile::create(target);
  if (!file.ok())
    return file.status();
  LONGC_TRY(file->append(bytes.data(), footer.weights_offset));
  Weights weights(*file);
  LONGC_TRY(weights.append(bytes.data() + footer.weights_offset, footer.weights_size));
  abi::Program message = program.message();
  auto store = [&](abi::Parameter &parameter, const void *data, size_t bytes) -> Status {
    if (parameter.initializer() == abi::Parameter::NONE)
      return {};
    LONGC_TRY(weights.align());
    parameter.set_offset(weights.size());
    parameter.set_bytes(bytes);
    parameter.set_initializer(abi::Parameter::NONE);
    return weights.append(data, bytes);
  };
  for (abi::Parameter &parameter : *message.mutable_parameters())
    if (const TrainedParameter *trained = list.find(parameter.name()))
      LONGC_TRY(store(parameter, values.of(*trained).data(), static_cast<size_t>(trained->size) * sizeof(float)));
  auto served = ServedValues::of(program.message(), list, values);
  if (!served.ok())
    return served.status();
  for (size_t i = 0; i < served->indices().size(); ++i) {
    const uint32_t index = served->indices()[i];
    LONGC_TRY(store(*message.mutable_parameters(static_cast<int>(index)), served->bytes(i).data(), program.parameterBytes(index)));
  }
  message.set_fingerprint(hashText(weights.hash()));
  footer.weights_size = weights.size();
  footer.weights_hash = weights.hash();
  LONGC_TRY(file->pad(alignment));
  const std::string text = message.SerializeAsString();
  footer.program_offset = file->position();
  footer.program_size = text.size();
  footer.program_hash = hashBytes(text.data(), text.size());
  LONGC_TRY(file->append(text.data(), text.size()));
  footer.file_size = file->position() + sizeof footer;
  LONGC_TRY(file->append(&footer, sizeof footer));
  LONGC_TRY(file->makeExecutable());
  return file->complete();
}

} // namespace longc
