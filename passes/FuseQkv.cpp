// Products of one input become one product with their weights' rows joined, and slices of its columns. Adapters that are held beside
// the weights are joined with them; those of products that stay apart share their first product.
#include "dialects/lm/AdapterParts.h"
#include "passes/Grouping.h"
#include "passes/Passes.h"

#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace longc {
#define GEN_PASS_DEF_FUSEQKVPASS
#include "passes/Passes.h.inc"

namespace {

// The matrices of an adapter; nulls for none.
struct Adapter {
  lm::ParameterRefOp a, b;
  Value x; // what A multiplies
  double scale = 1.0;

  int64_t rank() { return cast<RankedTensorType>(b.getType()).getDimSize(1); }
};

// A product and the parameters it reads.
struct Product {
  Operation *op;
  lm::ParameterRefOp reference, bias; // bias: null if it has none
  Type type;                          // of the weight
  Adapter adapter;
};

Value biasOf(Operation *op) {
  if (auto linear = dyn_cast<lm::LinearOp>(op))
    return linear.getBias();
  return cast<lm::QuantizedLinearOp>(op).getBias();
}

Adapter adapterOf(Operation *op) {
  auto of = [](auto linear, Value x) -> Adapter {
    if (!linear.getLoraA())
      return {};
    return {linear.getLoraA().template getDefiningOp<lm::ParameterRefOp>(), linear.getLoraB().template getDefiningOp<lm::ParameterRefOp>(), x,
            linear.getLoraScale()};
  };
  if (auto linear = dyn_cast<lm::LinearOp>(op))
    return of(linear, linear.getX());
  auto quantized = cast<lm::QuantizedLinearOp>(op);
  return of(quantized, quantized.getX());
}

bool hasAdapter(Operation *op) {
  auto linear = dyn_cast<lm::LinearOp>(op);
  return bool(linear ? linear.getLoraA() : cast<lm::QuantizedLinearOp>(op).getLoraA());
}

int64_t rowsOf(Type type) {
  if (auto quantized = dyn_cast<lm::QuantizedType>(type))
    return quantized.getShape()[0];
  return cast<RankedTensorType>(type).getDimSize(0);
}

// `type` with other rows; null when the two cannot be joined.
Type joinedType(Type type, int64_t rows) {
  if (auto quantized = dyn_cast<lm::QuantizedType>(type))
    return lm::QuantizedType::get(type.getContext(), {rows, quantized.getShape()[1]}, quantized.getFormat());
  auto dense = cast<RankedTensorType>(type);
  return RankedTensorType::get({rows, dense.getDimSize(1)}, dense.getElementType());
}

// "layers.0.q_proj.weight", "layers.0.k_proj.weight" -> "layers.0.q+k_proj.weight".
std::string joinedName(ArrayRef<StringRef> names) {
  StringRef prefix = names.front(), suffix = names.front();
  for (StringRef name : names) {
    while (!name.starts_with(prefix))
      prefix = prefix.drop_back();
    while (!name.ends_with(suffix))
      suffix = suffix.drop_front();
  }
  std::string middle;
  for (StringRef name : names) {
    size_t shared = std::min(prefix.size() + suffix.size(), name.size());
    middle += (middle.empty() ? "" : "+") + name.substr(prefix.size(), name.size() - shared).str();
  }
  return (prefix + middle + suffix).str();
}

struct FuseQkvPass : impl::FuseQkvPassBase<FuseQkvPass> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<FunctionOpInterface>()) {
      // Products by input (its scales and sums where it is quantised) and by what their weights and results must share.
      using Shared = std::tuple<Value, Value, Value, Type, Type, unsigned, int64_t, uint64_t>;
      llvm::MapVector<Shared, SmallVector<Product>> byInput;
      for (Operation *op : looseOps<lm::LinearOp, lm::QuantizedLinearOp>(function))
        if (std::optional<Product> product = joinable(op)) {
          auto quantized = dyn_cast<lm::QuantizedLinearOp>(op);
          byInput[{op->getOperand(0), quantized ? quantized.getScales() : Value(), quantized ? quantized.getSums() : Value(),
                   joinedType(product->type, 1), getElementTypeOrSelf(op->getResult(0)), product->bias ? 1u : 0u,
                   product->adapter.a ? product->adapter.rank() : 0, llvm::bit_cast<uint64_t>(product->adapter.scale)}]
              .push_back(*product);
        }
      for (auto &[key, products] : byInput)
        if (products.size() > 1)
          join(products);
      shareFirstProducts(function);
    }
    dropUnusedParameters();
  }

  std::optional<Product> joinable(Operation *op) {
    // Apart from its sisters it takes the op behind it as its epilogue.
    if (op->hasOneUse() && isa<lm::ElementwiseOpInterface>(*op->user_begin()) && !isa<lm::RoundOp>(*op->user_begin()))
      return std::nullopt;
    auto linear = dyn_cast<lm::LinearOp>(op);
    Adapter adapter = adapterOf(op);
    if (hasAdapter(op) && !mayJoin(op, adapter)) {
      remarkNotFused(getArgument(), op, "it has an adapter that is not held beside the weights");
      return std::nullopt;
    }
    Value weight = op->getOperand(linear ? 1 : 3);
    if (auto decoded = weight.getDefiningOp<lm::DequantizeOp>())
      weight = decoded.getSource();
    auto reference = weight.getDefiningOp<lm::ParameterRefOp>();
    if (!reference) {
      remarkNotFused(getArgument(), op, "its weight is not a parameter as it is stored");
      return std::nullopt;
    }
    lm::ParameterRefOp bias;
    if (Value value = biasOf(op)) {
      bias = value.getDefiningOp<lm::ParameterRefOp>();
      if (!bias) {
        remarkNotFused(getArgument(), op, "its bias is not a parameter");
        return std::nullopt;
      }
    }
    if (!mayJoin(op, reference) || (bias && !mayJoin(op, bias)))
      return std::nullopt;
    return Product{op, reference, bias, reference.getType(), adapter};
  }

  // Of the adapter of an op: whether both matrices are held for all functions that serve alike, and blocks of columns can be of one part.
  static bool mayJoin(Operation *op, Adapter adapter) {
    auto isHeld = [&](lm::ParameterRefOp reference) {
      auto parameter = reference ? SymbolTable::lookupNearestSymbolFrom<lm::ParameterOp>(op, reference.getNameAttr()) : lm::ParameterOp();
      return parameter && !parameter.getTrainable() && parameter.getParts();
    };
    constexpr int64_t columns = 32; // of which blocks have multiples
    return isHeld(adapter.a) && isHeld(adapter.b) && rowsOf(adapter.b.getType()) % columns == 0;
  }

  // One parameter for the A of all products of one input, of which each reads its rows of h.
  void shareFirstProducts(FunctionOpInterface function) {
    llvm::MapVector<std::pair<Value, int64_t>, SmallVector<Operation *>> byInput; // and rank: its columns of h are a multiple of it
    for (Operation *op : looseOps<lm::LinearOp, lm::QuantizedLinearOp>(function))
      if (Adapter adapter = adapterOf(op); hasAdapter(op) && mayJoin(op, adapter))
        byInput[{adapter.x, adapter.rank()}].push_back(op);
    for (auto &[input, ops] : byInput) {
      if (ops.size() < 2)
        continue;
      SmallVector<lm::ParameterRefOp> matrices;
      SmallVector<Location> locations;
      int64_t first = 0;
      for (Operation *op : ops) {
        Adapter adapter = adapterOf(op);
        lm::AdapterParts parts = lm::AdapterParts::of(op, rowsOf(adapter.b.getType()));
        parts.first = first;
        parts.setOn(op);
        first += rowsOf(adapter.a.getType());
        matrices.push_back(adapter.a);
        locations.push_back(op->getLoc());
      }
      OpBuilder builder(ops.front());
      Value joined = joinedParameter(builder, builder.getFusedLoc(locations), joinedType(matrices.front().getType(), first), matrices);
      for (Operation *op : ops)
        if (auto linear = dyn_cast<lm::LinearOp>(op))
          linear.getLoraAMutable().assign(joined);
        else
          cast<lm::QuantizedLinearOp>(op).getLoraAMutable().assign(joined);
    }
  }

  // Whether a parameter may become a part of another; leaves a remark if not.
  bool mayJoin(Operation *op, lm::ParameterRefOp reference) {
    auto parameter = SymbolTable::lookupNearestSymbolFrom<lm::ParameterOp>(op, reference.getNameAttr());
    const bool joined = parameter.getParts() && parameter.getParts()->size() > 1;
    if (!joined && !parameter.getTrainable() && !isShared(op, reference))
      return true;
    remarkNotFused(getArgument(), op,
                   "its parameter is " + Twine(joined                     ? "joined already"
                                               : parameter.getTrainable() ? "trainable"
                                                                          : "used elsewhere too"));
    return false;
  }

  // A parameter that a function reads in more than one place, or not by a product, would be stored twice. Beside an adapter that is held, other
  // functions are those that train it and read the weight apart: what they read is a part of the joined one where programs are written.
  bool isShared(Operation *op, lm::ParameterRefOp reference) {
    const bool oneFunction = hasAdapter(op);
    StringRef name = reference.getName();
    llvm::SmallDenseMap<Operation *, int> uses;
    bool other = false;
    getOperation().walk([&](lm::ParameterRefOp ref) {
      if (ref.getName() != name)
        return;
      Operation *function = ref->getParentOfType<FunctionOpInterface>();
      if (oneFunction && function != op->getParentOfType<FunctionOpInterface>())
        return;
      for (Operation *user : ref->getUsers()) {
        if (isa<lm::DequantizeOp>(user) && user->use_empty())
          continue; // left behind by products of another function that were joined already
        while (isa<lm::DequantizeOp>(user) && user->hasOneUse())
          user = *user->user_begin();
        other |= !isa<lm::LinearOp, lm::QuantizedLinearOp>(user);
        ++uses[function];
      }
    });
    return other || llvm::any_of(uses, [](auto &entry) { return entry.second > 1; });
  }

  // What rounds the heads that the results are split into, where attention alone reads them: encoders, which rotate nothing and append to no
  // cache. Empty otherwise: adapters that are bound at run time want sums of float32.
  static SmallVector<lm::RoundOp> roundingsOfHeads(ArrayRef<Product> products) {
    SmallVector<lm::RoundOp> roundings;
    for (const Product &product : products) {
      auto split = onlyUser<lm::SplitHeadsOp>(product.op->getResult(0));
      auto rounding = split ? dyn_cast_or_null<lm::RoundOp>(onlyUser<lm::RoundOp>(split->getResult(0))) : lm::RoundOp();
      if (!rounding || !getElementTypeOrSelf(rounding.getType()).isBF16() || !llvm::all_of(rounding->getUsers(), llvm::IsaPred<lm::PackedAttentionOp>))
        return {};
      roundings.push_back(rounding);
    }
    return roundings;
  }

  void join(ArrayRef<Product> products) {
    Operation *first = products.front().op;
    OpBuilder builder(first);
    int64_t rows = 0;
    SmallVector<lm::ParameterRefOp> weights, biases;
    SmallVector<Location> locations;
    for (Product product : products) {
      rows += rowsOf(product.type);
      weights.push_back(product.reference);
      if (product.bias)
        biases.push_back(product.bias);
      locations.push_back(product.op->getLoc());
    }
    Location location = builder.getFusedLoc(locations);
    Type type = joinedType(products.front().type, rows);
    Value weight = joinedParameter(builder, location, type, weights), bias;
    if (!biases.empty())
      bias = joinedParameter(builder, location, RankedTensorType::get({rows}, builder.getF32Type()), biases);
    Adapter adapter = products.front().adapter;
    lm::AdapterParts adapterParts;
    if (adapter.a) {
      SmallVector<lm::ParameterRefOp> as, bs;
      for (Product product : products) {
        as.push_back(product.adapter.a);
        bs.push_back(product.adapter.b);
        adapterParts.rows.push_back(rowsOf(product.type));
      }
      const int64_t rank = adapter.rank();
      adapter.a = joinedParameter(builder, location, joinedType(adapter.a.getType(), rank * static_cast<int64_t>(as.size())), as);
      adapter.b = joinedParameter(builder, location, joinedType(adapter.b.getType(), rows), bs);
    }
    auto old = cast<RankedTensorType>(first->getResult(0).getType());
    const SmallVector<lm::RoundOp> roundings = roundingsOfHeads(products);
    auto outType = RankedTensorType::get({old.getDimSize(0), rows}, roundings.empty() ? old.getElementType() : builder.getBF16Type());
    Value joined, a = adapter.a ? Value(adapter.a) : Value(), b = adapter.a ? Value(adapter.b) : Value();
    auto scale = builder.getF64FloatAttr(adapter.scale);
    if (auto linear = dyn_cast<lm::LinearOp>(first)) {
      if (auto quantized = dyn_cast<lm::QuantizedType>(type))
        weight = lm::DequantizeOp::create(
            builder, location,
            RankedTensorType::get(quantized.getShape(),
                                  cast<RankedTensorType>(linear.getW().getType()).getElementType()),
            weight);
      joined = lm::LinearOp::create(builder, location, outType, linear.getX(), weight, bias, a, b, scale);
    } else {
      auto quantized = cast<lm::QuantizedLinearOp>(first);
      joined = lm::QuantizedLinearOp::create(builder, location, outType, quantized.getValues(), quantized.getScales(),
                                             quantized.getSums(), weight, bias, a ? adapter.x : Value(), a, b, scale,
                                             quantized.getScaleBlocksAttr());
    }
    if (a)
      adapterParts.setOn(joined.getDefiningOp());
    int64_t begin = 0;
    for (Product product : products) {
      int64_t end = begin + rowsOf(product.type);
      Value y = product.op->getResult(0);
      Value slice = lm::SliceColumnsOp::create(builder, product.op->getLoc(), cast<RankedTensorType>(y.getType()).clone(outType.getElementType()),
                                               joined, static_cast<uint64_t>(begin), static_cast<uint64_t>(end));
      y.replaceAllUsesWith(slice);
      begin = end;
    }
    for (lm::RoundOp rounding : roundings) { // the sum is rounded already
      rounding.getX().setType(cast<RankedTensorType>(rounding.getType()));
      rounding.replaceAllUsesWith(rounding.getX());
      rounding.erase();
    }
    for (const Product &product : products)
      product.op->erase();
  }

  lm::ParameterRefOp joinedParameter(OpBuilder &builder, Location location, Type type, ArrayRef<lm::ParameterRefOp> parts) {
    SmallVector<StringRef> names;
    for (lm::ParameterRefOp part : parts)
      names.push_back(part.getName());
    return lm::ParameterRefOp::create(builder, location, type, declared(joinedName(names), type, names, location));
  }

  // The functions of a module share the joined parameter; another symbol of its name gives it a number. Its parts are those
  // of the checkpoint: a parameter that is rounded has them.
  std::string declared(const std::string &wanted, Type type, ArrayRef<StringRef> joined, Location location) {
    SmallVector<StringRef> parts;
    for (StringRef name : joined) {
      auto stored = cast<lm::ParameterOp>(getOperation().lookupSymbol(name)).getPartsAttr();
      if (!stored)
        parts.push_back(name);
      else
        llvm::append_range(parts, stored.getAsValueRange<StringAttr>());
    }
    OpBuilder builder(getOperation().lookupSymbol(joined.front()));
    ArrayAttr names = builder.getStrArrayAttr(parts);
    std::string name = wanted;
    for (unsigned number = 1; Operation *taken = getOperation().lookupSymbol(name); ++number) {
      if (auto parameter = dyn_cast<lm::ParameterOp>(taken); parameter && parameter.getPartsAttr() == names)
        return name;
      name = wanted + "_" + std::to_string(number);
    }
    lm::ParameterOp::create(builder, location, name, type, /*trainable=*/false, names);
    return name;
  }

  void dropUnusedParameters() {
    SmallVector<Operation *> unused;
    getOperation().walk([&](Operation *op) {
      if (isa<lm::ParameterRefOp, lm::DequantizeOp>(op) && op->use_empty())
        unused.push_back(op);
    });
    for (Operation *op : llvm::reverse(unused))
      op->erase();
    unused.clear();
    getOperation().walk([&](lm::ParameterRefOp op) {
      if (op->use_empty())
        unused.push_back(op);
    });
    for (Operation *op : unused)
      op->erase();
    llvm::StringSet<> used;
    getOperation().walk([&](lm::ParameterRefOp op) { used.insert(op.getName()); });
    llvm::StringSet<> parts;
    for (auto parameter : getOperation().getOps<lm::ParameterOp>())
      if (ArrayAttr names = parameter.getPartsAttr())
        for (Attribute part : names)
          parts.insert(cast<StringAttr>(part).getValue());
    for (auto parameter : llvm::make_early_inc_range(getOperation().getOps<lm::ParameterOp>()))
      if (!parameter.getTrainable() && !used.contains(parameter.getSymName()) && (parts.contains(parameter.getSymName()) || parameter.getParts()))
        parameter.erase();
  }
};

} // namespace
} // namespace longc
