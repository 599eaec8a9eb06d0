// Where the adapter comes from: a program's parameters `MODULE.lora_A` and `MODULE.lora_B`, or PEFT's own folder.
#include "frontends/tools/driver/ConvertAdapter.h"

#include "frontends/peft/WriteAdapter.h"
#include "runtime/core/Format.h"
#include "runtime/io/ModelFileError.h"
#include "runtime/io/PeftConfig.h"
#include "runtime/serve/DecodeParameter.h"
#include "runtime/serve/Program.h"

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace longc {
namespace {

bool isExecutable(const std::string &path) {
  char magic[4] = {};
  std::ifstream(path, std::ios::binary).read(magic, sizeof magic);
  return std::memcmp(magic, "\177ELF", sizeof magic) == 0;
}

// A program's parameter as rows of F32.
Result<CheckpointParameter> rowsOf(const Program &program, uint32_t index) {
  const abi::Parameter &stored = program.message().parameters(static_cast<int>(index));
  CheckpointParameter parameter;
  parameter.name = parameter.sourceName = stored.name();
  parameter.format = ElementFormat::F32;
  parameter.shape.assign(stored.shape().begin(), stored.shape().end());
  auto rows = std::make_shared<std::vector<std::byte>>(decodedBytes(stored, abi::F32));
  if (needsDecoding(stored, abi::F32))
    LONGC_TRY(decodeParameter(stored, program.parameterData(index), abi::F32, *rows));
  else
    std::memcpy(rows->data(), program.parameterData(index), rows->size());
  parameter.readRow = [rows](int64_t row, std::span<std::byte> out) -> Status {
    std::memcpy(out.data(), rows->data() + static_cast<size_t>(row) * out.size(), out.size());
    return {};
  };
  return parameter;
}

Result<Adapter> adapterOf(const Program &program, const std::string &path) {
  Adapter adapter;
  const auto &parameters = program.message().parameters();
  auto find = [&](const std::string &name) {
    for (int index = 0; index < parameters.size(); ++index)
      if (parameters[index].name() == name)
        return index;
    return -1;
  };
  for (int index = 0; index < parameters.size(); ++index) {
    const abi::Parameter &first = parameters[index];
    if (first.lora_scale() == 0)
      continue;
    std::string module = first.name().substr(0, first.name().size() - 1); // "MODULE.lora_"
    const int second = find(module + "B");
    if (second < 0 || !first.name().ends_with('A'))
      return Status::error(AdapterInvalid, path + ": parameter " + longc::quoted(first.name()) + " of an adapter has no partner",
                           "compile the program again");
    Result<CheckpointParameter> a = rowsOf(program, static_cast<uint32_t>(index)), b = rowsOf(program, static_cast<uint32_t>(second));
    if (!a.ok() || !b.ok())
      return a.ok() ? b.status() : a.status();
    const bool embedding = module.ends_with(".lora_embedding_");
    module.resize(module.rfind(".lora_"));
    adapter.modules.push_back({module, std::move(*a), std::move(*b), first.lora_scale(), embedding});
  }
  if (adapter.modules.empty())
    return Status::error(AdapterInvalid, path + " carries no adapter: expected a program that was compiled with --adapter",
                         "what `train` learns is a PEFT folder already");
  std::vector<std::string> apart;
  for (const std::string &tensor : program.module().saved_tensors()) {
    std::string name = tensor;
    if (const size_t kept = name.find(keptPart); kept != std::string::npos)
      name.replace(kept, keptPart.size(), ".");
    const int index = find(name);
    // What is joined is not taken apart again, and a norm may be held more by 1 than PEFT has it.
    if (index < 0 || parameters[index].shape_size() != 2) {
      apart.push_back(tensor);
      continue;
    }
    Result<CheckpointParameter> whole = rowsOf(program, static_cast<uint32_t>(index));
    if (!whole.ok())
      return whole.status();
    whole->sourceName = tensor;
    adapter.replaced.push_back(std::move(*whole));
  }
  if (!apart.empty())
    return Status::error(AdapterInvalid, path + ": " + longc::quotedList(apart) + " of the adapter's modules_to_save cannot be taken out of the program",
                         "write it from its folder: longc convert MODEL --adapter FOLDER --to peft -o NEW");
  return adapter;
}

Status fromProgram(const ConvertOptions &options, SafetensorsType type, const std::string &folder, size_t &modules) {
  Result<std::unique_ptr<Program>> program = Program::open(options.source, false);
  if (!program.ok())
    return program.status();
  Result<Adapter> adapter = adapterOf(**program, options.source);
  if (!adapter.ok())
    return adapter.status();
  modules = adapter->modules.size();
  return writeAdapter(*adapter, {(*program)->message().source(), "", (*program)->module().layers()}, type, folder);
}

Status fromFolder(const ConvertOptions &options, SafetensorsType type, const std::string &folder, size_t &modules) {
  if (options.adapter.empty())
    return Status::error(1143, "--to peft writes an adapter: expected a program that carries one, or --adapter beside its base",
                         "e.g. longc convert MODEL --adapter FOLDER --to peft -o NEW");
  Result<Checkpoint> base = openCheckpoint(options.source);
  if (!base.ok())
    return base.status();
  Result<Adapter> adapter = readAdapter(options.adapter, *base);
  if (!adapter.ok())
    return adapter.status();
  if (adapter->modules.empty())
    return Status::error(AdapterInvalid, options.adapter + ": these are " + std::to_string(adapter->replaced.size()) +
                                             " weights of a training and no adapter: PEFT has no form for them",
                         "longc convert MODEL --adapter FOLDER --to hf writes the model that they make");
  modules = adapter->modules.size();
  const std::string title = std::filesystem::path(options.source + "/").parent_path().filename().string();
  return writeAdapter(*adapter, {title, base->config.family, base->config.layers}, type, folder);
}

} // namespace

Status convertAdapter(const ConvertOptions &options, SafetensorsType type, const std::string &folder) {
  size_t modules = 0;
  LONGC_TRY(isExecutable(options.source) ? fromProgram(options, type, folder, modules) : fromFolder(options, type, folder, modules));
  if (!options.quiet)
    std::fprintf(stderr, "wrote %s: an adapter of %zu modules\n", options.output.c_str(), modules);
  return {};
}

} // namespace longc
