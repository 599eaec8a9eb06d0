// Validation of a program message, part by part.
#include "runtime/serve/CheckProgram.h"

#include "runtime/abi/Messages.h"
#include "runtime/abi/longc_abi.h"
#include "runtime/core/Checked.h"
#include "runtime/core/Format.h"
#include "runtime/io/Panels.h"
#include "runtime/serve/CheckFunction.h"
#include "runtime/serve/Program.h"
#include "runtime/serve/SamplingDefaults.h"

#include <cmath>
#include <optional>
#include <set>

namespace longc {
namespace {

// Bytes a parameter takes; no value when its shape and type do not fit each other.
std::optional<uint64_t> expectedBytes(const abi::Parameter &parameter) {
  auto format = storedFormat(parameter.type());
  if (!format || (isQuantized(*format) && !isInPanels(parameter)))
    return std::nullopt;
  if (isInPanels(parameter)) {
    if (parameter.shape_size() != 2)
      return std::nullopt;
    auto bytes = panelBytes(*format, parameter.shape(0), parameter.shape(1));
    return bytes.ok() ? std::optional<uint64_t>(*bytes) : std::nullopt;
  }
  Checked bytes(elementBytes(parameter.type()));
  for (int64_t size : parameter.shape())
    bytes *= size;
  return bytes.ok() ? std::optional(bytes.value()) : std::nullopt;
}

// An adapter's matrix: its rank is open, the modules it is of are known, and their rows are those of the product; the second matrix may
// have ranks of other modules, of whose rows it has none.
Status checkBound(const abi::Parameter &parameter, const std::string &name) {
  const bool isB = parameter.name().find(".lora_B") != std::string::npos, isRounded = isInPanels(parameter);
  if (parameter.type() != (isRounded ? abi::BF16 : abi::F32) || parameter.trainable() || parameter.shape_size() != 2 ||
      (!isB && parameter.name().find(".lora_A") == std::string::npos) || parameter.shape(isB ? 1 : 0) != 0 || parameter.shape(isB ? 0 : 1) < 1)
    return wrongMessage(name + " is bound; expected a matrix of an adapter, of open rank, in rows of f32 or panels of bf16");
  int64_t rows = 0;
  for (const abi::OverlayPart &part : parameter.overlays())
    if (part.rows() < (isB ? 0 : 1) || part.rows() > INT32_MAX || __builtin_add_overflow(rows, part.rows(), &rows))
      return wrongMessage(name + " is of a module with " + std::to_string(part.rows()) + " rows");
  return rows > 0 && (!isB || rows == parameter.shape(0)) ? Status() : wrongMessage(name + formatText(" is of modules with %lld rows in all", static_cast<long long>(rows)));
}

// Rows of what is trained, as functions that serve read them.
Status checkHeld(const abi::Parameter &parameter, const std::string &name) {
  int64_t rows = 0;
  for (const abi::OverlayPart &part : parameter.overlays())
    if (part.rows() < 1 || part.rows() > INT32_MAX || __builtin_add_overflow(rows, part.rows(), &rows))
      return wrongMessage(name + " holds a parameter of " + std::to_string(part.rows()) + " rows");
  const bool fits = parameter.type() == abi::BF16 && isInPanels(parameter) && parameter.shape_size() == 2 && parameter.shape(0) == rows;
  return fits ? Status() : wrongMessage(name + " holds what is trained; expected bf16 panels of its " + std::to_string(rows) + " rows");
}

// Training sees a matrix as it is written down, and begins with what it says.
Status checkTrainable(const abi::Parameter &parameter, const std::string &name) {
  if (!abi::Parameter::Initializer_IsValid(parameter.initializer()))
    return wrongMessage(name + " has an unknown initializer");
  if (parameter.trainable() && (parameter.type() != abi::F32 || isInPanels(parameter)))
    return wrongMessage(name + " is trained; expected a row-major f32 tensor");
  if (parameter.initializer() == abi::Parameter::BOUND)
    return checkBound(parameter, name);
  if (parameter.overlays_size() > 0 && !parameter.trainable())
    return checkHeld(parameter, name);
  if (parameter.initializer() != abi::Parameter::NONE && !parameter.trainable())
    return wrongMessage(name + " has an initializer and is not trained");
  if (parameter.initializer() == abi::Parameter::KAIMING_UNIFORM && parameter.shape_size() != 2 && parameter.shape_size() != 3)
    return wrongMessage(name + formatText(" has rank %d; its initializer is one of matrices", parameter.shape_size()));
  return {};
}

Status checkParameter(const abi::Parameter &parameter, uint64_t weightsBytes) {
  std::string name = "parameter '" + parameter.name() + "'";
  if (!abi::Parameter::Layout_IsValid(parameter.layout()))
    return wrongMessage(name + " has an unknown layout");
  if (parameter.shape_size() > maxRank)
    return wrongMessage(name + formatText(" has rank %d; at most %d", parameter.shape_size(), maxRank));
  auto bytes = parameter.initializer() == abi::Parameter::BOUND ? std::optional<uint64_t>(0) : expectedBytes(parameter);
  if (!bytes)
    return wrongMessage(name + " has a shape or type that no parameter can have");
  LONGC_TRY(checkTrainable(parameter, name));
  if (parameter.initializer() != abi::Parameter::NONE)
    bytes = 0;
  if (parameter.bytes() != *bytes)
    return wrongMessage(name + formatText(" has %llu bytes; its shape needs %llu",
                                 static_cast<unsigned long long>(parameter.bytes()),
                                 static_cast<unsigned long long>(*bytes)));
  if (parameter.offset() % 64 != 0 || !(Checked(parameter.offset()) + parameter.bytes()).atMost(weightsBytes))
    return wrongMessage(name + formatText(" at offset %llu lies outside the weights (%llu bytes) or is not aligned to 64",
                                 static_cast<unsigned long long>(parameter.offset()),
                                 static_cast<unsigned long long>(weightsBytes)));
  return {};
}

Status checkState(const abi::State &state, int index) {
  std::string name = formatText("state %d", index);
  if (!abi::State::Layout_IsValid(state.layout()))
    return wrongMessage(name + " has an unknown layout");
  if (state.name().empty())
    return wrongMessage(name + " has no name");
  if (elementBytes(state.type()) == 0)
    return wrongMessage(name + " has element type " + elementName(state.type()));
  if (state.row_shape_size() < 1 || state.row_shape_size() >= maxRank)
    return wrongMessage(name + formatText(" has rows of rank %d; expected 1 to %d", state.row_shape_size(), maxRank - 1));
  Checked row(elementBytes(state.type()));
  for (int64_t size : state.row_shape()) {
    if (size < 1)
      return wrongMessage(name + " has rows with an empty dimension");
    row *= size;
  }
  if (!row.atMost(uint64_t{1} << 24))
    return wrongMessage(name + " has rows of more than 16 MiB");
  return {};
}

Status checkModule(const abi::Program &program, const abi::Module &module) {
  if (module.has_lora() && (module.lora().rank() < 1 || !std::isfinite(module.lora().alpha())))
    return wrongMessage(formatText("an adapter of rank %u, scaled by %g", module.lora().rank(), module.lora().alpha()));
  if (module.has_sampling() && (module.sampling().top_k() > INT32_MAX || !samplingOf(module).validate().ok()))
    return wrongMessage("module '" + module.name() + "' draws tokens in a way that there is not");
  if (module.functions_size() > 4096)
    return wrongMessage("module '" + module.name() + "' has too many functions");
  for (uint32_t layer : module.memory().layers())
    if (layer >= module.layers())
      return wrongMessage(formatText("memory layer %u of %u layers", layer, module.layers()));
  for (const abi::Function &function : module.functions())
    LONGC_TRY(checkFunction(program, function));
  return {};
}

// Modules are told apart by name, and so are their parameters: "MODULE/NAME".
Status checkNames(const abi::Program &program) {
  std::set<std::string_view> modules, parameters;
  const bool several = program.modules_size() > 1;
  for (const abi::Module &module : program.modules()) {
    if (several && (module.name().empty() || module.name().find('/') != std::string::npos))
      return wrongMessage("module '" + module.name() + "' has no name that parameters can begin with");
    if (!modules.insert(module.name()).second)
      return wrongMessage("two modules have the name '" + module.name() + "'");
  }
  for (const abi::Parameter &parameter : program.parameters()) {
    if (several && parameter.name().find('/') == std::string::npos)
      return wrongMessage("parameter '" + parameter.name() + "' says no module");
    if (several && !parameters.insert(parameter.name()).second)
      return wrongMessage("two parameters have the name '" + parameter.name() + "'");
  }
  return {};
}

} // namespace

Status wrongMessage(const std::string &what) {
  return Status::error(4108, "program message: " + what, "compile the program again");
}

std::optional<ElementFormat> storedFormat(abi::ElementType type) {
  switch (type) {
  case abi::F32: return ElementFormat::F32;
  case abi::F16: return ElementFormat::F16;
  case abi::BF16: return ElementFormat::BF16;
  case abi::Q8_0: return ElementFormat::Q8_0;
  case abi::Q4_0: return ElementFormat::Q4_0;
  case abi::Q4_1: return ElementFormat::Q4_1;
  case abi::Q4_1F: return ElementFormat::Q4_1F;
  case abi::Q6_2: return ElementFormat::Q6_2;
  default: return std::nullopt;
  }
}

Status checkProgram(const abi::Program &program, uint64_t weightsBytes) {
  if (program.version() != LONGC_PROGRAM_VERSION)
    return Status::error(4109, formatText("program version %u; this runtime reads version %u", program.version(),
                                          LONGC_PROGRAM_VERSION),
                         "compile the program again");
  if (program.parameters_size() > maxEntries || program.states_size() > maxEntries ||
      program.kernels_size() > maxEntries)
    return wrongMessage("a list is too long");
  if (program.modules_size() < 1 || program.modules_size() > 64)
    return wrongMessage(formatText("%d modules; expected 1 to 64", program.modules_size()));
  for (const abi::Parameter &parameter : program.parameters())
    LONGC_TRY(checkParameter(parameter, weightsBytes));
  LONGC_TRY(checkNames(program));
  for (int index = 0; index < program.states_size(); ++index)
    LONGC_TRY(checkState(program.states(index), index));
  for (const abi::Kernel &kernel : program.kernels())
    if (kernel.name().empty())
      return wrongMessage("a kernel has no name");
  for (const abi::Module &module : program.modules())
    LONGC_TRY(checkModule(program, module));
  return {};
}

} // namespace longc
