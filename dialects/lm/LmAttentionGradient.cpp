// Gradients of attention: verification and interpretation.
#include "dialects/lm/LmPackedRows.h"
#include "dialects/lm/reference/Attention.h"

#include <cmath>

using namespace mlir;
using namespace longc;
using namespace longc::lm;

template <typename Op> static LogicalResult verifyGradient(Op op, Value like) {
  RankedTensorType q = tensorType(op.getQ()), k = tensorType(op.getK());
  int64_t heads = q.getDimSize(1), kvHeads = k.getDimSize(1);
  // attention_gradient_c1
  if (ShapedType::isDynamic(heads) || ShapedType::isDynamic(kvHeads) || kvHeads == 0 || heads % kvHeads != 0 ||
      q.getDimSize(2) != k.getDimSize(2) || ShapedType::isDynamic(q.getDimSize(2)))
    return op.emitOpError("expected query heads to be a multiple of ") << kvHeads << " key heads of one size, got " << q;
  // attention_gradient_c2
  if (failed(expectShape(op, "v", op.getV(), k.getShape())) ||
      failed(expectShape(op, "a gradient", op.getGradient(), q.getShape())))
    return failure();
  // attention_gradient_c3
  for (Value rows : {op.getLse(), op.getDelta()})
    if (failed(expectShape(op, "lse and delta", rows, {heads, q.getDimSize(0)})))
      return failure();
  if (failed(verifyBoundary(op, "cu_q", op.getCuQ())) || failed(verifyBoundary(op, "cu_k", op.getCuK())))
    return failure();
  // attention_gradient_c4
  if (op.getSources() && (failed(verifyBoundary(op, "sources", op.getSources())) ||
                          failed(expectShape(op, "sources", op.getSources(), {ShapedType::kDynamic, 2}))))
    return failure();
  if (op.getSourceKeys() && !op.getSources())
    return op.emitOpError("expected sources that are seen as the source keys");
  if (op.getSourceKeys() && failed(expectShape(op, "source keys", op.getSourceKeys(), k.getShape())))
    return failure();
  // attention_gradient_c5
  if (static_cast<int64_t>(op.getWindow()) < 0 || !(op.getSoftCap() >= 0))
    return op.emitOpError("expected window and soft_cap not to be negative");
  // attention_gradient_c6, attention_gradient_c7
  for (Value result : op->getResults())
    if (failed(expectShape(op, "a result", result, tensorType(like).getShape())))
      return failure();
  return success();
}

// A query row and head beside a key row that it sees: where their numbers begin, and p and z of the op.
struct Pair {
  int64_t query, key;
  bool isSource; // seen as a row of the source keys, if there are some
  double p, z;
};

template <typename Op>
static LogicalResult forEachPair(Op op, Interpreter &interpreter, function_ref<void(const Pair &)> callback) {
  const HostTensor &q = interpreter.getTensor(op.getQ()), &k = interpreter.getTensor(op.getK());
  const HostTensor &v = interpreter.getTensor(op.getV()), &gradient = interpreter.getTensor(op.getGradient());
  const HostTensor &lse = interpreter.getTensor(op.getLse()), &delta = interpreter.getTensor(op.getDelta());
  const HostTensor &sourceKeys = op.getSourceKeys() ? interpreter.getTensor(op.getSourceKeys()) : k;
  auto rows = PackedRows::read(op, interpreter);
  if (failed(rows) || failed(expectEqual(op, "values", v.shape(), k.shape())) ||
      failed(expectEqual(op, "source keys", sourceKeys.shape(), k.shape())) ||
      failed(expectEqual(op, "a gradient", gradient.shape(), q.shape())) ||
      failed(expectEqual(op, "lse", lse.shape(), {q.dim(1), q.dim(0)})) ||
      failed(expectEqual(op, "delta", delta.shape(), lse.shape())))
    return failure();
  int64_t heads = q.dim(1), kvHeads = k.dim(1), size = q.dim(2);
  double scale = op.getScale(), cap = op.getSoftCap();
  rows->forEachQuery([&](int64_t t, ArrayRef<int64_t> keys, size_t own) {
    for (int64_t h = 0; h < heads; ++h)
      for (auto [number, s] : llvm::enumerate(keys)) {
        const bool isSource = number >= own;
        int64_t query = (t * heads + h) * size, key = (s * kvHeads + h / (heads / kvHeads)) * size;
        double score = scale * reference::dot(q.data() + query, (isSource ? sourceKeys : k).data() + key, size);
        double bent = cap > 0 ? std::tanh(score / cap) : 0;
        int64_t place = h * q.dim(0) + t;
        double p = std::exp((cap > 0 ? cap * bent : score) - lse[place]);
        double along = reference::dot(gradient.data() + query, v.data() + key, size) - delta[place];
        callback({query, key, isSource, p, scale * p * along * (1 - bent * bent)});
      }
  });
  return success();
}

// out += factor * row
static void addScaled(double *out, const double *row, double factor, int64_t size) {
  for (int64_t c = 0; c < size; ++c)
    out[c] += factor * row[c];
}

LogicalResult AttentionQueryGradientOp::verify() { return verifyGradient(*this, getQ()); }

LogicalResult AttentionQueryGradientOp::interpret(Interpreter &interpreter) {
  const HostTensor &q = interpreter.getTensor(getQ()), &k = interpreter.getTensor(getK());
  const HostTensor &sourceKeys = getSourceKeys() ? interpreter.getTensor(getSourceKeys()) : k;
  HostTensor result(q.shape(), Type());
  double *out = result.mutableData();
  if (failed(forEachPair(*this, interpreter, [&](const Pair &pair) {
        addScaled(out + pair.query, (pair.isSource ? sourceKeys : k).data() + pair.key, pair.z, q.dim(2));
      })))
    return failure();
  interpreter.set(getResult(), std::move(result));
  return success();
}

LogicalResult AttentionKeyGradientOp::verify() {
  // attention_gradient_c8
  if (!getSourceKeys() != !getSourceKeyGradient())
    return emitOpError("expected a third result if there are source keys, and none else");
  return verifyGradient(*this, getK());
}

LogicalResult AttentionKeyGradientOp::interpret(Interpreter &interpreter) {
  const HostTensor &q = interpreter.getTensor(getQ()), &gradient = interpreter.getTensor(getGradient());
  HostTensor keys(interpreter.getTensor(getK()).shape(), Type()), values(keys.shape(), Type());
  HostTensor sourceKeys(keys.shape(), Type());
  double *keyData = keys.mutableData(), *valueData = values.mutableData();
  double *sourceData = getSourceKeys() ? sourceKeys.mutableData() : keyData;
  if (failed(forEachPair(*this, interpreter, [&](const Pair &pair) {
        addScaled((pair.isSource ? sourceData : keyData) + pair.key, q.data() + pair.query, pair.z, q.dim(2));
        addScaled(valueData + pair.key, gradient.data() + pair.query, pair.p, q.dim(2));
      })))
    return failure();
  interpreter.set(getKeyGradient(), std::move(keys));
  interpreter.set(getValueGradient(), std::move(values));
  if (getSourceKeys())
    interpreter.set(getSourceKeyGradient(), std::move(sourceKeys));
  return success();
}
