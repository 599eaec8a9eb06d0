// Puts sequences into one call and takes their pools out of it.
#include "runtime/serve/Encoder.h"

namespace longc {
namespace {

// What `encode` gives: hidden states, then the pools in the order of Encoder.Pooling.
constexpr size_t firstPool = 1;

Status checkInterface(const abi::Function &function) {
  static constexpr std::string_view roles[] = {"tokens", "token_types", "positions", "boundaries"};
  bool known = function.inputs_size() == std::size(roles) && function.results_size() == 4;
  for (int index = 0; known && index < function.inputs_size(); ++index)
    known = function.inputs(index).role() == roles[index] && function.inputs(index).type() == abi::I32 &&
            function.inputs(index).sizes_size() == 1;
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
  std::unique_ptr<Encoder> encoder(new Encoder(program));
  if (options.exact && options.integers)
    return Status::error(1005, "--exact and --int8 exclude each other", "give one of them");
  encoder->precision_ = options.exact ? "exact" : options.integers ? "int8" : "fast";
  const abi::Function *function = program.findFunction("encode", encoder->precision(), "cpu");
  if (!function)
    return Status::error(4122, std::string("this program has no function 'encode' in ") + encoder->precision() + " precision",
                         "compile the program again");
  if (options.device != "auto" && options.device != "cpu")
    return Status::error(4122, "this program has no function 'encode' for the GPU", "use --device cpu");
  LONGC_TRY(checkInterface(*function));
  auto device = openProcessor(program, table, options, {function});
  if (!device.ok())
    return device.status();
  encoder->device_ = std::move(*device);
  auto executor = Executor::create(program, *function, *encoder->device_);
  if (!executor.ok())
    return executor.status();
  encoder->executor_ = std::move(*executor);
  return encoder;
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

std::string Encoder::profileTable() const {
  std::vector<std::string> names;
  for (const abi::Kernel &kernel : program_.message().kernels())
    names.push_back(kernel.name());
  return profile_.table(names);
}

} // namespace longc
