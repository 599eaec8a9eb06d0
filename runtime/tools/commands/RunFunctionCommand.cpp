// `run`: calls one function of a program on tensors from .npy files, on the processor or on a GPU.
#include "runtime/abi/Messages.h"
#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/core/OutputFile.h"
#include "runtime/core/ThreadPool.h"
#include "runtime/device/OpenDevice.h"
#include "runtime/io/Npy.h"
#include "runtime/serve/Executor.h"
#include "runtime/tools/commands/Command.h"

#include <algorithm>

namespace longc {
namespace {

std::vector<std::string> split(const std::string &text) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin < text.size();) {
    size_t end = std::min(text.find(',', begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

const char *npyType(abi::ElementType type) {
  switch (type) {
  case abi::F32: return "f4";
  case abi::I32: return "i4";
  case abi::I8: return "i1";
  case abi::BF16: return "u2";
  case abi::F16: return "u2";
  default: return "";
  }
}

/// The function the user asked for: by name, perhaps "module.function", and target; the first of them, or the exact one.
Result<const abi::Function *> findFunction(const Program &program, const std::string &name, const std::string &target, bool exact) {
  std::string known;
  for (const abi::Module &module : program.message().modules())
    for (const abi::Function &function : module.functions()) {
      const bool named = name.empty() || function.name() == name || module.name() + "." + function.name() == name;
      if (named && function.target() == target && (!exact || function.precision() == "exact"))
        return &function;
      known += (known.empty() ? "" : ", ") + function.name() + " (" + function.target() + ")";
    }
  return Status::error(1121, "this program has no function '" + name + "' for " + target, "it has: " + known);
}

/// Kernels that the function launches, by name; "" for those of other functions.
std::vector<std::string> kernelsOf(const abi::Program &program, const abi::Function &function) {
  std::vector<std::string> names(static_cast<size_t>(program.kernels_size()));
  for (const abi::Step &step : function.steps())
    if (step.has_launch())
      names[step.launch().kernel()] = program.kernels(static_cast<int>(step.launch().kernel())).name();
  return names;
}

Result<std::vector<NpyTensor>> readInputs(const abi::Function &function, const std::vector<std::string> &files) {
  if (static_cast<int>(files.size()) != function.inputs_size()) {
    std::string names;
    for (const abi::Input &input : function.inputs())
      names += (names.empty() ? "" : ", ") + inputName(input) + " (" + elementName(input.type()) + ")";
    return Status::error(1122, formatText("function '%s' takes %d inputs, %zu files given", function.name().c_str(),
                                          function.inputs_size(), files.size()),
                         "--inputs with one .npy a tensor: " + names);
  }
  std::vector<NpyTensor> tensors;
  for (size_t index = 0; index < files.size(); ++index) {
    auto tensor = readNpy(files[index]);
    if (!tensor.ok())
      return tensor.status();
    const abi::Input &input = function.inputs(static_cast<int>(index));
    if (tensor->type != npyType(input.type()) || static_cast<int>(tensor->shape.size()) != input.sizes_size())
      return Status::error(2303, "'" + files[index] + "' is " + tensor->type + formatText(" of rank %zu", tensor->shape.size()) +
                                     "; input '" + inputName(input) + "' is " + npyType(input.type()) +
                                     formatText(" of rank %d", input.sizes_size()),
                           "u2 are the bits of bf16 and f16; numpy's astype and reshape make what is asked for");
    tensors.push_back(std::move(*tensor));
  }
  return tensors;
}

Status writeResults(Executor &executor, const std::vector<std::string> &files) {
  const abi::Function &function = executor.function();
  if (static_cast<int>(files.size()) > function.results_size())
    return Status::error(1122, formatText("function '%s' has %d results, %zu files given", function.name().c_str(),
                                          function.results_size(), files.size()));
  for (size_t index = 0; index < files.size(); ++index) {
    const abi::Buffer &buffer = function.buffers(static_cast<int>(function.results(static_cast<int>(index))));
    TensorShape shape = executor.resultShape(index);
    std::vector<int64_t> sizes(shape.sizes.begin(), shape.sizes.begin() + shape.rank);
    size_t bytes = static_cast<size_t>(elementBytes(buffer.type()));
    for (int64_t size : sizes)
      bytes *= static_cast<size_t>(size);
    std::vector<std::byte> data(bytes);
    LONGC_TRY(executor.readResult(index, data.data(), bytes));
    LONGC_TRY(writeNpy(files[index], npyType(buffer.type()), sizes, data.data(), bytes));
  }
  return {};
}

std::string report(const Device &device, const abi::Function &function, std::vector<double> seconds, bool json) {
  std::sort(seconds.begin(), seconds.end());
  auto quantile = [&](double q) { return seconds[static_cast<size_t>(q * static_cast<double>(seconds.size() - 1) + 0.5)]; };
  if (!json)
    return formatText("%s on %s: kernels %.4f ms (p10 %.4f, p90 %.4f, %zu runs)\n", function.name().c_str(),
                      device.describe().c_str(), 1e3 * quantile(0.5), 1e3 * quantile(0.1), 1e3 * quantile(0.9),
                      seconds.size());
  JsonWriter writer;
  writer.beginObject();
  writer.key("function").text(function.name());
  writer.key("device").text(device.describe());
  writer.key("milliseconds").number(1e3 * quantile(0.5));
  writer.key("milliseconds_p10").number(1e3 * quantile(0.1));
  writer.key("milliseconds_p90").number(1e3 * quantile(0.9));
  writer.key("runs").integer(static_cast<int64_t>(seconds.size()));
  return writer.endObject().str() + "\n";
}

Status runRun(const Arguments &arguments) {
  auto program = Program::open(programPath(), arguments.flag("verify"));
  if (!program.ok())
    return program.status();
  const std::string target = arguments.text("device") == "auto" ? "cpu" : arguments.text("device");
  auto function = findFunction(**program, arguments.text("function"), target, arguments.flag("exact"));
  if (!function.ok())
    return function.status();
  auto tensors = readInputs(**function, split(arguments.text("inputs")));
  if (!tensors.ok())
    return tensors.status();
  auto repeat = arguments.integer("repeat", 1, 1000000);
  if (!repeat.ok())
    return repeat.status();
  auto threads = arguments.integer("threads", 0, ThreadPool::maxThreads);
  if (!threads.ok())
    return threads.status();
  const abi::Program &message = (*program)->message();
  auto device = openDevice(longc_program, message, (*function)->target(), kernelsOf(message, **function),
                           {arguments.text("variant"), static_cast<int>(*threads)});
  if (!device.ok())
    return device.status();
  auto executor = Executor::create(**program, **function, **device);
  if (!executor.ok())
    return executor.status();
  std::vector<InputTensor> inputs;
  for (const NpyTensor &tensor : *tensors) {
    InputTensor input{tensor.data.data(), {}};
    input.shape.rank = static_cast<int>(tensor.shape.size());
    std::copy(tensor.shape.begin(), tensor.shape.end(), input.shape.sizes.begin());
    inputs.push_back(input);
  }
  if (!arguments.text("trace").empty())
    LONGC_TRY(OutputFile::check(arguments.text("trace")));
  std::vector<double> seconds;
  LONGC_TRY((*executor)->run(inputs));
  for (int64_t round = -2; round < *repeat; ++round) { // three untimed rounds in all
    KernelProfile profile;
    if (!arguments.text("trace").empty())
      profile.keepEvents();
    (*executor)->setProfile(&profile);
    LONGC_TRY((*executor)->repeat(inputs));
    if (interrupted())
      return Status::error(cancelledCode, "cancelled");
    if (round >= 0)
      seconds.push_back(profile.kernelSeconds());
    if (round + 1 == *repeat && arguments.flag("profile"))
      std::fputs(profile.table(kernelsOf(message, **function), (*device)->measureRoof()).c_str(), stderr);
    if (round + 1 == *repeat && !arguments.text("trace").empty())
      LONGC_TRY(OutputFile::write(arguments.text("trace"), profile.trace(kernelsOf(message, **function))));
  }
  (*executor)->setProfile(nullptr);
  LONGC_TRY(writeResults(**executor, split(arguments.text("outputs"))));
  return printText(report(**device, **function, seconds, arguments.flag("json")));
}

} // namespace

const Command runFunctionCommand = {"run", "call a function on .npy tensors and time its kernels",
                            {"device", "exact", "function", "inputs", "json", "outputs", "profile", "repeat", "threads", "trace", "variant", "verify"},
                            runRun};

} // namespace longc
