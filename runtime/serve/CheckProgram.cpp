// Validation of a program message, part by part.
#include "runtime/serve/CheckProgram.h"

#include "runtime/abi/longc_abi.h"
#include "runtime/core/Checked.h"
#include "runtime/core/Format.h"
#include "runtime/io/Panels.h"
#include "runtime/serve/Program.h"
#include "runtime/serve/SamplingDefaults.h"
#include "runtime/serve/SizeExprs.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

namespace longc {
namespace {

constexpr int maxRank = 4, maxEntries = 1 << 20;

Status bad(const std::string &what) {
  return Status::error(4108, "program message: " + what, "compile the program again");
}

// Bytes a parameter takes; no value when its shape and type do not fit each other.
std::optional<uint64_t> expectedBytes(const abi::Parameter &parameter) {
  auto format = storedFormat(parameter.type());
  if (!format || (isQuantized(*format) && !parameter.panels()))
    return std::nullopt;
  if (parameter.panels()) {
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

// An adapter's matrix: its rank is open, the modules it is of are known, and their rows are those of the product.
Status checkBound(const abi::Parameter &parameter, const std::string &name) {
  const bool isB = parameter.name().ends_with(".lora_B");
  if (parameter.type() != abi::F32 || parameter.panels() || parameter.trainable() || parameter.shape_size() != 2 ||
      (!isB && !parameter.name().ends_with(".lora_A")) || parameter.shape(isB ? 1 : 0) != 0 || parameter.shape(isB ? 0 : 1) < 1)
    return bad(name + " is bound; expected a row-major f32 matrix of an adapter, of open rank");
  int64_t rows = 0;
  for (const abi::OverlayPart &part : parameter.overlays())
    if (part.rows() < 1 || part.rows() > INT32_MAX || __builtin_add_overflow(rows, part.rows(), &rows))
      return bad(name + " is of a module with " + std::to_string(part.rows()) + " rows");
  return rows > 0 && (!isB || rows == parameter.shape(0)) ? Status() : bad(name + formatText(" is of modules with %lld rows in all", static_cast<long long>(rows)));
}

// Rows of what is trained, as functions that serve read them.
Status checkHeld(const abi::Parameter &parameter, const std::string &name) {
  int64_t rows = 0;
  for (const abi::OverlayPart &part : parameter.overlays())
    if (part.rows() < 1 || part.rows() > INT32_MAX || __builtin_add_overflow(rows, part.rows(), &rows))
      return bad(name + " holds a parameter of " + std::to_string(part.rows()) + " rows");
  const bool fits = parameter.type() == abi::BF16 && parameter.panels() && parameter.shape_size() == 2 && parameter.shape(0) == rows;
  return fits ? Status() : bad(name + " holds what is trained; expected bf16 panels of its " + std::to_string(rows) + " rows");
}

// Training sees a matrix as it is written down, and begins with what it says.
Status checkTrainable(const abi::Parameter &parameter, const std::string &name) {
  if (!abi::Parameter::Initializer_IsValid(parameter.initializer()))
    return bad(name + " has an unknown initializer");
  if (parameter.trainable() && (parameter.type() != abi::F32 || parameter.panels()))
    return bad(name + " is trained; expected a row-major f32 tensor");
  if (parameter.initializer() == abi::Parameter::BOUND)
    return checkBound(parameter, name);
  if (parameter.overlays_size() > 0 && !parameter.trainable())
    return checkHeld(parameter, name);
  if (parameter.initializer() != abi::Parameter::NONE && !parameter.trainable())
    return bad(name + " has an initializer and is not trained");
  if (parameter.initializer() == abi::Parameter::KAIMING_UNIFORM && parameter.shape_size() != 2 && parameter.shape_size() != 3)
    return bad(name + formatText(" has rank %d; its initializer is one of matrices", parameter.shape_size()));
  return {};
}

Status checkParameter(const abi::Parameter &parameter, uint64_t weightsBytes) {
  std::string name = "parameter '" + parameter.name() + "'";
  if (parameter.shape_size() > maxRank)
    return bad(name + formatText(" has rank %d; at most %d", parameter.shape_size(), maxRank));
  auto bytes = expectedBytes(parameter);
  if (!bytes)
    return bad(name + " has a shape or type that no parameter can have");
  LONGC_TRY(checkTrainable(parameter, name));
  if (parameter.initializer() != abi::Parameter::NONE)
    bytes = 0;
  if (parameter.bytes() != *bytes)
    return bad(name + formatText(" has %llu bytes; its shape needs %llu",
                                 static_cast<unsigned long long>(parameter.bytes()),
                                 static_cast<unsigned long long>(*bytes)));
  if (parameter.offset() % 64 != 0 || !(Checked(parameter.offset()) + parameter.bytes()).atMost(weightsBytes))
    return bad(name + formatText(" at offset %llu lies outside the weights (%llu bytes) or is not aligned to 64",
                                 static_cast<unsigned long long>(parameter.offset()),
                                 static_cast<unsigned long long>(weightsBytes)));
  return {};
}

Status checkState(const abi::State &state, int index) {
  std::string name = formatText("state %d", index);
  if (!abi::State::Kind_IsValid(state.kind()))
    return bad(name + " has an unknown kind");
  if (elementBytes(state.type()) == 0)
    return bad(name + " has element type " + elementName(state.type()));
  if (state.row_shape_size() < 1 || state.row_shape_size() >= maxRank)
    return bad(name + formatText(" has rows of rank %d; expected 1 to %d", state.row_shape_size(), maxRank - 1));
  Checked row(elementBytes(state.type()));
  for (int64_t size : state.row_shape()) {
    if (size < 1)
      return bad(name + " has rows with an empty dimension");
    row *= size;
  }
  if (!row.atMost(uint64_t{1} << 24))
    return bad(name + " has rows of more than 16 MiB");
  return {};
}

// What is wrong, in words only where something is: thousands of entries are right.
struct Place {
  const char *what;
  int index;
  friend std::string operator+(Place place, std::string_view rest) { return formatText("%s %d", place.what, place.index).append(rest); }
};

class FunctionChecker {
public:
  FunctionChecker(const abi::Program &program, const abi::Function &function)
      : program_(program), function_(function), symbols_(function.symbols_size()) {}

  Status check() const {
    for (int size : {function_.symbols_size(), function_.inputs_size(), function_.buffers_size(),
                     function_.steps_size(), function_.results_size()})
      if (size > maxEntries)
        return wrong("a list is too long");
    LONGC_TRY(checkSymbols());
    for (const abi::Input &input : function_.inputs())
      LONGC_TRY(checkSizes(input.sizes(), "input '" + input.role() + "'", input.type()));
    for (int index = 0; index < function_.buffers_size(); ++index)
      LONGC_TRY(checkBuffer(index));
    for (int index = 0; index < function_.steps_size(); ++index)
      LONGC_TRY(checkStep(index));
    for (uint32_t result : function_.results())
      if (!isBuffer(result))
        return wrong(formatText("result buffer %u does not exist", result));
    return checkGradients();
  }

private:
  Status wrong(const std::string &what) const {
    return bad("function '" + function_.name() + "' (" + function_.precision() + "): " + what);
  }
  bool isBuffer(uint32_t index) const { return index < static_cast<uint32_t>(function_.buffers_size()); }
  bool isBound(const abi::Buffer &buffer) const {
    return buffer.kind() == abi::Buffer::PARAMETER && buffer.index() < static_cast<uint32_t>(program_.parameters_size()) &&
           program_.parameters(static_cast<int>(buffer.index())).initializer() == abi::Parameter::BOUND;
  }
  bool isExpr(const abi::Expr &expr) const { return readSizeExpr(expr, symbols_).has_value(); }

  Status checkSymbols() const {
    for (int index = 0; index < symbols_; ++index) {
      const abi::Symbol &symbol = function_.symbols(index);
      if (symbol.bound_by_step() && !isExpr(symbol.maximum()))
        return wrong("symbol '" + symbol.name() + "' has no valid maximum");
    }
    return {};
  }

  template <typename Sizes, typename Name> Status checkSizes(const Sizes &sizes, const Name &name, abi::ElementType type) const {
    if (elementBytes(type) == 0)
      return wrong(name + " has element type " + elementName(type));
    if (sizes.size() > maxRank)
      return wrong(name + formatText(" has rank %d; at most %d", sizes.size(), maxRank));
    for (const abi::Expr &size : sizes)
      if (!isExpr(size))
        return wrong(name + " has a malformed size");
    return {};
  }

  Status checkBuffer(int index) const {
    const abi::Buffer &buffer = function_.buffers(index);
    const Place name{"buffer", index};
    if (buffer.kind() != abi::Buffer::PARAMETER || isBound(buffer))
      LONGC_TRY(checkSizes(buffer.sizes(), name, buffer.type()));
    if (isBound(buffer) && (buffer.sizes_size() != 2 || buffer.type() != abi::F32))
      return wrong(name + " is no matrix, and what is bound is one");
    uint32_t limit = 0;
    switch (buffer.kind()) {
    case abi::Buffer::ARENA:
      if (buffer.first_step() > buffer.last_step() ||
          buffer.last_step() >= static_cast<uint32_t>(std::max(function_.steps_size(), 1)))
        return wrong(name + " has no valid life");
      return {};
    case abi::Buffer::INPUT: return checkInputBuffer(buffer, name);
    case abi::Buffer::PARAMETER: limit = static_cast<uint32_t>(program_.parameters_size()); break;
    case abi::Buffer::STATE: return checkStateBuffer(buffer, name);
    case abi::Buffer::PAGE_TABLE:
      return buffer.type() == abi::I32 && buffer.sizes_size() == 2 ? Status() : wrong(name + " is no page table");
    default: return wrong(name + " has an unknown kind");
    }
    return buffer.index() < limit ? Status() : wrong(name + formatText(" names entry %u of %u", buffer.index(), limit));
  }

  Status checkInputBuffer(const abi::Buffer &buffer, Place name) const {
    if (buffer.index() >= static_cast<uint32_t>(function_.inputs_size()))
      return wrong(name + formatText(" names input %u of %d", buffer.index(), function_.inputs_size()));
    const abi::Input &input = function_.inputs(static_cast<int>(buffer.index()));
    if (input.type() != buffer.type() || input.sizes_size() != buffer.sizes_size())
      return wrong(name + " differs from input '" + input.role() + "' in type or rank");
    return {};
  }

  Status checkGradients() const {
    std::set<uint32_t> results, parameters;
    for (const abi::Gradient &gradient : function_.gradients()) {
      const std::string name = formatText("the gradient of parameter %u", gradient.parameter());
      if (gradient.result() < 1 || gradient.result() >= static_cast<uint32_t>(function_.results_size()))
        return wrong(name + formatText(" is result %u; it has %d, the first of them the loss", gradient.result(),
                                       function_.results_size()));
      if (gradient.parameter() >= static_cast<uint32_t>(program_.parameters_size()))
        return wrong(name + formatText(": there are %d parameters", program_.parameters_size()));
      const abi::Parameter &parameter = program_.parameters(static_cast<int>(gradient.parameter()));
      if (!parameter.trainable())
        return wrong(name + ": '" + parameter.name() + "' is not trained");
      if (!isF32(gradient.result(), parameter.shape()))
        return wrong(name + ": its type or shape is not that of '" + parameter.name() + "'");
      if (!results.insert(gradient.result()).second || !parameters.insert(gradient.parameter()).second)
        return wrong(name + ": a gradient is listed twice");
    }
    constexpr int64_t one[] = {1};
    return function_.gradients().empty() || isF32(0, one) ? Status() : wrong("its first result is no loss: f32 [1]");
  }

  // Whether a result is an f32 tensor of constant sizes, these.
  template <typename Shape> bool isF32(uint32_t result, const Shape &shape) const {
    const abi::Buffer &buffer = function_.buffers(static_cast<int>(function_.results(static_cast<int>(result))));
    return buffer.type() == abi::F32 &&
           std::equal(buffer.sizes().begin(), buffer.sizes().end(), std::begin(shape), std::end(shape),
                      [](const abi::Expr &size, int64_t wanted) {
                        return size.op() == abi::Expr::CONSTANT && size.value() == wanted;
                      });
  }

  Status checkStateBuffer(const abi::Buffer &buffer, Place name) const {
    if (buffer.index() >= static_cast<uint32_t>(program_.states_size()))
      return wrong(name + formatText(" names state %u of %d", buffer.index(), program_.states_size()));
    const abi::State &state = program_.states(static_cast<int>(buffer.index()));
    if (state.type() != buffer.type() || state.row_shape_size() + 1 != buffer.sizes_size())
      return wrong(name + formatText(" differs from state %u in type or rank", buffer.index()));
    return {};
  }

  Status checkStep(int index) const {
    const abi::Step &step = function_.steps(index);
    const Place name{"step", index};
    if (step.has_launch())
      return checkLaunch(step.launch(), name);
    if (step.has_work_list())
      return checkWorkList(step.work_list(), name);
    return wrong(name + " is of an unknown kind");
  }

  Status checkLaunch(const abi::Launch &launch, Place name) const {
    if (launch.kernel() >= static_cast<uint32_t>(program_.kernels_size()))
      return wrong(name + formatText(" launches kernel %u of %d", launch.kernel(), program_.kernels_size()));
    if (launch.grid_size() < 1 || launch.grid_size() > maxRank || launch.operands_size() > 64)
      return wrong(name + " has a grid or operand list of impossible size");
    for (const abi::Expr &size : launch.grid())
      if (!isExpr(size))
        return wrong(name + " has a malformed grid");
    int scalars = 0;
    for (const abi::Operand &operand : launch.operands()) {
      if (operand.is_scalar() ? !isExpr(operand.scalar()) : !isBuffer(operand.buffer()))
        return wrong(name + " has a malformed operand");
      scalars += operand.is_scalar();
    }
    return scalars <= 32 ? Status() : wrong(name + " has more than 32 scalars");
  }

  Status checkWorkList(const abi::WorkList &list, Place name) const {
    if (!isBuffer(list.segments()) || !isBuffer(list.result()))
      return wrong(name + " names a buffer that does not exist");
    const abi::Buffer &segments = function_.buffers(static_cast<int>(list.segments()));
    const abi::Buffer &result = function_.buffers(static_cast<int>(list.result()));
    const int rank = list.has_key_boundaries() ? 1 : 2;
    if (segments.kind() != abi::Buffer::INPUT || segments.type() != abi::I32 || segments.sizes_size() != rank)
      return wrong(name + (rank == 2 ? ": its segments are no i32 matrix input" : ": its boundaries are no i32 input"));
    if (list.has_key_boundaries()) {
      if (!isBuffer(list.key_boundaries()))
        return wrong(name + " names a buffer that does not exist");
      const abi::Buffer &keys = function_.buffers(static_cast<int>(list.key_boundaries()));
      if (keys.kind() != abi::Buffer::INPUT || keys.type() != abi::I32 || keys.sizes_size() != 1)
        return wrong(name + ": its key boundaries are no i32 input");
    }
    if (result.kind() != abi::Buffer::ARENA || result.type() != abi::I32 || result.sizes_size() != 2)
      return wrong(name + ": its result is no i32 matrix");
    if (list.rows() < 1 || list.rows() > maxEntries)
      return wrong(name + ": rows of a block out of range");
    if (list.count_symbol() >= static_cast<uint32_t>(symbols_) ||
        !function_.symbols(static_cast<int>(list.count_symbol())).bound_by_step())
      return wrong(name + ": its count is no symbol bound by a step");
    return {};
  }

  const abi::Program &program_;
  const abi::Function &function_;
  int symbols_;
};

Status checkModule(const abi::Program &program, const abi::Module &module) {
  if (module.has_lora() && (module.lora().rank() < 1 || !std::isfinite(module.lora().alpha())))
    return bad(formatText("an adapter of rank %u, scaled by %g", module.lora().rank(), module.lora().alpha()));
  if (module.has_sampling() && (module.sampling().top_k() > INT32_MAX || !samplingOf(module).validate().ok()))
    return bad("module '" + module.name() + "' draws tokens in a way that there is not");
  if (module.functions_size() > 4096)
    return bad("module '" + module.name() + "' has too many functions");
  for (uint32_t layer : module.memory().layers())
    if (layer >= module.layers())
      return bad(formatText("memory layer %u of %u layers", layer, module.layers()));
  for (const abi::Function &function : module.functions())
    LONGC_TRY(FunctionChecker(program, function).check());
  return {};
}

// Modules are told apart by name, and so are their parameters: "MODULE/NAME".
Status checkNames(const abi::Program &program) {
  std::set<std::string_view> modules, parameters;
  const bool several = program.modules_size() > 1;
  for (const abi::Module &module : program.modules()) {
    if (several && (module.name().empty() || module.name().find('/') != std::string::npos))
      return bad("module '" + module.name() + "' has no name that parameters can begin with");
    if (!modules.insert(module.name()).second)
      return bad("two modules have the name '" + module.name() + "'");
  }
  for (const abi::Parameter &parameter : program.parameters()) {
    if (several && parameter.name().find('/') == std::string::npos)
      return bad("parameter '" + parameter.name() + "' says no module");
    if (several && !parameters.insert(parameter.name()).second)
      return bad("two parameters have the name '" + parameter.name() + "'");
  }
  return {};
}

} // namespace

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
    return bad("a list is too long");
  if (program.modules_size() < 1 || program.modules_size() > 64)
    return bad(formatText("%d modules; expected 1 to 64", program.modules_size()));
  for (const abi::Parameter &parameter : program.parameters())
    LONGC_TRY(checkParameter(parameter, weightsBytes));
  LONGC_TRY(checkNames(program));
  for (int index = 0; index < program.states_size(); ++index)
    LONGC_TRY(checkState(program.states(index), index));
  for (const abi::Kernel &kernel : program.kernels())
    if (kernel.name().empty())
      return bad("a kernel has no name");
  for (const abi::Module &module : program.modules())
    LONGC_TRY(checkModule(program, module));
  return {};
}

} // namespace longc
