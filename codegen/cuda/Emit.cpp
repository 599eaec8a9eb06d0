// Prints cuda kernels as CUDA C++. One printed form an op, from two tables; no op's meaning is known here.
#include "codegen/cuda/Emit.h"
#include "codegen/cuda/CudaPasses.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"

namespace longc {
#define GEN_PASS_DEF_CUDAEMITPASS
#include "codegen/cuda/CudaPasses.h.inc"
} // namespace longc

using namespace mlir;
using namespace longc;

namespace {

/// Printed form of scalar ops: $0, $1, $2 are the operands.
StringRef scalarForm(StringRef name) {
  return llvm::StringSwitch<StringRef>(name)
      .Cases({"arith.addf", "arith.addi"}, "$0 + $1")
      .Cases({"arith.subf", "arith.subi"}, "$0 - $1")
      .Cases({"arith.mulf", "arith.muli"}, "$0 * $1")
      .Cases({"arith.divf", "arith.divsi"}, "$0 / $1")
      .Case("arith.divui", "int(u32($0) / u32($1))")
      .Case("arith.remsi", "$0 % $1")
      .Case("arith.remui", "int(u32($0) % u32($1))")
      .Case("arith.andi", "$0 & $1")
      .Case("arith.ori", "$0 | $1")
      .Case("arith.xori", "$0 ^ $1")
      .Case("arith.shli", "$0 << $1")
      .Case("arith.shrsi", "$0 >> $1")
      .Case("arith.negf", "-$0")
      .Case("arith.select", "$0 ? $1 : $2")
      .Case("arith.maximumf", "max_nan($0, $1)")
      .Case("arith.minimumf", "min_nan($0, $1)")
      .Case("arith.maxnumf", "fmaxf($0, $1)")
      .Case("arith.minnumf", "fminf($0, $1)")
      .Case("arith.maxsi", "max($0, $1)")
      .Case("arith.minsi", "min($0, $1)")
      .Case("arith.maxui", "int(max(u32($0), u32($1)))")
      .Case("arith.minui", "int(min(u32($0), u32($1)))")
      .Case("arith.fptosi", "int($0)")
      .Case("math.absf", "fabsf($0)")
      .Case("math.absi", "abs($0)")
      .Case("math.ceil", "ceilf($0)")
      .Case("math.cos", "cosf($0)")
      .Case("math.erf", "erff($0)")
      .Case("math.exp", "expf($0)")
      .Case("math.exp2", "ex2_approx($0)")
      .Case("math.floor", "floorf($0)")
      .Case("math.fma", "fmaf($0, $1, $2)")
      .Case("math.log", "logf($0)")
      .Case("math.log1p", "log1pf($0)")
      .Case("math.log2", "log2f($0)")
      .Case("math.powf", "powf($0, $1)")
      .Case("math.roundeven", "rintf($0)")
      .Case("math.rsqrt", "rsqrtf($0)")
      .Case("math.sin", "sinf($0)")
      .Case("math.sqrt", "sqrtf($0)")
      .Case("math.tanh", "tanhf($0)")
      .Case("cuda.at", "$0 + $1")
      .Case("cuda.element", "($T *)$0.data + $1")
      .Case("cuda.load", "*($0)")
      .Case("cuda.quad_sum", "quad_sum($0)")
      .Case("cuda.shared_base", "int(shared_address(shared))")
      .Default("");
}

/// Printed form of the scalar ops whose form on doubles is another.
StringRef doubleForm(StringRef name) {
  return llvm::StringSwitch<StringRef>(name)
      .Case("math.absf", "fabs($0)")
      .Case("math.ceil", "ceil($0)")
      .Case("math.cos", "cos($0)")
      .Case("math.exp", "exp($0)")
      .Case("math.floor", "floor($0)")
      .Case("math.fma", "fma($0, $1, $2)")
      .Case("math.log", "log($0)")
      .Case("math.roundeven", "rint($0)")
      .Case("math.rsqrt", "rsqrt($0)")
      .Case("math.sin", "sin($0)")
      .Case("math.sqrt", "sqrt($0)")
      .Default((name.starts_with("arith.") || name.starts_with("cuda.")) && !name.contains("maximum") && !name.contains("minimum") ? scalarForm(name) : "");
}

/// How tightly a printed form binds: 9 a name, a literal or a call; 5 products; 4 sums; 0 whatever else.
int precedence(StringRef expression, StringRef pattern) {
  if (pattern.starts_with("$0 * ") || pattern.starts_with("$0 / ") || pattern.starts_with("$0 % "))
    return 5;
  if (pattern.starts_with("$0 + ") || pattern.starts_with("$0 - "))
    return 4;
  StringRef form = pattern.empty() ? expression : pattern; // a call or a conversion is closed by its parentheses
  if (llvm::isAlpha(form.front()) && form.ends_with(")") && !form.contains("||"))
    return 9;
  return expression.contains(' ') || expression.starts_with("-") ? 0 : 9;
}

StringRef comparison(arith::CmpIPredicate predicate) {
  switch (predicate) {
  case arith::CmpIPredicate::eq: return "$0 == $1";
  case arith::CmpIPredicate::ne: return "$0 != $1";
  case arith::CmpIPredicate::slt: return "$0 < $1";
  case arith::CmpIPredicate::sle: return "$0 <= $1";
  case arith::CmpIPredicate::sgt: return "$0 > $1";
  case arith::CmpIPredicate::sge: return "$0 >= $1";
  case arith::CmpIPredicate::ult: return "u32($0) < u32($1)";
  case arith::CmpIPredicate::ule: return "u32($0) <= u32($1)";
  case arith::CmpIPredicate::ugt: return "u32($0) > u32($1)";
  case arith::CmpIPredicate::uge: return "u32($0) >= u32($1)";
  }
  return "";
}

StringRef comparison(arith::CmpFPredicate predicate) {
  switch (predicate) {
  case arith::CmpFPredicate::OEQ: return "$0 == $1";
  case arith::CmpFPredicate::OGT: return "$0 > $1";
  case arith::CmpFPredicate::OGE: return "$0 >= $1";
  case arith::CmpFPredicate::OLT: return "$0 < $1";
  case arith::CmpFPredicate::OLE: return "$0 <= $1";
  case arith::CmpFPredicate::UNE: return "$0 != $1";
  case arith::CmpFPredicate::UGT: return "!($0 <= $1)";
  case arith::CmpFPredicate::UGE: return "!($0 < $1)";
  case arith::CmpFPredicate::ULT: return "!($0 >= $1)";
  case arith::CmpFPredicate::ULE: return "!($0 > $1)";
  case arith::CmpFPredicate::UNO: return "isnan($0) || isnan($1)";
  default: return "";
  }
}

/// C++ spelling of a scalar's type; empty for a type that no register has.
std::string typeName(Type type) {
  if (auto pointer = dyn_cast<cuda::PointerType>(type))
    return typeName(pointer.getElementType()) + " *";
  if (type.isIndex() || type.isSignlessInteger(32))
    return "int";
  if (type.isSignlessInteger(64))
    return "i64";
  if (type.isSignlessInteger(1))
    return "bool";
  if (type.isSignlessInteger(8))
    return "signed char";
  if (type.isF32())
    return "float";
  if (type.isF64())
    return "double";
  if (type.isBF16())
    return "bf16";
  if (isa<VectorType>(type))
    return "uint4";
  return "";
}

class Emitter {
public:
  Emitter(cuda::KernelOp kernel, raw_ostream &output) : kernel_(kernel), output_(output) {}

