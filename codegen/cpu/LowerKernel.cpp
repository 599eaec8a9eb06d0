// The function around a kernel's blocks: arguments, the grid, control flow, scalars.
#include "codegen/cpu/Emitter.h"
#include "runtime/abi/longc_abi.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace longc::cpu {

static bool isTile(Type type) { return isa<RankedTensorType, tile::TopkType>(type); }

KernelEmitter::KernelEmitter(tile::KernelOp kernel, const CpuVariant &variant, ModuleOp into)
    : kernel_(kernel), variant_(variant), into_(into), b_(kernel.getLoc(), kernel.getContext()) {}

void KernelEmitter::refuse(Operation *op, const Twine &why) {
  if (!failed_)
    cpu::refuse(op) << why;
  failed_ = true;
}

Value KernelEmitter::mapped(Value value) {
  if (Value known = scalars_.lookupOrNull(value))
    return known;
  if (Operation *op = value.getDefiningOp(); op && op->getNumRegions() == 0 && lowerScalar(*op))
    return scalars_.lookup(value);
  refuse(kernel_, "a scalar is used before it is known");
  return constantOf(value.getType(), 0);
}

// views: those of runtime/abi; scalars: the grid's sizes, then scalar arguments.
void KernelEmitter::bindArguments(Value views, Value scalars) {
  Type pointer = scratch_.getType(), i64 = b_.getI64Type();
  auto read = [&](Value base, int64_t bytes) -> Value {
    return arith::IndexCastOp::create(b_, b_.getIndexType(), loadAt(address(base, bytes), i64, 8));
  };
  int64_t viewIndex = 0, scalarIndex = kernel_.getGridRank();
  for (BlockArgument argument : kernel_.getKernelArguments()) {
    auto type = dyn_cast<tile::ViewType>(argument.getType());
    if (!type) {
      Value raw = loadAt(address(scalars, 8 * scalarIndex++), i64, 8), value = raw;
      if (argument.getType().isIndex())
        value = arith::IndexCastOp::create(b_, b_.getIndexType(), raw);
      else if (unsigned width = argument.getType().getIntOrFloatBitWidth(); width < 64)
        value = arith::TruncIOp::create(b_, b_.getIntegerType(width), raw);
      if (isa<FloatType>(argument.getType()))
        value = bitcast(value, held(argument.getType()));
      scalars_.map(argument, value);
      continue;
    }
    if (type.getRank() > static_cast<int64_t>(std::size(longc_view().size))) {
      refuse(kernel_, "expected views of at most four dimensions");
      return;
    }
    View view;
    Value base = address(views, sizeof(longc_view) * viewIndex++);
    view.data = loadAt(base, pointer, 8);
    view.panels = isInPanels(argument);
    for (int64_t dim = 0; dim < type.getRank(); ++dim) {
      view.sizes.push_back(type.isDynamicDim(dim) ? read(base, offsetof(longc_view, size) + 8 * dim) : index(type.getShape()[dim]));
      bool last = dim == type.getRank() - 1;
      view.strides.push_back(last ? index(1) : read(base, offsetof(longc_view, stride) + 8 * dim));
    }
    views_[argument] = view;
  }
}

