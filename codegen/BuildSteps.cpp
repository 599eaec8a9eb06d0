// Step-list construction from tiled host functions.
#include "codegen/BuildSteps.h"

#include "codegen/KernelFacts.h"
#include "codegen/SizeExpressions.h"
#include "dialects/lm/LmDialect.h"
#include "dialects/tile/TileDialect.h"
#include "passes/FunctionInputs.h"
#include "passes/Untiled.h"
#include "runtime/abi/Messages.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace longc {

static abi::ElementType formatType(lm::Format format) {
  switch (format) {
  case lm::Format::q8_0:
    return abi::Q8_0;
  case lm::Format::q4_0:
    return abi::Q4_0;
  case lm::Format::q4_1:
    return abi::Q4_1;
  case lm::Format::q4_1f:
    return abi::Q4_1F;
  case lm::Format::q6_2:
    return abi::Q6_2;
  }
  llvm_unreachable("every format has an element type");
}

std::optional<abi::ElementType> elementType(Type type) {
  return llvm::TypeSwitch<Type, std::optional<abi::ElementType>>(type)
      .Case<Float32Type>([](auto) { return abi::F32; })
      .Case<BFloat16Type>([](auto) { return abi::BF16; })
      .Case<Float16Type>([](auto) { return abi::F16; })
      .Case<Float64Type>([](auto) { return abi::F64; })
      .Case<IntegerType>([](IntegerType type) -> std::optional<abi::ElementType> {
        switch (type.getWidth()) {
        case 8:
          return abi::I8;
        case 16:
          return abi::I16;
        case 32:
          return abi::I32;
        case 64:
          return abi::I64;
        default:
          return std::nullopt;
        }
      })
      .Default([](Type) { return std::nullopt; });
}

// Shape and element type of what a buffer can hold: a ranked tensor or a quantised matrix.
static std::optional<std::pair<ArrayRef<int64_t>, abi::ElementType>> shapeAndElement(Type type) {
  if (auto quantized = dyn_cast<lm::QuantizedType>(type))
    return std::pair(quantized.getShape(), formatType(quantized.getFormat()));
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return std::nullopt;
  std::optional<abi::ElementType> element = elementType(tensor.getElementType());
  if (!element)
    return std::nullopt;
  return std::pair(tensor.getShape(), *element);
}

// The checkpoint tensor or source line an op came from, for profiles.
static std::string locationName(Location location) {
  if (auto name = dyn_cast<NameLoc>(location))
    return name.getName().str();
  if (auto fused = dyn_cast<FusedLoc>(location))
    return fused.getLocations().empty() ? "" : locationName(fused.getLocations().front());
  return "";
}

static bool isOverlay(lm::ParameterOp parameter) { return parameter->hasAttr(overlayModulesAttribute); }

// The trained parameters whose rows it holds, rounded; none of another.
static SmallVector<lm::ParameterOp> trainedParts(lm::ParameterOp parameter) {
  SmallVector<lm::ParameterOp> trained;
  if (ArrayAttr parts = parameter.getPartsAttr())
    for (auto name : parts.getAsRange<StringAttr>())
      if (auto part = SymbolTable::lookupNearestSymbolFrom<lm::ParameterOp>(parameter, name); part && part.getTrainable())
        trained.push_back(part);
  return trained;
}

static abi::Parameter::Initializer initializerOf(lm::ParameterOp parameter) {
  if (isOverlay(parameter))
    return abi::Parameter::BOUND;
  if (auto trained = trainedParts(parameter); !trained.empty()) // stored if what it holds is
    return llvm::any_of(trained, [](lm::ParameterOp part) { return part->hasAttr(initializerAttribute); }) ? abi::Parameter::ZERO : abi::Parameter::NONE;
  auto name = parameter->getAttrOfType<StringAttr>(initializerAttribute);
  if (!name)
    return abi::Parameter::NONE;
  return name == initializeZero ? abi::Parameter::ZERO : abi::Parameter::KAIMING_UNIFORM;
}

