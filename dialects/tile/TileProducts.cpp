// Matrix products, encoding and decoding: verification and interpretation.
#include "dialects/interpreter/Interpreter.h"
#include "dialects/tile/TileDialect.h"

#include <cmath>

using namespace mlir;
using namespace longc;
using namespace longc::tile;

static RankedTensorType tileType(Value value) { return cast<RankedTensorType>(value.getType()); }

LogicalResult MmaOp::verify() {
  RankedTensorType a = tileType(getA()), b = tileType(getB()), acc = tileType(getAcc());
  // mma_c1
  if (a.getRank() != 2 || b.getRank() != 2 || acc.getRank() != 2)
    return emitOpError("expected matrices, got ranks ") << a.getRank() << ", " << b.getRank() << ", " << acc.getRank();
  int64_t k = b.getDimSize(getTransposeB() ? 1 : 0), n = b.getDimSize(getTransposeB() ? 0 : 1);
  // mma_c2
  if (a.getDimSize(1) != k)
    return emitOpError("expected one K, got ") << a.getDimSize(1) << " and " << k;
  // mma_c3
  if (acc.getDimSize(0) != a.getDimSize(0) || acc.getDimSize(1) != n)
    return emitOpError("expected an accumulator of ") << a.getDimSize(0) << "x" << n << ", got " << acc;
  // mma_c4
  Type element = a.getElementType(), sum = acc.getElementType();
  if (element != b.getElementType() || !isa<FloatType>(element))
    return emitOpError("expected operands of one float type, got ") << element << " and " << b.getElementType();
  if (!sum.isF32() && !sum.isF64())
    return emitOpError("expected an accumulator of f32 or f64, got ") << sum;
  return success();
}

LogicalResult MmaOp::interpret(Interpreter &interpreter) {
  const HostTensor &a = interpreter.getTensor(getA()), &b = interpreter.getTensor(getB());
  HostTensor result = interpreter.getTensor(getAcc());
  int64_t m = a.dim(0), depth = a.dim(1), n = result.dim(1);
  double *out = result.mutableData();
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < n; ++j) {
      double sum = 0;
      for (int64_t k = 0; k < depth; ++k)
        sum += a[i * depth + k] * b[getTransposeB() ? j * depth + k : k * n + j];
      out[i * n + j] += sum;
    }
  interpreter.set(getResult(), std::move(result));
  return success();
}

LogicalResult ScaledMmaOp::verify() {
  RankedTensorType a = tileType(getA()), b = tileType(getB()), acc = tileType(getAcc());
  int64_t m = a.getDimSize(0), depth = a.getDimSize(1);
  // scaled_mma_c1
  if (b.getRank() != 2 || b.getDimSize(1) != depth || !isa<QuantizedType>(b.getElementType()) || depth % 32 != 0)
    return emitOpError("expected B to be a quantised tile with ") << depth << " columns in blocks of 32, got " << b;
  // scaled_mma_c2
  for (Value blocks : {getScales(), getSums()})
    if (tileType(blocks).getShape() != ArrayRef<int64_t>{m, depth / 32})
      return emitOpError("expected scales and sums of ") << m << "x" << depth / 32 << ", got " << blocks.getType();
  // scaled_mma_c3
  if (acc.getShape() != ArrayRef<int64_t>{m, b.getDimSize(0)} || !acc.getElementType().isF32())
    return emitOpError("expected an f32 accumulator of ") << m << "x" << b.getDimSize(0) << ", got " << acc;
  // scaled_mma_c4
  if (const int64_t block = 32 * static_cast<int64_t>(getScaleBlocks()); block <= 0 || depth % block != 0)
    return emitOpError("expected a multiple of ") << block << " columns, whose blocks share scales, got " << depth;
  return success();
}