  LogicalResult run() {
    printHeader();
    indent_ = 1;
    if (failed(printBlock(kernel_.getBody().front())))
      return failure();
    output_ << "}\n";
    return success();
  }

private:
  void printHeader() {
    const std::string name = kernel_.getSymName().str();
    output_ << "\n// ---- " << name << ": " << kernel_.getConsumers() << " consumer warpgroups, "
            << kernel_.getSharedBytes() << " bytes of shared memory\n";
    output_ << "extern \"C\" __global__ void __launch_bounds__(" << kernel_.getThreads() << ", 1)\n" << name << "(";
    int64_t maps = 0, views = 0, numbers = 0, sizes = 0;
    llvm::interleave(
        kernel_.getBody().getArguments(), output_,
        [&](BlockArgument argument) {
          Type type = argument.getType();
          if (isa<cuda::MapType>(type)) {
            names_[argument] = "map" + std::to_string(maps++);
            output_ << "const __grid_constant__ TensorMap ";
          } else if (isa<tile::ViewType>(type)) {
            names_[argument] = "view" + std::to_string(views++);
            output_ << "const __grid_constant__ View ";
          } else if (isa<cuda::PointerType>(type)) {
            names_[argument] = "counters";
            output_ << typeName(type) << "const ";
          } else if (argument.getArgNumber() + kernel_.getGridRank() >= kernel_.getBody().getNumArguments()) {
            names_[argument] = "grid" + std::to_string(sizes++);
            output_ << "const int ";
          } else {
            names_[argument] = "scalar" + std::to_string(numbers++);
            output_ << "const " << typeName(type) << " ";
          }
          output_ << names_[argument];
        },
        ",\n    ");
    output_ << ") {\n  extern __shared__ __align__(1024) unsigned char shared[];\n";
    if (kernel_.getConsumers() == 0)
      printDependence();
  }

