// Prints step lists.
#include "codegen/PrintSteps.h"

#include "runtime/abi/Messages.h"
#include "runtime/core/Format.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

namespace longc {
namespace {

class StepPrinter {
public:
  StepPrinter(const abi::Program &program, const abi::Function &function, llvm::raw_ostream &output)
      : program_(program), function_(function), output_(output) {}

  void print() {
    output_ << "function " << function_.name() << "." << function_.precision() << " for " << function_.target() << "\n";
    for (const abi::Symbol &symbol : function_.symbols())
      if (symbol.bound_by_step())
        output_ << "  symbol " << symbol.name() << " <= " << text(symbol.maximum()) << "\n";
    for (int i = 0; i < function_.buffers_size(); ++i)
      output_ << "  buffer " << i << ": " << text(function_.buffers(i)) << "\n";
    for (int i = 0; i < function_.steps_size(); ++i) {
      const abi::Step &step = function_.steps(i);
      output_ << "  step " << i << ": " << text(step);
      if (step.results_alone())
        output_ << ", for results alone";
      if (!step.location().empty())
        output_ << "  // " << step.location();
      output_ << "\n";
    }
    output_ << "  results: "
            << join(function_.results(), bufferName) << "\n";
    for (const abi::Gradient &gradient : function_.gradients())
      output_ << "  result " << gradient.result() << ": gradient of "
              << program_.parameters(static_cast<int>(gradient.parameter())).name() << "\n";
  }

private:
  template <typename List, typename Form> static std::string join(const List &list, Form form) {
    std::string result;
    for (const auto &item : list)
      result += (result.empty() ? "" : ", ") + form(item);
    return result;
  }

  std::string text(const abi::Expr &expr) const {
    auto infix = [&](const char *sign) {
      auto part = [&](const abi::Expr &operand) {
        const bool simple = operand.operands_size() == 0 || operand.op() >= abi::Expr::FLOORDIV;
        return simple ? text(operand) : "(" + text(operand) + ")";
      };
      return part(expr.operands(0)) + sign + part(expr.operands(1));
    };
    auto call = [&](const char *name) {
      return name + ("(" + text(expr.operands(0)) + ", " + text(expr.operands(1)) + ")");
    };
    switch (expr.op()) {
    case abi::Expr::CONSTANT:
      return std::to_string(expr.value());
    case abi::Expr::SYMBOL:
      return function_.symbols(static_cast<int>(expr.value())).name();
    case abi::Expr::ADD:
      return infix(" + ");
    case abi::Expr::SUB:
      return infix(" - ");
    case abi::Expr::MUL:
      return infix(" * ");
    case abi::Expr::FLOORDIV:
      return call("floordiv");
    case abi::Expr::CEILDIV:
      return call("ceildiv");
    case abi::Expr::MOD:
      return call("mod");
    case abi::Expr::MIN:
      return call("min");
    case abi::Expr::MAX:
      return call("max");
    default:
      return "?";
    }
  }

  std::string text(const abi::Buffer &buffer) const {
    std::string type = llvm::StringRef(abi::ElementType_Name(buffer.type())).lower() + "[" +
                       join(buffer.sizes(), [&](const abi::Expr &size) { return text(size); }) + "]";
    return origin(buffer) + ", " + type;
  }

  std::string origin(const abi::Buffer &buffer) const {
    const int index = static_cast<int>(buffer.index());
    switch (buffer.kind()) {
    case abi::Buffer::ARENA:
      return "arena, steps " + std::to_string(buffer.first_step()) + " to " + std::to_string(buffer.last_step());
    case abi::Buffer::INPUT:
      return "input " + inputName(function_.inputs(index));
    case abi::Buffer::PARAMETER:
      return "parameter " + program_.parameters(index).name();
    case abi::Buffer::STATE:
      return "state " + program_.states(index).name() + " of layer " + std::to_string(program_.states(index).layer()) + " in " +
             layoutName(program_.states(index).layout());
    case abi::Buffer::PAGE_TABLE:
      return "page table";
    default:
      return "?";
    }
  }

  static std::string bufferName(uint32_t buffer) { return "buffer " + std::to_string(buffer); }

  // What it reads, then what it writes and what it adds to.
  std::string text(const abi::Launch &launch) const {
    std::string text = "launch " + program_.kernels(static_cast<int>(launch.kernel())).name() + " grid (" +
                       join(launch.grid(), [&](const abi::Expr &size) { return this->text(size); }) + ")";
    for (auto [access, words] : {std::pair(abi::Operand::READ, " on "), {abi::Operand::WRITE, " into "}, {abi::Operand::ACCUMULATE, " adding to "}}) {
      const auto those = llvm::make_filter_range(launch.operands(), [&](const abi::Operand &operand) { return operand.access() == access; });
      if (!those.empty())
        text += words + join(those, [&](const abi::Operand &operand) {
          return operand.has_scalar() ? this->text(operand.scalar()) : operand.has_number() ? formatText("%g", static_cast<double>(operand.number())) : bufferName(operand.buffer());
        });
    }
    return text;
  }

  std::string text(const abi::Step &step) const {
    switch (step.kind_case()) {
    case abi::Step::kLaunch:
      return text(step.launch());
    case abi::Step::kWorkList:
      return text(step.work_list());
    case abi::Step::kCopy:
      return "copy " + bufferName(step.copy().source()) + " to " + bufferName(step.copy().target());
    case abi::Step::kFill:
      return "fill " + bufferName(step.fill().target()) + formatText(" with bits 0x%llx", static_cast<unsigned long long>(step.fill().value()));
    case abi::Step::kLibraryProduct:
      return "multiply " + bufferName(step.library_product().a()) + " by " + bufferName(step.library_product().b()) + " into " +
             bufferName(step.library_product().result());
    case abi::Step::kCollective:
      return llvm::StringRef(abi::Collective_Op_Name(step.collective().op())).lower() + " of " + bufferName(step.collective().source()) + " into " +
             bufferName(step.collective().target());
    default:
      return "?";
    }
  }

  std::string text(const abi::WorkList &list) const {
    std::string source = bufferName(list.segments());
    if (list.has_key_boundaries())
      source += " and " + bufferName(list.key_boundaries());
    return "list work of " + source + " by " + std::to_string(list.rows()) + " rows" +
           (list.by_sequence() ? ", sequence by sequence," : "") + " into " + bufferName(list.result()) + ", " + function_.symbols(static_cast<int>(list.count_symbol())).name() +
           " rows";
  }

  const abi::Program &program_;
  const abi::Function &function_;
  llvm::raw_ostream &output_;
};

} // namespace

void printKernel(const abi::Kernel &kernel, llvm::raw_ostream &output) {
  output << "kernel        " << kernel.name();
  if (kernel.has_work()) {
    const abi::Work &work = kernel.work();
    output << formatText(", a block multiplies %s: %.0f flops", llvm::StringRef(abi::ElementType_Name(work.type())).lower().c_str(), work.flops());
    if (work.flops_a_key() > 0)
      output << formatText(", %.0f a key", work.flops_a_key());
    for (uint32_t dim : work.splits())
      output << ", keys divided by dimension " << dim;
  }
  output << "\n";
}

void printSteps(const abi::Program &program, const abi::Function &function, llvm::raw_ostream &output) {
  StepPrinter(program, function, output).print();
}

} // namespace longc
