// Products with weights: verification and interpretation.
#include "dialects/lm/AdapterParts.h"
#include "dialects/lm/LmShapes.h"
#include "dialects/lm/reference/Layers.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>
#include <numeric>

using namespace mlir;
using namespace longc;
using namespace longc::lm;

constexpr llvm::StringLiteral adapterRows = "lm.adapter_rows", adapterFirst = "lm.adapter_first";

AdapterParts AdapterParts::of(Operation *op, int64_t outputs) {
  AdapterParts parts;
  if (auto first = op->getAttrOfType<IntegerAttr>(adapterFirst))
    parts.first = first.getInt();
  if (auto rows = op->getAttrOfType<DenseI64ArrayAttr>(adapterRows))
    parts.rows.assign(rows.asArrayRef().begin(), rows.asArrayRef().end());
  else
    parts.rows = {outputs};
  return parts;
}

void AdapterParts::setOn(Operation *op) const {
  Builder builder(op->getContext());
  op->setAttr(adapterRows, builder.getDenseI64ArrayAttr(rows));
  op->setAttr(adapterFirst, builder.getI64IntegerAttr(first));
}

// linear_c4, linear_c5
template <typename Op> static LogicalResult verifyAdapter(Op op, Value x, int64_t outputs) {
  Value a = op.getLoraA(), b = op.getLoraB();
  if (bool(a) != bool(b))
    return op.emitOpError("expected both matrices of an adapter or none");
  if (!a)
    return success();
  if (tensorType(a).getElementType() != tensorType(x).getElementType())
    return op.emitOpError("expected an adapter of the element type of ") << x.getType() << ", got " << a.getType();
  int64_t all = tensorType(a).getDimSize(0);
  if (ShapedType::isDynamic(all) || all < 1)
    return op.emitOpError("expected an adapter of a known, positive rank, got ") << a.getType();
  if (failed(expectShape(op, "an adapter's A", a, {all, tensorType(x).getDimSize(1)})))
    return failure();
  if (!op->hasAttr(adapterRows))
    return expectShape(op, "an adapter's B", b, {outputs, all});
  const AdapterParts parts = AdapterParts::of(op, outputs);
  int64_t rank = tensorType(b).getDimSize(1), count = static_cast<int64_t>(parts.rows.size());
  if (failed(expectShape(op, "an adapter's B", b, {outputs, rank})))
    return failure();
  // adapter_parts_c1, adapter_parts_c2 (AdapterParts.h)
  if (std::accumulate(parts.rows.begin(), parts.rows.end(), int64_t{0}) != outputs || llvm::any_of(parts.rows, [](int64_t rows) { return rows < 1; }))
    return op.emitOpError("expected an adapter's parts to have ") << outputs << " rows in all";
  if (parts.first < 0 || parts.first + count * rank > all)
    return op.emitOpError("expected an adapter's A of ") << parts.first + count * rank << " rows or more, got " << a.getType();
  return success();
}

// Adds to y [T, N] what the op's adapter makes of x.
template <typename Op> static LogicalResult addAdapter(Op op, Interpreter &interpreter, reference::Numbers &y) {
  if (!op.getLoraA())
    return success();
  const HostTensor &x = interpreter.getTensor(op.getX());
  const HostTensor &a = interpreter.getTensor(op.getLoraA()), &b = interpreter.getTensor(op.getLoraB());
  int64_t outputs = y.size() / std::max<int64_t>(x.dim(0), 1);
  if (x.dim(0) == 0)
    return success();
  const int64_t rank = b.dim(1), tokens = x.dim(0), columns = x.dim(1);
  if (failed(expectEqual(op, "an adapter's A", a.shape(), {a.dim(0), columns})) ||
      failed(expectEqual(op, "an adapter's B", b.shape(), {outputs, rank})))
    return failure();
  const AdapterParts parts = AdapterParts::of(op, outputs);
  int64_t begin = 0, firstOfA = parts.first;
  for (int64_t rows : parts.rows) {
    reference::Numbers added(tokens * rows);
    reference::addLowRank(added, x.data(), a.data() + firstOfA * columns, b.data() + begin * rank, op.getLoraScale(), tokens, columns, rank, rows);
    for (int64_t t = 0; t < tokens; ++t)
      for (int64_t n = 0; n < rows; ++n)
        y[t * outputs + begin + n] += added[t * rows + n];
    begin += rows;
    firstOfA += rank;
  }
  return success();
}