  /// The kernel may begin while the one before it ends: it asks for what nobody writes, then waits for the rest.
  void printDependence() {
    output_ << "  griddepcontrol_launch_dependents();\n";
    const bool ofWarps = kernel_->hasAttr(cuda::kPointsAttribute);
    if (ofWarps) {
      output_ << "  if (warp_of_grid() >= ";
      llvm::interleave(llvm::seq<int64_t>(kernel_.getGridRank()), output_, [&](int64_t i) { output_ << "grid" << i; }, " * ");
      output_ << ") return;\n";
    }
    if (auto weights = kernel_->getAttrOfType<DenseI64ArrayAttr>(cuda::kWeightViewsAttribute))
      for (int64_t number : weights.asArrayRef())
        output_ << "  prefetch_rows" << (ofWarps ? "_of_warp" : "") << "(view" << number << ", grid1);\n";
    if (!kernel_->hasAttr(cuda::kWaitsInsideAttribute))
      output_ << "  griddepcontrol_wait();\n";
  }

  raw_ostream &line() { return output_.indent(2 * indent_); }

  /// Says where the op of the next lines stands and what it was named, unless that was said of the one before it. An op
  /// without a place goes with the one before it.
  void cite(Operation &op) {
    FileLineColLoc place;
    StringRef name;
    op.getLoc()->walk([&](Location location) {
      if (auto file = dyn_cast<FileLineColLoc>(location))
        place = file; // the last: dumps of later stages stand behind
      else if (auto named = dyn_cast<NameLoc>(location); named && isa<UnknownLoc>(named.getChildLoc()))
        name = named.getName();
      return WalkResult::advance();
    });
    if (!name.empty() && name != name_)
      line() << "// " << name << "\n";
    name_ = name;
    if (!place || (place.getFilename() == file_ && place.getLine() == fileLine_))
      return;
    output_ << "#line " << place.getLine();
    if (place.getFilename() != file_) {
      output_ << " \"";
      output_.write_escaped(place.getFilename().getValue()) << "\"";
    }
    output_ << "\n";
    file_ = place.getFilename();
    fileLine_ = place.getLine();
  }

  /// Pure, with one user in the same block and nothing to wait for: printed inside its user.
  static bool isInlined(Operation *op) {
    if (isa<arith::ConstantOp>(op))
      return true;
    if (op->getNumResults() != 1 || !op->hasOneUse() || (*op->user_begin())->getBlock() != op->getBlock())
      return false;
    Operation *user = *op->user_begin();
    if (user->getNumRegions() && !isa<scf::IfOp, scf::ForOp>(user))
      return false;
    if (auto call = dyn_cast<cuda::CallOp>(op))
      return call.getPure();
    if (isa<cuda::GetOp>(op)) { // nothing may write the array before the user reads it
      for (Operation *next = op->getNextNode(); next != user; next = next->getNextNode())
        if (isa<cuda::SetOp, cuda::UnrollOp, scf::ForOp, scf::IfOp>(next) ||
            (isa<cuda::CallOp>(next) && !cast<cuda::CallOp>(next).getPure()))
          return false;
      return !isa<scf::IfOp, scf::ForOp>(user);
    }
    return isPure(op);
  }

  /// Text of a value as an operand: a name, a literal, or its operation, in parentheses where it binds less tightly
  /// than its place needs.
  std::string text(Value value, int needed = 9) {
    if (auto found = names_.find(value); found != names_.end())
      return found->second;
    Operation *op = value.getDefiningOp();
    std::string expression = form(op);
    const bool atom = isa<arith::ConstantOp, cuda::CallOp, cuda::GetOp>(op);
    return atom || precedence(expression, patternOf(op)) >= needed ? expression : "(" + expression + ")";
  }

