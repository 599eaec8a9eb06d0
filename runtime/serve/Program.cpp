// Loads a program from the tail of its executable.
#include "runtime/serve/Program.h"

#include "runtime/abi/Messages.h"
#include "runtime/core/Hash.h"
#include "runtime/io/Panels.h"
#include "runtime/serve/CheckProgram.h"
#include "runtime/serve/ProgramFile.h"

#include <algorithm>
#include <functional>
#include <new>
#include <sys/mman.h>

namespace longc {
namespace {

bool storesWeights(const abi::Program &message) {
  return std::ranges::any_of(message.parameters(), [](const abi::Parameter &parameter) { return parameter.bytes() > 0; });
}

void *mapPages(size_t bytes) {
  void *pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED)
    throw std::bad_alloc();
  return pages;
}

} // namespace

int64_t elementBytes(abi::ElementType type) {
  switch (type) {
  case abi::F32:
  case abi::I32: return 4;
  case abi::BF16:
  case abi::F16: return 2;
  case abi::I8: return 1;
  case abi::I16: return 2;
  case abi::I64:
  case abi::F64: return 8;
  default: return 0;
  }
}

const char *elementName(abi::ElementType type) {
  switch (type) {
  case abi::F32: return "f32";
  case abi::BF16: return "bf16";
  case abi::F16: return "f16";
  case abi::I8: return "i8";
  case abi::I16: return "i16";
  case abi::I32: return "i32";
  case abi::I64: return "i64";
  case abi::F64: return "f64";
  case abi::Q8_0: return "q8_0";
  case abi::Q4_0: return "q4_0";
  case abi::Q4_1: return "q4_1";
  case abi::Q4_1F: return "q4_1f";
  case abi::Q6_2: return "q6_2";
  default: return "unknown";
  }
}

bool trains(const abi::Function &function) { return function.gradients_size() > 0 || function.name() == "loss"; }

Status Program::read(const std::string &path, const longc_footer &footer, const FunctionChoice &keeps) {
  if (!keeps)
    return readMessage(path, footer, *message_);
  // In pages of its own, which the system has back: in the heap it would lie below what is kept.
  google::protobuf::ArenaOptions options;
  options.start_block_size = options.max_block_size = size_t{1} << 20;
  options.block_alloc = mapPages;
  options.block_dealloc = [](void *pages, size_t bytes) { munmap(pages, bytes); };
  google::protobuf::Arena wholeMemory(options);
  auto *whole = google::protobuf::Arena::CreateMessage<abi::Program>(&wholeMemory);
  LONGC_TRY(readMessage(path, footer, *whole));
  for (abi::Module &module : *whole->mutable_modules()) {
    auto &functions = *module.mutable_functions();
    functions.erase(std::remove_if(functions.begin(), functions.end(), std::not_fn(keeps)), functions.end());
  }
  message_->CopyFrom(*whole);
  return {};
}

Result<std::unique_ptr<Program>> Program::open(const std::string &path, bool verifyWeights, const FunctionChoice &keeps) {
  auto footer = readFooter(path);
  if (!footer.ok())
    return footer.status();
  std::unique_ptr<Program> program(new Program);
  LONGC_TRY(program->read(path, *footer, keeps));
  if (footer->weights_size == 0 && storesWeights(*program->message_))
    return Status::error(4114, "'" + path + "' was compiled without weights", "`bench --random-weights 1` runs it; for answers compile it with its weights");
  LONGC_TRY(checkProgram(*program->message_, footer->weights_size));
  auto weights = MappedFile::open(path, footer->weights_offset, footer->weights_size);
  if (!weights.ok())
    return weights.status();
  program->weights_ = std::move(*weights);
  LONGC_TRY(program->makeZeros());
  auto bytes = program->weights_.bytes();
  if (verifyWeights && hashBytes(bytes.data(), bytes.size()) != footer->weights_hash)
    return Status::error(4107, "'" + path + "': the checksum of its weights does not match",
                         "the file is damaged: copy it again");
  return program;
}

std::vector<std::string> kernelNames(const abi::Program &program) {
  std::vector<std::string> names;
  for (const abi::Kernel &kernel : program.kernels())
    names.push_back(kernel.name());
  return names;
}

uint64_t Program::parameterBytes(uint32_t index) const {
  const abi::Parameter &parameter = message_->parameters(static_cast<int>(index));
  if (parameter.initializer() == abi::Parameter::NONE)
    return parameter.bytes();
  if (isInPanels(parameter))
    return *panelBytes(*storedFormat(parameter.type()), parameter.shape(0), parameter.shape(1)); // checkProgram has made them
  auto bytes = static_cast<uint64_t>(elementBytes(parameter.type())); // checkProgram has seen that it can be counted
  for (int64_t size : parameter.shape())
    bytes *= static_cast<uint64_t>(size);
  return bytes;
}

Status Program::makeZeros() {
  uint64_t most = 0;
  for (int index = 0; index < message_->parameters_size(); ++index)
    if (message_->parameters(index).initializer() != abi::Parameter::NONE)
      most = std::max(most, parameterBytes(static_cast<uint32_t>(index)));
  auto zeros = Arena::reserve(most, "zeros");
  if (!zeros.ok())
    return zeros.status();
  zeros_ = std::move(*zeros);
  return {};
}

const std::byte *Program::parameterData(uint32_t index) const {
  const abi::Parameter &parameter = message_->parameters(static_cast<int>(index));
  return parameter.initializer() == abi::Parameter::NONE ? weights_.bytes().data() + parameter.offset() : zeros_.data();
}

void Program::forgetParameter(uint32_t index) const {
  if (message_->parameters(static_cast<int>(index)).initializer() == abi::Parameter::NONE)
    MappedFile::forget({parameterData(index), parameterBytes(index)});
}

const abi::Function *Program::findFunction(std::string_view name, std::string_view precision,
                                           std::string_view target) const {
  for (const abi::Module &module : message_->modules())
    for (const abi::Function &function : module.functions())
      if (function.name() == name && function.precision() == precision && function.target() == target)
        return &function;
  return nullptr;
}

} // namespace longc
