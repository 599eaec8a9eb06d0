// Chunk pooling: verification and interpretation.
#include "dialects/lm/LmShapes.h"
#include "dialects/lm/reference/Attention.h"

#include <cmath>

using namespace mlir;
using namespace longc;
using namespace longc::lm;
using reference::Numbers;

LogicalResult ChunkPoolOp::verify() {
  RankedTensorType x = tensorType(getX()), result = tensorType(getResult());
  bool learned = getPool() == Pool::pma;
  // chunk_pool_c1
  if (learned != bool(getSeeds()) || learned != bool(getWk()) || learned != bool(getWv()))
    return emitOpError("expected seeds, wk and wv for pma and for nothing else");
  int64_t width = x.getDimSize(1);
  if (learned) {
    width = tensorType(getSeeds()).getDimSize(1);
    if (failed(expectShape(*this, "wk", getWk(), {width, x.getDimSize(1)})) ||
        failed(expectShape(*this, "wv", getWv(), {width, x.getDimSize(1)})))
      return failure();
  }
  // chunk_pool_c2
  int64_t heads = getNumHeads();
  if (ShapedType::isDynamic(width) || width < 1)
    return emitOpError("expected rows of a known, positive width, got ") << x;
  if (heads < 1 || width % heads != 0)
    return emitOpError("expected num_heads to divide ") << width << ", got " << heads;
  // chunk_pool_c3
  if (!sizesAgree(result.getDimSize(1), width))
    return emitOpError("expected a result of ") << width << " columns, got " << result;
  // chunk_pool_c4
  int64_t kept = getTokensPerChunk();
  bool counts = getPool() == Pool::cls || getPool() == Pool::last;
  if (kept < 1 || (kept > 1 && !counts))
    return emitOpError("expected tokens_per_chunk of 1 or more for cls and last, of 1 otherwise, got ") << kept;
  return verifyBoundary(*this, "cu_seqlens", getCuSeqlens());
}

// Soft tokens of one chunk by learned-query attention.
static Numbers poolBySeeds(ChunkPoolOp op, Interpreter &interpreter, const double *rows, int64_t count,
                           int64_t columns) {
  const HostTensor &seeds = interpreter.getTensor(op.getSeeds());
  int64_t width = seeds.dim(1), heads = op.getNumHeads(), size = width / heads;
  double scale = op.getScale() == 0 ? 1 / std::sqrt(static_cast<double>(size)) : op.getScale();
  Numbers k = reference::linear(rows, interpreter.getTensor(op.getWk()).data(), nullptr, count, columns, width);
  Numbers v = reference::linear(rows, interpreter.getTensor(op.getWv()).data(), nullptr, count, columns, width);
  Numbers pooled;
  for (int64_t j = 0; j < seeds.dim(0); ++j)
    for (int64_t h = 0; h < heads; ++h) {
      std::vector<reference::Entry> entries;
      for (int64_t s = 0; s < count; ++s)
        entries.push_back({&k[s * width + h * size], &v[s * width + h * size], s});
      Numbers scores = reference::dotScores(seeds.data() + j * width + h * size, entries, size, scale, 0);
      Numbers out = reference::attend(entries, scores, size).out;
      pooled.insert(pooled.end(), out.begin(), out.end());
    }
  return pooled;
}

static Numbers poolChunk(ChunkPoolOp op, Interpreter &interpreter, const double *rows, int64_t count, int64_t columns) {
  if (op.getPool() == Pool::pma)
    return poolBySeeds(op, interpreter, rows, count, columns);
  int64_t kept = op.getTokensPerChunk(), found = std::min(kept, count);
  Numbers pooled(kept * columns);
  if (op.getPool() == Pool::mean) {
    for (int64_t i = 0; i < count * columns; ++i)
      pooled[i % columns] += rows[i] / count;
    return pooled;
  }
  std::copy_n(rows + (op.getPool() == Pool::last ? count - found : 0) * columns, found * columns, pooled.begin());
  return pooled;
}

LogicalResult ChunkPoolOp::interpret(Interpreter &interpreter) {
  const HostTensor &x = interpreter.getTensor(getX()), &boundaries = interpreter.getTensor(getCuSeqlens());
  if (getSeeds())
    for (Value weight : {getWk(), getWv()})
      if (failed(expectEqual(*this, "wk and wv", interpreter.getTensor(weight).shape(),
                             {interpreter.getTensor(getSeeds()).dim(1), x.dim(1)})))
        return failure();
  int64_t width = getSeeds() ? interpreter.getTensor(getSeeds()).dim(1) : x.dim(1);
  Numbers result;
  for (int64_t i = 0; i + 1 < boundaries.size(); ++i) {
    int64_t begin = static_cast<int64_t>(boundaries[i]), end = static_cast<int64_t>(boundaries[i + 1]);
    if (begin < 0 || begin > end || end > x.dim(0))
      return emitError("expected rising boundaries in [0, ") << x.dim(0) << "], got " << begin << " and " << end;
    Numbers pooled = poolChunk(*this, interpreter, x.data() + begin * x.dim(1), end - begin, x.dim(1));
    result.insert(result.end(), pooled.begin(), pooled.end());
  }
  int64_t rows = static_cast<int64_t>(result.size()) / width;
  for (int64_t row = 0; getNormalize() && row < rows; ++row) {
    double length = std::sqrt(reference::dot(&result[row * width], &result[row * width], width));
    for (int64_t c = 0; c < width && length > 0; ++c)
      result[row * width + c] /= length;
  }
  interpreter.set(getResult(), HostTensor({rows, width}, Type(), std::move(result)));
  return success();
}