  static StringRef patternOf(Operation *op) {
    if (auto compare = dyn_cast<arith::CmpIOp>(op))
      return comparison(compare.getPredicate());
    if (auto compare = dyn_cast<arith::CmpFOp>(op))
      return comparison(compare.getPredicate());
    const bool isDouble = op->getNumResults() == 1 && op->getResult(0).getType().isF64();
    return isDouble ? doubleForm(op->getName().getStringRef()) : scalarForm(op->getName().getStringRef());
  }

  std::string literal(TypedAttr attribute) {
    if (auto integer = dyn_cast<IntegerAttr>(attribute)) {
      if (integer.getType().isSignlessInteger(1))
        return integer.getValue().isZero() ? "false" : "true";
      return std::to_string(integer.getValue().getSExtValue());
    }
    const APFloat &value = cast<FloatAttr>(attribute).getValue();
    if (attribute.getType().isBF16()) // bits
      return std::to_string(value.bitcastToAPInt().getZExtValue());
    if (value.isInfinity())
      return value.isNegative() ? "-kInfinity" : "kInfinity";
    if (value.isNaN())
      return "__uint_as_float(0x7fc00000u)";
    char digits[32]; // nine digits name a float exactly, seventeen a double
    if (attribute.getType().isF64()) {
      snprintf(digits, sizeof digits, "%.17g", value.convertToDouble());
      return "double(" + std::string(digits) + ")";
    }
    snprintf(digits, sizeof digits, "%.9g", value.convertToDouble());
    return std::string(digits) + (StringRef(digits).find_first_of(".e") == StringRef::npos ? ".0f" : "f");
  }

  /// Expression of an op; empty, with an error, when there is none.
  std::string form(Operation *op) {
    if (auto constant = dyn_cast<arith::ConstantOp>(op))
      return literal(cast<TypedAttr>(constant.getValue()));
    if (auto call = dyn_cast<cuda::CallOp>(op)) {
      std::string result = call.getCallee().str() + "(";
      for (auto [i, argument] : llvm::enumerate(call.getArguments()))
        result += (i ? ", " : "") + text(argument, 0);
      return result + ")";
    }
    if (auto get = dyn_cast<cuda::GetOp>(op))
      return text(get.getRegisters()) + "[" + text(get.getIndex(), 0) + "]";
    if (auto tile = dyn_cast<cuda::SharedTileOp>(op))
      return "(" + typeName(tile.getType()) + ")(shared + " + std::to_string(tile.getOffset()) + ")";
    if (auto stride = dyn_cast<cuda::StrideOp>(op))
      return text(stride.getView()) + ".stride[" + std::to_string(stride.getDim()) + "]";
    if (auto dim = dyn_cast<tile::DimOp>(op))
      return "int(" + text(dim.getView()) + ".size[" + std::to_string(dim.getDim()) + "])";
    const bool holdsDouble = op->getNumOperands() == 1 && op->getNumResults() == 1 &&
                             (op->getOperand(0).getType().isF64() || op->getResult(0).getType().isF64());
    const bool resizesFloat = holdsDouble && isa<arith::ExtFOp, arith::TruncFOp>(op); // f32 and f64: bf16 is no C++ number
    if (resizesFloat || isa<arith::IndexCastOp, arith::IndexCastUIOp, arith::ExtSIOp, arith::ExtUIOp, arith::TruncIOp,
                            arith::SIToFPOp>(op)) {
      const std::string from = typeName(op->getOperand(0).getType()), to = typeName(op->getResult(0).getType());
      return from == to ? text(op->getOperand(0)) : to + "(" + text(op->getOperand(0), 0) + ")";
    }
    if (isa<arith::ExtFOp>(op) && op->getOperand(0).getType().isBF16())
      return "cvt_f32_bf16(" + text(op->getOperand(0), 0) + ")";
    if (isa<arith::TruncFOp>(op) && op->getResult(0).getType().isBF16())
      return "cvt_bf16_f32(" + text(op->getOperand(0), 0) + ")";
    StringRef pattern = patternOf(op);
    if (pattern.empty() || llvm::any_of(op->getResultTypes(), [](Type type) { return typeName(type).empty(); })) {
      if (!failed_)
        op->emitOpError("has no printed form in CUDA C++");
      failed_ = true;
      return "0";
    }
    std::string result;
    for (size_t i = 0; i < pattern.size(); ++i) {
      if (pattern[i] != '$')
        result += pattern[i];
      else if (pattern[++i] == 'T')
        result += typeName(cast<cuda::PointerType>(op->getResult(0).getType()).getElementType());
      else
        result += text(op->getOperand(pattern[i] - '0'), needed(pattern, i));
    }
    return result;
  }