LogicalResult LinearOp::verify() {
  RankedTensorType x = tensorType(getX()), w = tensorType(getW());
  // linear_c1
  if (!sizesAgree(x.getDimSize(1), w.getDimSize(1)))
    return emitOpError("expected a weight with ") << x.getDimSize(1) << " columns, got " << w;
  // linear_c2
  if (failed(expectShape(*this, "a result", getResult(), {x.getDimSize(0), w.getDimSize(0)})))
    return failure();
  // linear_c3
  if (getBias() && failed(expectShape(*this, "a bias", getBias(), {w.getDimSize(0)})))
    return failure();
  // linear_c4
  if (x.getElementType() != w.getElementType())
    return emitOpError("expected x and w of one element type, got ") << x << " and " << w;
  return verifyAdapter(*this, getX(), w.getDimSize(0));
}

LogicalResult LinearOp::interpret(Interpreter &interpreter) {
  const HostTensor &x = interpreter.getTensor(getX()), &w = interpreter.getTensor(getW());
  const double *bias = getBias() ? interpreter.getTensor(getBias()).data() : nullptr;
  int64_t rows = x.dim(0), outputs = w.dim(0);
  if (failed(expectEqual(*this, "weight columns", w.dim(1), x.dim(1))) ||
      (getBias() && failed(expectEqual(*this, "a bias", interpreter.getTensor(getBias()).size(), outputs))))
    return failure();
  reference::Numbers y = reference::linear(x.data(), w.data(), bias, rows, x.dim(1), outputs);
  if (failed(addAdapter(*this, interpreter, y)))
    return failure();
  interpreter.set(getResult(), HostTensor({rows, outputs}, Type(), std::move(y)));
  return success();
}

LogicalResult DequantizeOp::verify() {
  // dequantize_c1
  return expectShape(*this, "a result", getResult(), cast<QuantizedType>(getSource().getType()).getShape());
}

LogicalResult DequantizeOp::interpret(Interpreter &interpreter) {
  const HostTensor &source = interpreter.getTensor(getSource());
  HostTensor result(source.shape(), Type());
  double *out = result.mutableData();
  for (int64_t i = 0; i < source.size(); ++i)
    out[i] = source.value(i);
  interpreter.set(getResult(), std::move(result));
  return success();
}

LogicalResult QuantizeOp::verify() {
  RankedTensorType x = tensorType(getX());
  int64_t rows = x.getDimSize(0), columns = x.getDimSize(1);
  // quantize_c1
  const int64_t block = 32 * static_cast<int64_t>(getScaleBlocks());
  if (block <= 0 || ShapedType::isDynamic(columns) || columns % block != 0)
    return emitOpError("expected columns to be a multiple of ") << block << ", got " << x;
  // quantize_c2
  if (failed(expectShape(*this, "values", getValues(), {rows, columns})) ||
      failed(expectShape(*this, "scales", getScales(), {rows, columns / 32})))
    return failure();
  return expectShape(*this, "sums", getSums(), {rows, columns / 32});
}

LogicalResult QuantizeOp::interpret(Interpreter &interpreter) {
  const HostTensor &x = interpreter.getTensor(getX());
  int64_t rows = x.dim(0), columns = x.dim(1);
  double levels = tensorType(getValues()).getElementType().isInteger(16) ? 32512 : 127;
  reference::Encoded encoded = reference::quantize(x.data(), rows, columns, levels, static_cast<int64_t>(getScaleBlocks()), interpreter.options().roundToTypes);
  interpreter.set(getValues(), HostTensor({rows, columns}, Type(), std::move(encoded.values)));
  interpreter.set(getScales(), HostTensor({rows, columns / 32}, Type(), std::move(encoded.scales)));
  interpreter.set(getSums(), HostTensor({rows, columns / 32}, Type(), std::move(encoded.sums)));
  return success();
}

