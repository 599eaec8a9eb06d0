// Low-rank adapters beside the products and embeddings whose names they have.
#include "passes/FunctionInputs.h"
#include "passes/GemmKernel.h"
#include "passes/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace longc {
#define GEN_PASS_DEF_INSERTLORAPASS
#include "passes/Passes.h.inc"

namespace {

constexpr llvm::StringLiteral scaleAttribute = "lm.lora_scale";

StringRef moduleOf(StringRef parameter) {
  parameter.consume_back(".weight");
  return parameter;
}

struct InsertLoraPass : impl::InsertLoraPassBase<InsertLoraPass> {
  using InsertLoraPassBase::InsertLoraPassBase;

  void runOnOperation() override {
    SmallVector<StringRef> targets;
    StringRef(trained).split(targets, ',', -1, /*KeepEmpty=*/false);
    SmallVector<Operation *> places;
    getOperation().walk([&](Operation *op) {
      if (isa<lm::LinearOp, lm::EmbeddingOp>(op))
        places.push_back(op);
    });
    for (Operation *op : places) {
      auto linear = dyn_cast<lm::LinearOp>(op);
      if (linear && linear.getLoraA())
        continue;
      auto reference = storedWeight(op->getOperand(1)).getDefiningOp<lm::ParameterRefOp>();
      if (!reference)
        continue;
      // A head that is the table of an embedding has a name of its own.
      std::string module = linear && isTable(reference) ? "lm_head" : moduleOf(reference.getName()).str();
      if (linear && rank > 0 && isInLayers(module) && llvm::any_of(targets, [&](StringRef target) {
            return module == target || StringRef(module).ends_with("." + target.str()) || (target == "all-linear" && module != "lm_head");
          }))
        declareTrained(linear, module);
      if (failed(linear ? insert(linear, module) : insert(cast<lm::EmbeddingOp>(op), module)))
        return signalPassFailure();
    }
    for (auto parameter : getOperation().getOps<lm::ParameterOp>())
      if (parameter->hasAttr(scaleAttribute) && !used_.contains(parameter)) {
        parameter.emitOpError("is of an adapter, and no product or embedding has its name");
        return signalPassFailure();
      }
  }

private:
  bool isInLayers(StringRef module) {
    SmallVector<StringRef> numbers;
    StringRef(layers).split(numbers, ',', -1, /*KeepEmpty=*/false);
    return numbers.empty() || llvm::any_of(numbers, [&](StringRef number) { return module.contains(("layers." + number + ".").str()); });
  }

  bool isTable(lm::ParameterRefOp reference) {
    bool table = false;
    reference->getParentOfType<FunctionOpInterface>()->walk([&](lm::EmbeddingOp op) {
      auto other = storedWeight(op.getTable()).getDefiningOp<lm::ParameterRefOp>();
      table |= other && other.getName() == reference.getName();
    });
    return table;
  }

  // Two new matrices that learn: A [rank, inputs], B [outputs, rank].
  void declareTrained(lm::LinearOp linear, const std::string &module) {
    if (getOperation().lookupSymbol(module + ".lora_A"))
      return;
    ArrayRef<int64_t> weight = cast<RankedTensorType>(linear.getW().getType()).getShape();
    OpBuilder builder = OpBuilder::atBlockBegin(getOperation().getBody());
    for (auto [name, rows, columns] : {std::tuple(".lora_A", rank.getValue(), weight[1]), std::tuple(".lora_B", weight[0], rank.getValue())}) {
      auto type = RankedTensorType::get({rows, columns}, builder.getF32Type());
      auto parameter = lm::ParameterOp::create(builder, linear.getLoc(), module + name, type, /*trainable=*/true, ArrayAttr());
      bool first = StringRef(name) == ".lora_A";
      parameter->setAttr(initializerAttribute, builder.getStringAttr(first ? initializeKaiming : initializeZero));
      if (first)
        parameter->setAttr(scaleAttribute, builder.getF64FloatAttr(alpha / static_cast<double>(rank)));
    }
  }

  // The parameters of an adapter, references at `builder`; null if there are none of these names.
  FailureOr<std::pair<Value, Value>> adapter(OpBuilder &builder, Location location, const std::string &prefix, double &scale) {
    auto a = getOperation().lookupSymbol<lm::ParameterOp>(prefix + "A"), b = getOperation().lookupSymbol<lm::ParameterOp>(prefix + "B");
    if (!a && !b)
      return std::pair<Value, Value>();
    if (!a || !b) {
      (a ? a : b).emitOpError("is one of two parameters of an adapter, and the other is missing");
      return failure();
    }
    if (auto attribute = a->getAttrOfType<FloatAttr>(scaleAttribute))
      scale = attribute.getValueAsDouble();
    used_.insert(a);
    used_.insert(b);
    ++modules;
    Value references[2];
    for (auto [parameter, value] : {std::pair(a, &references[0]), std::pair(b, &references[1])})
      *value = lm::ParameterRefOp::create(builder, location, parameter.getType(), parameter.getSymName());
    return std::pair(references[0], references[1]);
  }

  LogicalResult insert(lm::LinearOp linear, const std::string &module) {
    OpBuilder builder(linear);
    double scale = 1.0;
    FailureOr<std::pair<Value, Value>> found = adapter(builder, linear.getLoc(), module + ".lora_", scale);
    if (failed(found) || !found->first)
      return found;
    linear.getLoraAMutable().assign(found->first);
    linear.getLoraBMutable().assign(found->second);
    linear.setLoraScaleAttr(builder.getF64FloatAttr(scale));
    return success();
  }

  // A row of A by token, times B, beside the row of the table.
  LogicalResult insert(lm::EmbeddingOp embedding, const std::string &module) {
    OpBuilder builder(embedding);
    builder.setInsertionPointAfter(embedding);
    Location location = embedding.getLoc();
    double scale = 1.0;
    FailureOr<std::pair<Value, Value>> found = adapter(builder, location, module + ".lora_embedding_", scale);
    if (failed(found) || !found->first)
      return found;
    Value x = embedding.getResult();
    auto type = cast<RankedTensorType>(x.getType());
    int64_t columns = cast<RankedTensorType>(found->first.getType()).getDimSize(1);
    auto shortType = RankedTensorType::get({type.getDimSize(0), columns}, builder.getF32Type());
    Value rows = lm::EmbeddingOp::create(builder, location, shortType, embedding.getTokens(), found->first);
    Value product = lm::LinearOp::create(builder, location, type, rows, found->second, /*bias=*/Value());
    if (scale != 1.0)
      product = lm::ScaleOp::create(builder, location, type, product, scale);
    auto sum = lm::AddOp::create(builder, location, type, x, product);
    x.replaceAllUsesExcept(sum, sum);
    return success();
  }

  llvm::SmallPtrSet<Operation *, 16> used_;
};

} // namespace
} // namespace longc