  /// How tightly the operand at `place` of a pattern must bind: bare between a call's commas and parentheses, one
  /// level more on the right of an operator than on its left (sums keep their order).
  static int needed(StringRef pattern, size_t place) {
    const bool opens = place >= 2 && (pattern[place - 2] == '(' || pattern.substr(place - 3, 2) == ", ");
    const bool closes = place + 1 < pattern.size() && (pattern[place + 1] == ')' || pattern[place + 1] == ',');
    if (opens && closes)
      return 0;
    const int own = precedence("x y", pattern);
    return own == 0 ? 4 : pattern[place] == '0' ? own : own + 1;
  }

  std::string fresh(StringRef prefix) { return (prefix + Twine(next_[prefix]++)).str(); }

  LogicalResult printBlock(Block &block) {
    for (Operation &op : block) {
      if (failed(print(op)) || failed_)
        return failure();
    }
    return success();
  }

  LogicalResult printNested(Block &block) {
    ++indent_;
    LogicalResult result = printBlock(block);
    --indent_;
    return result;
  }

  LogicalResult print(Operation &op) {
    if (auto tunable = dyn_cast<cuda::TunableOp>(op)) {
      names_[tunable.getResult()] = tunable.getName().str();
      line() << "constexpr int " << tunable.getName() << " = " << tunable.getValue() << ";\n";
    } else if (auto declaration = dyn_cast<cuda::RegistersOp>(op)) {
      auto type = declaration.getRegisters().getType();
      names_[declaration.getRegisters()] = fresh(declaration.getName());
      line() << typeName(type.getElementType()) << " " << names_[declaration.getRegisters()] << "[" << type.getCount()
             << "];\n";
    } else if (auto table = dyn_cast<cuda::TableOp>(op)) {
      auto values = cast<DenseElementsAttr>(table.getValues());
      names_[table.getPointer()] = fresh("table");
      line() << "static const " << typeName(values.getElementType()) << " " << names_[table.getPointer()] << "["
             << values.getNumElements() << "] = {";
      llvm::interleaveComma(values.getValues<Attribute>(), output_,
                            [&](Attribute value) { output_ << literal(cast<TypedAttr>(value)); });
      output_ << "};\n";
    } else if (auto set = dyn_cast<cuda::SetOp>(op)) {
      cite(op);
      line() << text(set.getRegisters()) << "[" << text(set.getIndex(), 0) << "] = " << text(set.getValue(), 0)
             << ";\n";
    } else if (auto store = dyn_cast<cuda::StoreOp>(op)) {
      cite(op);
      line() << "*(" << text(store.getPointer(), 0) << ") = " << text(store.getValue(), 0) << ";\n";
    } else if (auto unroll = dyn_cast<cuda::UnrollOp>(op)) {
      const std::string index = fresh("e");
      names_[unroll.getBody().getArgument(0)] = index;
      cite(op);
      line() << "LONGC_UNROLL for (int " << index << " = 0; " << index << " < " << unroll.getCount() << "; ++" << index
             << ") {\n";
      if (failed(printNested(unroll.getBody().front())))
        return failure();
      line() << "}\n";
    } else if (auto loop = dyn_cast<scf::ForOp>(op)) {
      return printLoop(loop);
    } else if (auto branch = dyn_cast<scf::IfOp>(op)) {
      return printBranch(branch);
    } else if (auto loop = dyn_cast<cuda::DrawLoopOp>(op)) {
      return printDrawLoop(loop);
    } else if (auto yield = dyn_cast<scf::YieldOp>(op)) {
      for (auto [value, name] : llvm::zip(yield.getOperands(), targets_)) {
        cite(op);
        line() << name << " = " << text(value, 0) << ";\n";
      }
    } else if (isInlined(&op)) {
      return success();
    } else if (isa<arith::IndexCastOp>(op) && names_.contains(op.getOperand(0)) &&
               typeName(op.getOperand(0).getType()) == typeName(op.getResult(0).getType())) {
      names_[op.getResult(0)] = std::string(names_[op.getOperand(0)]); // int is both i32 and index
    } else if (op.getNumResults() == 0) {
      const std::string expression = form(&op);
      cite(op);
      line() << expression << ";\n";
    } else {
      const std::string expression = form(&op);
      names_[op.getResult(0)] = fresh("v");
      cite(op);
      const std::string type = typeName(op.getResult(0).getType()), name = names_[op.getResult(0)];
      if (isa<cuda::PointerType>(op.getResult(0).getType()))
        line() << "auto *const " << name << " = " << expression << ";\n"; // what it points to may be written
      else
        line() << "const " << type << " " << name << " = " << expression << ";\n";
    }
    return success();
  }

