// Groups and lone ops as one thing.
#include "passes/FusedOps.h"

#include "passes/TargetFacts.h"
#include "runtime/abi/Layout.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace longc {

FusedOps::FusedOps(Operation *root) : root(root) {
  auto group = dyn_cast<lm::GroupOp>(root);
  if (!group) {
    ops = {root};
    results.assign(root->result_begin(), root->result_end());
    return;
  }
  for (Operation &op : group.getBody().front().without_terminator())
    ops.push_back(&op);
  Operation *yield = group.getYield();
  results.assign(yield->operand_begin(), yield->operand_end());
}

Value FusedOps::rowSource(Value value) const {
  while (isInside(value)) {
    Operation *op = value.getDefiningOp();
    if (auto gather = dyn_cast<lm::GatherRowsOp>(op))
      value = gather.getRows();
    else if (isa<lm::CacheAppendOp, lm::MemoryAppendOp, lm::ScatterRowsOp>(op))
      value = op->getOperand(1);
    else
      value = op->getOperand(0);
  }
  return value;
}

std::string FusedOps::kernelName(Value rows, StringRef sizes) const {
  llvm::SmallSetVector<StringRef, 8> words; // each once: a layer's three rotations say no more than one
  for (Operation *op : ops)
    if (!isa<lm::SplitHeadsOp, lm::MergeHeadsOp, lm::SliceColumnsOp, lm::ParameterRefOp, lm::DequantizeOp, lm::RoundOp>(
            op))
      words.insert(op->getName().stripDialect());
  if (words.empty())
    words.insert(ops.front()->getName().stripDialect());
  std::string name = llvm::join(words, "_");
  if (!sizes.empty())
    name += "_" + sizes.str();
  auto type = cast<RankedTensorType>(rows.getType());
  if (!type.isDynamicDim(0))
    name += "_rows" + std::to_string(type.getDimSize(0));
  return name;
}

SmallVector<FusedOps> fusedOps(Operation *function, llvm::function_ref<bool(const FusedOps &)> wanted) {
  SmallVector<FusedOps> found;
  function->walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (op == function)
      return WalkResult::advance();
    if (!isa<lm::LmDialect>(op->getDialect()))
      return WalkResult::skip();
    FusedOps fused(op);
    if (wanted(fused))
      found.push_back(std::move(fused));
    return WalkResult::skip(); // what is in a group belongs to it
  });
  return found;
}

StateTensors stateTensors(ImplicitLocOpBuilder &host, Value state) {
  ArrayRef<int64_t> row;
  Type element;
  if (auto cache = dyn_cast<lm::CacheType>(state.getType()))
    row = cache.getShape(), element = cache.getElementType();
  else
    row = cast<lm::MemoryType>(state.getType()).getShape(),
    element = cast<lm::MemoryType>(state.getType()).getElementType();
  auto rows = RankedTensorType::get({ShapedType::kDynamic, row[0], row[1]}, element);
  auto table = RankedTensorType::get({ShapedType::kDynamic, ShapedType::kDynamic}, host.getI32Type());
  auto cast = UnrealizedConversionCastOp::create(host, TypeRange{rows, rows, table}, state);
  return {cast.getResult(0), cast.getResult(1), cast.getResult(2)};
}

Value ringRows(ImplicitLocOpBuilder &host, const StateTensors &cache) {
  return arith::DivUIOp::create(host, hostSize(host, cache.keys, 0), hostSize(host, cache.pageTable, 0));
}

Value workList(Operation *anchor, Value segments, Value keyBoundaries, int64_t rows) {
  Block &entry = anchor->getParentOfType<FunctionOpInterface>().getFunctionBody().front();
  for (auto list : entry.getOps<tile::WorkListOp>())
    if (list.getSegments() == segments && list.getKeyBoundaries() == keyBoundaries &&
        static_cast<int64_t>(list.getRows()) == rows)
      return list;
  // Ragged batches are function arguments, so the list can stand before all that may want it.
  OpBuilder builder(anchor->getContext());
  builder.setInsertionPointToStart(&entry);
  auto type = RankedTensorType::get({ShapedType::kDynamic, WorkColumn::count}, builder.getI32Type());
  FailureOr<tile::TargetAttr> facts = targetFacts(anchor->getParentOfType<ModuleOp>());
  return tile::WorkListOp::create(builder, anchor->getLoc(), type, segments, keyBoundaries, static_cast<uint64_t>(rows),
                                  succeeded(facts) && facts->getListsBySequence());
}

Value emptyResult(ImplicitLocOpBuilder &host, Type type, Value rowSource) {
  auto tensor = cast<RankedTensorType>(type);
  SmallVector<Value> sizes;
  for (int64_t dim = 0; dim < tensor.getRank(); ++dim)
    if (tensor.isDynamicDim(dim))
      sizes.push_back(hostSize(host, rowSource, 0));
  return tensor::EmptyOp::create(host, tensor, sizes);
}

} // namespace longc