FailureOr<uint32_t> ProgramIndex::parameter(lm::ParameterOp parameter) {
  abi::Parameter message;
  message.set_name(parameter.getSymName().str());
  auto [shape, element] = *shapeAndElement(parameter.getType());
  for (int64_t size : shape)
    message.add_shape(ShapedType::isDynamic(size) ? 0 : size);
  message.set_trainable(parameter.getTrainable() && !isOverlay(parameter));
  auto addPart = [&](StringRef module, int64_t rows) {
    abi::OverlayPart *part = message.add_overlays();
    part->set_module(module.str());
    part->set_rows(rows);
  };
  if (isOverlay(parameter))
    for (auto [module, rows] : llvm::zip(parameter->getAttrOfType<ArrayAttr>(overlayModulesAttribute).getAsValueRange<StringAttr>(),
                                         parameter->getAttrOfType<DenseI64ArrayAttr>(overlayRowsAttribute).asArrayRef()))
      addPart(module, rows);
  for (lm::ParameterOp trained : trainedParts(parameter))
    addPart(trained.getSymName(), cast<RankedTensorType>(trained.getType()).getDimSize(0));
  message.set_layout(parameter.getPanels() ? abi::Parameter::PANELS : abi::Parameter::ROWS);
  message.set_initializer(initializerOf(parameter));
  // The first one's type is what is stored: a target may decode it.
  auto [found, isNew] = parameters_.try_emplace(parameter.getSymName(), Known{uint32_t(program_.parameters_size()), message.SerializeAsString()});
  if (!isNew && found->second.form != message.SerializeAsString())
    return parameter.emitOpError("@") << parameter.getSymName() << " lies otherwise, or has another shape or use, than in a function before: "
                                      << "a program has one of each name";
  if (isNew) {
    message.set_type(element);
    *program_.add_parameters() = std::move(message);
  }
  return found->second.number;
}

uint32_t ProgramIndex::kernel(StringRef name) {
  auto [found, isNew] = kernels_.try_emplace(name, program_.kernels_size());
  if (isNew)
    program_.add_kernels()->set_name(name.str());
  return found->second;
}

uint32_t ProgramIndex::kernel(tile::KernelOp op) {
  const int known = program_.kernels_size();
  const uint32_t number = kernel(op.getSymName());
  if (program_.kernels_size() > known)
    if (std::optional<abi::Work> work = workOf(op))
      *program_.mutable_kernels(static_cast<int>(number))->mutable_work() = *work;
  return number;
}

uint32_t ProgramIndex::state(abi::State::Layout layout, StringRef name, uint32_t layer, RankedTensorType type) {
  abi::ElementType element = *elementType(type.getElementType());
  std::string key = std::to_string(layout) + "." + name.str() + "." + std::to_string(layer) + "." + std::to_string(element);
  auto [found, isNew] = states_.try_emplace(key, program_.states_size());
  if (isNew) {
    abi::State *state = program_.add_states();
    state->set_layout(layout);
    state->set_name(name.str());
    state->set_layer(layer);
    state->set_type(element);
    for (int64_t size : type.getShape().drop_front())
      state->add_row_shape(size);
  }
  return found->second;
}

namespace {

class StepBuilder {
public:
  StepBuilder(func::FuncOp function, ProgramIndex &index, abi::Function &result)
      : function_(function), index_(index), result_(result), sizes_(result) {}

  LogicalResult build() {
    for (BlockArgument argument : function_.getArguments())
      if (failed(addArgument(argument)))
        return failure();
    for (Operation &op : function_.getBody().front())
      if (failed(addOp(op)))
        return failure();
    markResultsAlone();
    return success();
  }

private:
  abi::Buffer &addBuffer(Value value, abi::Buffer::Kind kind, uint32_t index) {
    buffers_[value] = result_.buffers_size();
    abi::Buffer *buffer = result_.add_buffers();
    buffer->set_kind(kind);
    buffer->set_index(index);
    auto [shape, element] = *shapeAndElement(value.getType());
    buffer->set_type(element);
    if (isa<RankedTensorType>(value.getType()) && !sizes_.sizesOf(value).empty()) {
      for (const abi::Expr &size : sizes_.sizesOf(value))
        *buffer->add_sizes() = size;
    } else {
      for (int64_t size : shape)
        *buffer->add_sizes() = SizeExpressions::constant(size);
    }
    return *buffer;
  }