  LogicalResult printLoop(scf::ForOp loop) {
    SmallVector<std::string> carried;
    for (auto [init, argument, result] : llvm::zip(loop.getInits(), loop.getRegionIterArgs(), loop.getResults())) {
      const std::string name = fresh("c");
      cite(*loop);
      line() << typeName(init.getType()) << " " << name << " = " << text(init, 0) << ";\n";
      names_[argument] = name; // one by one: a new name may move the others
      names_[result] = name;
      carried.push_back(name);
    }
    const std::string index = fresh("j");
    names_[loop.getInductionVar()] = index;
    cite(*loop);
    line() << "for (int " << index << " = " << text(loop.getLowerBound(), 0) << "; " << index << " < "
           << text(loop.getUpperBound()) << "; " << index << " += " << text(loop.getStep()) << ") {\n";
    std::swap(targets_, carried);
    LogicalResult result = printNested(*loop.getBody());
    std::swap(targets_, carried);
    line() << "}\n";
    return result;
  }

  LogicalResult printDrawLoop(cuda::DrawLoopOp loop) {
    const std::string pass = fresh("pass"), number = fresh("block");
    names_[loop.getBody().getArgument(0)] = number;
    cite(*loop);
    line() << "for (int " << pass << " = 0;; ++" << pass << ") {\n";
    ++indent_;
    line() << "const int " << number << " = " << loop.getCallee() << "(";
    for (Value argument : loop.getArguments())
      output_ << text(argument, 0) << ", ";
    output_ << pass << ");\n";
    line() << "if (" << number << " >= " << text(loop.getLimit()) << ") break;\n";
    --indent_;
    LogicalResult result = printNested(loop.getBody().front());
    line() << "}\n";
    return result;
  }

  LogicalResult printBranch(scf::IfOp branch) {
    SmallVector<std::string> results;
    for (Value result : branch.getResults()) {
      results.push_back(names_[result] = fresh("r"));
      line() << typeName(result.getType()) << " " << results.back() << ";\n";
    }
    cite(*branch);
    line() << "if (" << text(branch.getCondition(), 0) << ") {\n";
    std::swap(targets_, results);
    LogicalResult result = printNested(*branch.thenBlock());
    if (succeeded(result) && branch.elseBlock() && !(branch.elseBlock()->getOperations().size() == 1 && branch.getNumResults() == 0)) {
      line() << "} else {\n";
      result = printNested(*branch.elseBlock());
    }
    std::swap(targets_, results);
    line() << "}\n";
    return result;
  }

  cuda::KernelOp kernel_;
  raw_ostream &output_;
  int indent_ = 0;
  StringAttr file_; // of the last #line
  unsigned fileLine_ = 0;
  StringRef name_;                 // of the op that was cited last
  llvm::StringMap<unsigned> next_; // numbers given to names of a prefix
  bool failed_ = false;
  DenseMap<Value, std::string> names_;
  SmallVector<std::string> targets_; // variables that the enclosing loop's or branch's yield assigns
};

struct CudaEmit : longc::impl::CudaEmitPassBase<CudaEmit> {
  using CudaEmitPassBase::CudaEmitPassBase;

  void runOnOperation() override {
    if (includePrelude)
      llvm::outs() << cudaPrelude();
    for (auto kernel : getOperation().getOps<cuda::KernelOp>())
      if (failed(emitCuda(kernel, llvm::outs())))
        return signalPassFailure();
    llvm::outs().flush();
  }
};

} // namespace

StringRef longc::cudaPrelude() {
  static const char text[] =
#include "CudaPrelude.inc"
#include "CudaWarps.inc"
#include "CudaSelection.inc"
      ;
  return text;
}

LogicalResult longc::emitCuda(cuda::KernelOp kernel, raw_ostream &output) {
  std::string text;
  llvm::raw_string_ostream buffer(text);
  if (failed(Emitter(kernel, buffer).run()))
    return failure();
  output << text;
  return success();
}
