// Validation of a function of a program message: sizes, buffers and their lives, and step by step what is read and written.
#include "runtime/serve/CheckFunction.h"

#include "runtime/abi/Messages.h"
#include "runtime/core/Format.h"
#include "runtime/serve/CheckProgram.h"
#include "runtime/serve/Program.h"
#include "runtime/serve/SizeExprs.h"

#include <algorithm>
#include <set>
#include <vector>

namespace longc {
namespace {

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

  Status check() {
    for (int size : {function_.symbols_size(), function_.inputs_size(), function_.buffers_size(),
                     function_.steps_size(), function_.results_size()})
      if (size > maxEntries)
        return wrong("a list is too long");
    LONGC_TRY(checkSymbols());
    LONGC_TRY(checkInputs());
    for (int index = 0; index < function_.buffers_size(); ++index) {
      LONGC_TRY(checkBuffer(index));
      isFilled_.push_back(function_.buffers(index).kind() != abi::Buffer::ARENA);
    }
    for (int index = 0; index < function_.steps_size(); ++index)
      LONGC_TRY(checkStep(index));
    for (uint32_t result : function_.results())
      if (!isBuffer(result))
        return wrong(formatText("result buffer %u does not exist", result));
      else if (!isFilled_[result])
        return wrong(formatText("result buffer %u is written by no step", result));
    return checkGradients();
  }

private:
  Status wrong(const std::string &what) const {
    return wrongMessage("function '" + function_.name() + "' (" + function_.precision() + "): " + what);
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

  // A role has the type and rank that it always has, once a function, and calls its rows as all that have as many do.
  Status checkInputs() const {
    std::set<abi::Input::Role> roles;
    for (const abi::Input &input : function_.inputs()) {
      if (!abi::Input::Role_IsValid(input.role()))
        return wrong(formatText("an input has the unknown role %d", static_cast<int>(input.role())));
      const std::string name = "input '" + inputName(input) + "'";
      LONGC_TRY(checkSizes(input.sizes(), name, input.type()));
      if (input.role() == abi::Input::PLAIN)
        continue;
      const RoleFacts facts = factsOf(input.role());
      if (!roles.insert(input.role()).second)
        return wrong(name + " is there twice");
      if (input.type() != facts.type || input.sizes_size() != facts.rank)
        return wrong(name + formatText(" is %s of rank %d; expected %s of rank %d", elementName(input.type()), input.sizes_size(),
                                       elementName(facts.type), facts.rank));
      const abi::Expr &rows = input.sizes(0);
      if (!facts.rows.empty() && rows.op() == abi::Expr::SYMBOL && function_.symbols(static_cast<int>(rows.value())).name() != facts.rows)
        return wrong(name + " has rows of its own; expected '" + std::string(facts.rows) + "'");
    }
    return {};
  }

  Status checkBuffer(int index) const {
    const abi::Buffer &buffer = function_.buffers(index);
    const Place name{"buffer", index};
    if (buffer.kind() != abi::Buffer::PARAMETER || isBound(buffer))
      LONGC_TRY(checkSizes(buffer.sizes(), name, buffer.type()));
    if (isBound(buffer) && (buffer.sizes_size() != 2 || buffer.type() != program_.parameters(static_cast<int>(buffer.index())).type()))
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
      return wrong(name + " differs from input '" + inputName(input) + "' in type or rank");
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

  Status checkStep(int index) {
    const abi::Step &step = function_.steps(index);
    const Place name{"step", index};
    switch (step.kind_case()) {
    case abi::Step::kLaunch: return checkLaunch(step.launch(), index);
    case abi::Step::kWorkList: return checkWorkList(step.work_list(), index);
    case abi::Step::kCopy: return checkCopy(step.copy(), index);
    case abi::Step::kFill: return checkFill(step.fill(), index);
    case abi::Step::kLibraryProduct: return refuse(name, "a product by a library", "no device of this runtime has one");
    case abi::Step::kCollective: return refuse(name, "a step of several devices", "this runtime runs a function on one");
    default: return wrong(name + " is of an unknown kind");
    }
  }

  Status refuse(Place name, const char *what, const char *why) const {
    return Status::error(4137, "function '" + function_.name() + "' (" + function_.precision() + "): " + (name + " is ") + what + ", and " + why,
                         "compile the program for this version");
  }

  // A step reads what is given or was written before, writes what it may, and uses a buffer of the arena while that lives.
  Status use(int step, uint32_t index, abi::Operand::Access access) {
    const Place name{"step", step};
    if (!isBuffer(index))
      return wrong(name + " names a buffer that does not exist");
    const abi::Buffer &buffer = function_.buffers(static_cast<int>(index));
    const auto now = static_cast<uint32_t>(step);
    if (buffer.kind() == abi::Buffer::ARENA && (now < buffer.first_step() || now > buffer.last_step()))
      return wrong(name + formatText(" uses buffer %u, which lives from step %u to %u", index, buffer.first_step(), buffer.last_step()));
    if (access != abi::Operand::WRITE && !isFilled_[index])
      return wrong(name + formatText(" reads buffer %u, which nothing has written", index));
    if (access != abi::Operand::READ && (buffer.kind() == abi::Buffer::PARAMETER || buffer.kind() == abi::Buffer::PAGE_TABLE))
      return wrong(name + formatText(" writes buffer %u, which is ", index) +
                   (buffer.kind() == abi::Buffer::PARAMETER ? "a parameter" : "the page table"));
    if (access == abi::Operand::READ)
      return {};
    isFilled_[index] = true;
    return {};
  }

  Status checkLaunch(const abi::Launch &launch, int step) {
    const Place name{"step", step};
    if (launch.kernel() >= static_cast<uint32_t>(program_.kernels_size()))
      return wrong(name + formatText(" launches kernel %u of %d", launch.kernel(), program_.kernels_size()));
    if (launch.grid_size() < 1 || launch.grid_size() > maxRank || launch.operands_size() > 64)
      return wrong(name + " has a grid or operand list of impossible size");
    for (const abi::Expr &size : launch.grid())
      if (!isExpr(size))
        return wrong(name + " has a malformed grid");
    int scalars = 0;
    bool writes = false;
    for (const abi::Operand &operand : launch.operands()) {
      if (!abi::Operand::Access_IsValid(operand.access()) || operand.kind_case() == abi::Operand::KIND_NOT_SET)
        return wrong(name + " has a malformed operand");
      if (!operand.has_buffer()) {
        if (operand.access() != abi::Operand::READ || (operand.has_scalar() && !isExpr(operand.scalar())))
          return wrong(name + " has a malformed scalar");
        ++scalars;
      } else if (operand.access() == abi::Operand::READ) // all of them before what it writes
        LONGC_TRY(use(step, operand.buffer(), operand.access()));
    }
    for (const abi::Operand &operand : launch.operands())
      if (operand.access() != abi::Operand::READ) {
        LONGC_TRY(use(step, operand.buffer(), operand.access()));
        writes = true;
      }
    if (!writes)
      return wrong(name + " writes nothing");
    return scalars <= 32 ? Status() : wrong(name + " has more than 32 scalars");
  }

  // Two buffers of one type and the same number of elements, as far as sizes are known before a call.
  Status checkCopy(const abi::Copy &copy, int step) {
    LONGC_TRY(use(step, copy.source(), abi::Operand::READ));
    LONGC_TRY(use(step, copy.target(), abi::Operand::WRITE));
    const abi::Buffer &source = function_.buffers(static_cast<int>(copy.source())), &target = function_.buffers(static_cast<int>(copy.target()));
    const bool plain = source.kind() != abi::Buffer::PARAMETER && source.type() == target.type() && source.sizes_size() == target.sizes_size();
    return plain ? Status() : wrong(Place{"step", step} + " copies between buffers of two types or ranks, or a parameter");
  }

  Status checkFill(const abi::Fill &fill, int step) {
    LONGC_TRY(use(step, fill.target(), abi::Operand::WRITE));
    const int64_t bytes = elementBytes(function_.buffers(static_cast<int>(fill.target())).type());
    return bytes == 8 || fill.value() >> 8 * bytes == 0 ? Status() : wrong(Place{"step", step} + " fills with more than an element");
  }

  Status checkWorkList(const abi::WorkList &list, int step) {
    const Place name{"step", step};
    LONGC_TRY(use(step, list.segments(), abi::Operand::READ));
    LONGC_TRY(use(step, list.result(), abi::Operand::WRITE));
    const abi::Buffer &segments = function_.buffers(static_cast<int>(list.segments()));
    const abi::Buffer &result = function_.buffers(static_cast<int>(list.result()));
    const int rank = list.has_key_boundaries() ? 1 : 2;
    if (segments.kind() != abi::Buffer::INPUT || segments.type() != abi::I32 || segments.sizes_size() != rank)
      return wrong(name + (rank == 2 ? ": its segments are no i32 matrix input" : ": its boundaries are no i32 input"));
    if (list.has_key_boundaries()) {
      LONGC_TRY(use(step, list.key_boundaries(), abi::Operand::READ));
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
  std::vector<bool> isFilled_; // by buffer: it holds something as of the step at hand
};

} // namespace

Status checkFunction(const abi::Program &program, const abi::Function &function) { return FunctionChecker(program, function).check(); }

} // namespace longc
