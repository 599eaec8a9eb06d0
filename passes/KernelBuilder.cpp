// Kernel construction.
#include "passes/KernelBuilder.h"

#include "dialects/lm/LmDialect.h"
#include "passes/TargetFacts.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

#include <utility>

using namespace mlir;

namespace longc {

RankedTensorType tileType(ArrayRef<int64_t> shape, Type element) { return RankedTensorType::get(shape, element); }

ArrayRef<int64_t> tileShape(Value tile) { return cast<RankedTensorType>(tile.getType()).getShape(); }

Type tileElement(Value tile) { return cast<RankedTensorType>(tile.getType()).getElementType(); }

// The view of a host value; a scalar stays what it is.
static Type argumentType(Type type) {
  if (auto quantized = dyn_cast<lm::QuantizedType>(type)) {
    auto format = static_cast<tile::Format>(quantized.getFormat());
    return tile::ViewType::get(type.getContext(), quantized.getShape(),
                               tile::QuantizedType::get(type.getContext(), format));
  }
  if (auto tensor = dyn_cast<RankedTensorType>(type))
    return tile::ViewType::get(type.getContext(), tensor.getShape(), tensor.getElementType());
  return type;
}

// The name, or one with a number behind it. Numbers are given in order, so the first free one is found by bisection: a model's
// layers have many kernels of one name before equal ones become one.
static std::string freeName(ModuleOp module, StringRef name) {
  auto numbered = [&](unsigned number) { return number ? name.str() + "_" + std::to_string(number) : name.str(); };
  auto isTaken = [&](unsigned number) { return SymbolTable::lookupSymbolIn(module, numbered(number)) != nullptr; };
  if (!isTaken(0))
    return name.str();
  unsigned taken = 0, free = 1;
  while (isTaken(free))
    taken = std::exchange(free, 2 * free);
  while (free - taken > 1) {
    unsigned middle = taken + (free - taken) / 2;
    (isTaken(middle) ? taken : free) = middle;
  }
  return numbered(free);
}

KernelBuilder::KernelBuilder(Operation *anchor, StringRef name, unsigned gridRank)
    : body_(anchor->getLoc(), anchor->getContext()), host_(anchor->getLoc(), anchor), gridRank_(gridRank) {
  auto function = anchor->getParentOfType<FunctionOpInterface>();
  auto module = function->getParentOfType<ModuleOp>();
  OpBuilder builder(function);
  kernel_ = tile::KernelOp::create(builder, anchor->getLoc(), freeName(module, name), gridRank);
  Block *block = builder.createBlock(&kernel_.getBody());
  for (unsigned i = 0; i < gridRank; ++i)
    block->addArgument(builder.getIndexType(), anchor->getLoc());
  body_.setInsertionPointToEnd(block);
}

// Whether the target's kernels read the value where it lies, and it lies in panels.
static bool isReadInPanels(Value hostValue) {
  auto reference = hostValue.getDefiningOp<lm::ParameterRefOp>();
  if (!reference)
    return false;
  auto parameter = SymbolTable::lookupNearestSymbolFrom<lm::ParameterOp>(reference, reference.getNameAttr());
  auto facts = reference->getParentOfType<ModuleOp>()->getAttrOfType<tile::TargetAttr>(targetAttributeName);
  return parameter && parameter.getPanels() && !(facts && facts.getDecodedWeights());
}

Value KernelBuilder::input(Value hostValue) {
  Value &argument = inputs_[hostValue];
  if (argument)
    return argument;
  unsigned position = gridRank_ + inputs_.size() - 1;
  argument = kernel_.getBody().front().insertArgument(position, argumentType(hostValue.getType()), hostValue.getLoc());
  if (auto view = dyn_cast<tile::ViewType>(argument.getType()); view && !view.liesInPanels() && isReadInPanels(hostValue))
    argument.setType(tile::ViewType::get(view.getContext(), view.getShape(), view.getElementType(), /*panels=*/true));
  return argument;
}

Value KernelBuilder::output(Value hostInit) {
  outputs_.push_back(hostInit);
  return kernel_.getBody().front().addArgument(argumentType(hostInit.getType()), hostInit.getLoc());
}

void KernelBuilder::openSizes() {
  for (BlockArgument argument : kernel_.getKernelArguments())
    if (auto view = dyn_cast<tile::ViewType>(argument.getType()); view && !isa<tile::QuantizedType>(view.getElementType()))
      argument.setType(tile::ViewType::get(view.getContext(), SmallVector<int64_t>(view.getRank(), ShapedType::kDynamic), view.getElementType(),
                                           view.getPanels()));
}

bool KernelBuilder::hasColumnsOf(int64_t factor) {
  return llvm::all_of(kernel_.getKernelArguments(), [&](BlockArgument argument) {
    auto view = dyn_cast<tile::ViewType>(argument.getType());
    return !view || view.getRank() == 0 || view.isDynamicDim(view.getRank() - 1) || view.getShape().back() % factor == 0;
  });
}

void KernelBuilder::setOpenColumns(int64_t factor) { kernel_->setAttr(openColumnsAttribute, body_.getIndexAttr(factor)); }

tile::LaunchOp KernelBuilder::finish(ValueRange grid) {
  tile::ReturnOp::create(body_);
  SmallVector<Value> inputs;
  for (auto [hostValue, argument] : inputs_)
    inputs.push_back(hostValue);
  return tile::LaunchOp::create(host_, ValueRange(outputs_).getTypes(), kernel_.getSymName(), grid, inputs, outputs_);
}

Value KernelBuilder::index(int64_t value) { return arith::ConstantIndexOp::create(body_, value); }

Value KernelBuilder::mul(Value lhs, int64_t rhs) { return arith::MulIOp::create(body_, lhs, index(rhs)); }

Value KernelBuilder::div(Value lhs, int64_t rhs) { return arith::DivUIOp::create(body_, lhs, index(rhs)); }

Value KernelBuilder::rem(Value lhs, int64_t rhs) { return arith::RemUIOp::create(body_, lhs, index(rhs)); }

Value KernelBuilder::scalar(Value view, ValueRange offsets) {
  Type element = cast<tile::ViewType>(view.getType()).getElementType();
  return tile::ScalarOp::create(body_, isa<IntegerType>(element) ? body_.getIndexType() : element, view, offsets);
}

Value KernelBuilder::size(Value view, int64_t dim) { return tile::DimOp::create(body_, body_.getIndexType(), view, dim); }

SmallVector<Value> KernelBuilder::loop(Value begin, Value end, int64_t step, ValueRange initial, Next next) {
  auto loop = scf::ForOp::create(body_, begin, end, index(step), initial);
  OpBuilder::InsertionGuard guard(body_);
  body_.setInsertionPointToStart(loop.getBody());
  SmallVector<Value> carried = next(loop.getInductionVar(), loop.getRegionIterArgs());
  if (!carried.empty()) // else it ends by itself
    scf::YieldOp::create(body_, carried);
  return SmallVector<Value>(loop.getResults());
}

Value KernelBuilder::accumulate(Value begin, Value end, int64_t step, Value initial, function_ref<Value(Value, Value)> next) {
  return loop(begin, end, step, initial, [&](Value at, ValueRange carried) { return SmallVector<Value>{next(at, carried[0])}; }).front();
}

void KernelBuilder::when(Value condition, function_ref<void()> body) {
  auto branch = scf::IfOp::create(body_, condition, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(body_);
  body_.setInsertionPointToStart(branch.thenBlock());
  body();
}

Value KernelBuilder::when(Value condition, Value tile, function_ref<Value()> changed) {
  auto branch = scf::IfOp::create(body_, tile.getType(), condition, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(body_);
  body_.setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(body_, tile);
  body_.setInsertionPointToStart(branch.thenBlock());
  scf::YieldOp::create(body_, changed());
  return branch.getResult(0);
}

Value KernelBuilder::constantTile(ArrayRef<int64_t> shape, double value) {
  auto type = tileType(shape, body_.getF32Type());
  return arith::ConstantOp::create(body_, DenseElementsAttr::get(type, static_cast<float>(value)));
}

Value KernelBuilder::integers(ArrayRef<int64_t> shape, int64_t value) {
  return arith::ConstantOp::create(body_, DenseElementsAttr::get(tileType(shape, body_.getI32Type()), static_cast<int32_t>(value)));
}

Value KernelBuilder::counted(ArrayRef<int64_t> shape, int64_t dim, Value first) {
  Value place = tile::IotaOp::create(body_, tileType(shape, body_.getI32Type()), dim);
  return first ? arith::AddIOp::create(body_, place, splat(shape, first)).getResult() : place;
}

// An index as i32.
Value KernelBuilder::splat(ArrayRef<int64_t> shape, Value scalar) {
  if (scalar.getType().isIndex())
    scalar = arith::IndexCastOp::create(body_, body_.getI32Type(), scalar);
  return tile::SplatOp::create(body_, tileType(shape, scalar.getType()), scalar);
}

Value KernelBuilder::reshape(Value tile, ArrayRef<int64_t> shape) {
  if (tileShape(tile) == shape)
    return tile;
  return tile::ReshapeOp::create(body_, tileType(shape, tileElement(tile)), tile);
}

Value KernelBuilder::expand(Value tile, int64_t dim, int64_t size) {
  SmallVector<int64_t> shape(tileShape(tile));
  shape.insert(shape.begin() + dim, size);
  return tile::ExpandOp::create(body_, tileType(shape, tileElement(tile)), tile, dim);
}

Value KernelBuilder::transpose(Value tile) {
  return tile::TransposeOp::create(body_, tileType({tileShape(tile)[1], tileShape(tile)[0]}, tileElement(tile)), tile);
}

Value KernelBuilder::reduce(tile::Reduction kind, Value tile, int64_t dim) {
  SmallVector<int64_t> shape(tileShape(tile));
  shape.erase(shape.begin() + dim);
  return tile::ReduceOp::create(body_, tileType(shape, tileElement(tile)), kind, tile, dim);
}

Value KernelBuilder::converted(Value tile, Type element) {
  const Type type = tileType(tileShape(tile), element), given = tileElement(tile);
  if (given == element)
    return tile;
  const bool narrower = element.getIntOrFloatBitWidth() < given.getIntOrFloatBitWidth();
  return narrower ? Value(arith::TruncFOp::create(body_, type, tile)) : Value(arith::ExtFOp::create(body_, type, tile));
}

Value KernelBuilder::multiply(Value a, Value b, Value sum) {
  if (!sum)
    sum = constantTile({tileShape(a)[0], tileShape(b)[1]}, 0.0);
  return tile::MmaOp::create(body_, sum.getType(), a, b, sum, /*transpose_b=*/false);
}

Value KernelBuilder::multiplyRows(Value a, Value b, Value sum) {
  if (!sum)
    sum = constantTile({tileShape(a)[0], tileShape(b)[0]}, 0.0);
  return tile::MmaOp::create(body_, sum.getType(), a, b, sum, /*transpose_b=*/true);
}

Value KernelBuilder::load(Value view, ArrayRef<int64_t> shape, ValueRange offsets, Value lo, Value hi,
                          ArrayRef<int64_t> dropped) {
  Type element = cast<tile::ViewType>(view.getType()).getElementType();
  return tile::LoadOp::create(body_, tileType(shape, element), view, offsets, lo, hi, dropped);
}

void KernelBuilder::store(Value tile, Value view, ValueRange offsets, Value lo, Value hi, ArrayRef<int64_t> dropped) {
  tile::StoreOp::create(body_, tile, view, offsets, lo, hi, dropped, /*accumulate=*/false);
}

Value hostSize(ImplicitLocOpBuilder &host, Value tensor, int64_t dim) {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (!type.isDynamicDim(dim))
    return arith::ConstantIndexOp::create(host, type.getDimSize(dim));
  return tensor::DimOp::create(host, tensor, dim);
}

Value hostBlocks(ImplicitLocOpBuilder &host, Value tensor, int64_t dim, int64_t tile) {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (!type.isDynamicDim(dim))
    return arith::ConstantIndexOp::create(host, (type.getDimSize(dim) + tile - 1) / tile);
  return arith::CeilDivUIOp::create(host, hostSize(host, tensor, dim), arith::ConstantIndexOp::create(host, tile));
}

int64_t fitTile(int64_t limit, int64_t size, int64_t granule) {
  if (ShapedType::isDynamic(size))
    return limit;
  if (size <= limit)
    return size;
  for (int64_t tile = limit / granule * granule; 2 * tile > limit; tile -= granule)
    if (size % tile == 0)
      return tile;
  return limit;
}

} // namespace longc
