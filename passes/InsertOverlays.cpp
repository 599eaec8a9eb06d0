// Beside each function that serves a decoder, one that adds to its products an adapter of whatever rank is bound when it
// runs. Behind what joins products, so that both functions read the same weights; products that are joined have one adapter,
// of their modules' ranks together. It is added in kernels of its own: those of the products are the same in both functions.
// So is what a program trains beside them, which is zeros when this is bound.
//
// Where products are rounded, so is the adapter: its matrices are bf16 in panels, rounded and packed once, when they are bound, and all
// products of one input share the first one.
#include "passes/FunctionInputs.h"
#include "passes/GemmKernel.h"
#include "passes/Grouping.h"
#include "passes/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/MapVector.h"
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

  bool operator==(const Part &) const = default;
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
    SmallVector<Adapted> products;
    WalkResult found = adapted.walk([&](Operation *op) {
      if (!isa<lm::LinearOp, lm::QuantizedLinearOp>(op))
        return WalkResult::advance();
      FailureOr<std::optional<Adapted>> product = adaptedOf(op);
      if (succeeded(product) && *product)
        products.push_back(**product);
      return failed(product) ? WalkResult::interrupt() : WalkResult::advance();
    });
    if (found.wasInterrupted())
      return failure();
    llvm::MapVector<Value, SmallVector<Adapted *>> byInput; // of those that are rounded
    for (Adapted &product : products)
      if (product.isRounded)
        byInput[product.x].push_back(&product);
      else if (failed(insert(&product)))
        return failure();
    for (auto &[x, ofInput] : byInput)
      if (failed(insert(ofInput)))
        return failure();
    return formGroups(adapted);
  }

  // A product, what it multiplies before it is quantised, and where its adapter is added.
  struct Adapted {
    Operation *product;
    Value x, y;
    SmallVector<Part> parts;
    bool isRounded;
  };

  // What a product multiplies, before it is quantised.
  static Value inputOf(Operation *product) {
    auto quantized = dyn_cast<lm::QuantizedLinearOp>(product);
    if (!quantized)
      return product->getOperand(0);
    auto quantize = quantized.getValues().getDefiningOp<lm::QuantizeOp>();
    return quantize ? quantize.getX() : Value();
  }

  // Nothing of a product with what is no parameter.
  FailureOr<std::optional<Adapted>> adaptedOf(Operation *product) {
    Value x = inputOf(product), y = product->getResult(0);
    auto quantized = dyn_cast<lm::QuantizedLinearOp>(product);
    auto reference = storedWeight(quantized ? quantized.getW() : product->getOperand(1)).getDefiningOp<lm::ParameterRefOp>();
    if (!reference)
      return std::optional<Adapted>();
    if (!x || !cast<RankedTensorType>(y.getType()).getElementType().isF32())
      return product->emitOpError("expected f32 sums of activations that lm.quantize made or that are none");
    FailureOr<SmallVector<Part>> parts = partsOf(product, reference);
    if (failed(parts))
      return failure();
    // Behind a residual sum, so that this stays the product's epilogue.
    if (y.hasOneUse())
      if (auto sum = dyn_cast<lm::AddOp>(*y.user_begin()); sum && sum.getType() == y.getType())
        y = sum.getResult();
    return std::optional(Adapted{product, x, y, *parts, quantized || getElementTypeOrSelf(x).isBF16()});
  }

  // The adapters of products of one input: their first product is one, and each second one has zeros in the others' ranks.
  LogicalResult insert(ArrayRef<Adapted *> products) {
    const bool isRounded = products.front()->isRounded;
    OpBuilder builder(products.front()->product->getContext());
    Value x = products.front()->x;
    builder.setInsertionPointAfterValue(x);
    auto xType = cast<RankedTensorType>(x.getType());
    Type f32 = builder.getF32Type(), element = isRounded ? Type(builder.getBF16Type()) : f32;
    SmallVector<Part> all;
    SmallVector<Location> locations;
    for (Adapted *product : products) {
      all.append(product->parts);
      locations.push_back(product->product->getLoc());
    }
    Location location = builder.getFusedLoc(locations);
    auto aType = RankedTensorType::get({ShapedType::kDynamic, xType.getDimSize(1)}, element);
    FailureOr<std::string> nameA = declared(nameOf(all), "lora_A", aType, all);
    if (failed(nameA))
      return failure();
    if (xType.getElementType() != element)
      x = lm::RoundOp::create(builder, location, xType.clone(element), x);
    Value a = lm::ParameterRefOp::create(builder, location, aType, *nameA);
    auto lowType = RankedTensorType::get({xType.getDimSize(0), ShapedType::kDynamic}, element);
    Value low = lm::LinearOp::create(builder, location, lowType, x, a, /*bias=*/Value());
    for (Adapted *product : products) {
      Value y = product->y;
      builder.setInsertionPointAfterValue(y);
      auto yType = cast<RankedTensorType>(y.getType());
      auto bType = RankedTensorType::get({yType.getDimSize(1), ShapedType::kDynamic}, element);
      SmallVector<Part> ranks = all;
      for (Part &part : ranks)
        if (!llvm::is_contained(product->parts, part))
          part.rows = 0;
      std::string name = nameOf(product->parts);
      if (products.size() > 1)
        name += " of " + nameOf(all);
      FailureOr<std::string> nameB = declared(name, "lora_B", bType, ranks);
      if (failed(nameB))
        return failure();
      Value b = lm::ParameterRefOp::create(builder, product->product->getLoc(), bType, *nameB);
      auto added = lm::LinearOp::create(builder, product->product->getLoc(), yType, low, b, /*bias=*/Value());
      auto sum = lm::AddOp::create(builder, product->product->getLoc(), yType, y, added);
      y.replaceAllUsesExcept(sum, sum);
      ++overlays;
      sums_[sum] = added;
    }
    return success();
  }

  // A second product and its sum are a kernel. So are those of a gated unit and what follows it: the products' own kernels end before.
  LogicalResult formGroups(func::FuncOp function) {
    for (Operation *op : looseOps<lm::ElementwiseOpInterface>(function)) {
      if (sums_.contains(op) || op->getParentOfType<lm::GroupOp>())
        continue;
      SmallVector<Operation *> ops;
      llvm::SmallDenseSet<Type> types;
      for (Value operand : op->getOperands())
        if (Operation *sum = operand.getDefiningOp(); sum && sums_.contains(sum) && operand.hasOneUse()) {
          ops.append({sums_[sum], sum});
          types.insert(operand.getType());
        }
      if (ops.empty() || types.size() > 1 || isa<lm::RoundOp>(op))
        continue;
      for (Operation *sum : llvm::to_vector(ops))
        sums_.erase(sum);
      ops.push_back(op);
      addFollowers(getArgument(), ops);
      if (!formGroup(getArgument(), ops))
        return failure();
    }
    for (auto [sum, added] : sums_)
      if (!formGroup(getArgument(), {added, sum}))
        return failure();
    sums_.clear();
    return success();
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

  // `NAME.MATRIX`, of another type `NAME.MATRIX:bf16`.
  FailureOr<std::string> declared(std::string name, StringRef matrix, RankedTensorType type, ArrayRef<Part> parts) {
    const bool isRounded = type.getElementType().isBF16();
    name += ("." + matrix).str();
    const std::string suffix = isRounded ? ":bf16" : "";
    auto isTaken = [&](const std::string &other) {
      auto parameter = getOperation().lookupSymbol<lm::ParameterOp>(other);
      return parameter && !parameter->hasAttr(overlayModulesAttribute);
    };
    if (isTaken(name) || isTaken(name + suffix)) // by what the program trains
      name = "bound:" + name;
    name += suffix;
    OpBuilder builder = OpBuilder::atBlockBegin(getOperation().getBody());
    SmallVector<Attribute> modules;
    SmallVector<int64_t> rows;
    for (const Part &part : parts) {
      modules.push_back(builder.getStringAttr(part.module));
      rows.push_back(part.rows);
    }
    auto isOf = [&](lm::ParameterOp other) {
      return other.getType() == type && other->getAttr(overlayModulesAttribute) == builder.getArrayAttr(modules) &&
             other->getAttr(overlayRowsAttribute) == builder.getDenseI64ArrayAttr(rows);
    };
    if (auto known = getOperation().lookupSymbol<lm::ParameterOp>(name)) {
      if (!isOf(known))
        return known.emitOpError("expected one adapter of these modules in all functions that serve"), failure();
      return name;
    }
    // What is rounded when it is bound lies as weights do, in panels.
    auto parameter = lm::ParameterOp::create(builder, getOperation().getLoc(), name, type, /*trainable=*/!isRounded, ArrayAttr());
    parameter->setAttr(overlayModulesAttribute, builder.getArrayAttr(modules));
    parameter->setAttr(overlayRowsAttribute, builder.getDenseI64ArrayAttr(rows));
    return name;
  }

  llvm::MapVector<Operation *, Operation *> sums_; // that add an adapter: its second product
  llvm::StringSet<> tables_; // parameters that tokens are embedded by: a product with one is the head
};

} // namespace
} // namespace longc