LogicalResult ScaledMmaOp::interpret(Interpreter &interpreter) {
  const HostTensor &a = interpreter.getTensor(getA()), &b = interpreter.getTensor(getB());
  const HostTensor &scales = interpreter.getTensor(getScales()), &sums = interpreter.getTensor(getSums());
  if (!b.isQuantized())
    return emitError("expected B to hold quantised blocks");
  HostTensor result = interpreter.getTensor(getAcc());
  int64_t m = a.dim(0), depth = a.dim(1), n = b.dim(0), blocks = depth / quantizedBlock;
  double *out = result.mutableData();
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < n; ++j)
      for (int64_t block = 0; block < blocks; ++block) {
        double dot = 0;
        for (int64_t k = block * quantizedBlock; k < (block + 1) * quantizedBlock; ++k)
          dot += a[i * depth + k] * b[j * depth + k];
        out[i * n + j] += scales[i * blocks + block] * b.scales().d[j * blocks + block] * dot +
                          b.scales().m[j * blocks + block] * sums[i * blocks + block];
      }
  interpreter.set(getResult(), std::move(result));
  return success();
}

LogicalResult EncodeOp::verify() {
  auto source = tileType(getSource());
  SmallVector<int64_t> blocks(source.getShape());
  // encode_c1
  const int64_t block = 32 * static_cast<int64_t>(getScaleBlocks());
  if (blocks.empty() || block <= 0 || blocks.back() % block != 0)
    return emitOpError("expected a last dimension of whole blocks of ") << block << ", got " << source;
  blocks.back() /= 32;
  // encode_c2
  if (tileType(getValues()).getShape() != source.getShape() || tileType(getScales()).getShape() != ArrayRef(blocks) ||
      tileType(getSums()).getShape() != ArrayRef(blocks))
    return emitOpError("expected values of the source's shape, and a scale and a sum per block");
  return success();
}

LogicalResult EncodeOp::interpret(Interpreter &interpreter) {
  const HostTensor &source = interpreter.getTensor(getSource());
  HostTensor values(source.shape(), Type()), scales(tileType(getScales()).getShape(), Type());
  HostTensor sums(scales.shape(), Type());
  double *q = values.mutableData(), *scale = scales.mutableData(), *sum = sums.mutableData();
  bool round = interpreter.options().roundToTypes;
  double levels = tileType(getValues()).getElementType().isInteger(16) ? 32512 : 127;
  for (int64_t block = 0; block < scales.size(); ++block) {
    double largest = 0, total = 0;
    const int64_t begin = block * quantizedBlock, shared = static_cast<int64_t>(getScaleBlocks()), first = block / shared * shared;
    for (int64_t i = first * quantizedBlock; i < (first + shared) * quantizedBlock && !std::isnan(largest); ++i)
      largest = std::isnan(source[i]) ? source[i] : std::max(largest, std::abs(source[i]));
    scale[block] = round ? static_cast<float>(largest / levels) : largest / levels;
    for (int64_t i = begin; i < begin + quantizedBlock; ++i) {
      double value = scale[block] == 0 ? 0 : std::nearbyint(source[i] / scale[block]);
      total += q[i] = std::isnan(value) ? 0 : value;
    }
    sum[block] = scale[block] * total;
  }
  interpreter.set(getValues(), std::move(values));
  interpreter.set(getScales(), std::move(scales));
  interpreter.set(getSums(), std::move(sums));
  return success();
}

LogicalResult DecodeOp::verify() {
  auto source = tileType(getSource());
  // decode_c1
  if (!isa<QuantizedType>(source.getElementType()) || source.getShape() != tileType(getValues()).getShape())
    return emitOpError("expected a quantised tile of the result's shape, got ") << source;
  return success();
}

LogicalResult DecodeOp::interpret(Interpreter &interpreter) {
  const HostTensor &source = interpreter.getTensor(getSource());
  if (!source.isQuantized())
    return emitError("expected quantised blocks");
  HostTensor values(source.shape(), Type());
  double *data = values.mutableData();
  for (int64_t i = 0; i < source.size(); ++i)
    data[i] = source.value(i);
  interpreter.set(getValues(), std::move(values));
  return success();
}
