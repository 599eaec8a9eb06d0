// Beside each function that serves a decoder, one that adds to its products an adapter of whatever rank is bound when it
// runs. Behind what joins products, so that both functions read the same weights; products that are joined have one adapter,
// of their modules' ranks together. It is added in kernels of its own: those of the products are the same in both functions.
// So is what a program trains beside them, which is zeros when this is bound.
#include "passes/FunctionInputs.h"
#include "passes/GemmKernel.h"
#include "passes/Grouping.h"
#include "passes/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringSet.h"

#include <map>

using namespace mlir;

namespace longc {
#define GEN_PASS_DEF_INSERTOVERLAYSPASS
#include "passes/Passes.h.inc"

namespace {

// Rows of a product that are one module's.
struct Part {
  std::string module;
  int64_t rows;
};

// Names of the checkpoint's parameters whose rows these are.
SmallVector<StringRef> storedNames(lm::ParameterRefOp reference) {
  auto parameter = SymbolTable::lookupNearestSymbolFrom<lm::ParameterOp>(reference, reference.getNameAttr());
  if (!parameter.getPartsAttr())
    return {parameter.getSymName()};
  SmallVector<StringRef> names;
  for (Attribute part : parameter.getPartsAttr())
    names.push_back(cast<StringAttr>(part).getValue());
  return names;
}

struct InsertOverlaysPass : impl::InsertOverlaysPassBase<InsertOverlaysPass> {
  void runOnOperation() override {
    for (auto function : llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>()))
      if (llvm::is_contained({"prefill", "decode", "ingest"}, function.getSymName()) && failed(adapt(function)))
        return signalPassFailure();
  }

private:
  LogicalResult adapt(func::FuncOp plain) {
    OpBuilder builder(plain);
    builder.setInsertionPointAfter(plain);
    auto adapted = cast<func::FuncOp>(builder.clone(*plain));
    adapted.setName((plain.getSymName() + adaptedEnd).str());
    findTables(adapted);
    SmallVector<Operation *> products;
    adapted.walk([&](Operation *op) {
      if (isa<lm::LinearOp, lm::QuantizedLinearOp>(op))
        products.push_back(op);
    });
    for (Operation *product : products)
      if (failed(insert(product)))
        return failure();
    return success();
  }

  // What a product multiplies, before it is quantised.
  static Value inputOf(Operation *product) {
    auto quantized = dyn_cast<lm::QuantizedLinearOp>(product);
    if (!quantized)
      return product->getOperand(0);
    auto quantize = quantized.getValues().getDefiningOp<lm::QuantizeOp>();
    return quantize ? quantize.getX() : Value();
  }

  LogicalResult insert(Operation *product) {
    Value x = inputOf(product), y = product->getResult(0);
    auto quantized = dyn_cast<lm::QuantizedLinearOp>(product);
    auto reference = storedWeight(quantized ? quantized.getW() : product->getOperand(1)).getDefiningOp<lm::ParameterRefOp>();
    if (!reference)
      return success();
    if (!x || !cast<RankedTensorType>(y.getType()).getElementType().isF32())
      return product->emitOpError("expected f32 sums of activations that lm.quantize made or that are none");
    FailureOr<SmallVector<Part>> parts = partsOf(product, reference);
    if (failed(parts))
      return failure();
    // Behind a residual sum, so that this stays the product's epilogue.
    if (y.hasOneUse())
      if (auto sum = dyn_cast<lm::AddOp>(*y.user_begin()); sum && sum.getType() == y.getType())
        y = sum.getResult();
    OpBuilder builder(product->getContext());
    builder.setInsertionPointAfterValue(y);
    Location location = product->getLoc();
    auto xType = cast<RankedTensorType>(x.getType()), yType = cast<RankedTensorType>(y.getType());
    Type f32 = builder.getF32Type();
    auto aType = RankedTensorType::get({ShapedType::kDynamic, xType.getDimSize(1)}, f32);
    auto bType = RankedTensorType::get({yType.getDimSize(1), ShapedType::kDynamic}, f32);
    const std::string name = nameOf(*parts);
    Value a = lm::ParameterRefOp::create(builder, location, aType, declared(name + ".lora_A", aType, *parts));
    Value b = lm::ParameterRefOp::create(builder, location, bType, declared(name + ".lora_B", bType, *parts));
    if (xType.getElementType() != f32)
      a = lm::RoundOp::create(builder, location, aType.clone(xType.getElementType()), a);
    auto lowType = RankedTensorType::get({xType.getDimSize(0), ShapedType::kDynamic}, f32);
    Value low = lm::LinearOp::create(builder, location, lowType, x, a, /*bias=*/Value());
    auto added = lm::LinearOp::create(builder, location, yType, low, b, /*bias=*/Value());
    auto sum = lm::AddOp::create(builder, location, yType, y, added);
    y.replaceAllUsesExcept(sum, sum);
    ++overlays;
    return success(formGroup(getArgument(), {added, sum}) != nullptr);
  }