FailureOr<func::FuncOp> KernelEmitter::run() {
  std::string name = ("longc_" + kernel_.getSymName() + "_" + variant_.name).str();
  Type pointer = LLVM::LLVMPointerType::get(b_.getContext()), i64 = b_.getI64Type();
  b_.setInsertionPointToEnd(into_.getBody());
  auto function = func::FuncOp::create(b_, name, b_.getFunctionType({pointer, pointer, i64, i64, pointer}, {}));
  function->setAttr("target_cpu", b_.getStringAttr(variant_.processor));
  function->setAttr("target_features", LLVM::TargetFeaturesAttr::get(b_.getContext(), StringRef(variant_.features)));
  if (variant_.wide)
    function->setAttr("prefer_vector_width", b_.getStringAttr("512"));
  Block *entry = function.addEntryBlock();
  b_.setInsertionPointToStart(entry);
  scratch_ = entry->getArgument(4);
  std::string zeros = name + "_zeros";
  zeroRow_ = LLVM::AddressOfOp::create(b_, pointer, zeros);
  trashRow_ = scratch(kernel_);
  Value views = entry->getArgument(0), scalars = entry->getArgument(1);
  bindArguments(views, scalars);
  SmallVector<Value> grid;
  for (int64_t dim = 0; dim < static_cast<int64_t>(kernel_.getGridRank()); ++dim)
    grid.push_back(arith::IndexCastOp::create(b_, b_.getIndexType(), loadAt(address(scalars, 8 * dim), i64, 8)));
  Value begin = arith::IndexCastOp::create(b_, b_.getIndexType(), entry->getArgument(2));
  Value end = arith::IndexCastOp::create(b_, b_.getIndexType(), entry->getArgument(3));
  scf::ForOp blocks = loop(begin, end, 1);
  func::ReturnOp::create(b_);
  b_.setInsertionPointToStart(blocks.getBody());
  Value block = blocks.getInductionVar();
  for (int64_t dim = kernel_.getGridRank() - 1; dim >= 0; --dim) {
    Value position = dim ? Value(arith::RemUIOp::create(b_, block, grid[dim])) : block;
    scalars_.map(kernel_.getGridIndices()[dim], position);
    if (dim)
      block = arith::DivUIOp::create(b_, block, grid[dim]);
  }
  kernel_.walk([](RowsOp rows) { // what others read of work over rows becomes what it yields
    Operation *yield = rows.getBody().front().getTerminator();
    rows->replaceAllUsesWith(yield->getOperands());
    yield->setOperands({});
  });
  lowerBlock(kernel_.getBody().front());

  if (usesMatrixUnit_)
    configureMatrixUnit(function);
  b_.setInsertionPointToEnd(into_.getBody());
  Type zeroType = LLVM::LLVMArrayType::get(b_.getI8Type(), zeroBytes_);
  auto global = LLVM::GlobalOp::create(b_, zeroType, /*isConstant=*/true, LLVM::Linkage::Internal, zeros, Attribute(),
                                       /*alignment=*/64);
  {
    OpBuilder::InsertionGuard guard(b_);
    b_.setInsertionPointToStart(b_.createBlock(&global.getInitializer()));
    LLVM::ReturnOp::create(b_, Value(LLVM::ZeroOp::create(b_, zeroType)));
  }
  if (failed_)
    return failure();
  function->setAttr("longc.scratch_bytes", kernel_->getAttr(scratchBytesAttribute));
  return function;
}

// A constant of the object file.
Value KernelEmitter::constantTable(DenseElementsAttr values) {
  Value &known = tables_[values];
  if (known)
    return known;
  std::string name = ("longc_" + kernel_.getSymName() + "_" + variant_.name + "_table" + Twine(tables_.size())).str();
  auto type = LLVM::LLVMArrayType::get(values.getElementType(), values.getNumElements());
  auto flat = values.reshape(RankedTensorType::get({values.getNumElements()}, values.getElementType()));
  OpBuilder::InsertionGuard guard(b_);
  b_.setInsertionPointToEnd(into_.getBody());
  LLVM::GlobalOp::create(b_, type, /*isConstant=*/true, LLVM::Linkage::Internal, name, flat, /*alignment=*/64);
  b_.setInsertionPointAfterValue(zeroRow_);
  return known = LLVM::AddressOfOp::create(b_, zeroRow_.getType(), name);
}

//===----------------------------------------------------------------------===//
// Blocks
//===----------------------------------------------------------------------===//

void KernelEmitter::lowerBlock(Block &block) {
  for (Operation &op : block.without_terminator())
    if (!failed_)
      visit(op);
  flush();
}

// Clones an op on scalars; false for anything else.
bool KernelEmitter::lowerScalar(Operation &op) {
  if (auto scalar = dyn_cast<tile::ScalarOp>(op)) {
    const View &view = views_[scalar.getView()];
    Type element = cast<tile::ViewType>(scalar.getView().getType()).getElementType();
    Value at;
    for (auto [offset, stride] : llvm::zip(scalar.getOffsets(), view.strides))
      at = add(at, mul(mapped(offset), stride));
    Value value = loadAt(at ? address(view.data, element, at) : view.data, element);
    if (scalar.getType().isIndex())
      value = arith::IndexCastOp::create(b_, b_.getIndexType(), value);
    scalars_.map(scalar.getValue(), value);
    return true;
  }
  if (auto dim = dyn_cast<tile::DimOp>(op)) {
    scalars_.map(dim.getSize(), views_[dim.getView()].sizes[dim.getDim()]);
    return true;
  }
  auto isScalar = [](Type type) { return type.isIntOrIndexOrFloat(); };
  if (op.getNumRegions() || !llvm::all_of(op.getOperandTypes(), isScalar) ||
      !llvm::all_of(op.getResultTypes(), isScalar) || !isMemoryEffectFree(&op))
    return false;
  for (Value operand : op.getOperands())
    mapped(operand);
  auto isBf16 = [](Type type) { return type.isBF16(); };
  if (llvm::none_of(op.getOperandTypes(), isBf16) && llvm::none_of(op.getResultTypes(), isBf16)) {
    b_.clone(op, scalars_);
    return true;
  }
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    scalars_.map(constant.getResult(), constantOf(constant.getValue(), 0));
    return true;
  }
  if (!OpTrait::hasElementwiseMappableTraits(&op))
    return false;
  SmallVector<Value> operands =
      llvm::map_to_vector(op.getOperands(), [&](Value operand) { return scalars_.lookup(operand); });
  scalars_.map(op.getResult(0), elementwise(&op, operands, 0));
  return true;
}