LogicalResult QuantizedLinearOp::verify() {
  RankedTensorType values = tensorType(getValues());
  auto w = cast<QuantizedType>(getW().getType());
  // quantized_linear_c1
  if (!sizesAgree(values.getDimSize(1), w.getColumns()))
    return emitOpError("expected a weight with ") << values.getDimSize(1) << " columns, got " << w;
  // quantized_linear_c6
  if (const int64_t block = 32 * static_cast<int64_t>(getScaleBlocks()); block <= 0 || w.getColumns() % block != 0)
    return emitOpError("expected columns to be a multiple of ") << block << ", got " << w;
  // quantized_linear_c2
  if (failed(expectShape(*this, "scales", getScales(), {values.getDimSize(0), w.getColumns() / 32})) ||
      failed(expectShape(*this, "sums", getSums(), {values.getDimSize(0), w.getColumns() / 32})))
    return failure();
  // quantized_linear_c3
  if (failed(expectShape(*this, "a result", getResult(), {values.getDimSize(0), w.getRows()})))
    return failure();
  // quantized_linear_c5
  if (getBias() && failed(expectShape(*this, "a bias", getBias(), {w.getRows()})))
    return failure();
  // quantized_linear_c4
  if (bool(getX()) != bool(getLoraA()))
    return emitOpError("expected an adapter and the activations that it multiplies, or neither");
  if (getX() && failed(expectShape(*this, "x", getX(), values.getShape())))
    return failure();
  return verifyAdapter(*this, getX(), w.getRows());
}

LogicalResult QuantizedLinearOp::interpret(Interpreter &interpreter) {
  const HostTensor &values = interpreter.getTensor(getValues()), &w = interpreter.getTensor(getW());
  int64_t rows = values.dim(0), outputs = w.dim(0);
  for (Value blocks : {getScales(), getSums()})
    if (failed(expectEqual(*this, "scales and sums", interpreter.getTensor(blocks).shape(), {rows, w.dim(1) / 32})))
      return failure();
  if (failed(expectEqual(*this, "weight columns", w.dim(1), values.dim(1))))
    return failure();
  if (getX() && failed(expectEqual(*this, "x", interpreter.getTensor(getX()).shape(), values.shape())))
    return failure();
  const int64_t shared = static_cast<int64_t>(getScaleBlocks());
  for (auto [scale, count] : {std::pair(interpreter.getTensor(getScales()).data(), rows), std::pair(w.scales().d.data(), outputs)})
    for (int64_t block = 0; block < count * w.dim(1) / 32; ++block)
      if (const double first = scale[block - block % shared]; scale[block] != first && !std::isnan(first))
        return emitError("expected one scale in ") << shared << " neighbouring blocks";
  reference::Numbers y = reference::quantizedLinear(values.data(), interpreter.getTensor(getScales()).data(),
                                                    interpreter.getTensor(getSums()).data(), w.data(),
                                                    w.scales().d.data(), w.scales().m.data(), rows, w.dim(1), outputs);
  if (getBias()) {
    const HostTensor &bias = interpreter.getTensor(getBias());
    if (failed(expectEqual(*this, "a bias", bias.size(), outputs)))
      return failure();
    for (int64_t place = 0; place < rows * outputs; ++place)
      y[place] += bias[place % outputs];
  }
  if (failed(addAdapter(*this, interpreter, y)))
    return failure();
  interpreter.set(getResult(), HostTensor({rows, outputs}, Type(), std::move(y)));
  return success();
}

// What binds the result rounds it to its type.
double RoundOp::evaluate(ArrayRef<double> x) { return x[0]; }

Formula RoundOp::onTiles(ArrayRef<Formula> x) { return x[0]; }