  void findTables(func::FuncOp function) {
    tables_.clear();
    function.walk([&](lm::EmbeddingOp op) {
      if (auto table = storedWeight(op.getTable()).getDefiningOp<lm::ParameterRefOp>())
        for (StringRef name : storedNames(table))
          tables_.insert(name);
    });
  }

  // Modules of a product and their rows, which the slices of its result tell where it is joined.
  FailureOr<SmallVector<Part>> partsOf(Operation *product, lm::ParameterRefOp reference) {
    SmallVector<Part> parts;
    for (StringRef name : storedNames(reference)) {
      const bool isTable = tables_.contains(name);
      name.consume_back(".weight");
      parts.push_back({isTable ? "lm_head" : name.str(), 0});
    }
    if (parts.size() == 1) {
      parts.front().rows = cast<RankedTensorType>(product->getResult(0).getType()).getDimSize(1);
      return parts;
    }
    std::map<int64_t, int64_t> slices; // rows by first row
    for (Operation *user : product->getResult(0).getUsers())
      if (auto slice = dyn_cast<lm::SliceColumnsOp>(user))
        slices[static_cast<int64_t>(slice.getBegin())] = static_cast<int64_t>(slice.getEnd() - slice.getBegin());
    if (slices.size() != parts.size())
      return product->emitOpError("expected one slice of its result for each of its ") << parts.size() << " parts, got " << slices.size();
    for (auto [part, slice] : llvm::zip(parts, slices))
      part.rows = slice.second;
    return parts;
  }

  static std::string nameOf(ArrayRef<Part> parts) {
    std::string name;
    for (const Part &part : parts)
      name += (name.empty() ? "" : "+") + part.module;
    return name;
  }

  std::string declared(std::string name, Type type, ArrayRef<Part> parts) {
    if (auto trained = getOperation().lookupSymbol<lm::ParameterOp>(name); trained && !trained->hasAttr(overlayModulesAttribute))
      name = "bound:" + name;
    if (!declared_.insert(name).second)
      return name;
    OpBuilder builder = OpBuilder::atBlockBegin(getOperation().getBody());
    auto parameter = lm::ParameterOp::create(builder, getOperation().getLoc(), name, type, /*trainable=*/true, ArrayAttr());
    SmallVector<Attribute> modules;
    SmallVector<int64_t> rows;
    for (const Part &part : parts) {
      modules.push_back(builder.getStringAttr(part.module));
      rows.push_back(part.rows);
    }
    parameter->setAttr(overlayModulesAttribute, builder.getArrayAttr(modules));
    parameter->setAttr(overlayRowsAttribute, builder.getDenseI64ArrayAttr(rows));
    return name;
  }

  llvm::StringSet<> declared_;
  llvm::StringSet<> tables_; // parameters that tokens are embedded by: a product with one is the head
};

} // namespace
} // namespace longc