// Scalars of a block that is evaluated where its values are needed; loads get their places.
void KernelEmitter::cloneScalars(Block &block) {
  for (Operation &op : block.without_terminator()) {
    if (auto load = dyn_cast<tile::LoadOp>(op))
      places_[load] = placeOf(load);
    else if (auto inner = dyn_cast<scf::IfOp>(op))
      for (Region &region : inner->getRegions())
        cloneScalars(region.front());
    else
      lowerScalar(op);
  }
}

void KernelEmitter::visit(Operation &op) {
  b_.setLoc(op.getLoc());
  llvm::TypeSwitch<Operation *>(&op)
      .Case([&](tile::LoadOp load) {
        places_[load] = placeOf(load);
        if (load->hasAttr(readAheadAttribute))
          places_[load].nextBase = baseOfNext(load);
      })
      .Case([&](tile::StoreOp store) {
        places_[store] = placeOf(store);
        if (!places_[store].base)
          refuse(store, "a matrix in panels is read-only");
        addSink(Item::Store, store, store.getTile());
      })
      .Case([&](tile::ScatterOp scatter) { addSink(Item::Scatter, scatter, scatter.getTile()); })
      .Case([&](tile::ReduceOp reduce) {
        RankedTensorType source = tileType(reduce.getSource());
        if (source.getRank() < 2 || static_cast<int64_t>(reduce.getDim()) != source.getRank() - 1)
          return refuse(reduce, "expected a reduction along the last of two or more dimensions");
        addSink(Item::Reduce, reduce, reduce.getSource());
      })
      .Case([&](tile::EncodeOp encode) {
        if (tileType(encode.getSource()).getShape().back() % blockColumns)
          return refuse(encode, "expected a multiple of 32 columns");
        addSink(Item::Encode, encode, encode.getSource());
      })
      .Case<tile::MmaOp, tile::ScaledMmaOp>([&](auto product) { addProduct(product); })
      .Case([&](KeepOp keep) { addMade(Item::Keep, keep); })
      .Case([&](TurnOp turn) { addMade(Item::Turn, turn); })
      .Case([&](PackOp pack) { pending_.push_back({Item::Pack, pack, pack.getPanels(), {}}); })
      .Case([&](RowsOp rows) {
        for (Operation &inner : rows.getBody().front().without_terminator())
          visit(inner);
        runs_.push_back({rows, std::exchange(pending_, {}), rows.getCount() ? mapped(rows.getCount()) : Value()});
      })
      .Case([&](tile::TopkInitOp) {})
      .Case([&](tile::TopkUpdateOp update) {
        selections_[update.getResult()] = selections_.lookup(update.getState());
        pending_.push_back({Item::Select, update, update.getResult(), {}});
      })
      .Case([&](tile::TopkThresholdOp threshold) {
        flush();
        emitThreshold(threshold);
      })
      .Case([&](scf::ForOp loopOp) {
        flush();
        lowerFor(loopOp);
      })
      .Case([&](scf::IfOp branch) {
        if (isLazy(branch)) {
          for (Region &region : branch->getRegions())
            cloneScalars(region.front());
          return;
        }
        flush();
        lowerIf(branch);
      })
      .Default([&](Operation *other) {
        if (lowerScalar(*other))
          return;
        bool known = isa<tile::GatherOp, tile::DecodeOp, tile::ExpandOp, tile::SplatOp, tile::IotaOp, tile::ReshapeOp,
                         tile::TransposeOp, tile::SliceOp, arith::ConstantOp>(other) ||
                     (OpTrait::hasElementwiseMappableTraits(other) && other->getNumResults() == 1);
        if (!known)
          refuse(other, "this op is unknown to it");
      });
}

