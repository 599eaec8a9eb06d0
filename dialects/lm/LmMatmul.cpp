// Products with weights: verification and interpretation.
#include "dialects/lm/LmShapes.h"
#include "dialects/lm/reference/Layers.h"

using namespace mlir;
using namespace longc;
using namespace longc::lm;

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
  return success();
}

LogicalResult LinearOp::interpret(Interpreter &interpreter) {
  const HostTensor &x = interpreter.getTensor(getX()), &w = interpreter.getTensor(getW());
  const double *bias = getBias() ? interpreter.getTensor(getBias()).data() : nullptr;
  int64_t rows = x.dim(0), outputs = w.dim(0);
  if (failed(expectEqual(*this, "weight columns", w.dim(1), x.dim(1))) ||
      (getBias() && failed(expectEqual(*this, "a bias", interpreter.getTensor(getBias()).size(), outputs))))
    return failure();
  interpreter.set(getResult(), HostTensor({rows, outputs}, Type(),
                                          reference::linear(x.data(), w.data(), bias, rows, x.dim(1), outputs)));
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
  if (ShapedType::isDynamic(columns) || columns % 32 != 0)
    return emitOpError("expected columns to be a multiple of 32, got ") << x;
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
  reference::Encoded encoded = reference::quantize(x.data(), rows, columns, levels, interpreter.options().roundToTypes);
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
  // quantized_linear_c2
  if (failed(expectShape(*this, "scales", getScales(), {values.getDimSize(0), w.getColumns() / 32})) ||
      failed(expectShape(*this, "sums", getSums(), {values.getDimSize(0), w.getColumns() / 32})))
    return failure();
  // quantized_linear_c3
  return expectShape(*this, "a result", getResult(), {values.getDimSize(0), w.getRows()});
}

LogicalResult QuantizedLinearOp::interpret(Interpreter &interpreter) {
  const HostTensor &values = interpreter.getTensor(getValues()), &w = interpreter.getTensor(getW());
  int64_t rows = values.dim(0), outputs = w.dim(0);
  for (Value blocks : {getScales(), getSums()})
    if (failed(expectEqual(*this, "scales and sums", interpreter.getTensor(blocks).shape(), {rows, w.dim(1) / 32})))
      return failure();
  if (failed(expectEqual(*this, "weight columns", w.dim(1), values.dim(1))))
    return failure();
  interpreter.set(getResult(), HostTensor({rows, outputs}, Type(),
                                          reference::quantizedLinear(
                                              values.data(), interpreter.getTensor(getScales()).data(),
                                              interpreter.getTensor(getSums()).data(), w.data(), w.scales().d.data(),
                                              w.scales().m.data(), rows, w.dim(1), outputs)));
  return success();
}

LogicalResult RoundOp::verify() {
  // round_c1
  return expectShape(*this, "a result", getResult(), tensorType(getX()).getShape());
}

LogicalResult RoundOp::interpret(Interpreter &interpreter) {
  interpreter.set(getResult(), interpreter.getTensor(getX()));
  return success();
}
