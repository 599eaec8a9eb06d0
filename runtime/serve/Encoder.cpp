// Puts sequences into one call and takes their pools out of it.
#include "runtime/serve/Encoder.h"

#include "runtime/core/Format.h"

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

Status Encoder::checkToken(int32_t token) const {
  if (token >= 0 && token < static_cast<int64_t>(program_.module().vocabulary()))
    return {};
  return Status::error(5302, formatText("token id %d is outside the vocabulary of %u", token, program_.module().vocabulary()),
                       "use the tokenizer of this model");
}

Status Encoder::append(std::span<const int32_t> sequence) {
  const abi::Encoder &encoder = program_.module().encoder();
  if (sequence.empty() || static_cast<int64_t>(sequence.size()) > longest())
    return Status::error(5304, "a sequence of " + formatCount(static_cast<long long>(sequence.size())) +
                                   " tokens: this encoder reads from 1 to " + formatCount(longest()),
                         "split it; `embed --long split` does");
  auto position = static_cast<int32_t>(encoder.first_position());
  for (int32_t token : sequence) {
    LONGC_TRY(checkToken(token));
    const bool counted = !encoder.has_uncounted_token() || token != encoder.uncounted_token();
    tokens_.push_back(token);
    types_.push_back(0);
    positions_.push_back(counted ? position++ : static_cast<int32_t>(encoder.first_position()) - 1);
  }
  boundaries_.push_back(static_cast<int32_t>(tokens_.size()));
  return {};
}

Status Encoder::encode(std::span<const std::span<const int32_t>> sequences, abi::Encoder::Pooling pooling,
                       std::span<float> out) {
  tokens_.clear();
  types_.clear();
  positions_.clear();
  boundaries_.assign(1, 0);
  for (std::span<const int32_t> sequence : sequences)
    LONGC_TRY(append(sequence));
  if (sequences.empty())
    return {};
  auto list = [](const std::vector<int32_t> &numbers) {
    return InputTensor{numbers.data(), {{static_cast<int64_t>(numbers.size()), 1, 1, 1}, 1}};
  };
  const InputTensor inputs[] = {list(tokens_), list(types_), list(positions_), list(boundaries_)};
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