// Where the loop or branch has a tile that is handed to it, or that it yields; the homes of a loop are made with the first.
Buffer KernelEmitter::homeOf(Operation *from, Value tile) {
  OpOperand &use = *tile.use_begin();
  if (isa<scf::YieldOp>(use.getOwner()))
    return homes_[use.getOwner()->getParentOp()][use.getOperandNumber()];
  auto loop = cast<scf::ForOp>(use.getOwner());
  SmallVector<Buffer> &homes = homes_[loop];
  if (homes.empty())
    for (auto [place, init] : llvm::enumerate(loop.getInitArgs()))
      homes.push_back(!isa<RankedTensorType>(init.getType()) ? Buffer()
                      : continues(loop, init)                ? buffers_[init]
                                                             : bufferOf(loop, place, tileType(init)));
  return homes[use.getOperandNumber() - loop.getNumControlOperands()];
}

void KernelEmitter::lowerFor(scf::ForOp loopOp) {
  SmallVector<Value> scalarInits;
  auto yield = cast<scf::YieldOp>(loopOp.getBody()->getTerminator());
  for (auto [place, init] : llvm::enumerate(loopOp.getInitArgs())) {
    BlockArgument argument = loopOp.getRegionIterArg(place);
    Value result = loopOp.getResult(place);
    if (auto state = dyn_cast<tile::TopkType>(init.getType())) {
      Selection selection;
      if (init.getDefiningOp<tile::TopkInitOp>()) {
        const int64_t bytes = (selectionBytes(state) - 64) / 2;
        Value scores = scratch(loopOp, place);
        selection = {scores, address(scores, bytes), address(scores, 2 * bytes), state.getRows(), state.getK()};
        emptySelection(selection);
      } else {
        selection = selections_.lookup(init);
      }
      selections_[argument] = selection;
      selections_[result] = selection;
    } else if (isTile(init.getType())) {
      if (homes_[loopOp].empty()) // all are of loops before it
        homes_[loopOp].resize(loopOp.getNumResults());
      if (continues(loopOp, init))
        homes_[loopOp][place] = buffers_[init];
      const Buffer home = homes_[loopOp][place];
      buffers_[argument] = home;
      buffers_[result] = home;
    } else {
      scalarInits.push_back(mapped(init));
    }
  }

  OpBuilder::InsertionGuard guard(b_);
  auto made = scf::ForOp::create(b_, mapped(loopOp.getLowerBound()), mapped(loopOp.getUpperBound()),
                                 mapped(loopOp.getStep()), scalarInits);
  b_.setInsertionPointToStart(made.getBody());
  outside_[loopOp] = scalars_;
  scalars_.map(loopOp.getInductionVar(), made.getInductionVar());
  size_t at = 0;
  for (auto [argument, result] : llvm::zip_equal(loopOp.getRegionIterArgs(), loopOp.getResults()))
    if (!isTile(argument.getType())) {
      scalars_.map(argument, made.getRegionIterArg(at));
      scalars_.map(result, made.getResult(at++));
    }
  lowerBlock(*loopOp.getBody());
  if (!scalarInits.empty()) {
    SmallVector<Value> next;
    for (Value yielded : yield.getOperands())
      if (!isTile(yielded.getType()))
        next.push_back(mapped(yielded));
    b_.setInsertionPointToEnd(made.getBody());
    scf::YieldOp::create(b_, next);
  }
}

void KernelEmitter::lowerIf(scf::IfOp branch) {
  SmallVector<Type> scalarTypes;
  for (auto [number, result] : llvm::enumerate(branch.getResults())) {
    if (isa<tile::TopkType>(result.getType()))
      return refuse(branch, "a selection cannot be the result of a branch");
    homes_[branch].push_back(isTile(result.getType()) ? bufferOf(branch, number, tileType(result)) : Buffer());
    if (!isTile(result.getType()))
      scalarTypes.push_back(result.getType());
  }
  auto made = scf::IfOp::create(b_, scalarTypes, mapped(branch.getCondition()),
                                branch.elseBlock() != nullptr || !scalarTypes.empty());
  DenseMap<Value, Buffer> before = buffers_;
  for (auto [from, to] : llvm::zip(branch->getRegions(), made->getRegions())) {
    if (from.empty())
      continue;
    OpBuilder::InsertionGuard guard(b_);
    b_.setInsertionPointToStart(&to.front());
    lowerBlock(from.front());
    SmallVector<Value> scalars;
    for (Value yielded : from.front().getTerminator()->getOperands())
      if (!isTile(yielded.getType()))
        scalars.push_back(mapped(yielded));
    if (!scalarTypes.empty())
      scf::YieldOp::create(b_, scalars);
    buffers_ = before;
  }
  size_t scalarAt = 0;
  for (auto [result, home] : llvm::zip_equal(branch.getResults(), homes_[branch]))
    if (isTile(result.getType()))
      buffers_[result] = home;
    else
      scalars_.map(result, made.getResult(scalarAt++));
}

} // namespace longc::cpu
