// Puts sequences into one call and takes their pools out of it.
#include "runtime/serve/Encoder.h"

#include "runtime/device/OpenDevice.h"

namespace longc {
namespace {

// What `encode` gives: hidden states, then the pools in the order of Encoder.Pooling.
constexpr size_t firstPool = 1;

Status checkInterface(const abi::Function &function) {
  static constexpr abi::Input::Role roles[] = {abi::Input::TOKENS, abi::Input::TOKEN_TYPES, abi::Input::POSITIONS, abi::Input::BOUNDARIES};
  bool known = function.inputs_size() == std::size(roles) && function.results_size() == 4;
  for (int index = 0; known && index < function.inputs_size(); ++index)
    known = function.inputs(index).role() == roles[index];
  for (int index = 0; known && index < function.results_size(); ++index)
    known = function.buffers(static_cast<int>(function.results(index))).type() == abi::F32;
  return known ? Status()
               : Status::error(4120, "function 'encode' has inputs or results that this runtime does not know", "compile the program again");
}

} // namespace

Result<std::unique_ptr<Encoder>> Encoder::create(const Program &program, const longc_program_table &table,
                                                 const EngineOptions &options) {
  if (!program.module().has_encoder())
    return Status::error(4132, "this program is a decoder: it has no embeddings", "compile an encoder, such as the folder of a BERT model");
  if (options.exact && options.integers)
    return Status::error(1005, "--exact and --int8 exclude each other", "give one of them");
  std::unique_ptr<Encoder> encoder;
  LONGC_TRY(openOnChosen(options.device, program.message(), options.exact || options.integers, "running", [&](const DeviceChoice &choice) {
    encoder.reset(new Encoder(program));
    encoder->precision_ = options.exact ? "exact" : options.integers ? "int8" : "fast";
    encoder->target_ = choice.target;
    return encoder->open(table, options, choice.ordinal);
  }));
  return encoder;
}

Status Encoder::open(const longc_program_table &table, const EngineOptions &options, int ordinal) {
  const bool onProcessor = target_ == "cpu";
  const abi::Function *function = program_.findFunction("encode", precision(), target_);
  if (!function)
    return Status::error(4122, std::string("this program has no function 'encode' in ") + precision() + " precision for " + (onProcessor ? "the processor" : "the GPU"),
                         onProcessor                         ? "compile the program again"
                         : options.exact || options.integers ? "run it with --device cpu"
                                                             : "compile it with the GPU among --target, or use --device cpu");
  LONGC_TRY(checkInterface(*function));
  if (onProcessor) {
    auto device = openProcessor(program_, table, options, {function});
    if (!device.ok())
      return device.status();
    device_ = std::move(*device);
  } else {
    auto device = openDevice(table, program_.message(), target_, {}, {options.variant, options.threads, ordinal});
    if (!device.ok())
      return device.status();
    device_ = std::move(*device);
  }
  auto executor = Executor::create(program_, *function, *device_);
  if (!executor.ok())
    return executor.status();
  executor_ = std::move(*executor);
  return {};
}

Status Encoder::checkToken(int32_t token) const { return checkEncoderToken(program_.module(), token); }

Status Encoder::encode(std::span<const std::span<const int32_t>> sequences, abi::Encoder::Pooling pooling,
                       std::span<float> out) {
  inputs_.clear();
  for (std::span<const int32_t> sequence : sequences)
    LONGC_TRY(inputs_.append(program_.module(), sequence));
  if (sequences.empty())
    return {};
  auto list = [](const std::vector<int32_t> &numbers) {
    return InputTensor{numbers.data(), {{static_cast<int64_t>(numbers.size()), 1, 1, 1}, 1}};
  };
  const InputTensor inputs[] = {list(inputs_.tokens), list(inputs_.types), list(inputs_.positions), list(inputs_.boundaries)};
  LONGC_TRY(executor_->run(inputs));
  return executor_->readResult(firstPool + static_cast<size_t>(pooling), out.data(), out.size_bytes());
}

std::string Encoder::profileTable() { return profile_.table(kernelNames(program_.message()), device_->measureRoof()); }

std::string Encoder::profileTrace() const { return profile_.trace(kernelNames(program_.message())); }

} // namespace longc