  LogicalResult addArgument(BlockArgument argument) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!type || !elementType(type.getElementType()))
      return function_.emitError("argument ") << argument.getArgNumber() << " has no buffer form: " << argument.getType();
    std::string role = "argument" + std::to_string(argument.getArgNumber());
    if (auto attribute = function_.getArgAttrOfType<StringAttr>(argument.getArgNumber(), roleAttribute))
      role = attribute.str();
    const std::optional<abi::Input::Role> known = roleNamed(role);
    SmallVector<abi::Expr> dynamic;
    for (int64_t dim = 0; dim < type.getRank(); ++dim) {
      if (!type.isDynamicDim(dim))
        continue;
      StringRef leading = dim == 0 && known ? StringRef(factsOf(*known).rows) : StringRef();
      dynamic.push_back(sizes_.symbolExpr(leading.empty() ? role + "." + std::to_string(dim) : leading.str()));
    }
    sizes_.bindSizes(argument, dynamic);
    if (auto state = function_.getArgAttrOfType<StringAttr>(argument.getArgNumber(), stateAttribute)) {
      const std::optional<abi::State::Layout> layout = stateLayoutNamed(state.getValue());
      if (!layout)
        return function_.emitError("argument ") << argument.getArgNumber() << " is a state in '" << state.getValue() << "': expected rings or pages";
      auto layer = function_.getArgAttrOfType<IntegerAttr>(argument.getArgNumber(), layerAttribute);
      addBuffer(argument, abi::Buffer::STATE, index_.state(*layout, role, layer ? layer.getInt() : 0, type));
      return success();
    }
    if (role == "page_table") {
      addBuffer(argument, abi::Buffer::PAGE_TABLE, 0);
      return success();
    }
    abi::Input *input = result_.add_inputs();
    if (!known)
      input->set_name(role);
    else if (const RoleFacts facts = factsOf(*known); type.getRank() == facts.rank && elementType(type.getElementType()) == facts.type)
      input->set_role(*known);
    else
      return function_.emitError("argument ") << argument.getArgNumber() << " is '" << role << "': expected " << (facts.type == abi::F32 ? "f32" : "i32")
                                              << " of rank " << facts.rank << ", got " << type;
    input->set_type(*elementType(type.getElementType()));
    for (const abi::Expr &size : sizes_.sizesOf(argument))
      *input->add_sizes() = size;
    addBuffer(argument, abi::Buffer::INPUT, result_.inputs_size() - 1);
    return success();
  }

  LogicalResult addOp(Operation &op) {
    return llvm::TypeSwitch<Operation *, LogicalResult>(&op)
        .Case<tile::LaunchOp, tile::WorkListOp, lm::ParameterRefOp, tensor::EmptyOp, func::ReturnOp>(
            [&](auto known) { return add(known); })
        .Case<tensor::DimOp>([](auto) { return success(); })
        .Default([](Operation *op) {
          // Sizes only: no step would fill the buffer of a tensor that arithmetic makes.
          bool makesTensor = llvm::any_of(op->getResultTypes(), llvm::IsaPred<ShapedType>);
          if (isa_and_nonnull<arith::ArithDialect>(op->getDialect()) && !makesTensor)
            return LogicalResult(success());
          if (isa<lm::LmDialect>(op->getDialect()))
            return refuseUntiled(op);
          return LogicalResult(op->emitOpError("is no step of a host function: expected launches, work lists and sizes, "
                                               "and arithmetic on tensors inside an lm op or a kernel"));
        });
  }

  lm::ParameterOp parameterNamed(StringRef name) {
    return function_->getParentOfType<ModuleOp>().lookupSymbol<lm::ParameterOp>(name);
  }

  LogicalResult add(lm::ParameterRefOp reference) {
    auto type = dyn_cast<RankedTensorType>(reference.getType());
    if (type && !type.hasStaticShape()) // an adapter's two matrices have one rank
      sizes_.bindSizes(reference, {sizes_.symbolExpr("rank of " + reference.getName().rsplit(".lora_").first.str())});
    FailureOr<uint32_t> number = index_.parameter(parameterNamed(reference.getName()));
    if (succeeded(number))
      addBuffer(reference.getResult(), abi::Buffer::PARAMETER, *number);
    return number;
  }

  LogicalResult add(tensor::EmptyOp empty) {
    SmallVector<abi::Expr> dynamic;
    for (Value size : empty.getDynamicSizes()) {
      FailureOr<abi::Expr> expr = sizes_.evaluate(size);
      if (failed(expr))
        return failure();
      dynamic.push_back(*expr);
    }
    sizes_.bindSizes(empty, dynamic);
    return success();
  }

  // A launch writes its outputs in place: each result is another name of the output operand's buffer.
  LogicalResult add(tile::LaunchOp launch) {
    abi::Step *step = result_.add_steps();
    step->set_location(locationName(launch.getLoc()));
    abi::Launch *message = step->mutable_launch();
    auto kernel = SymbolTable::lookupNearestSymbolFrom<tile::KernelOp>(launch, launch.getKernelAttr());
    message->set_kernel(index_.kernel(kernel));
    for (Value size : launch.getGrid()) {
      FailureOr<abi::Expr> expr = sizes_.evaluate(size);
      if (failed(expr))
        return failure();
      *message->add_grid() = *expr;
    }
    const SmallVector<OperandFacts> facts = operandFacts(kernel);
    for (auto [number, input] : llvm::enumerate(launch.getInputs())) {
      if (facts[number].access != abi::Operand::READ)
        return launch.emitOpError("gives operand ") << number << " to be read, and @" << launch.getKernel() << " writes it";
      if (failed(addOperand(launch, input, facts[number], *message)))
        return failure();
    }
    for (auto [output, result, written] : llvm::zip(launch.getOutputs(), launch.getResults(), ArrayRef(facts).drop_front(launch.getInputs().size()))) {
      const bool isIdle = written.access == abi::Operand::READ; // and is still where the launch leaves something
      if (failed(addOperand(launch, output, isIdle ? OperandFacts{abi::Operand::WRITE, written.picked} : written, *message)))
        return failure();
      buffers_[result] = buffers_.lookup(output);
      sizes_.bindSizesOf(result, output);
    }
    return success();
  }

  // How many rows the boundaries of a list divide: `chunk_boundaries` those of `chunk_tokens` where there are any; else they
  // are the queries, which come first.
  FailureOr<abi::Expr> rowsDividedBy(tile::WorkListOp list) {
    auto boundaries = dyn_cast<BlockArgument>(list.getSegments());
    auto attribute = boundaries ? function_.getArgAttrOfType<StringAttr>(boundaries.getArgNumber(), roleAttribute) : StringAttr();
    if (StringRef role = attribute ? attribute.getValue() : StringRef(); role.consume_back("boundaries"))
      for (const abi::Symbol &symbol : result_.symbols())
        if (symbol.name() == (role + "tokens").str())
          return sizes_.symbolExpr(symbol.name());
    if (function_.getNumArguments() == 0 || sizes_.sizesOf(function_.getArgument(0)).empty())
      return list.emitError("expected the queries as the function's first argument");
    return sizes_.sizesOf(function_.getArgument(0))[0];
  }

  LogicalResult add(tile::WorkListOp list) {
    std::string symbol = "items" + std::to_string(result_.steps_size());
    abi::Step *step = result_.add_steps();
    step->set_location(locationName(list.getLoc()));
    abi::WorkList *message = step->mutable_work_list();
    FailureOr<uint32_t> segments = use(list.getSegments());
    if (failed(segments))
      return failure();
    message->set_segments(*segments);
    message->set_rows(list.getRows());
    message->set_by_sequence(list.getBySequence());
    message->set_count_symbol(sizes_.symbol(symbol));
    abi::Expr tokens, sequences;
    if (Value keys = list.getKeyBoundaries()) {
      FailureOr<uint32_t> boundaries = use(keys);
      if (failed(boundaries))
        return failure();
      message->set_key_boundaries(*boundaries);
      FailureOr<abi::Expr> divided = rowsDividedBy(list);
      if (failed(divided))
        return failure();
      tokens = *divided;
      sequences = sizes_.sizesOf(list.getSegments())[0]; // one more than there are
    } else {
      tokens = sizes_.symbolExpr("tokens");
      sequences = sizes_.symbolExpr("sequences");
    }
    // At most one partly filled block a sequence: floor(tokens / rows) + sequences.
    abi::Symbol *declared = result_.mutable_symbols(message->count_symbol());
    declared->set_bound_by_step(true);
    *declared->mutable_maximum() = SizeExpressions::binary(
        abi::Expr::ADD,
        SizeExpressions::binary(abi::Expr::FLOORDIV, tokens, SizeExpressions::constant(list.getRows())), sequences);
    sizes_.bindSizes(list.getList(), {sizes_.symbolExpr(symbol)});
    FailureOr<uint32_t> rows = use(list.getList());
    if (failed(rows))
      return failure();
    message->set_result(*rows);
    return success();
  }

  LogicalResult add(func::ReturnOp op) {
    for (auto [number, value] : llvm::enumerate(op.getOperands())) {
      FailureOr<uint32_t> buffer = use(value);
      if (failed(buffer))
        return failure();
      result_.add_results(*buffer);
      if (auto name = function_.getResultAttrOfType<StringAttr>(number, gradientAttribute)) {
        FailureOr<uint32_t> parameter = index_.parameter(parameterNamed(name));
        if (failed(parameter))
          return failure();
        abi::Gradient *gradient = result_.add_gradients();
        gradient->set_result(number);
        gradient->set_parameter(*parameter);
      }
    }
    return success();
  }

  bool writesState(tile::LaunchOp launch) {
    return llvm::any_of(launch.getOutputs(), [&](Value output) {
      return result_.buffers(static_cast<int>(buffers_[output])).kind() == abi::Buffer::STATE;
    });
  }

  // Of a function with states: the launches whose outputs nothing needs that a state is made of.
  void markResultsAlone() {
    if (llvm::none_of(result_.buffers(), [](const abi::Buffer &buffer) { return buffer.kind() == abi::Buffer::STATE; }))
      return;
    llvm::SmallPtrSet<Operation *, 32> needed;
    int step = result_.steps_size();
    for (Operation &op : llvm::reverse(function_.getBody().front())) {
      step -= isa<tile::LaunchOp, tile::WorkListOp>(op);
      auto launch = dyn_cast<tile::LaunchOp>(op);
      if (!launch)
        continue;
      if (writesState(launch) || llvm::any_of(op.getUsers(), [&](Operation *user) { return needed.contains(user); }))
        needed.insert(&op);
      else
        result_.mutable_steps(step)->set_results_alone(true);
    }
  }

  LogicalResult addOperand(tile::LaunchOp launch, Value value, OperandFacts facts, abi::Launch &message) {
    abi::Operand *operand = message.add_operands();
    operand->set_access(facts.access);
    operand->set_picked(facts.picked);
    if (FloatAttr number; value.getType().isF32() && matchPattern(value, m_Constant(&number))) {
      operand->set_number(number.getValue().convertToFloat());
      return success();
    }
    if (value.getType().isIntOrIndex()) {
      FailureOr<abi::Expr> expr = sizes_.evaluate(value);
      if (failed(expr))
        return failure();
      *operand->mutable_scalar() = *expr;
      return success();
    }
    if (!shapeAndElement(value.getType()))
      return launch.emitError("operand has no buffer form: ") << value.getType();
    FailureOr<uint32_t> buffer = use(value);
    if (failed(buffer))
      return failure();
    operand->set_buffer(*buffer);
    return success();
  }

  // The buffer of a value; one of the arena is made at its first use and lives as planned.
  FailureOr<uint32_t> use(Value value) {
    if (!buffers_.contains(value) && failed(addArenaBuffer(value)))
      return failure();
    const uint32_t number = buffers_[value], step = std::max(0, result_.steps_size() - 1);
    const abi::Buffer &buffer = result_.buffers(number);
    if (buffer.kind() == abi::Buffer::ARENA && (step < buffer.first_step() || step > buffer.last_step()))
      return emitError(value.getLoc()) << "buffer is used by step " << step << ", its plan says " << buffer.first_step()
                                       << " to " << buffer.last_step();
    return number;
  }

  LogicalResult addArenaBuffer(Value value) {
    Operation *maker = value.getDefiningOp();
    auto life = maker ? maker->getAttrOfType<DenseI64ArrayAttr>(tile::TileDialect::lifeAttribute) : nullptr;
    if (!life || life.size() != 2)
      return emitError(value.getLoc()) << "buffer has no '" << tile::TileDialect::lifeAttribute
                                       << "': expected a function after longc-plan-buffers";
    abi::Buffer &buffer = addBuffer(value, abi::Buffer::ARENA, 0);
    buffer.set_first_step(life[0]);
    buffer.set_last_step(life[1]);
    return success();
  }

  func::FuncOp function_;
  ProgramIndex &index_;
  abi::Function &result_;
  SizeExpressions sizes_;
  llvm::DenseMap<Value, uint32_t> buffers_;
};

} // namespace
} // namespace longc

mlir::LogicalResult longc::buildSteps(func::FuncOp function, ProgramIndex &index, abi::Function &result) {
  return StepBuilder(function, index, result).build();
}
